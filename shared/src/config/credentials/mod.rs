//! The source of each cloud's credentials. A cloud has one source; a source that is configured in
//! part, or beside another one, is an error.

mod token_service;
mod variables;

pub(crate) use variables::CloudVariables;

use secrecy::SecretString;

use self::variables::{AWS, SourceVariables};
use super::{CloudConfig, ConfigError, Endpoint, Lookup, parsed, text};
use crate::credentials::sts::{Identity, Role, aws};
use crate::credentials::{
    CredentialSource, Credentials, KeyOrigin, RoleAuth, Store, StoredKey, sendable,
};
use crate::model::{Cloud, Region};

/// The function's name in a cloud's audit log, unless Lambda or a variable gives another.
const SESSION_NAME: &str = "device-certificate-functions";

/// One cloud's credentials and default region.
pub(super) fn cloud(lookup: Lookup<'_>, cloud: Cloud) -> Result<CloudConfig, ConfigError> {
    let variables = CloudVariables::of(cloud);
    let region = parsed(lookup, variables.region, Region::parse)?;
    let credentials = match variables.sources {
        Some(sources) => Reader {
            lookup,
            key: variables.key,
            variables: sources,
        }
        .source(region.as_ref())?,
        None => key(lookup, variables.key)?.map(|key| CredentialSource::Key(key.into())),
    };
    Ok(CloudConfig {
        credentials,
        region,
    })
}

/// Reads the source of one cloud's credentials.
struct Reader<'a> {
    lookup: Lookup<'a>,
    /// The variables for id, secret and session token.
    key: [&'static str; 3],
    variables: &'static SourceVariables,
}

