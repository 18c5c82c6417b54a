//! The OpenAPI 3.1 document of the HTTP routes.

use std::collections::BTreeSet;

use certificate_provider::error::{Error, ErrorCode};
use certificate_provider::operation::{Describe, Inactivate, Operation, Status};
use certificate_provider::request::{ParameterKind, QueryParameter};
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

/// Parts of requests and answers: a text may have several spellings in a request and has
/// one in an answer.
struct Components {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

pub(super) fn document() -> Value {
    let settings = |path: &'static str| {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = path.into();
        settings.meta_schema = None;
        settings
    };
    let mut components = Components {
        requests: settings(OF_REQUESTS).for_deserialize().into_generator(),
        answers: settings("/components/schemas")
            .for_serialize()
            .into_generator(),
    };
    let error = components.answers.subschema_for::<Error>().to_value();
    let mut paths = Map::new();
    for (route, methods) in [
        route::<Describe>(&mut components, "Lists device certificates."),
        route::<Inactivate>(&mut components, "Inactivates device certificates."),
        route::<Status>(&mut components, "Reads the status of device certificates."),
        webhook::<Describe>(
            &mut components,
            "Lists device certificates, for the sender of a webhook.",
        ),
        webhook::<Inactivate>(
            &mut components,
            "Puts an order to inactivate device certificates into the queue, for the sender of a webhook.",
        ),
        webhook::<Status>(
            &mut components,
            "Reads the status of device certificates, for the sender of a webhook.",
        ),
    ] {
        paths.insert(route, methods);
    }
    let mut schemas = components.answers.take_definitions(true);
    let taken: BTreeSet<String> = schemas.keys().cloned().collect();
    // A part with one form in an answer and several in a request is there twice.
    let name = |name: &str| {
        if taken.contains(name) {
            format!("{name}Input")
        } else {
            name.to_owned()
        }
    };
    for (own, schema) in components.requests.take_definitions(true) {
        schemas.insert(name(&own), renamed(schema, &name));
    }
    let paths = renamed(Value::Object(paths), &name);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Device Certificate Functions",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Device certificates on several clouds behind one contract.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "paths": paths,
        "components": {"schemas": schemas, "responses": {"Error": {
            "description": "Problem document whose code names the kind of failure.",
            "content": {"application/problem+json": {"schema": error}}
        }}}
    })
}

/// The reference prefix of schemas of requests, until their names are known.
const OF_REQUESTS: &str = "/components/requests";

/// The same schema with its references to schemas of requests leading to `name`.
fn renamed(schema: Value, name: &impl Fn(&str) -> String) -> Value {
    match schema {
        Value::Object(members) => members
            .into_iter()
            .map(|(member, value)| {
                match value.as_str().and_then(|text| {
                    text.strip_prefix('#')?
                        .strip_prefix(OF_REQUESTS)?
                        .strip_prefix('/')
                }) {
                    Some(target) => (
                        member,
                        json!(format!("#/components/schemas/{}", name(target))),
                    ),
                    None => (member, renamed(value, name)),
                }
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, name)).collect(),
        other => other,
    }
}

