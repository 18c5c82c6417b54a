//! AWS4-HMAC-SHA256, Signature Version 4 of AWS.
//!
//! Source: page "Create a signed AWS API request" of the IAM User Guide.

use super::{RESERVED, header_names, hex, hmac_sha256, query_parameters, sha256_hex};
use percent_encoding::{AsciiSet, utf8_percent_encode};

/// The name that begins an `Authorization` header.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The word that ends a credential scope.
const TERMINATOR: &str = "aws4_request";

/// As [`RESERVED`], but for the slashes that part a path.
const RESERVED_IN_PATHS: &AsciiSet = &RESERVED.remove(b'/');

/// The scope of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// UTC date, `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads the header's value; `None` when it does not have the documented form.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let rest = value.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let mut items = rest.split(',').map(str::trim);
        let credential = items.next()?.strip_prefix("Credential=")?;
        let signed_headers = items.next()?.strip_prefix("SignedHeaders=")?;
        let signature = items.next()?.strip_prefix("Signature=")?;
        let mut parts = credential.split('/');
        let (access_key_id, date, region, service) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let complete = parts.next() == Some(TERMINATOR)
            && parts.next().is_none()
            && items.next().is_none()
            && ![
                access_key_id,
                date,
                region,
                service,
                signed_headers,
                signature,
            ]
            .contains(&"");
        complete.then(|| Self {
            access_key_id: access_key_id.to_owned(),
            scope: Scope {
                date: date.to_owned(),
                region: region.to_owned(),
                service: service.to_owned(),
            },
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }
}

/// The canonical path: the path as it arrived, encoded once more, as for every service but S3.
pub(crate) fn canonical_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATHS).to_string()
}

/// The canonical query: encoded anew, then sorted.
pub(crate) fn canonical_query(parameters: &[(String, String)]) -> String {
    let encode = |text| utf8_percent_encode(text, RESERVED).to_string();
    let mut pairs: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The canonical request. `headers` are the signed ones, in order, with lower-case names.
pub(crate) fn canonical_request(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    payload: &[u8],
) -> String {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", single_spaced(value)))
        .collect();
    let path = canonical_path(path);
    let query = canonical_query(&query_parameters(query));
    let names = header_names(headers);
    let payload_hash = sha256_hex(payload);
    format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload_hash}")
}

/// The text without blanks at its ends and with single ones within.
fn single_spaced(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The string to sign; `time` is like `20251218T064000Z`.
pub(crate) fn string_to_sign(time: &str, scope: &Scope, canonical_request: &str) -> String {
    let Scope {
        date,
        region,
        service,
    } = scope;
    let hash = sha256_hex(canonical_request.as_bytes());
    format!("{ALGORITHM}\n{time}\n{date}/{region}/{service}/{TERMINATOR}\n{hash}")
}

/// The signature of a string to sign.
pub(crate) fn signature(secret: &str, scope: &Scope, string_to_sign: &str) -> String {
    let of_date = hmac_sha256(format!("AWS4{secret}").as_bytes(), &scope.date);
    let of_region = hmac_sha256(&of_date, &scope.region);
    let of_service = hmac_sha256(&of_region, &scope.service);
    let signing_key = hmac_sha256(&of_service, TERMINATOR);
    hex(&hmac_sha256(&signing_key, string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_step_of_every_vector_agrees() {
        let file: Value =
            serde_json::from_str(include_str!("../../../vectors/aws-sigv4-iot.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 6);
        for vector in vectors {
            let (name, input, expected) =
                (text(vector, "name"), &vector["input"], &vector["expected"]);
            let given = Authorization::parse(text(expected, "authorization")).unwrap();
            let (host, target) = text(input, "url")
                .strip_prefix("https://")
                .unwrap()
                .split_once('/')
                .unwrap();
            let target = format!("/{target}");
            let (path, query) = target.split_once('?').unwrap_or((&target, ""));
            let time = text(input, "datetime");
            let headers: Vec<(String, String)> = given
                .signed_headers
                .iter()
                .map(|header| {
                    let value = match header.as_str() {
                        "host" => host,
                        "x-amz-date" => time,
                        "x-amz-security-token" => text(input, "session_token"),
                        other => panic!("{name}: header {other} of unknown value"),
                    };
                    (header.clone(), value.to_owned())
                })
                .collect();
            let canonical = canonical_request(
                text(input, "method"),
                path,
                query,
                &headers,
                text(input, "body_utf8").as_bytes(),
            );
            let to_sign = string_to_sign(time, &given.scope, &canonical);
            let signed = signature(text(input, "secret_access_key"), &given.scope, &to_sign);
            assert_eq!(canonical, text(expected, "canonical_request"), "{name}");
            assert_eq!(
                sha256_hex(canonical.as_bytes()),
                text(expected, "canonical_request_sha256"),
                "{name}"
            );
            assert_eq!(to_sign, text(expected, "string_to_sign"), "{name}");
            assert_eq!(signed, text(expected, "signature"), "{name}");
            assert_eq!(signed, given.signature, "{name}");
            assert_eq!(given.access_key_id, text(input, "access_key_id"), "{name}");
            assert_eq!(given.scope.region, text(input, "region"), "{name}");
            assert_eq!(given.scope.service, text(input, "service"), "{name}");
        }
    }

    #[test]
    fn the_order_of_the_query_and_blanks_in_headers_do_not_matter() {
        let wire = query_parameters("b=a+b&B=*&a=%7e%2f&c&a=1");
        assert_eq!(canonical_query(&wire), "B=%2A&a=1&a=~%2F&b=a%20b&c=");
        assert_eq!(single_spaced("  a   b c "), "a b c");
    }

    #[test]
    fn a_path_is_encoded_twice() {
        assert_eq!(
            canonical_path("/certificates/a%20b"),
            "/certificates/a%2520b"
        );
    }

    #[test]
    fn an_authorization_of_another_form_is_refused() {
        let good = "AWS4-HMAC-SHA256 Credential=AKID/20250101/eu-west-1/iot/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab";
        assert!(Authorization::parse(good).is_some());
        for bad in [
            "",
            "AWS4-HMAC-SHA256",
            &good.replace("AWS4-", "AWS5-"),
            &good.replace("/aws4_request", ""),
            &good.replace("/aws4_request", "/aws4_request/more"),
            &good.replace("/eu-west-1", "/"),
            &good.replace("AKID/", "/"),
            &good.replace("Signature=ab", "Signature="),
            &good.replace("SignedHeaders=host;x-amz-date, ", ""),
            &format!("{good}, More=1"),
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
