//! Turns the query parameters of a GET into the JSON object of the same POST.

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::model::{quoted, shown};
use crate::object::whole_number;

/// The conversion of a parameter's text to a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
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
pub struct QueryParameter {
    /// The parameter's name.
    pub name: &'static str,
    /// The path of the member in the request: one or two names.
    pub path: &'static [&'static str],
    /// The conversion of its text to a JSON value.
    pub kind: ParameterKind,
}

impl QueryParameter {
    /// A parameter of this name that fills the member at this path.
    pub const fn new(
        name: &'static str,
        path: &'static [&'static str],
        kind: ParameterKind,
    ) -> Self {
        Self { name, path, kind }
    }

    /// Whether the parameter adds objects to the list at this path.
    fn fills_objects(&self, path: &str) -> bool {
        self.kind == ParameterKind::Objects && self.path == [path]
    }
}

/// Turns query parameters into a request's JSON object.
///
/// # Errors
/// `invalid_request` that names the parameter: unknown, given twice, empty, or not of its kind.
pub fn object_from_query(
    pairs: &[(String, String)],
    parameters: &[QueryParameter],
) -> Result<Value, Error> {
    let mut object = Map::new();
    let mut in_each: Vec<(&QueryParameter, Value)> = Vec::new();
    for (index, (name, text)) in pairs.iter().enumerate() {
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            let known = parameters
                .iter()
                .map(|parameter| parameter.name)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(Error::invalid(
                shown(name),
                format!("unknown query parameter; known are {known}"),
            ));
        };
        if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Error::invalid(
                parameter.name,
                format!("{name} must be given once; separate several values by commas"),
            ));
        }
        if text.is_empty() {
            return Err(Error::invalid(
                parameter.name,
                format!("{name} must not be empty"),
            ));
        }
        if text.contains('\u{fffd}') {
            return Err(Error::invalid(
                parameter.name,
                format!("{name} must be UTF-8"),
            ));
        }
        let value = value_of(parameter, text)?;
        if parameter.kind == ParameterKind::InEachObject {
            in_each.push((parameter, value));
            continue;
        }
        match parameter.path {
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
    for (parameter, value) in in_each {
        let list = object
            .get_mut(&parameter.path.concat())
            .and_then(Value::as_array_mut);
        let list = list.ok_or_else(|| {
            Error::invalid(
                parameter.name,
                format!(
                    "{} requires serial_number, provider_serial_number or fingerprint_sha256",
                    parameter.name
                ),
            )
        })?;
        for item in list.iter_mut().filter_map(Value::as_object_mut) {
            item.insert(parameter.name.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(object))
}

fn value_of(parameter: &QueryParameter, text: &str) -> Result<Value, Error> {
    let wrong = |expected: &str| {
        Error::invalid(
            parameter.name,
            format!(
                "{} must be {expected}, not {}",
                parameter.name,
                quoted(text)
            ),
        )
    };
    match parameter.kind {
        ParameterKind::Text | ParameterKind::InEachObject => Ok(Value::from(text)),
        // The parser of the request refuses a text, with the member's range.
        ParameterKind::Number => Ok(whole_number(text).map_or_else(|| text.into(), Value::from)),
        ParameterKind::Boolean => text
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| wrong("true or false")),
        ParameterKind::List => items(parameter, text)
            .map(|item| item.map(Value::from))
            .collect(),
        ParameterKind::Objects => items(parameter, text)
            .map(|item| item.map(|item| json!({ parameter.name: item })))
            .collect(),
    }
}

/// The items of a list.
fn items<'a>(
    parameter: &QueryParameter,
    text: &'a str,
) -> impl Iterator<Item = Result<&'a str, Error>> {
    let name = parameter.name;
    let trimmed = text.split(',').map(|item| item.trim_matches([' ', '\t']));
    trimmed.zip(1_usize..).map(move |(item, position)| {
        if item.is_empty() {
            let detail = format!("{} must not be empty", nth_value(name, position));
            return Err(Error::invalid(name, detail));
        }
        Ok(item)
    })
}

fn nth_value(name: &str, position: usize) -> String {
    format!("value {position} of {name}")
}

/// The error of a request that was made from a query, in terms of its parameters. The sentence names
/// the position of a value in its list.
pub(crate) fn in_terms_of_query(
    error: Error,
    pairs: &[(String, String)],
    parameters: &[QueryParameter],
) -> Error {
    let Some(field) = error.field.as_deref() else {
        return error;
    };
    let is_unknown = |name: &str| !parameters.iter().any(|parameter| parameter.name == name);
    // An unknown parameter may be called like a member of the request.
    if is_unknown(field) && pairs.iter().any(|(name, _)| name == field) {
        return error;
    }
    let (path, index, inner) = in_parts(field);
    let of_objects = || {
        parameters
            .iter()
            .filter(|parameter| parameter.fills_objects(path))
    };
    let (name, position) = match (of_objects().next(), index) {
        (Some(first), None) => {
            let all: Vec<_> = of_objects().map(|parameter| parameter.name).collect();
            let names = match all.split_last() {
                Some((last, others)) if !others.is_empty() => {
                    format!("{} or {last}", others.join(", "))
                }
                _ => first.name.to_owned(),
            };
            let detail = error.detail.replacen(path, &names, 1);
            return Error { detail, ..error }.with_field(first.name);
        }
        (Some(first), Some(index)) => {
            let named = parameters.iter().find(|parameter| parameter.name == inner);
            match (value_at(index, pairs, of_objects), named) {
                (Some((parameter, position)), None) => (parameter.name, Some(position)),
                (Some((parameter, position)), Some(named)) if parameter.name == named.name => {
                    (named.name, Some(position))
                }
                (_, named) => (named.unwrap_or(first).name, None),
            }
        }
        (None, index) => match parameters
            .iter()
            .find(|parameter| parameter.path.join(".") == path)
        {
            Some(parameter) => (parameter.name, index.map(|index| index.saturating_add(1))),
            None => return error,
        },
    };
    let mut detail = match position {
        Some(position) => {
            let value = nth_value(name, position);
            if error.detail.contains(field) {
                error.detail.replacen(field, &value, 1)
            } else {
                format!("{value}: {}", error.detail)
            }
        }
        None => error.detail.clone(),
    };
    for parameter in parameters
        .iter()
        .filter(|parameter| parameter.path.len() > 1)
    {
        detail = detail.replace(&parameter.path.join("."), parameter.name);
    }
    Error { detail, ..error }.with_field(name)
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
fn value_at<'m, I: Iterator<Item = &'m QueryParameter>>(
    index: usize,
    pairs: &[(String, String)],
    of_objects: impl Fn() -> I,
) -> Option<(&'m QueryParameter, usize)> {
    let values = pairs.iter().filter_map(|(name, text)| {
        let parameter = of_objects().find(|parameter| parameter.name == name)?;
        Some((1..=text.split(',').count()).map(move |position| (parameter, position)))
    });
    values.flatten().nth(index)
}