fn route<O: Operation>(components: &mut Components, summary: &str) -> (String, Value)
where
    O::Request: JsonSchema,
    O::Answer: JsonSchema,
{
    let request = components.requests.subschema_for::<O::Request>().to_value();
    let answer = components.answers.subschema_for::<O::Answer>().to_value();
    // A repeat of a read is read again.
    let replayed = json!({ "idempotency-replayed": replayed() });
    let answered = json!({"description": "Answer to the request.", "content": {"application/json": {"schema": answer}}});
    let answered = if O::READS_ONLY {
        answered
    } else {
        with(answered, "headers", &replayed)
    };
    let mut responses = errors::<O>();
    responses.insert("200".to_owned(), answered);
    let mut post = json!({
        "operationId": format!("{}_post", O::NAME),
        "summary": summary,
        "requestBody": {"required": true, "content": {"application/json": {"schema": request}}},
        "responses": responses
    });
    let mut parameters = Vec::new();
    if O::CAN_BE_DEFERRED {
        parameters.push(json!({
            "name": "prefer", "in": "header", "description": "With `respond-async`, the function puts the order into its queue and answers at once.",
            "schema": {"type": "string"}
        }));
        let headers = with(
            replayed,
            "preference-applied",
            &json!({"schema": {"const": "respond-async"}}),
        );
        let later = json!({
            "description": "The order was put into the function's queue.",
            "headers": headers,
            "content": {"application/json": {"schema": accepted()}}
        });
        let responses = with(Value::Object(responses.clone()), "202", &later);
        post = with(post, "responses", &responses);
    }
    if !O::READS_ONLY {
        parameters.push(json!({
            "name": "idempotency-key", "in": "header", "description": "A repeat with the same key and the same body gets the answer of the first request.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"}
        }));
    }
    if !parameters.is_empty() {
        post = with(post, "parameters", &json!(parameters));
    }
    let mut methods = Map::from_iter([("post".to_owned(), post)]);
    if let Some(members) = O::QUERY {
        let parameters: Vec<Value> = members
            .iter()
            .map(|member| parameter(components, member))
            .collect();
        // The HTTP API itself answers so, before the function.
        for status in ["414", "431"] {
            responses.insert(
                status.to_owned(),
                json!({"description": "The URL is longer than the HTTP API accepts; use POST."}),
            );
        }
        let get = json!({"operationId": format!("{}_get", O::NAME), "summary": summary, "parameters": parameters, "responses": responses});
        methods.insert("get".to_owned(), get);
    }
    (format!("/{}", O::NAME), Value::Object(methods))
}

/// The route of `template.yaml` for senders who sign as Standard Webhooks describes. An order is
/// never carried out while its sender waits.
fn webhook<O: Operation>(components: &mut Components, summary: &str) -> (String, Value)
where
    O::Request: JsonSchema,
    O::Answer: JsonSchema,
{
    let request = components.requests.subschema_for::<O::Request>().to_value();
    let answer = components.answers.subschema_for::<O::Answer>().to_value();
    let answer_headers = json!({"webhook-id": {"description": "The id of the webhook.", "schema": {"type": "string"}}});
    let answered = if O::CAN_BE_DEFERRED {
        let headers = with(answer_headers, "idempotency-replayed", &replayed());
        let later = json!({
            "description": "The order was put into the queue of inactivate. Its order_id is the id of the webhook.",
            "headers": headers,
            "content": {"application/json": {"schema": accepted()}}
        });
        ("202", later)
    } else {
        let now = json!({
            "description": "Answer to the request.",
            "headers": answer_headers,
            "content": {"application/json": {"schema": answer}}
        });
        ("200", now)
    };
    let mut responses = errors::<O>();
    responses.insert(answered.0.to_owned(), answered.1);
    let header = |name: &str, description: &str, pattern: &str| {
        json!({
            "name": name, "in": "header", "required": true, "description": description,
            "schema": {"type": "string", "pattern": pattern}
        })
    };
    let post = json!({
        "operationId": format!("{}_webhook_post", O::NAME),
        "summary": summary,
        "parameters": [
            header("webhook-id", "Id of the message, the same in each of its repeats.", "^[A-Za-z0-9_-]{1,128}$"),
            header("webhook-timestamp", "Time of sending in whole seconds since 1970, at most 5 minutes from now.", "^[0-9]+$"),
            header(
                "webhook-signature",
                "Signatures separated by blanks. One must be `v1,` and the base64 of the HMAC-SHA256 of the id, the timestamp and the body, joined by dots.",
                "v1,[A-Za-z0-9+/]{43}="
            )
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": request}}},
        "responses": responses
    });
    let methods = Map::from_iter([("post".to_owned(), post)]);
    (format!("/webhooks/{}", O::NAME), Value::Object(methods))
}

/// The errors of a route by their HTTP status.
fn errors<O: Operation>() -> Map<String, Value> {
    let concerns = |code: &ErrorCode| !O::READS_ONLY || *code != ErrorCode::RequestInProgress;
    ErrorCode::ALL
        .into_iter()
        .filter(concerns)
        .map(|code| {
            (
                code.http_status().to_string(),
                json!({"$ref": "#/components/responses/Error"}),
            )
        })
        .collect()
}

/// The header of an answer that is replayed.
fn replayed() -> Value {
    json!({
        "description": "The request was carried out before, and this is the answer that it got.",
        "schema": {"const": "true"}
    })
}

/// The answer to an order that will be carried out later.
pub(super) fn accepted() -> Value {
    json!({"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"], "additionalProperties": false})
}

