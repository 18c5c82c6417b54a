//! JSON Schema of the rules that involve several members of a request.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Sources;
use crate::model::{MOST_SOURCES, Source};

/// Requires of each certificate a serial number in either form, or a fingerprint.
pub(crate) fn one_of_its_names(schema: &mut Schema) {
    let names = [
        "serial_number",
        "provider_serial_number",
        "fingerprint_sha256",
    ];
    let named =
        |name: &str| json_schema!({"required": [name], "properties": {name: {"type": "string"}}});
    schema.insert(
        "anyOf".to_owned(),
        names.map(named).map(Schema::to_value).to_vec().into(),
    );
}

/// Allows no client ids of the certificates that a status request names.
pub(crate) fn without_client_ids(schema: &mut Schema) {
    let without = json_schema!({"properties": {"client_ids": {"type": "null"}}}).to_value();
    if let Some(items) = schema.pointer_mut("/properties/certificates/items") {
        let named = items.take();
        *items = serde_json::json!({"allOf": [named, without]});
    }
}

/// Allows either `sources` or the members that name one source.
pub(crate) fn one_source_or_several(schema: &mut Schema) {
    let absent: serde_json::Map<String, serde_json::Value> = ["provider", "region", "instance_id"]
        .map(|name| (name.to_owned(), serde_json::json!({"type": "null"})))
        .into_iter()
        .collect();
    let several_only = json_schema!({"properties": absent});
    let one_only = json_schema!({"properties": {"sources": {"type": "null"}}});
    schema.insert(
        "anyOf".to_owned(),
        [several_only, one_only]
            .map(Schema::to_value)
            .to_vec()
            .into(),
    );
}

/// Requires exactly one member that says which certificates an order is for, and allows the members
/// of a selection only beside `select`, and `page` only in a dry run that can have pages.
pub(crate) fn names_or_selects(schema: &mut Schema) {
    let ways = [
        json_schema!({"required": ["certificates"], "properties": {"certificates": {"type": "array"}}}),
        json_schema!({"required": ["select"], "properties": {"select": {"type": "object"}}}),
        json_schema!({"required": ["undo"], "properties": {
            "undo": {"type": "object"}, "force": {"const": false},
            "provider": {"type": "null"}, "region": {"type": "null"}, "instance_id": {"type": "null"}
        }}),
    ];
    schema.insert(
        "oneOf".to_owned(),
        ways.map(Schema::to_value).to_vec().into(),
    );
    let mut places = json_schema!({});
    one_source_or_several(&mut places);
    let only_beside_select = json_schema!({"anyOf": [
        {"required": ["select"], "properties": {"select": {"type": "object"}}},
        {"properties": {
            "sources": {"type": "null"}, "max_certificates": {"type": "null"}, "plan_id": {"type": "null"}
        }}
    ]});
    let only_one_place = json_schema!({"anyOf": [
        {"properties": {"page": {"type": "null"}}},
        {"required": ["page", "dry_run", "select"], "properties": {
            "page": {"type": "object"}, "dry_run": {"const": true}, "select": {"type": "object"},
            "sources": {"type": "null"}, "max_certificates": {"type": "null"}, "plan_id": {"type": "null"}
        }},
        {"required": ["page", "dry_run", "undo"], "properties": {
            "page": {"type": "object", "properties": {"cursor": {"type": "null"}}},
            "dry_run": {"const": true}, "undo": {"type": "object"}
        }}
    ]});
    schema.insert(
        "allOf".to_owned(),
        [places, only_beside_select, only_one_place]
            .map(Schema::to_value)
            .to_vec()
            .into(),
    );
}

impl JsonSchema for Sources {
    fn schema_name() -> Cow<'static, str> {
        "Sources".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let source = generator.subschema_for::<Source>();
        json_schema!({
            "description": "A list of distinct sources, or \"all\" for the sources that are configured for the function.",
            "anyOf": [
                {"const": "all"},
                {"type": "array", "items": source, "minItems": 1, "maxItems": MOST_SOURCES, "uniqueItems": true}
            ]
        })
    }
}
