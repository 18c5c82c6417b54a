//! The OpenAPI document as a page to read.

use serde_json::{Map, Value};

/// A page in Markdown with every route of the document, and every type that requests and answers
/// are made of.
pub(super) fn page(document: &Value) -> String {
    let mut page = Page(String::new());
    page.line("# HTTP API");
    page.paragraph(
        "Every route with its parameters, requests and answers. [reference.md](reference.md) explains them with examples. `make schemas` writes \
         this page from the types, beside [openapi.json](../schemas/openapi.json), which has the same for programs.",
    );
    page.line("\n| route | |\n| --- | --- |");
    for (path, method, operation) in operations(document) {
        let title = title(path, method);
        page.line(&format!(
            "| [{title}](#{}) | {} |",
            anchor(&title),
            text(&operation["summary"])
        ));
    }
    for (path, method, operation) in operations(document) {
        page.operation(&title(path, method), operation);
    }
    page.line("\n## Types");
    page.paragraph("A member that may be left out of a request is not marked as required. Each member of an answer that is marked as required is always there.");
    for (name, schema) in members(at(document, "/components/schemas")) {
        page.definition(name, schema);
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    fn operation(&mut self, title: &str, operation: &Value) {
        self.line(&format!("\n## {title}"));
        self.paragraph(text(&operation["summary"]));
        let body = at(operation, "/requestBody/content/application~1json/schema");
        if !body.is_null() {
            self.paragraph(&format!("Body: {}", kind(body)));
        }
        let parameters = operation["parameters"].as_array();
        if let Some(parameters) = parameters {
            self.line("\n| parameter | in | values | |\n| --- | --- | --- | --- |");
            for parameter in parameters {
                let schema = &parameter["schema"];
                let description = match text(&parameter["description"]) {
                    "" => text(&schema["description"]),
                    own => own,
                };
                self.line(&format!(
                    "| `{}`{} | {} | {} | {} |",
                    text(&parameter["name"]),
                    required(parameter["required"] == true),
                    text(&parameter["in"]),
                    kind(schema),
                    cell(description),
                ));
            }
        }
        self.line("\n| status | answer | headers |\n| --- | --- | --- |");
        let mut errors = Vec::new();
        for (status, response) in members(&operation["responses"]) {
            if response["$ref"] == "#/components/responses/Error" {
                errors.push(status.as_str());
                continue;
            }
            let body = at(response, "/content/application~1json/schema");
            let body = if body.is_null() {
                String::new()
            } else {
                format!(" {}", kind(body))
            };
            let headers: Vec<String> = members(&response["headers"])
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            let description = cell(text(&response["description"]));
            self.line(&format!(
                "| {status} | {description}{body} | {} |",
                headers.join(", ")
            ));
        }
        self.line(&format!("| {} | [Error](#error) | |", errors.join(", ")));
    }

    fn definition(&mut self, name: &str, schema: &Value) {
        self.line(&format!("\n### {name}"));
        let description = text(&schema["description"]);
        if !description.is_empty() {
            self.paragraph(description);
        }
        if schema["properties"].is_object() {
            self.members(schema);
        } else if let Some(choices) = described(schema) {
            self.line("\n| value | |\n| --- | --- |");
            for choice in choices {
                self.line(&format!(
                    "| {} | {} |",
                    kind(choice),
                    cell(text(&choice["description"]))
                ));
            }
        } else {
            self.paragraph(&format!("Values: {}", kind(schema)));
        }
    }

    fn members(&mut self, schema: &Value) {
        let is_required = |name: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|names| names.iter().any(|one| one == name))
        };
        self.line("\n| member | values | |\n| --- | --- | --- |");
        for (name, member) in members(&schema["properties"]) {
            self.line(&format!(
                "| `{name}`{} | {} | {} |",
                required(is_required(name)),
                kind(member),
                cell(text(&member["description"]))
            ));
        }
    }
}

/// Every operation with its path and method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(&document["paths"]).flat_map(|(path, methods)| {
        members(methods).map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NOTHING)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn title(path: &str, method: &str) -> String {
    format!("{} {path}", method.to_uppercase())
}

/// A heading as GitHub names it in addresses.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| {
            if letter == ' ' {
                '-'
            } else {
                letter.to_ascii_lowercase()
            }
        })
        .collect()
}

fn required(is_required: bool) -> &'static str {
    if is_required { ", required" } else { "" }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The alternatives, where each says what it means.
fn described(schema: &Value) -> Option<&Vec<Value>> {
    let choices = schema["oneOf"].as_array()?;
    choices
        .iter()
        .all(|choice| choice["description"].is_string())
        .then_some(choices)
}

/// The values that a schema admits, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"])
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
    {
        return format!("[{name}](#{})", anchor(name));
    }
    if !schema["const"].is_null() {
        return literal(&schema["const"]);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(literal).collect::<Vec<_>>().join(", ");
    }
    for choices in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[choices]
            .as_array()
            .filter(|_| schema["type"].is_null())
        {
            return either(choices.iter().map(kind));
        }
    }
    if let Some(named) = schema["allOf"]
        .as_array()
        .and_then(|parts| parts.iter().find(|part| part["$ref"].is_string()))
    {
        return kind(named);
    }
    match &schema["type"] {
        Value::Array(types) => either(types.iter().map(|name| of_type(schema, text(name)))),
        name => of_type(schema, text(name)),
    }
}

/// A text as it stands in JSON, but without its quotation marks.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn either(alternatives: impl Iterator<Item = String>) -> String {
    alternatives.collect::<Vec<_>>().join(" or ")
}

fn of_type(schema: &Value, name: &str) -> String {
    match name {
        "array" => {
            let length = range(schema, "minItems", "maxItems");
            let length = if length.is_empty() {
                String::new()
            } else {
                format!("{length}: ")
            };
            format!("list of {length}{}", kind(&schema["items"]))
        }
        "integer" => format!("whole number {}", range(schema, "minimum", "maximum"))
            .trim_end()
            .to_owned(),
        "string" if schema["pattern"].is_string() => {
            format!("text `{}`", cell(text(&schema["pattern"])))
        }
        "string" => match range(schema, "minLength", "maxLength").as_str() {
            "" => "text".to_owned(),
            length => format!("text of {length} characters"),
        },
        "object" => {
            let names: Vec<String> = members(&schema["properties"])
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            format!("object with {}", names.join(", "))
        }
        "null" => "`null`".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        _ => "any".to_owned(),
    }
}

fn range(schema: &Value, least: &str, most: &str) -> String {
    match (&schema[least], &schema[most]) {
        (Value::Null, Value::Null) => String::new(),
        (least, Value::Null) if *least == 0 => String::new(),
        (least, Value::Null) => format!("at least {least}"),
        (Value::Null, most) => format!("at most {most}"),
        (least, most) => format!("{least} to {most}"),
    }
}
