//! JSON Schema (draft 2020-12) of the types whose schema cannot be derived: texts with a pattern,
//! and the problem document.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::error::{Error, ErrorCode, ProviderError};
use crate::model::{
    ClientId, Fact, Fingerprint, InstanceId, ProviderName, ProviderText, Region, SerialNumber,
    Timestamp,
};

/// The schema of a text that requests may write in several spellings and answers write in one. The last
/// argument has the maximum lengths, in characters, in a request and in an answer; `None` if an answer
/// has no limit.
macro_rules! text {
    ($type:ty, $name:literal, $description:literal, $accepted:literal, $written:literal, $longest:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let is_answer = generator.contract().is_serialize();
                let pattern = if is_answer { $written } else { $accepted };
                let mut schema = json_schema!({"type": "string", "description": $description, "pattern": pattern});
                let longest: (u16, Option<u16>) = $longest;
                if let Some(longest) = if is_answer { longest.1 } else { Some(longest.0) } {
                    schema.insert("maxLength".to_owned(), longest.into());
                }
                schema
            }
        }
    };
}

text!(
    SerialNumber,
    "SerialNumber",
    "X.509 serial number in hex. Requests may use upper case, 0x, colons, blanks and leading zeros; answers use lower case and whole \
     octets without leading zero octets. A minus sign comes before a negative number: -01.",
    "^ *-?(0[xX])?[: ]*([0-9a-fA-F][: ]*){1,128}$",
    "^-?([0-9a-f]{2})+$",
    (400, None)
);
text!(
    ProviderText,
    "ProviderText",
    "Serial number exactly as an answer shows the provider's spelling.",
    "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
    "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
    (256, Some(256))
);
text!(
    ClientId,
    "ClientId",
    "Id under which one device connects to an MQTT broker. It is compared exactly.",
    "^[^*?+#\\u0000-\\u001f\\u007f-\\u009f]+$",
    "^[^*?+#\\u0000-\\u001f\\u007f-\\u009f]+$",
    (256, Some(256))
);
text!(
    Fingerprint,
    "Fingerprint",
    "SHA-256 of a certificate's DER form in hex. Requests may use upper case, 0x, colons and blanks; answers use lower case.",
    "^ *(0[xX])?[: ]*([0-9a-fA-F][: ]*){64}$",
    "^[0-9a-f]{64}$",
    (400, Some(64))
);
text!(
    Region,
    "Region",
    "Region id of the provider's cloud, like ap-guangzhou.",
    "^[a-z]{2}(-[a-z0-9]+)+$",
    "^[a-z]{2}(-[a-z0-9]+)+$",
    (40, Some(40))
);
text!(
    InstanceId,
    "InstanceId",
    "Id of an MQTT instance, like mqtt-qgzaawn9.",
    "^[A-Za-z0-9_-]{1,64}$",
    "^[A-Za-z0-9_-]{1,64}$",
    (64, Some(64))
);

/// A request inside an answer, which keeps the caller's own spellings.
pub(crate) fn request_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "anyOf": [{"type": "null"}, {"required": ["certificates"]}, {"required": ["undo"]}],
        "properties": {"certificates": {"type": "array", "minItems": 1}, "undo": {"type": "object"}}
    })
}

/// A signed order inside an answer. Callers send it unchanged, so its members are not described.
pub(crate) fn signed_order_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "required": ["order", "request", "mac"],
        "properties": {
            "order": {"type": "object"}, "request": {"type": "object"}, "mac": {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
        }
    })
}

/// A fact has the schema of its value: answers show an unknown and an absent fact as `null`.
impl<T: JsonSchema> JsonSchema for Fact<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let description =
            "Time in RFC 3339. Requests may use any offset; answers use UTC with a Z.";
        let mut schema =
            json_schema!({"type": "string", "description": description, "format": "date-time"});
        if generator.contract().is_serialize() {
            schema.insert(
                "pattern".to_owned(),
                "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z$".into(),
            );
        }
        schema
    }
}

impl JsonSchema for ProviderName {
    fn schema_name() -> Cow<'static, str> {
        "ProviderName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "Cloud service that keeps certificates.", "enum": Self::ALL.map(Self::as_str)})
    }
}

impl JsonSchema for Error {
    fn schema_name() -> Cow<'static, str> {
        "Error".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let provider_error = generator.subschema_for::<Option<ProviderError>>();
        // Two errors share one code of the contract.
        let distinct = |text: fn(ErrorCode) -> &'static str| {
            let mut texts = ErrorCode::ALL.map(text).to_vec();
            texts.dedup();
            texts
        };
        json_schema!({
            "description": "Problem document (RFC 9457).",
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": "about:blank"},
                "title": {"type": "string", "enum": distinct(ErrorCode::title)},
                "status": {"type": "integer", "description": "HTTP status of the error, also where the answer does not travel over HTTP.", "minimum": 400, "maximum": 599},
                "code": {"type": "string", "description": "Kind of failure.", "enum": distinct(ErrorCode::as_str)},
                "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
                "detail": {"type": "string", "description": "Cause of the failure and its remedy."},
                "field": {"type": ["string", "null"], "description": "Request member at fault, like certificates[2].serial_number; null where none is."},
                "provider_error": provider_error
            },
            "required": ["type", "title", "status", "code", "retryable", "detail", "field", "provider_error"],
            "additionalProperties": false
        })
    }
}
