//! Where each cloud's credentials come from: one place, and nothing half.

mod names;

use secrecy::SecretString;

use self::names::{ALIBABA, Names, TENCENT};
use super::{Cloud, ConfigError, Endpoint, Lookup, parsed, text};
use crate::credentials::sts::{Identity, Role, Vendor, alibaba, aws, tencent};
use crate::credentials::{
    CredentialSource, Credentials, KeyOrigin, RoleAuth, Store, StoredKey, sendable,
};
use crate::model::Region;

pub(super) const AWS: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// What a cloud's audit log calls the function where it has no name of its own.
const SESSION_NAME: &str = "device-certificate-functions";

pub(super) fn tencent(lookup: Lookup<'_>) -> Result<Cloud, ConfigError> {
    let region = parsed(lookup, "TENCENTCLOUD_REGION", Region::parse)?;
    let endpoint = parsed(lookup, "TENCENT_STS_ENDPOINT", Endpoint::parse)?;
    let sts = || {
        let region = region
            .clone()
            .map_or_else(|| Region::parse(tencent::REGION), Ok);
        let region = region.map_err(|reason| ConfigError {
            variable: "TENCENTCLOUD_REGION",
            reason,
        })?;
        Ok((
            Vendor::Tencent(region),
            endpoint.unwrap_or_else(|| Endpoint::https(tencent::HOST)),
        ))
    };
    Ok(Cloud {
        credentials: origin(lookup, &TENCENT, sts)?,
        region,
    })
}

pub(super) fn alibaba(lookup: Lookup<'_>) -> Result<Cloud, ConfigError> {
    let region = parsed(lookup, "ALIBABA_CLOUD_REGION_ID", Region::parse)?;
    let endpoint = parsed(lookup, "ALIBABA_STS_ENDPOINT", Endpoint::parse)?;
    // One that is named for the STS is believed; the products have regions where the STS is not.
    let sts_region = parsed(lookup, "ALIBABA_CLOUD_STS_REGION", Region::parse)?;
    let sts = || {
        let host = || match &sts_region {
            Some(region) => format!("sts.{region}.aliyuncs.com"),
            None => alibaba::host(region.as_ref().map(Region::as_str)),
        };
        Ok((
            Vendor::Alibaba,
            endpoint.unwrap_or_else(|| Endpoint::https(&host())),
        ))
    };
    Ok(Cloud {
        credentials: origin(lookup, &ALIBABA, sts)?,
        region,
    })
}

fn origin(
    lookup: Lookup<'_>,
    names: &Names,
    sts: impl FnOnce() -> Result<(Vendor, Endpoint), ConfigError>,
) -> Result<Option<CredentialSource>, ConfigError> {
    let key = key_origin(lookup, names)?;
    let Some(arn) = header_text(lookup, names.role)? else {
        let of_a_role = [names.identity_provider, names.session_name, names.audience]
            .into_iter()
            .chain(names.external_id);
        return match of_a_role
            .into_iter()
            .find(|variable| text(lookup, variable).is_some())
        {
            Some(variable) => Err(missing(names.role, variable)),
            None => Ok(key.map(CredentialSource::Key)),
        };
    };
    if !arn.starts_with(names.arn) {
        return Err(ConfigError {
            variable: names.role,
            reason: format!("the ARN of a role begins with {}", names.arn),
        });
    }
    let provider = header_text(lookup, names.identity_provider)?;
    let external_id = names
        .external_id
        .map(|variable| header_text(lookup, variable))
        .transpose()?
        .flatten();
    let session_name = session_name(lookup, names.session_name)?;
    let proof = match (key, provider) {
        (Some(key), None) => {
            refuse_beside(lookup, names.audience, names.key[0])?;
            RoleAuth::Key(key)
        }
        (None, Some(provider)) => {
            if let Some(variable) = names.external_id {
                refuse_beside(lookup, variable, names.identity_provider)?;
            }
            RoleAuth::Identity(identity(lookup, names, provider)?)
        }
        (Some(_), Some(_)) => {
            let reason = format!(
                "with it the role is assumed without a key, and there is a key; set this or {}",
                set_key(lookup, names)
            );
            return Err(ConfigError {
                variable: names.identity_provider,
                reason,
            });
        }
        (None, None) => {
            let reason = format!(
                "nothing assumes the role; set a key, or {} to assume it without one",
                names.identity_provider
            );
            return Err(ConfigError {
                variable: names.role,
                reason,
            });
        }
    };
    let (vendor, endpoint) = sts()?;
    Ok(Some(CredentialSource::Role(
        Role {
            vendor,
            arn,
            session_name,
            external_id,
            endpoint,
        },
        proof,
    )))
}

