//! Which operation a method and a path name.

use crate::exchange::Received;
use crate::signature::sigv4;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// An operation with the identifier in its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ListCertificates,
    ListCertificatesByCa(String),
    DescribeCertificate(String),
    UpdateCertificate(String),
}

impl Operation {
    /// `None` when there is no such operation.
    pub(crate) fn of(received: &Received) -> Option<Self> {
        Self::named(&received.method, &received.path)
    }

    fn named(method: &str, path: &str) -> Option<Self> {
        let steps: Vec<String> = path
            .strip_prefix('/')?
            .split('/')
            .map(|step| percent_decode_str(step).decode_utf8_lossy().into_owned())
            .collect();
        match (method, steps.as_slice()) {
            ("GET", [first]) if first == "certificates" => Some(Self::ListCertificates),
            ("GET", [first, id]) if first == "certificates-by-ca" => {
                Some(Self::ListCertificatesByCa(id.clone()))
            }
            ("GET", [first, id]) if first == "certificates" => {
                Some(Self::DescribeCertificate(id.clone()))
            }
            ("PUT", [first, id]) if first == "certificates" => {
                Some(Self::UpdateCertificate(id.clone()))
            }
            _ => None,
        }
    }

    /// The name under which the vendor documents it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::ListCertificates => "ListCertificates",
            Self::ListCertificatesByCa(_) => "ListCertificatesByCA",
            Self::DescribeCertificate(_) => "DescribeCertificate",
            Self::UpdateCertificate(_) => "UpdateCertificate",
        }
    }
}

/// The parameters of a call: its query, decoded, and the identifier in its path.
pub(crate) fn parameters(received: &Received) -> Value {
    let mut members: Map<String, Value> = sigv4::parameters(&received.query)
        .into_iter()
        .map(|(name, value)| (name, Value::from(value)))
        .collect();
    match Operation::of(received) {
        Some(Operation::ListCertificatesByCa(id)) => {
            members.insert("caCertificateId".to_owned(), Value::from(id))
        }
        Some(Operation::DescribeCertificate(id) | Operation::UpdateCertificate(id)) => {
            members.insert("certificateId".to_owned(), Value::from(id))
        }
        Some(Operation::ListCertificates) | None => None,
    };
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_and_path_name_the_operation() {
        let named = |method, path| Operation::named(method, path).map(|operation| operation.name());
        for (method, path, expected) in [
            ("GET", "/certificates", Some("ListCertificates")),
            (
                "GET",
                "/certificates-by-ca/ab",
                Some("ListCertificatesByCA"),
            ),
            ("GET", "/certificates/ab", Some("DescribeCertificate")),
            ("PUT", "/certificates/ab", Some("UpdateCertificate")),
            ("DELETE", "/certificates/ab", None),
            ("POST", "/certificates", None),
            ("GET", "/certificates/ab/cd", None),
            ("GET", "/cacertificates", None),
            ("GET", "/", None),
        ] {
            assert_eq!(named(method, path), expected, "{method} {path}");
        }
        assert_eq!(
            Operation::named("GET", "/certificates/%61b"),
            Some(Operation::DescribeCertificate("ab".to_owned()))
        );
    }
}
