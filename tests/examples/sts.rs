//! Writes the calls that get temporary keys, for the conformance tests: one JSON object a line in,
//! one out.
//!
//! In: `{"action": ..., "endpoint": ..., "region": ..., "seconds": ..., "nonce_hex": ..., "key":
//! {"id", "secret", "token"}, "role": {"arn", "session_name", "external_id"}, "provider": ...,
//! "audience": ..., "token": ...}`; what an action does not need is null. Out: `{"method", "url",
//! "headers", "body"}`, or `{"error": "..."}`.

use std::io::{self, BufRead, Write};

use certificate_provider::credentials::Credentials;
use certificate_provider::credentials::sts::{Identity, Role, Vendor, alibaba, aws, tencent};
use certificate_provider::model::{Region, Timestamp};
use certificate_provider::transport::Endpoint;
use certificate_provider::transport::HttpRequest;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        writeln!(
            output,
            "{}",
            answer(&line?).unwrap_or_else(|error| json!({ "error": error }))
        )?;
    }
    output.flush()
}

fn answer(line: &str) -> Result<Value, String> {
    let input: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let request = request(&input)?;
    let headers: Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().map_err(|error| error.to_string())?;
            Ok((name.to_string(), Value::from(value)))
        })
        .collect::<Result<_, String>>()?;
    let body = String::from_utf8(request.body().to_vec()).map_err(|error| error.to_string())?;
    let (method, url) = (request.method().as_str(), request.uri().to_string());
    Ok(json!({ "method": method, "url": url, "headers": headers, "body": body }))
}

fn request(input: &Value) -> Result<HttpRequest, String> {
    let text = |pointer: &str| {
        input
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let required = |pointer: &str| text(pointer).ok_or_else(|| format!("{pointer} is no text"));
    let endpoint = Endpoint::parse(&required("/endpoint")?)?;
    let region = Region::parse(&required("/region")?)?;
    let seconds = input
        .get("seconds")
        .and_then(Value::as_i64)
        .ok_or("seconds is no number")?;
    let now = seconds
        .checked_mul(1000)
        .and_then(Timestamp::from_epoch_milliseconds)
        .ok_or("seconds is no time")?;
    let key = || -> Result<Credentials, String> {
        let token = text("/key/token").map(SecretString::from);
        Ok(Credentials {
            id: required("/key/id")?,
            secret: required("/key/secret")?.into(),
            token,
        })
    };
    let role = |vendor: Vendor| -> Result<Role, String> {
        let external_id = text("/role/external_id");
        let (arn, session_name) = (required("/role/arn")?, required("/role/session_name")?);
        Ok(Role {
            vendor,
            arn,
            session_name,
            external_id,
            endpoint: endpoint.clone(),
        })
    };
    let identity = |credentials: Credentials| Identity {
        provider: text("/provider").unwrap_or_default(),
        audience: text("/audience").unwrap_or_default(),
        endpoint: endpoint.clone(),
        region: region.clone(),
        credentials,
    };
    let nobody = || Credentials {
        id: String::new(),
        secret: String::new().into(),
        token: None,
    };
    let token = || required("/token").map(SecretString::from);
    let made = match required("/action")?.as_str() {
        "tencent AssumeRole" => tencent::assume_role(
            &role(Vendor::Tencent(region.clone()))?,
            &region,
            &key()?,
            now,
        ),
        "tencent AssumeRoleWithWebIdentity" => {
            let role = role(Vendor::Tencent(region.clone()))?;
            tencent::assume_role_with_web_identity(
                &role,
                &region,
                &identity(nobody()),
                &token()?,
                now,
            )
        }
        "alibaba AssumeRole" => alibaba::assume_role(
            &role(Vendor::Alibaba)?,
            &key()?,
            now,
            nonce(&required("/nonce_hex")?)?,
        ),
        "alibaba AssumeRoleWithOIDC" => alibaba::assume_role_with_oidc(
            &role(Vendor::Alibaba)?,
            &identity(nobody()),
            &token()?,
            now,
        ),
        "aws GetWebIdentityToken" => aws::get_web_identity_token(&identity(key()?), now),
        other => return Err(format!("unknown action {other}")),
    };
    made.map_err(|error| error.to_string())
}

fn nonce(hex: &str) -> Result<[u8; 16], String> {
    let number = u128::from_str_radix(hex, 16).map_err(|error| error.to_string())?;
    Ok(number.to_be_bytes())
}
