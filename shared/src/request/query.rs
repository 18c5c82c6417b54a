//! Turns the query parameters of a GET into the JSON object of the same POST.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::model::{quoted, shown};

/// How the text of a parameter becomes a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// The text itself.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Comma-separated texts.
    List,
    /// Comma-separated values, each of which becomes an object with this member.
    Objects,
    /// A value that becomes this member of each of those objects.
    InEachObject,
}

/// One query parameter and the member of the request that it fills.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The path of the member in the request: one or two names.
    pub path: &'static [&'static str],
    /// How its text becomes a JSON value.
    pub kind: MemberKind,
}

impl Member {
    /// A query parameter, the path of its member, and the kind of its text.
    pub const fn new(
        parameter: &'static str,
        path: &'static [&'static str],
        kind: MemberKind,
    ) -> Self {
        Self {
            parameter,
            path,
            kind,
        }
    }
}

/// Turns query parameters into a request's JSON object.
///
/// # Errors
/// `invalid_request` that names the parameter: unknown, given twice, empty, or not of its kind.
pub fn object_from_query(pairs: &[(String, String)], members: &[Member]) -> Result<Value, Error> {
    let mut object = Map::new();
    let mut in_each: Vec<(&Member, Value)> = Vec::new();
    for (index, (name, text)) in pairs.iter().enumerate() {
        let Some(member) = members.iter().find(|member| member.parameter == name) else {
            let known = members
                .iter()
                .map(|member| member.parameter)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(Error::invalid(
                shown(name),
                format!("unknown query parameter; known are {known}"),
            ));
        };
        if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Error::invalid(
                member.parameter,
                format!("{name} must be given once; separate several values by commas"),
            ));
        }
        if text.is_empty() {
            return Err(Error::invalid(
                member.parameter,
                format!("{name} must not be empty"),
            ));
        }
        if text.contains('\u{fffd}') {
            return Err(Error::invalid(
                member.parameter,
                format!("{name} must be UTF-8"),
            ));
        }
        let value = value_of(member, text)?;
        if member.kind == MemberKind::InEachObject {
            in_each.push((member, value));
            continue;
        }
        match member.path {
            [outer, inner] => {
                let outer = object.entry(*outer).or_insert_with(|| json!({}));
                if let Value::Object(outer) = outer {
                    outer.insert((*inner).to_owned(), value);
                }
            }
            path => {
                // Several parameters may each add objects to the list.
                match (object.get_mut(&path.concat()), value) {
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                    (_, value) => drop(object.insert(path.concat(), value)),
                }
            }
        }
    }
    for (member, value) in in_each {
        let list = object
            .get_mut(&member.path.concat())
            .and_then(Value::as_array_mut);
        let list = list.ok_or_else(|| {
            Error::invalid(
                member.parameter,
                format!(
                    "{} requires serial_number, provider_serial_number or fingerprint_sha256",
                    member.parameter
                ),
            )
        })?;
        for item in list.iter_mut().filter_map(Value::as_object_mut) {
            item.insert(member.parameter.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(object))
}

fn value_of(member: &Member, text: &str) -> Result<Value, Error> {
    let wrong = |expected: &str| {
        Error::invalid(
            member.parameter,
            format!(
                "{} must be {expected}, not {}",
                member.parameter,
                quoted(text)
            ),
        )
    };
    match member.kind {
        MemberKind::Text | MemberKind::InEachObject => Ok(Value::from(text)),
        MemberKind::Number => text
            .parse::<u32>()
            .map(Value::from)
            .map_err(|_| wrong("a whole number")),
        MemberKind::Boolean => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| wrong("true or false")),
        MemberKind::List => Ok(text.split(',').map(Value::from).collect()),
        MemberKind::Objects => Ok(text
            .split(',')
            .map(|item| json!({ member.parameter: item }))
            .collect()),
    }
}
