//! Turns the query parameters of a GET into the JSON object of the same POST.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::model::{quoted, shown};
use crate::object::whole_number;

/// How the text of a parameter becomes a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// The text itself.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Comma-separated texts. Blanks around a comma do not count.
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

    /// Whether it adds objects to the list at this path.
    fn fills_objects(&self, path: &str) -> bool {
        self.kind == MemberKind::Objects && self.path == [path]
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
        // The parser of the request refuses a text, with the member's range.
        MemberKind::Number => Ok(whole_number(text).map_or_else(|| text.into(), Value::from)),
        MemberKind::Boolean => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| wrong("true or false")),
        MemberKind::List => items(member, text)
            .map(|item| item.map(Value::from))
            .collect(),
        MemberKind::Objects => items(member, text)
            .map(|item| item.map(|item| json!({ member.parameter: item })))
            .collect(),
    }
}

/// The items of a list.
fn items<'a>(member: &Member, text: &'a str) -> impl Iterator<Item = Result<&'a str, Error>> {
    let parameter = member.parameter;
    let trimmed = text.split(',').map(|item| item.trim_matches([' ', '\t']));
    trimmed.zip(1_usize..).map(move |(item, position)| {
        if item.is_empty() {
            let detail = format!("{} must not be empty", nth_value(parameter, position));
            return Err(Error::invalid(parameter, detail));
        }
        Ok(item)
    })
}

fn nth_value(parameter: &str, position: usize) -> String {
    format!("value {position} of {parameter}")
}

/// The error of a request that was made from a query, about the parameter in place of the member
/// that it fills. The position of a value in its list stands in the sentence.
pub(crate) fn in_terms_of_query(
    error: Error,
    pairs: &[(String, String)],
    members: &[Member],
) -> Error {
    let Some(field) = error.field.as_deref() else {
        return error;
    };
    let is_unknown = |name: &str| !members.iter().any(|member| member.parameter == name);
    // An unknown parameter may be called like a member of the request.
    if is_unknown(field) && pairs.iter().any(|(name, _)| name == field) {
        return error;
    }
    let (path, index, inner) = in_parts(field);
    let of_objects = || members.iter().filter(|member| member.fills_objects(path));
    let (parameter, position) = match (of_objects().next(), index) {
        (Some(first), None) => {
            let all: Vec<_> = of_objects().map(|member| member.parameter).collect();
            let names = match all.split_last() {
                Some((last, others)) if !others.is_empty() => {
                    format!("{} or {last}", others.join(", "))
                }
                _ => first.parameter.to_owned(),
            };
            let detail = error.detail.replacen(path, &names, 1);
            return Error { detail, ..error }.with_field(first.parameter);
        }
        (Some(first), Some(index)) => {
            let named = members.iter().find(|member| member.parameter == inner);
            match (value_at(index, pairs, of_objects), named) {
                (Some((member, position)), None) => (member.parameter, Some(position)),
                (Some((member, position)), Some(named)) if member.parameter == named.parameter => {
                    (named.parameter, Some(position))
                }
                (_, named) => (named.unwrap_or(first).parameter, None),
            }
        }
        (None, index) => match members.iter().find(|member| member.path.join(".") == path) {
            Some(member) => (member.parameter, index.map(|index| index.saturating_add(1))),
            None => return error,
        },
    };
    let mut detail = match position {
        Some(position) => {
            let value = nth_value(parameter, position);
            if error.detail.contains(field) {
                error.detail.replacen(field, &value, 1)
            } else {
                format!("{value}: {}", error.detail)
            }
        }
        None => error.detail.clone(),
    };
    for member in members.iter().filter(|member| member.path.len() > 1) {
        detail = detail.replace(&member.path.join("."), member.parameter);
    }
    Error { detail, ..error }.with_field(parameter)
}

/// The parts of a field like `certificates[1].serial_number`: the list or the member, the index, and
/// the member of the item.
fn in_parts(field: &str) -> (&str, Option<usize>, &str) {
    let parts = field.split_once('[').and_then(|(path, rest)| {
        let (index, inner) = rest.split_once(']')?;
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        Some((path, Some(index.parse().ok()?), inner))
    });
    parts.unwrap_or((field, None, ""))
}

/// The parameter of the object with this index in a list that several parameters fill, and the
/// position of the object's value in that parameter, from 1.
fn value_at<'m, I: Iterator<Item = &'m Member>>(
    index: usize,
    pairs: &[(String, String)],
    of_objects: impl Fn() -> I,
) -> Option<(&'m Member, usize)> {
    let values = pairs.iter().filter_map(|(name, text)| {
        let member = of_objects().find(|member| member.parameter == name)?;
        Some((1..=text.split(',').count()).map(move |position| (member, position)))
    });
    values.flatten().nth(index)
}
