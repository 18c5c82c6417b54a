//! The operations of AWS IoT, by method and path.

use crate::exchange::Received;
use crate::signature::query_parameters;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// An operation with the identifier in its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ListCertificates,
    ListCertificatesByCa(String),
    DescribeCertificate(String),
    UpdateCertificate(String),
    ListThingPrincipals(String),
    ListPrincipalThings,
    GetConnection(String),
    DeleteConnection(String),
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
            ("GET", [first, name, last]) if first == "things" && last == "principals" => {
                Some(Self::ListThingPrincipals(name.clone()))
            }
            ("GET", [first, last]) if first == "principals" && last == "things" => {
                Some(Self::ListPrincipalThings)
            }
            ("GET", [first, id]) if first == "connections" => Some(Self::GetConnection(id.clone())),
            ("DELETE", [first, id]) if first == "connections" => {
                Some(Self::DeleteConnection(id.clone()))
            }
            _ => None,
        }
    }

    /// The name of its service in the scope of a signature: the data plane has its own.
    pub(crate) fn service(&self) -> &'static str {
        match self {
            Self::GetConnection(_) | Self::DeleteConnection(_) => "iotdata",
            _ => "iot",
        }
    }

    /// The name under which the vendor documents it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::ListCertificates => "ListCertificates",
            Self::ListCertificatesByCa(_) => "ListCertificatesByCA",
            Self::DescribeCertificate(_) => "DescribeCertificate",
            Self::UpdateCertificate(_) => "UpdateCertificate",
            Self::ListThingPrincipals(_) => "ListThingPrincipals",
            Self::ListPrincipalThings => "ListPrincipalThings",
            Self::GetConnection(_) => "GetConnection",
            Self::DeleteConnection(_) => "DeleteConnection",
        }
    }
}

/// The header that names a principal.
pub(super) const PRINCIPAL: &str = "x-amzn-principal";

/// The parameters of a call: its query, decoded, the identifier in its path, and the principal.
pub(crate) fn parameters(received: &Received) -> Value {
    let mut members: Map<String, Value> = query_parameters(&received.query)
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
        Some(Operation::ListThingPrincipals(name)) => {
            members.insert("thingName".to_owned(), Value::from(name))
        }
        Some(Operation::ListPrincipalThings) => received
            .header(PRINCIPAL)
            .and_then(|arn| members.insert("principal".to_owned(), Value::from(arn))),
        Some(Operation::GetConnection(id) | Operation::DeleteConnection(id)) => {
            members.insert("clientId".to_owned(), Value::from(id))
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
            ("GET", "/things/t/principals", Some("ListThingPrincipals")),
            ("GET", "/things/t/principals/u", None),
            ("GET", "/things/t", None),
            ("GET", "/principals/things", Some("ListPrincipalThings")),
            ("GET", "/connections/c", Some("GetConnection")),
            ("DELETE", "/connections/c", Some("DeleteConnection")),
            ("PUT", "/connections/c", None),
            ("DELETE", "/connections/c/d", None),
            ("GET", "/", None),
        ] {
            assert_eq!(named(method, path), expected, "{method} {path}");
        }
        assert_eq!(
            Operation::named("GET", "/certificates/%61b"),
            Some(Operation::DescribeCertificate("ab".to_owned()))
        );
        assert_eq!(
            Operation::named("DELETE", "/connections/a%2Fb%20%E8%BD%A6%24"),
            Some(Operation::DeleteConnection("a/b 车$".to_owned()))
        );
    }
}