impl Reader<'_> {
    fn is_set(&self, variable: &str) -> bool {
        text(self.lookup, variable).is_some()
    }

    fn header_text(&self, variable: &'static str) -> Result<Option<String>, ConfigError> {
        header_text(self.lookup, variable)
    }

    fn source(&self, region: Option<&Region>) -> Result<Option<CredentialSource>, ConfigError> {
        let variables = self.variables;
        // An endpoint that cannot be used is an error even where no role is assumed.
        let (vendor, endpoint) = (variables.token_service)(self.lookup, region)?;
        let key = self.key_origin()?;
        let Some(arn) = self.header_text(variables.role)? else {
            let of_a_role = [
                variables.identity_provider,
                variables.session_name,
                variables.audience,
            ];
            return match of_a_role
                .into_iter()
                .chain(variables.external_id)
                .find(|variable| self.is_set(variable))
            {
                Some(variable) => Err(missing(variables.role, variable)),
                None => Ok(key.map(CredentialSource::Key)),
            };
        };
        if !arn.starts_with(variables.arn) {
            return Err(ConfigError {
                variable: variables.role,
                reason: format!("the ARN of a role begins with {}", variables.arn),
            });
        }
        let external_id = match variables.external_id {
            Some(variable) => self.header_text(variable)?,
            None => None,
        };
        let role = Role {
            vendor,
            arn,
            session_name: self.session_name()?,
            external_id,
            endpoint,
        };
        let auth = self.role_auth(key)?;
        Ok(Some(CredentialSource::Role(role, auth)))
    }

    /// A role is assumed either with a key or with the identity of the function's own AWS role.
    fn role_auth(&self, key: Option<KeyOrigin>) -> Result<RoleAuth, ConfigError> {
        let variables = self.variables;
        let [id, ..] = self.key;
        match (key, self.header_text(variables.identity_provider)?) {
            (Some(key), None) => {
                self.refuse_beside(variables.audience, id)?;
                Ok(RoleAuth::Key(key))
            }
            (None, Some(provider)) => {
                if let Some(variable) = variables.external_id {
                    self.refuse_beside(variable, variables.identity_provider)?;
                }
                Ok(RoleAuth::Identity(self.identity(provider)?))
            }
            (Some(_), Some(_)) => Err(ConfigError {
                variable: variables.identity_provider,
                reason: format!(
                    "it assumes the role without a key, but a key is set as well; set either this or {}",
                    self.variable_of_the_key()
                ),
            }),
            (None, None) => Err(ConfigError {
                variable: variables.role,
                reason: format!(
                    "nothing is set to assume the role with; set a key, or {} to assume it without one",
                    variables.identity_provider
                ),
            }),
        }
    }

    /// The variable by which the key is configured.
    fn variable_of_the_key(&self) -> &'static str {
        let [id, ..] = self.key;
        [self.variables.secret, self.variables.parameter]
            .into_iter()
            .find(|variable| self.is_set(variable))
            .unwrap_or(id)
    }

    fn key_origin(&self) -> Result<Option<KeyOrigin>, ConfigError> {
        let SourceVariables {
            secret, parameter, ..
        } = *self.variables;
        let [id, ..] = self.key;
        match (
            key(self.lookup, self.key)?,
            self.header_text(secret)?,
            self.header_text(parameter)?,
        ) {
            (None, None, None) => Ok(None),
            (Some(key), None, None) => Ok(Some(key.into())),
            (None, Some(name), None) => self.stored(Store::SecretsManager, name).map(Some),
            (None, None, Some(name)) => self.stored(Store::ParameterStore, name).map(Some),
            (Some(_), Some(_), _) => Err(twice(secret, id)),
            (Some(_), _, Some(_)) => Err(twice(parameter, id)),
            (None, Some(_), Some(_)) => Err(twice(secret, parameter)),
        }
    }

    fn stored(&self, store: Store, name: String) -> Result<KeyOrigin, ConfigError> {
        const PORT: &str = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT";
        let variable = match store {
            Store::SecretsManager => self.variables.secret,
            Store::ParameterStore => self.variables.parameter,
        };
        let port = parsed(self.lookup, PORT, |port| {
            port.parse::<u16>()
                .map_err(|_| "it must be a port, 1 to 65535".to_owned())
        })?;
        let endpoint = Endpoint::parse(&format!("http://localhost:{}", port.unwrap_or(2773)))
            .map_err(|reason| ConfigError {
                variable: PORT,
                reason,
            })?;
        let [_, _, session_token] = AWS.key;
        let session_token = self
            .header_text(session_token)?
            .map(SecretString::from)
            .ok_or_else(|| missing(session_token, variable))?;
        Ok(KeyOrigin::Stored(StoredKey {
            store,
            name,
            variable,
            members: self.key,
            endpoint,
            session_token,
        }))
    }

    fn identity(&self, provider: String) -> Result<Identity, ConfigError> {
        let variables = self.variables;
        let audience = self
            .header_text(variables.audience)?
            .unwrap_or_else(|| variables.default_audience.to_owned());
        let region = parsed(self.lookup, AWS.region, Region::parse)?
            .ok_or_else(|| missing(AWS.region, variables.identity_provider))?;
        let endpoint = parsed(self.lookup, "AWS_ENDPOINT_URL_STS", Endpoint::parse)?
            .unwrap_or_else(|| Endpoint::https(&aws::host(&region)));
        let [id, ..] = AWS.key;
        let credentials =
            key(self.lookup, AWS.key)?.ok_or_else(|| missing(id, variables.identity_provider))?;
        Ok(Identity {
            provider,
            audience,
            endpoint,
            region,
            credentials,
        })
    }

    /// The vendors accept 2 to 64 letters, digits and a few signs.
    fn session_name(&self) -> Result<String, ConfigError> {
        let variable = self.variables.session_name;
        let is_name = |name: &str| {
            let is_allowed = |byte: u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_')
            };
            (2..=64).contains(&name.len()) && name.bytes().all(is_allowed)
        };
        match text(self.lookup, variable) {
            Some(name) if is_name(&name) => Ok(name),
            Some(_) => Err(ConfigError {
                variable,
                reason: "it must be 2 to 64 letters, digits and the signs . @ - _".to_owned(),
            }),
            None => Ok(text(self.lookup, "AWS_LAMBDA_FUNCTION_NAME")
                .filter(|name| is_name(name))
                .unwrap_or_else(|| SESSION_NAME.to_owned())),
        }
    }

    fn refuse_beside(&self, variable: &'static str, other: &str) -> Result<(), ConfigError> {
        if self.is_set(variable) {
            return Err(ConfigError {
                variable,
                reason: format!(
                    "it has no effect beside {other}, which decides how the role is assumed; unset it"
                ),
            });
        }
        Ok(())
    }
}

/// Id and secret come together.
fn key(
    lookup: Lookup<'_>,
    [id, secret, token]: [&'static str; 3],
) -> Result<Option<Credentials>, ConfigError> {
    let value = |variable: &'static str| header_text(lookup, variable);
    match (value(id)?, value(secret)?, value(token)?) {
        (Some(id), Some(secret), token) => Ok(Some(Credentials {
            id,
            secret: secret.into(),
            token: token.map(Into::into),
        })),
        (Some(_), None, _) => Err(missing(secret, id)),
        (None, Some(_), _) => Err(missing(id, secret)),
        (None, None, Some(_)) => Err(missing(id, token)),
        (None, None, None) => Ok(None),
    }
}

/// A value that could not be sent in a header is refused at start.
fn header_text(lookup: Lookup<'_>, variable: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(value) = text(lookup, variable) else {
        return Ok(None);
    };
    sendable(&value).map_err(|fault| ConfigError {
        variable,
        reason: format!("it holds {fault}"),
    })?;
    Ok(Some(value))
}

fn missing(variable: &'static str, other: &str) -> ConfigError {
    ConfigError {
        variable,
        reason: format!("it is not set, although {other} is"),
    }
}

fn twice(variable: &'static str, other: &str) -> ConfigError {
    ConfigError {
        variable,
        reason: format!("{other} is set as well; the key can come from one place only"),
    }
}
