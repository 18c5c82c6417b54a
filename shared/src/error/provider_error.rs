//! The provider's own error, as callers may see it.

use serde::Serialize;

use crate::model::{ProviderName, RequestId, disrupts_a_line};

/// Error that the provider returned, without secrets, signatures and echoes of a signed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderError {
    /// Provider that returned the error.
    pub provider: ProviderName,
    /// Provider's own error code, like `RequestLimitExceeded`.
    pub code: String,
    /// Provider's own message; `null` when it could repeat a signed request.
    pub message: Option<String>,
    /// Provider's request id of the call, to quote in a support case.
    pub request_id: Option<RequestId>,
}

/// Vendor texts are cut to this many characters on their way out.
pub(super) const LONGEST_VENDOR_TEXT: usize = 256;

impl ProviderError {
    /// Takes over the vendor's answer. Characters that disrupt a line become blanks. The message is dropped
    /// when it looks like an echo of a signed request, whatever its code: signatures and keys must
    /// not reach callers or the log.
    pub fn new(
        provider: ProviderName,
        code: &str,
        message: Option<&str>,
        request_id: Option<RequestId>,
    ) -> Self {
        Self {
            provider,
            code: printable(code),
            message: message.filter(|text| !echoes_signing(text)).map(printable),
            request_id,
        }
    }

    /// The same error with these values masked wherever the vendor repeated one, and with long
    /// texts cut.
    #[must_use]
    pub fn without(self, values: &[&str]) -> Self {
        // One value may be a part of another.
        let mut longest_first = values.to_vec();
        longest_first.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let clean = |text: String| -> String {
            let text = longest_first
                .iter()
                .fold(text, |text, value| text.replace(value, "***"));
            text.chars().take(LONGEST_VENDOR_TEXT).collect()
        };
        Self {
            code: clean(self.code),
            message: self.message.map(clean),
            request_id: self.request_id.map(|id| id.without(&longest_first)),
            ..self
        }
    }
}

fn echoes_signing(text: &str) -> bool {
    /// A SHA-1 in Base64 has 28 characters, a SHA-256 in hex 64.
    const SHORTEST_SIGNATURE: usize = 26;
    let text = text.to_ascii_lowercase();
    let holds_a_signature = || {
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        text.split(|c: char| !is_digit(c))
            .any(|word| word.len() >= SHORTEST_SIGNATURE)
    };
    [
        "hmac",
        "x-acs-",
        "x-tc-",
        "string to sign",
        "stringtosign",
        "canonical",
        "signature=",
        "authorization",
        "accesskey",
    ]
    .iter()
    .any(|mark| text.contains(mark))
        || (text.contains("signature") && holds_a_signature())
}

fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if disrupts_a_line(c) { ' ' } else { c })
        .collect()
}
