//! Reading Tencent's parameters, from a JSON body or from a query, with the vendor's codes for what
//! is wrong.

use super::{missing, refusal};
use crate::exchange::{Received, Refusal};
use serde_json::{Map, Value};

/// The parameters that are numbers.
const NUMBERS: [&str; 4] = ["Limit", "Offset", "OnlineStatus", "MaxTimestamp"];

/// The parameters of a call as one JSON object.
pub(crate) fn read(received: &Received) -> Result<Value, Refusal> {
    if received.method == "GET" {
        return Ok(from_query(&received.query));
    }
    let content_type = received.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return Err(refusal(
            "InvalidParameter",
            "The content type must be application/json.",
        ));
    }
    serde_json::from_slice(&received.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| refusal("InvalidParameter", "The body must be a JSON object."))
}

/// Undoes the flattening that GET needs: `Filters.0.Values.0=x` is the first value of the first
/// filter.
fn from_query(query: &str) -> Value {
    let mut root = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match value.parse::<i64>() {
            Ok(number) if NUMBERS.contains(&name.as_ref()) => Value::from(number),
            _ if name == "DeleteSession" && value == "true" => Value::from(true),
            _ if name == "DeleteSession" && value == "false" => Value::from(false),
            _ => Value::from(value.into_owned()),
        };
        let steps: Vec<&str> = name.split('.').collect();
        insert(&mut root, &steps, value);
    }
    numbered_to_arrays(Value::Object(root))
}

fn insert(into: &mut Map<String, Value>, steps: &[&str], value: Value) {
    match steps {
        [] => {}
        [last] => {
            into.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = into
                .entry((*first).to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// Turns objects whose members are named by numbers into arrays in the order of the numbers.
fn numbered_to_arrays(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let numbers: Option<Vec<usize>> = members.keys().map(|name| name.parse().ok()).collect();
    let values = members
        .into_iter()
        .map(|(name, inner)| (name, numbered_to_arrays(inner)));
    match numbers {
        Some(numbers) if !numbers.is_empty() => {
            let mut numbered: Vec<(usize, Value)> = numbers
                .into_iter()
                .zip(values.map(|(_, inner)| inner))
                .collect();
            numbered.sort_by_key(|(number, _)| *number);
            numbered.into_iter().map(|(_, inner)| inner).collect()
        }
        _ => Value::Object(values.collect()),
    }
}

/// The members of one object of the parameters.
pub(super) struct Members<'a> {
    members: &'a Map<String, Value>,
    /// The text before the members' names in messages.
    prefix: String,
}

impl<'a> Members<'a> {
    /// Fails when `value` is no object or holds members other than `known`.
    pub(super) fn of(value: &'a Value, prefix: &str, known: &[&str]) -> Result<Self, Refusal> {
        let members = value
            .as_object()
            .ok_or_else(|| wrong_type(prefix.trim_end_matches('.'), "an object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(refusal(
                "UnknownParameter",
                &format!("The parameter {prefix}{name} is not recognized."),
            )),
            None => Ok(Self {
                members,
                prefix: prefix.to_owned(),
            }),
        }
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(name)
            .map(|value| {
                value
                    .as_str()
                    .ok_or_else(|| self.wrong_type(name, "a string"))
            })
            .transpose()
    }

    pub(super) fn required_text(&self, name: &str) -> Result<&'a str, Refusal> {
        match self.text(name)? {
            Some("") => Err(self.wrong_value(name, "must not be empty")),
            Some(text) => Ok(text),
            None => Err(missing(&format!("{}{name}", self.prefix))),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name)
            .map(|value| {
                value
                    .as_i64()
                    .ok_or_else(|| self.wrong_type(name, "an integer"))
            })
            .transpose()
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.get(name)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| self.wrong_type(name, "a boolean"))
            })
            .transpose()
    }

    pub(super) fn array(&self, name: &str) -> Result<Option<&'a [Value]>, Refusal> {
        self.get(name)
            .map(|value| match value {
                Value::Array(items) => Ok(items.as_slice()),
                _ => Err(self.wrong_type(name, "an array")),
            })
            .transpose()
    }

    pub(super) fn wrong_type(&self, name: &str, wanted: &str) -> Refusal {
        wrong_type(&format!("{}{name}", self.prefix), wanted)
    }

    pub(super) fn wrong_value(&self, name: &str, rule: &str) -> Refusal {
        refusal(
            "InvalidParameterValue",
            &format!("The value of the parameter {}{name} {rule}.", self.prefix),
        )
    }
}

fn wrong_type(name: &str, wanted: &str) -> Refusal {
    refusal(
        "InvalidParameter",
        &format!("The parameter {name} must be {wanted}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_query_is_read_as_the_object_it_was_made_from() {
        let query = "InstanceId=mqtt-a&Limit=10&Filters.1.Name=Status&Filters.1.Values.0=ACTIVE\
                     &Filters.0.Name=ClientId&Filters.0.Values.0=1&Filters.0.Values.1=%E8%BD%A6";
        assert_eq!(
            from_query(query),
            json!({
                "InstanceId": "mqtt-a",
                "Limit": 10,
                "Filters": [
                    {"Name": "ClientId", "Values": ["1", "车"]},
                    {"Name": "Status", "Values": ["ACTIVE"]},
                ],
            })
        );
        assert_eq!(from_query("Limit=ten"), json!({"Limit": "ten"}));
        assert_eq!(from_query(""), json!({}));
    }

    #[test]
    fn members_of_the_wrong_kind_are_refused_by_name() {
        let value = json!({"Text": 1, "Number": "1", "List": {}, "Null": null, "Empty": ""});
        let known = ["Text", "Number", "List", "Null", "Empty"];
        let members = Members::of(&value, "Outer.", &known).unwrap();
        let code = |result: Result<(), Refusal>| {
            let refusal = result.unwrap_err();
            assert!(refusal.message.contains("Outer."), "{}", refusal.message);
            refusal.code
        };
        assert_eq!(code(members.text("Text").map(drop)), "InvalidParameter");
        assert_eq!(
            code(members.integer("Number").map(drop)),
            "InvalidParameter"
        );
        assert_eq!(code(members.array("List").map(drop)), "InvalidParameter");
        assert_eq!(
            code(members.required_text("Null").map(drop)),
            "MissingParameter"
        );
        assert_eq!(
            code(members.required_text("Empty").map(drop)),
            "InvalidParameterValue"
        );
        let unknown = Members::of(&value, "", &["Text"]).err().unwrap();
        assert_eq!(unknown.code, "UnknownParameter");
        assert_eq!(
            Members::of(&json!([]), "", &[]).err().unwrap().code,
            "InvalidParameter"
        );
    }
}
