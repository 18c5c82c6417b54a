//! ACS3-HMAC-SHA256, the signature of Alibaba Cloud for RPC-style APIs (page "Request syntax and
//! signature method V3").
//!
//! A nonce must not be used twice and the date must be within 15 minutes of the server's, so every
//! attempt is signed anew.

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use super::{
    add_header, add_secret_header, canonical_headers, hmac_sha256, percent_encode, sha256_hex,
    signed_header_names,
};
use crate::error::Error;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const TOKEN_HEADER: &str = "x-acs-security-token";

/// The call to sign. The path of every RPC-style API is `/`.
#[derive(Debug)]
pub struct Request<'a> {
    /// Upper case, like `POST`.
    pub method: &'a str,
    /// The output of [`canonical_query`], which is sent as it is.
    pub canonical_query: &'a str,
    /// The headers that take part, name and value: `host`, `content-type` and all that begin with
    /// `x-acs-`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body exactly as sent.
    pub body: &'a [u8],
}

/// The result of each step, in the order of the vendor's page.
#[derive(Debug)]
pub struct Steps {
    /// Lower-case names of the signed headers, joined by `;`.
    pub signed_headers: String,
    /// The six parts joined by line feeds.
    pub canonical_request: String,
    /// Algorithm and hash of the canonical request.
    pub string_to_sign: String,
}

impl Request<'_> {
    /// All steps that need no key.
    pub fn steps(&self) -> Steps {
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), (*value).to_owned()))
            .collect();
        headers.sort();
        let signed_headers = signed_header_names(&headers);
        let canonical_request = format!(
            "{}\n/\n{}\n{}\n{signed_headers}\n{}",
            self.method,
            self.canonical_query,
            canonical_headers(&headers),
            sha256_hex(self.body)
        );
        let string_to_sign = format!("{ALGORITHM}\n{}", sha256_hex(canonical_request.as_bytes()));
        Steps {
            signed_headers,
            canonical_request,
            string_to_sign,
        }
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self, access_key_id: &str, access_key_secret: &SecretString) -> String {
        let steps = self.steps();
        format!(
            "{ALGORITHM} Credential={access_key_id},SignedHeaders={},Signature={}",
            steps.signed_headers,
            signature(access_key_secret, &steps.string_to_sign)
        )
    }
}

/// One call of an RPC-style API, whose parameters all stand in the query.
#[derive(Debug)]
pub struct Call<'a> {
    /// Upper case, like `POST`.
    pub method: &'a str,
    /// `x-acs-action`.
    pub action: &'a str,
    /// `x-acs-version`.
    pub version: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// The output of [`canonical_query`], which is sent as it is.
    pub canonical_query: &'a str,
    /// `x-acs-date`.
    pub date: String,
    /// Used for no other call.
    pub nonce: [u8; 16],
}

impl Call<'_> {
    /// All headers of a call that is signed with this key.
    ///
    /// # Errors
    /// `internal` when one cannot be sent.
    pub fn signed_headers(
        self,
        access_key_id: &str,
        access_key_secret: &SecretString,
        token: Option<&SecretString>,
    ) -> Result<HeaderMap, Error> {
        let content_hash = sha256_hex(&[]);
        let nonce = hex::encode(self.nonce);
        let mut signed = vec![
            ("host", self.host),
            ("x-acs-action", self.action),
            ("x-acs-content-sha256", content_hash.as_str()),
            ("x-acs-date", self.date.as_str()),
            ("x-acs-signature-nonce", nonce.as_str()),
            ("x-acs-version", self.version),
        ];
        if let Some(token) = token {
            signed.push(("x-acs-accesskey-id", access_key_id));
            signed.push((TOKEN_HEADER, token.expose_secret()));
        }
        let request = Request {
            method: self.method,
            canonical_query: self.canonical_query,
            headers: &signed,
            body: &[],
        };
        let authorization = request.authorization(access_key_id, access_key_secret);
        let mut headers = HeaderMap::with_capacity(signed.len().saturating_add(2));
        // The client adds the host.
        for &(name, value) in signed.iter().filter(|(name, _)| *name != "host") {
            match name {
                TOKEN_HEADER => add_secret_header(&mut headers, name, value)?,
                name => add_header(&mut headers, name, value)?,
            }
        }
        add_secret_header(&mut headers, "authorization", &authorization)?;
        // Without it an error may come as XML.
        add_header(&mut headers, "accept", "application/json")?;
        Ok(headers)
    }
}

/// The signature in lower-case hex. This scheme derives no key: the secret itself signs.
pub fn signature(access_key_secret: &SecretString, string_to_sign: &str) -> String {
    hex::encode(hmac_sha256(
        access_key_secret.expose_secret().as_bytes(),
        string_to_sign.as_bytes(),
    ))
}

/// The parameters sorted by name in byte order, percent-encoded, joined as `name=value` by `&`.
pub fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut parameters = parameters.to_vec();
    parameters.sort_unstable();
    parameters
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}
