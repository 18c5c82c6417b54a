//! HTTP answers, read as strictly as AWS reads them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::Answer;
use crate::events::HttpTrigger;

/// The HTTP response that a trigger makes of a function's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers by lower-case name; the values of a repeated one joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded from base64 where it came so.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// Reads what the function answered to an event of this trigger.
    ///
    /// # Panics
    ///
    /// When the function gave no response, or one that is not in this trigger's form, with what is
    /// wrong.
    #[track_caller]
    pub fn read(trigger: HttpTrigger, answer: &Answer) -> Self {
        match Self::from_response(trigger, &answer.json()) {
            Ok(answer) => answer,
            Err(wrong) => panic!("not an answer to {trigger:?}: {wrong}: {answer}"),
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!(
                "the body is not JSON ({error}): {}",
                String::from_utf8_lossy(&self.body)
            ),
        }
    }

    /// Reads a function's response to an event of this trigger.
    pub(crate) fn from_response(trigger: HttpTrigger, response: &Value) -> Result<Self, String> {
        let member = |name: &str| {
            response
                .get(name)
                .ok_or_else(|| format!("{name} is missing"))
        };
        let status = member("statusCode")?
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (100..600).contains(status))
            .ok_or("statusCode is no HTTP status")?;
        let headers = match trigger {
            HttpTrigger::HttpApi | HttpTrigger::FunctionUrl => {
                // cargo-lambda's emulator cannot do without it.
                member("cookies")?.as_array().ok_or("cookies is no list")?;
                single_values(member("headers")?)?
            }
            HttpTrigger::RestApi => {
                let mut headers = single_values(member("headers")?)?;
                headers.extend(multiple_values(member("multiValueHeaders")?)?);
                headers
            }
            HttpTrigger::LoadBalancer => single_values(member("headers")?)?,
            HttpTrigger::LoadBalancerMultiValue => multiple_values(member("multiValueHeaders")?)?,
        };
        if matches!(
            trigger,
            HttpTrigger::LoadBalancer | HttpTrigger::LoadBalancerMultiValue
        ) {
            let description = member("statusDescription")?.as_str().unwrap_or_default();
            if !description.starts_with(&format!("{status} ")) {
                return Err(format!(
                    "statusDescription {description:?} does not begin with the status"
                ));
            }
        }
        let body = member("body")?.as_str().ok_or("body is no string")?;
        let body = match member("isBase64Encoded")?
            .as_bool()
            .ok_or("isBase64Encoded is no boolean")?
        {
            true => STANDARD
                .decode(body)
                .map_err(|error| format!("body is not base64: {error}"))?,
            false => body.as_bytes().to_vec(),
        };
        Ok(Self {
            status,
            headers,
            body,
        })
    }
}

fn single_values(headers: &Value) -> Result<BTreeMap<String, String>, String> {
    let headers = headers.as_object().ok_or("headers is no object")?;
    let read = |(name, value): (&String, &Value)| {
        let value = value
            .as_str()
            .ok_or_else(|| format!("the header {name} is no string"))?;
        Ok((name.to_lowercase(), value.to_owned()))
    };
    headers.iter().map(read).collect()
}

fn multiple_values(headers: &Value) -> Result<BTreeMap<String, String>, String> {
    let headers = headers
        .as_object()
        .ok_or("multiValueHeaders is no object")?;
    let read = |(name, values): (&String, &Value)| {
        let values = values
            .as_array()
            .ok_or_else(|| format!("the header {name} is no list"))?;
        let values: Option<Vec<_>> = values.iter().map(Value::as_str).collect();
        let values = values.ok_or_else(|| format!("a value of the header {name} is no string"))?;
        Ok((name.to_lowercase(), values.join(", ")))
    };
    headers.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An answer that holds the members of every trigger.
    fn complete() -> Value {
        json!({
            "statusCode": 429, "statusDescription": "429 Too Many Requests", "cookies": [], "isBase64Encoded": false,
            "headers": { "Retry-After": "1" }, "multiValueHeaders": { "Retry-After": ["1"] }, "body": "{}"
        })
    }

    #[test]
    fn a_complete_answer_is_read_alike_for_every_trigger() {
        for trigger in HttpTrigger::ALL {
            let answer = HttpAnswer::from_response(trigger, &complete()).unwrap();
            assert_eq!(
                (answer.status, answer.body.as_slice()),
                (429, b"{}".as_slice())
            );
            assert_eq!(answer.headers["retry-after"], "1");
        }
    }

    #[test]
    fn a_base64_body_is_decoded() {
        let mut response = complete();
        response["body"] = json!("e30=");
        response["isBase64Encoded"] = json!(true);
        assert_eq!(
            HttpAnswer::from_response(HttpTrigger::RestApi, &response)
                .unwrap()
                .json(),
            json!({})
        );
    }

    #[test]
    fn a_missing_or_misshaped_member_is_named() {
        for (trigger, member) in [
            (HttpTrigger::HttpApi, "cookies"),
            (HttpTrigger::FunctionUrl, "headers"),
            (HttpTrigger::RestApi, "multiValueHeaders"),
            (HttpTrigger::LoadBalancer, "statusDescription"),
            (HttpTrigger::LoadBalancerMultiValue, "multiValueHeaders"),
            (HttpTrigger::HttpApi, "statusCode"),
            (HttpTrigger::RestApi, "body"),
            (HttpTrigger::RestApi, "isBase64Encoded"),
        ] {
            for wrong in [None, Some(json!(7.5))] {
                let mut response = complete();
                match wrong {
                    None => response.as_object_mut().unwrap().remove(member),
                    Some(wrong) => response
                        .as_object_mut()
                        .unwrap()
                        .insert(member.to_owned(), wrong),
                };
                let error = HttpAnswer::from_response(trigger, &response).unwrap_err();
                assert!(
                    error.contains(member),
                    "{trigger:?} without {member}: {error}"
                );
            }
        }
    }
}