/// A query parameter has the schema of the request's member that it fills; lists are separated by
/// commas.
fn parameter(components: &Components, parameter: &QueryParameter) -> Value {
    let definitions = components.requests.definitions();
    let holder = match parameter.path {
        ["filter", _] => "Filter",
        ["cross_check", _] => "CrossCheck",
        ["certificates"] => "CertificateReference",
        _ if definitions.contains_key("DescribeRequest")
            && !definitions.contains_key("StatusRequest") =>
        {
            "DescribeRequest"
        }
        _ => "StatusRequest",
    };
    let name = if holder == "CertificateReference" {
        Some(&parameter.name)
    } else {
        parameter.path.last()
    };
    let property = name.and_then(|name| {
        definitions
            .get(holder)?
            .pointer(&format!("/properties/{name}"))
    });
    let schema = in_place(not_null(property.cloned().unwrap_or_default()), definitions);
    let schema = match parameter.kind {
        ParameterKind::Objects => {
            let description = schema.get("description").cloned();
            json!({"type": "array", "items": schema, "minItems": 1, "description": description})
        }
        ParameterKind::List => with(schema, "minItems", &json!(1)),
        _ if parameter.name == "sources" => json!({
            "const": "all",
            "description": "All sources that are configured for the function, in place of `provider`, `region` and `instance_id`."
        }),
        _ => schema,
    };
    let described = json!({"name": parameter.name, "in": "query", "schema": schema});
    if !matches!(parameter.kind, ParameterKind::List | ParameterKind::Objects) {
        return described;
    }
    with(
        with(described, "style", &json!("form")),
        "explode",
        &json!(false),
    )
}

/// Replaces the reference to a text of almost any form by the schema itself: programs that do not
/// resolve references would report a value of another type as a fault.
fn in_place(schema: Value, definitions: &Map<String, Value>) -> Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let name = reference.and_then(|to| to.rsplit('/').next());
    match name.filter(|name| name.starts_with("ProviderText")) {
        Some(name) => definitions.get(name).cloned().unwrap_or(schema),
        None => schema,
    }
}

fn with(mut object: Value, member: &str, value: &Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(member.to_owned(), value.clone());
    }
    object
}

/// The schema without `null`: a query parameter is left out in place of being `null`.
fn not_null(schema: Value) -> Value {
    let Value::Object(mut members) = schema else {
        return schema;
    };
    members.remove("default");
    if let Some(types) = members.get("type").and_then(Value::as_array) {
        let types: Vec<Value> = types
            .iter()
            .filter(|name| *name != "null")
            .cloned()
            .collect();
        let only = types.first().filter(|_| types.len() == 1).cloned();
        members.insert("type".to_owned(), only.unwrap_or(Value::Array(types)));
    }
    if let Some(Value::Array(choices)) = members.remove("anyOf") {
        let mut choices: Vec<Value> = choices
            .into_iter()
            .filter(|choice| choice["type"] != "null")
            .collect();
        match choices.pop() {
            Some(Value::Object(only)) if choices.is_empty() => members.extend(only),
            Some(last) => {
                choices.push(last);
                members.insert("anyOf".to_owned(), Value::Array(choices));
            }
            None => {}
        }
    }
    Value::Object(members)
}
