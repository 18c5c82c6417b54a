//! The inputs of the signing vectors, as the arguments of this project's signers. The vector tests
//! and the program `sign` read the same form.

use certificate_provider::signing::{acs3, sigv4, tc3};
use secrecy::SecretString;
use serde_json::{Value, json};
use time::PrimitiveDateTime;
use time::macros::format_description;

/// The signers' own steps for one input.
pub enum Signed {
    /// TC3-HMAC-SHA256.
    Tc3(tc3::Steps),
    /// ACS3-HMAC-SHA256, and the canonical query.
    Acs3(String, acs3::Steps),
}

/// One input with its results.
pub struct SignedInput {
    /// The steps before the key comes in.
    pub steps: Signed,
    /// The body in bytes.
    pub body: Vec<u8>,
    /// The secret.
    pub secret: SecretString,
    /// The signature in lower-case hex.
    pub signature: String,
    /// The whole header.
    pub authorization: String,
}

/// A member of an input.
///
/// # Errors
/// When it is missing or no text.
pub fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, String> {
    input
        .get(member)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("input.{member} is not a text"))
}

/// Signs an input of `tencent-tc3.json`.
///
/// # Errors
/// When a member is missing or has another form.
pub fn sign_tc3(input: &Value) -> Result<SignedInput, String> {
    let timestamp = input
        .get("timestamp")
        .and_then(Value::as_i64)
        .ok_or("input.timestamp is not a number")?;
    let names = input
        .get("signed_headers")
        .and_then(Value::as_array)
        .ok_or("input.signed_headers is not a list")?;
    let headers = names
        .iter()
        .map(|name| signed_header(input, name))
        .collect::<Result<Vec<_>, _>>()?;
    let body = body(input)?;
    let request = tc3::Request {
        method: text(input, "method")?,
        query: text(input, "query")?,
        headers: &headers,
        body: &body,
        service: text(input, "service")?,
        timestamp,
    };
    let secret: SecretString = text(input, "secret_key")?.into();
    let steps = request.steps();
    let signature = tc3::signature(
        &tc3::signing_key(&secret, &steps.date, request.service),
        &steps.string_to_sign,
    );
    let authorization = request.authorization(text(input, "secret_id")?, &secret);
    Ok(SignedInput {
        steps: Signed::Tc3(steps),
        secret,
        signature,
        authorization,
        body,
    })
}

fn signed_header<'a>(input: &'a Value, name: &'a Value) -> Result<(&'a str, &'a str), String> {
    let name = name.as_str().ok_or("a signed header is not a text")?;
    let value = match name {
        "content-type" => text(input, "content_type"),
        "host" => text(input, "host"),
        "x-tc-action" => text(input, "action"),
        other => Err(format!("{other} is not expected among the signed headers")),
    }?;
    Ok((name, value))
}

/// Signs an input of `alibaba-acs3.json`.
///
/// # Errors
/// When a member is missing or has another form.
pub fn sign_acs3(input: &Value) -> Result<SignedInput, String> {
    let pairs = |member: &str| {
        let object = input
            .get(member)
            .and_then(Value::as_object)
            .ok_or(format!("input.{member} is not an object"))?;
        let value = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        Ok::<_, String>(
            object
                .iter()
                .map(|(name, text)| (name.clone(), value(text)))
                .collect::<Vec<_>>(),
        )
    };
    let (query, headers) = (pairs("query")?, pairs("headers_signed")?);
    let canonical_query = acs3::canonical_query(&borrowed(&query));
    let body = body(input)?;
    let headers = borrowed(&headers);
    let request = acs3::Request {
        method: text(input, "method")?,
        canonical_query: &canonical_query,
        headers: &headers,
        body: &body,
    };
    let secret: SecretString = text(input, "access_key_secret")?.into();
    let steps = request.steps();
    let signature = acs3::signature(&secret, &steps.string_to_sign);
    let authorization = request.authorization(text(input, "access_key_id")?, &secret);
    Ok(SignedInput {
        steps: Signed::Acs3(canonical_query, steps),
        secret,
        signature,
        authorization,
        body,
    })
}

/// Signs an input of the form of `aws-sigv4-iot.json`, with the header `x-amzn-principal` at most
/// beside those that signing adds. Its steps are not to be seen.
///
/// # Errors
/// When a member is missing or has another form, or the request cannot be signed.
pub fn sign_aws4(input: &Value) -> Result<Value, String> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = PrimitiveDateTime::parse(text(input, "datetime")?, format)
        .map_err(|error| format!("input.datetime: {error}"))?;
    let headers = input
        .get("headers")
        .and_then(Value::as_object)
        .ok_or("input.headers is not an object")?;
    if let Some(name) = headers.keys().find(|name| *name != PRINCIPAL) {
        return Err(format!("{name} is not expected among the signed headers"));
    }
    let headers: Vec<(&'static str, &str)> = headers
        .values()
        .filter_map(|value| Some((PRINCIPAL, value.as_str()?)))
        .collect();
    let request = sigv4::Request {
        method: text(input, "method")?,
        url: text(input, "url")?,
        region: text(input, "region")?,
        service: text(input, "service")?,
        timestamp: time.assume_utc().unix_timestamp(),
        headers: &headers,
        body: &body(input)?,
    };
    let token: Option<SecretString> = text(input, "session_token").ok().map(Into::into);
    let secret: SecretString = text(input, "secret_access_key")?.into();
    let signed = request
        .signed_headers(text(input, "access_key_id")?, &secret, token.as_ref())
        .map_err(|error| error.to_string())?;
    let authorization = signed
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .ok_or("there is no authorization")?;
    let (_, signature) = authorization
        .split_once("Signature=")
        .ok_or("there is no signature")?;
    Ok(json!({"signature": signature, "authorization": authorization}))
}

/// The one header that AWS IoT's calls have beside those that signing adds.
const PRINCIPAL: &str = "x-amzn-principal";

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// The body in its hex form where that is given, since not every body is a text.
fn body(input: &Value) -> Result<Vec<u8>, String> {
    let Ok(digits) = text(input, "body_hex") else {
        return Ok(text(input, "body_utf8")?.as_bytes().to_vec());
    };
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    bytes
        .filter(|bytes| hex::encode(bytes) == digits)
        .ok_or_else(|| "input.body_hex is not hex".to_owned())
}

impl SignedInput {
    /// The steps by name, as the program `sign` writes them.
    pub fn to_json(&self) -> Value {
        let Self {
            signature,
            authorization,
            ..
        } = self;
        match &self.steps {
            Signed::Tc3(steps) => json!({
                "canonical_request": steps.canonical_request,
                "string_to_sign": steps.string_to_sign,
                "signature": signature,
                "authorization": authorization,
            }),
            Signed::Acs3(canonical_query, steps) => json!({
                "canonical_query": canonical_query,
                "canonical_request": steps.canonical_request,
                "string_to_sign": steps.string_to_sign,
                "signature": signature,
                "authorization": authorization,
            }),
        }
    }
}
