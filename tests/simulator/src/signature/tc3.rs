//! TC3-HMAC-SHA256, Tencent Cloud's signature.
//!
//! Source: page "Signature v3" of Tencent Cloud.

use super::{header_lines, header_names, hex, hmac_sha256, sha256_hex};

const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) secret_id: String,
    /// UTC date of the scope, `YYYY-MM-DD`.
    pub(crate) date: String,
    pub(crate) service: String,
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
        let mut scope = credential.split('/');
        let (secret_id, date, service) = (scope.next()?, scope.next()?, scope.next()?);
        let complete = scope.next() == Some("tc3_request")
            && scope.next().is_none()
            && items.next().is_none()
            && ![secret_id, date, service, signed_headers, signature].contains(&"");
        complete.then(|| Self {
            secret_id: secret_id.to_owned(),
            date: date.to_owned(),
            service: service.to_owned(),
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }
}

/// The canonical request. `headers` are the signed ones, in order, with lower-case names; `query`
/// is as it arrived.
pub(crate) fn canonical_request(
    method: &str,
    query: &str,
    headers: &[(String, String)],
    payload: &[u8],
) -> String {
    let lines = header_lines(headers).to_lowercase();
    let names = header_names(headers);
    let payload_hash = sha256_hex(payload);
    format!("{method}\n/\n{query}\n{lines}\n{names}\n{payload_hash}")
}

/// The string to sign; `timestamp` is the text of the epoch seconds.
pub(crate) fn string_to_sign(
    timestamp: &str,
    date: &str,
    service: &str,
    canonical_request: &str,
) -> String {
    let hash = sha256_hex(canonical_request.as_bytes());
    format!("{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{hash}")
}

/// The signature of a string to sign.
pub(crate) fn signature(secret: &str, date: &str, service: &str, string_to_sign: &str) -> String {
    let of_date = hmac_sha256(format!("TC3{secret}").as_bytes(), date);
    let of_service = hmac_sha256(&of_date, service);
    let signing_key = hmac_sha256(&of_service, "tc3_request");
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
            serde_json::from_str(include_str!("../../../vectors/tencent-tc3.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 13);
        for vector in vectors {
            let (name, input, expected) =
                (text(vector, "name"), &vector["input"], &vector["expected"]);
            let given = Authorization::parse(text(expected, "authorization")).unwrap();
            let headers: Vec<(String, String)> = given
                .signed_headers
                .iter()
                .map(|header| {
                    let value = match header.as_str() {
                        "content-type" => text(input, "content_type"),
                        "host" => text(input, "host"),
                        "x-tc-action" => text(input, "action"),
                        other => panic!("{name}: header {other} of unknown value"),
                    };
                    (header.clone(), value.to_owned())
                })
                .collect();
            let timestamp = input["timestamp"].to_string();
            let payload = if text(input, "method") == "GET" {
                ""
            } else {
                text(input, "body_utf8")
            };
            let canonical = canonical_request(
                text(input, "method"),
                text(input, "query"),
                &headers,
                payload.as_bytes(),
            );
            let to_sign = string_to_sign(&timestamp, &given.date, &given.service, &canonical);
            let signed = signature(
                text(input, "secret_key"),
                &given.date,
                &given.service,
                &to_sign,
            );
            assert_eq!(canonical, text(expected, "canonical_request"), "{name}");
            assert_eq!(to_sign, text(expected, "string_to_sign"), "{name}");
            assert_eq!(signed, text(expected, "signature"), "{name}");
            assert_eq!(signed, given.signature, "{name}");
            assert_eq!(given.secret_id, text(input, "secret_id"), "{name}");
            assert_eq!(given.date, text(expected, "date"), "{name}");
        }
    }

    #[test]
    fn an_authorization_of_another_form_is_refused() {
        let good = "TC3-HMAC-SHA256 Credential=AKID/2025-01-01/mqtt/tc3_request, SignedHeaders=content-type;host, Signature=ab";
        assert!(Authorization::parse(good).is_some());
        for bad in [
            "",
            "TC3-HMAC-SHA256",
            &good.replace("TC3-", "TC4-"),
            &good.replace("/tc3_request", ""),
            &good.replace("/tc3_request", "/tc3_request/more"),
            &good.replace("AKID/", "/"),
            &good.replace("Signature=ab", "Signature="),
            &good.replace("SignedHeaders=content-type;host, ", ""),
            &format!("{good}, More=1"),
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
