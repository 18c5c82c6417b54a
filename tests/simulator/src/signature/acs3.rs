//! ACS3-HMAC-SHA256, signature V3 of Alibaba Cloud's OpenAPI, for RPC style actions.
//!
//! Source: page "Request syntax and signature method V3" of Alibaba Cloud.

use super::{RESERVED, header_lines, header_names, hex, hmac_sha256, sha256_hex};
use percent_encoding::utf8_percent_encode;

/// The name that begins an `Authorization` header.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads the header's value; `None` when it does not have the documented form.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let rest = value.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let mut items = rest.split(',').map(str::trim);
        let access_key_id = items.next()?.strip_prefix("Credential=")?;
        let signed_headers = items.next()?.strip_prefix("SignedHeaders=")?;
        let signature = items.next()?.strip_prefix("Signature=")?;
        let complete =
            items.next().is_none() && ![access_key_id, signed_headers, signature].contains(&"");
        complete.then(|| Self {
            access_key_id: access_key_id.to_owned(),
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }
}

/// The canonical query: decoded, sorted by name in byte order, encoded anew as the vendor does.
pub(crate) fn canonical_query(parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = parameters.iter().collect();
    sorted.sort();
    let encode = |text| utf8_percent_encode(text, RESERVED);
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// The canonical request. `headers` are the signed ones, in order, with lower-case names.
pub(crate) fn canonical_request(
    method: &str,
    canonical_query: &str,
    headers: &[(String, String)],
    payload: &[u8],
) -> String {
    let lines = header_lines(headers);
    let names = header_names(headers);
    let payload_hash = sha256_hex(payload);
    format!("{method}\n/\n{canonical_query}\n{lines}\n{names}\n{payload_hash}")
}

/// The string to sign.
pub(crate) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", sha256_hex(canonical_request.as_bytes()))
}

/// The signature of a string to sign.
pub(crate) fn signature(secret: &str, string_to_sign: &str) -> String {
    hex(&hmac_sha256(secret.as_bytes(), string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::super::{query_parameters, text};
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_step_of_every_vector_agrees() {
        let file: Value =
            serde_json::from_str(include_str!("../../../vectors/alibaba-acs3.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 12);
        for vector in vectors {
            let (name, input, expected) =
                (text(vector, "name"), &vector["input"], &vector["expected"]);
            let given = Authorization::parse(text(expected, "authorization")).unwrap();
            let headers: Vec<(String, String)> = given
                .signed_headers
                .iter()
                .map(|header| {
                    let value = text(&input["headers_signed"], header);
                    (header.clone(), value.to_owned())
                })
                .collect();
            let (_, query) = text(expected, "url").split_once("/?").unwrap_or(("", ""));
            let query = canonical_query(&query_parameters(query));
            let canonical = canonical_request(
                text(input, "method"),
                &query,
                &headers,
                text(input, "body_utf8").as_bytes(),
            );
            let to_sign = string_to_sign(&canonical);
            let signed = signature(text(input, "access_key_secret"), &to_sign);
            assert_eq!(query, text(expected, "canonical_query"), "{name}");
            assert_eq!(canonical, text(expected, "canonical_request"), "{name}");
            assert_eq!(to_sign, text(expected, "string_to_sign"), "{name}");
            assert_eq!(signed, text(expected, "signature"), "{name}");
            assert_eq!(given.access_key_id, text(input, "access_key_id"), "{name}");
        }
    }

    #[test]
    fn the_order_and_the_encoding_on_the_wire_do_not_matter() {
        let wire = query_parameters("b=a+b&B=*&a=%7e%2f&c");
        assert_eq!(canonical_query(&wire), "B=%2A&a=~%2F&b=a%20b&c=");
    }

    #[test]
    fn an_authorization_of_another_form_is_refused() {
        let good = "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-date,Signature=ab";
        assert!(Authorization::parse(good).is_some());
        for bad in [
            "",
            "ACS3-HMAC-SHA256",
            &good.replace("ACS3", "ACS4"),
            &good.replace("Credential=id,", ""),
            &good.replace("Credential=id", "Credential="),
            &good.replace("SignedHeaders=host;x-acs-date", "SignedHeaders="),
            &format!("{good},More=1"),
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
