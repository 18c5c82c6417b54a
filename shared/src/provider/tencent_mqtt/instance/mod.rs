//! The instance itself: `DescribeInstance`, for the mode in which it checks certificates.

use super::wire::OneInstance;
use super::{NAME, TencentMqtt};
use crate::error::Error;
use crate::model::Action;
use crate::object::Members;
use crate::transport::Repeat;
use crate::vendor::codes::unexpected_answer;

/// The mode in which each device has a certificate of its own, whose status decides. The others are
/// `TLS`, where clients have none, and `mTLS`, where any certificate of a CA is accepted.
const ONE_CERTIFICATE_A_DEVICE: &str = "BYOC";

impl TencentMqtt<'_> {
    /// A warning where the status of certificates decides nothing. Without an answer of the vendor
    /// there is none: it is no reason to leave an order undone.
    pub(super) async fn warnings_of_mode(&self) -> Vec<String> {
        let context = self.connection.context;
        let learned = context.learned.x509_mode(&self.scope, context.now);
        let mode = match learned {
            Some(mode) => mode,
            None => match self.x509_mode().await {
                Ok(mode) => {
                    let kept = mode.clone();
                    context
                        .learned
                        .learn_x509_mode(&self.scope, kept, context.now);
                    mode
                }
                Err(error) => {
                    tracing::debug!(
                        code = error.code.as_str(),
                        "the mode of the instance is not known"
                    );
                    return Vec::new();
                }
            },
        };
        if mode == ONE_CERTIFICATE_A_DEVICE {
            return Vec::new();
        }
        let warning = format!(
            "the instance {} of {NAME} is in the certificate mode {mode}, in which the status of a device certificate decides nothing: a \
             device with an inactive certificate can still connect; only in the mode {ONE_CERTIFICATE_A_DEVICE} can it not",
            self.scope.instance()
        );
        vec![warning]
    }

    async fn x509_mode(&self) -> Result<String, Error> {
        let parameters = OneInstance {
            instance_id: self.scope.instance(),
        };
        let accept = |answer: &Members<'_>| {
            answer
                .string("X509Mode")
                .filter(|mode| {
                    (1..=20).contains(&mode.len())
                        && mode.bytes().all(|byte| byte.is_ascii_alphanumeric())
                })
                .ok_or_else(|| unexpected_answer(NAME, 200, "it has no readable X509Mode"))
        };
        Ok(self
            .call(
                Action::DescribeInstance,
                Repeat::Always,
                &parameters,
                accept,
            )
            .await?)
    }
}

#[cfg(test)]
mod tests;
