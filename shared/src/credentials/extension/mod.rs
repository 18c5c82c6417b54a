//! Keys in AWS Secrets Manager or SSM Parameter Store, through the Lambda extension "AWS Parameters
//! and Secrets", which answers during invocations only (page "Using Parameter Store parameters and
//! Secrets Manager secrets in Lambda functions").

use std::fmt;

use http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::cache::Fetched;
use super::{Credentials, FetchContext, sendable};
use crate::error::{Error, ErrorCode};
use crate::object::Object;
use crate::signing::{add_secret_header, percent_encode};
use crate::transport::Endpoint;
use crate::transport::{HttpResponse, Repeat, http_request};

/// A key in a store. Its value there is a JSON object with members named like the variables that
/// would hold the key.
#[derive(Debug)]
pub struct StoredKey {
    /// The store.
    pub store: Store,
    /// The name or ARN.
    pub name: String,
    /// The variable that holds the name, for error messages.
    pub variable: &'static str,
    /// The members for id, secret and session token, of which the last may be left out.
    pub members: [&'static str; 3],
    /// The extension's endpoint.
    pub endpoint: Endpoint,
    /// `AWS_SESSION_TOKEN`, which authenticates the function to the extension.
    pub session_token: SecretString,
}

/// A store that the extension reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS Systems Manager Parameter Store.
    ParameterStore,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecretsManager => "secret",
            Self::ParameterStore => "parameter",
        })
    }
}

/// The answer of either store, as far as it is used.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    secret: Option<SecretString>,
    #[serde(rename = "Parameter")]
    parameter: Option<Object<Parameter>>,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Value")]
    value: SecretString,
}

impl StoredKey {
    /// The key from the extension's cache, which is at most five minutes old unless configured
    /// otherwise.
    pub(super) async fn fetch(&self, context: FetchContext<'_>) -> Result<Fetched, Error> {
        self.get(None, context).await
    }

    /// A key in place of one that the vendor has refused. The extension caches by request, so that
    /// a request that names the stage does not get the cached key. Where the current key is the
    /// refused one, a rotation may have begun whose new key is not valid yet while the previous one
    /// still is.
    pub(super) async fn fetch_other_than(
        &self,
        refused: &Credentials,
        context: FetchContext<'_>,
    ) -> Result<Fetched, Error> {
        if self.store == Store::ParameterStore {
            return self.get(None, context).await;
        }
        let current = self.get(Some("AWSCURRENT"), context).await?;
        if !current.credentials.equals(refused) {
            return Ok(current);
        }
        // A secret that was never rotated has no previous version.
        Ok(self
            .get(Some("AWSPREVIOUS"), context)
            .await
            .unwrap_or(current))
    }

    async fn get(&self, stage: Option<&str>, context: FetchContext<'_>) -> Result<Fetched, Error> {
        let name = percent_encode(&self.name);
        let mut path = match self.store {
            Store::SecretsManager => format!("/secretsmanager/get?secretId={name}"),
            Store::ParameterStore => {
                format!("/systemsmanager/parameters/get?name={name}&withDecryption=true")
            }
        };
        if let Some(stage) = stage {
            path.push_str("&versionStage=");
            path.push_str(stage);
        }
        let request = |_, _| {
            let mut headers = HeaderMap::new();
            let token = self.session_token.expose_secret();
            add_secret_header(&mut headers, "x-aws-parameters-secrets-token", token)?;
            http_request(Method::GET, &self.endpoint.at(&path), headers, Vec::new())
        };
        let called = context
            .transport
            .call(
                context.deadline,
                context.lane,
                Repeat::Always,
                request,
                |response| self.read(response),
            )
            .await;
        called.map_err(|failure| self.failed(failure.error))
    }

    fn read(&self, response: &HttpResponse) -> Result<Fetched, Error> {
        match response.status().as_u16() {
            200 => {}
            429 => {
                return Err(Error::new(ErrorCode::Throttled, "AWS throttles reading it"));
            }
            status @ 500.. => {
                return Err(Error::new(
                    ErrorCode::ProviderUnavailable,
                    format!("the extension answered HTTP {status}"),
                ));
            }
            // The extension is not ready before the first invocation, and answers HTTP 400.
            _ if String::from_utf8_lossy(response.body()).contains("not ready") => {
                return Err(Error::new(
                    ErrorCode::ProviderUnavailable,
                    "the extension is not ready yet",
                ));
            }
            status => {
                let detail = format!(
                    "the extension answered HTTP {status}; check the name, and that the function's role may read the {} and decrypt it",
                    self.store
                );
                return Err(Error::new(ErrorCode::ProviderRejected, detail));
            }
        }
        let answer =
            serde_json::from_slice::<Object<Answer>>(response.body()).map(|Object(answer)| answer);
        let text = answer.ok().and_then(|answer| {
            answer
                .secret
                .or(answer.parameter.map(|Object(parameter)| parameter.value))
        });
        let text = text.ok_or_else(|| {
            Error::new(
                ErrorCode::ProviderInvalidResponse,
                "the extension's answer has no value",
            )
        })?;
        self.key(&text)
            .map_err(|reason| Error::new(ErrorCode::ProviderRejected, reason))
    }

    fn key(&self, text: &SecretString) -> Result<Fetched, String> {
        let [id, secret, token] = self.members;
        let members: Map<String, Value> =
            serde_json::from_str(text.expose_secret()).map_err(|_| {
                format!(
                    "its value is not a JSON object; store {{\"{id}\": \"...\", \"{secret}\": \"...\"}}"
                )
            })?;
        let member = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => match sendable(text) {
                Ok(()) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
                Err(fault) => Err(format!("its member {name} holds {fault}")),
            },
            Some(_) => Err(format!("its member {name} is not a string")),
        };
        let required =
            |name: &str| member(name)?.ok_or_else(|| format!("its value has no member {name}"));
        let credentials = Credentials {
            id: required(id)?,
            secret: required(secret)?.into(),
            token: member(token)?.map(Into::into),
        };
        Ok(Fetched {
            credentials,
            expires_at: None,
        })
    }

    /// The error with the name of the variable, and the remedy when the extension does not answer.
    fn failed(&self, error: Error) -> Error {
        let missing = match error.code {
            ErrorCode::ProviderUnavailable | ErrorCode::Timeout => {
                "; add the Lambda layer \"AWS Parameters and Secrets\" if the function does not have it"
            }
            _ => "",
        };
        Error {
            detail: format!(
                "the {} that {} names could not be read: {}{missing}",
                self.store, self.variable, error.detail
            ),
            ..error
        }
    }
}

#[cfg(test)]
mod tests;