/// The variable that says where the key is.
fn set_key(lookup: Lookup<'_>, names: &Names) -> &'static str {
    let [id, ..] = names.key;
    [names.secret, names.parameter]
        .into_iter()
        .find(|variable| text(lookup, variable).is_some())
        .unwrap_or(id)
}

fn key_origin(lookup: Lookup<'_>, names: &Names) -> Result<Option<KeyOrigin>, ConfigError> {
    let key = key(lookup, names.key)?;
    let secret = header_text(lookup, names.secret)?;
    let parameter = header_text(lookup, names.parameter)?;
    let [id, ..] = names.key;
    match (key, secret, parameter) {
        (None, None, None) => Ok(None),
        (Some(key), None, None) => Ok(Some(key.into())),
        (None, Some(name), None) => stored(lookup, names, Store::SecretsManager, name).map(Some),
        (None, None, Some(name)) => stored(lookup, names, Store::ParameterStore, name).map(Some),
        (Some(_), Some(_), _) => Err(twice(names.secret, id)),
        (Some(_), _, Some(_)) => Err(twice(names.parameter, id)),
        (None, Some(_), Some(_)) => Err(twice(names.secret, names.parameter)),
    }
}

fn stored(
    lookup: Lookup<'_>,
    names: &Names,
    store: Store,
    name: String,
) -> Result<KeyOrigin, ConfigError> {
    let variable = match store {
        Store::SecretsManager => names.secret,
        Store::ParameterStore => names.parameter,
    };
    let port = parsed(lookup, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", |port| {
        port.parse::<u16>()
            .map_err(|_| "it is no port, a number from 1 to 65535".to_owned())
    })?;
    let endpoint = Endpoint::parse(&format!("http://localhost:{}", port.unwrap_or(2773))).map_err(
        |reason| ConfigError {
            variable: "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
            reason,
        },
    )?;
    let [_, _, session_token] = AWS;
    let session_token = header_text(lookup, session_token)?
        .map(SecretString::from)
        .ok_or_else(|| missing(session_token, variable))?;
    Ok(KeyOrigin::Stored(StoredKey {
        store,
        name,
        variable,
        members: names.key,
        endpoint,
        session_token,
    }))
}

fn identity(lookup: Lookup<'_>, names: &Names, provider: String) -> Result<Identity, ConfigError> {
    let audience =
        header_text(lookup, names.audience)?.unwrap_or_else(|| names.default_audience.to_owned());
    let region = parsed(lookup, "AWS_REGION", Region::parse)?
        .ok_or_else(|| missing("AWS_REGION", names.identity_provider))?;
    let endpoint = parsed(lookup, "AWS_ENDPOINT_URL_STS", Endpoint::parse)?;
    let endpoint = endpoint.unwrap_or_else(|| Endpoint::https(&aws::host(&region)));
    let [id, ..] = AWS;
    let credentials = key(lookup, AWS)?.ok_or_else(|| missing(id, names.identity_provider))?;
    Ok(Identity {
        provider,
        audience,
        endpoint,
        region,
        credentials,
    })
}

/// The vendors take 2 to 64 letters, digits and a few signs.
fn session_name(lookup: Lookup<'_>, variable: &'static str) -> Result<String, ConfigError> {
    let is_name = |name: &str| {
        let is_taken =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_');
        (2..=64).contains(&name.len()) && name.bytes().all(is_taken)
    };
    match text(lookup, variable) {
        Some(name) if is_name(&name) => Ok(name),
        Some(_) => Err(ConfigError {
            variable,
            reason: "it is not 2 to 64 letters, digits and . @ - _".to_owned(),
        }),
        None => Ok(text(lookup, "AWS_LAMBDA_FUNCTION_NAME")
            .filter(|name| is_name(name))
            .unwrap_or_else(|| SESSION_NAME.to_owned())),
    }
}

/// Key and secret come together.
pub(super) fn key(
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

/// Values that could not be sent in a header are refused at start.
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

fn refuse_beside(
    lookup: Lookup<'_>,
    variable: &'static str,
    other: &str,
) -> Result<(), ConfigError> {
    match text(lookup, variable) {
        Some(_) => Err(ConfigError {
            variable,
            reason: format!("it has no meaning where {other} decides how the role is assumed"),
        }),
        None => Ok(()),
    }
}
