//! TC3-HMAC-SHA256, the signature of Tencent Cloud (page "Signature v3").
//!
//! There is no nonce in this scheme: a signed request can be sent again within five minutes of its
//! timestamp.

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::{
    add_header, add_secret_header, canonical_headers, hmac_sha256, sha256_hex, signed_header_names,
};
use crate::error::Error;

const ALGORITHM: &str = "TC3-HMAC-SHA256";
const TERMINATOR: &str = "tc3_request";

/// The call to sign. The path of every Tencent Cloud API is `/`.
#[derive(Debug)]
pub struct Request<'a> {
    /// Upper case, like `POST`.
    pub method: &'a str,
    /// The query as sent; empty for POST.
    pub query: &'a str,
    /// The headers that take part, name and value; `content-type` and `host` are obligatory. Names
    /// and values are lower-cased, as the vendor does for signing only.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body exactly as sent.
    pub body: &'a [u8],
    /// The product's short name in the credential scope, like `mqtt`.
    pub service: &'a str,
    /// Epoch seconds of `X-TC-Timestamp`.
    pub timestamp: i64,
}

/// The result of each step, in the order of the vendor's page.
#[derive(Debug)]
pub struct Steps {
    /// UTC date of the timestamp, `YYYY-MM-DD`.
    pub date: String,
    /// Lower-case names of the signed headers, joined by `;`.
    pub signed_headers: String,
    /// The six parts joined by line feeds.
    pub canonical_request: String,
    /// `date/service/tc3_request`.
    pub credential_scope: String,
    /// The four parts joined by line feeds.
    pub string_to_sign: String,
}

impl Request<'_> {
    /// All steps that need no key.
    pub fn steps(&self) -> Steps {
        let date = utc_date(self.timestamp);
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_lowercase()))
            .collect();
        headers.sort();
        let signed_headers = signed_header_names(&headers);
        let canonical_request = format!(
            "{}\n/\n{}\n{}\n{signed_headers}\n{}",
            self.method,
            self.query,
            canonical_headers(&headers),
            sha256_hex(self.body)
        );
        let credential_scope = format!("{date}/{}/{TERMINATOR}", self.service);
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{credential_scope}\n{}",
            self.timestamp,
            sha256_hex(canonical_request.as_bytes())
        );
        Steps {
            date,
            signed_headers,
            canonical_request,
            credential_scope,
            string_to_sign,
        }
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self, secret_id: &str, secret_key: &SecretString) -> String {
        let steps = self.steps();
        let key = signing_key(secret_key, &steps.date, self.service);
        format!(
            "{ALGORITHM} Credential={secret_id}/{}, SignedHeaders={}, Signature={}",
            steps.credential_scope,
            steps.signed_headers,
            signature(&key, &steps.string_to_sign)
        )
    }
}

/// The signed value must be sent byte for byte, so it has no charset, which a client might rewrite.
const CONTENT_TYPE: &str = "application/json";

/// One call as all products take it: a POST of JSON to the root path.
#[derive(Debug)]
pub struct Call<'a> {
    /// The product's short name.
    pub service: &'a str,
    /// `X-TC-Version`.
    pub version: &'a str,
    /// `X-TC-Action`.
    pub action: &'a str,
    /// `X-TC-Region`.
    pub region: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// The body exactly as sent.
    pub body: &'a [u8],
    /// Epoch seconds of `X-TC-Timestamp`.
    pub timestamp: i64,
}

impl Call<'_> {
    /// All headers of a call that is signed with this key.
    ///
    /// # Errors
    /// `internal` when one cannot be sent.
    pub fn signed_headers(
        &self,
        secret_id: &str,
        secret_key: &SecretString,
        token: Option<&SecretString>,
    ) -> Result<HeaderMap, Error> {
        let request = Request {
            method: "POST",
            query: "",
            // The action takes part, as on the vendor's current page: several actions share one
            // body, and a signature for a read must not fit a write.
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", self.host),
                ("x-tc-action", self.action),
            ],
            body: self.body,
            service: self.service,
            timestamp: self.timestamp,
        };
        let mut headers = self.headers(&request.authorization(secret_id, secret_key))?;
        if let Some(token) = token {
            add_secret_header(&mut headers, "x-tc-token", token.expose_secret())?;
        }
        Ok(headers)
    }

    /// All headers of a call that is not signed, for the actions that need no key.
    ///
    /// # Errors
    /// `internal` when one cannot be sent.
    pub fn unsigned_headers(&self) -> Result<HeaderMap, Error> {
        self.headers("SKIP")
    }

    fn headers(&self, authorization: &str) -> Result<HeaderMap, Error> {
        let timestamp = self.timestamp.to_string();
        let mut headers = HeaderMap::with_capacity(10);
        add_secret_header(&mut headers, "authorization", authorization)?;
        for (name, value) in [
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", self.action),
            ("x-tc-version", self.version),
            ("x-tc-timestamp", timestamp.as_str()),
            ("x-tc-region", self.region),
            ("x-tc-language", "en-US"),
        ] {
            add_header(&mut headers, name, value)?;
        }
        Ok(headers)
    }
}

/// The key derived for one day and one service.
pub fn signing_key(secret_key: &SecretString, date: &str, service: &str) -> [u8; 32] {
    let secret_date = hmac_sha256(
        format!("TC3{}", secret_key.expose_secret()).as_bytes(),
        date.as_bytes(),
    );
    let secret_service = hmac_sha256(&secret_date, service.as_bytes());
    hmac_sha256(&secret_service, TERMINATOR.as_bytes())
}

/// The signature in lower-case hex.
pub fn signature(signing_key: &[u8], string_to_sign: &str) -> String {
    hex::encode(hmac_sha256(signing_key, string_to_sign.as_bytes()))
}

fn utc_date(timestamp: i64) -> String {
    // A timestamp outside of the calendar cannot come from a clock; it would sign as the epoch and
    // be refused.
    let date = OffsetDateTime::from_unix_timestamp(timestamp)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .date();
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}
