//! The message that continues an order to inactivate.

use serde::{Deserialize, Serialize};

use super::{InactivateRequest, InactivationOrder};
use crate::error::Error;

/// A message that continues an order. Its order is trusted, because IAM guards the queue.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Continuation<R> {
    order: InactivationOrder,
    request: R,
}

impl InactivateRequest {
    /// Reads a message of the function's queue: a new request, or the continuation of an order.
    ///
    /// # Errors
    /// As [`super::parse()`].
    pub fn from_message(text: &str) -> Result<Self, Error> {
        match serde_json::from_str::<Continuation<&serde_json::value::RawValue>>(text) {
            Ok(Continuation { order, request }) => Ok(Self {
                order: Some(order),
                ..super::parse(request.get())?
            }),
            Err(_) => super::parse(text),
        }
    }

    /// The message that continues this order.
    pub fn to_message(&self, order: InactivationOrder) -> String {
        // Plain data with text keys always serializes; otherwise the empty message would be
        // refused.
        serde_json::to_string(&Continuation {
            order,
            request: self,
        })
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Timestamp;
    use crate::request::{CertificateReference, MessageIdentity, Summary};

    fn order() -> InactivationOrder {
        let earlier_results = Summary {
            inactivated: 40,
            ..Summary::default()
        };
        InactivationOrder {
            id: "key-1".to_owned(),
            event_id: Some("id-1".to_owned()),
            part: 2,
            caller: Some("AIDA".to_owned()),
            expires_at: Timestamp::parse("2026-01-02T03:04:05Z").ok(),
            redelivered_since: Timestamp::parse("2026-01-01T00:00:00Z").ok(),
            earlier_results,
            unsent_event: Some(r#"{"id": "id-1"}"#.to_owned()),
            message: Some(MessageIdentity {
                origin: "origin".to_owned(),
                id: "random".to_owned(),
            }),
            places: Vec::new(),
        }
    }

    #[test]
    fn a_continuation_keeps_the_request_in_the_callers_own_spellings() {
        let request = json!({
            "provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-1", "reason": "stolen", "dry_run": true,
            "end_sessions": false, "not_after": "2026-01-01T00:00:00Z",
            "certificates": [
                {"serial_number": "0x0A", "ca_serial_number": "00:B"}, {"serial_number": "0A", "ca_serial_number": "007"},
                {"fingerprint_sha256": "ab".repeat(32), "client_ids": ["excavator-7940", "GID_a@@@b"]},
                {"provider_serial_number": " device-7 ", "provider_ca_serial_number": "0X0a"},
            ],
        });
        let request = super::super::parse::<InactivateRequest>(&request.to_string()).unwrap();
        let continued = InactivateRequest::from_message(&request.to_message(order())).unwrap();
        assert_eq!(continued.order, Some(order()));
        let spelled = |request: &InactivateRequest| serde_json::to_value(request).unwrap();
        assert_eq!(spelled(&continued), spelled(&request));
        let serial_numbers = |of: &InactivateRequest| {
            of.certificates
                .iter()
                .flatten_serials()
                .map(|number| (number.spellings(), number.read_as_decimal()))
                .collect::<Vec<_>>()
        };
        assert_eq!(serial_numbers(&continued), serial_numbers(&request));
    }

    trait FlattenSerials<'a> {
        fn flatten_serials(self) -> impl Iterator<Item = &'a crate::model::SerialNumber>;
    }

    impl<'a, I: Iterator<Item = &'a CertificateReference>> FlattenSerials<'a> for I {
        fn flatten_serials(self) -> impl Iterator<Item = &'a crate::model::SerialNumber> {
            self.flat_map(|reference| [&reference.serial_number, &reference.ca_serial_number])
                .flatten()
        }
    }

    #[test]
    fn any_other_message_is_read_as_a_request() {
        let request = r#"{"certificates": [{"serial_number": "0a"}]}"#;
        assert_eq!(
            InactivateRequest::from_message(request).unwrap().order,
            None
        );
        for (text, field) in [
            (r#"{"order": {}, "request": {}}"#, "order"),
            (
                r#"{"order": {"id": "1", "part": 1, "caller": null, "expires_at": null, "earlier_results": {}}}"#,
                "order",
            ),
            ("[]", "body"),
            ("{", "body"),
        ] {
            assert_eq!(
                InactivateRequest::from_message(text)
                    .unwrap_err()
                    .field
                    .as_deref(),
                Some(field),
                "{text}"
            );
        }
        let unusable = r#"{"order": {"id": "1", "part": 1, "caller": null, "expires_at": null, "earlier_results": {}}, "request": {"certificates": []}}"#;
        assert_eq!(
            InactivateRequest::from_message(unusable)
                .unwrap_err()
                .field
                .as_deref(),
            Some("certificates")
        );
    }
}
