//! Tokens (JWT, RFC 7519) as AWS signs and others check them.

use super::accounts::{Accounts, FUNCTION_ROLE, TokenAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The signer of the tokens.
pub(super) const ISSUER: &str =
    "https://00000000-0000-4000-8000-000000000001.tokens.sts.global.api.aws";
const KEY_ID: &str = "simulator-1";
/// Worthless: it stands here for everyone to read.
const SIGNING_KEY: &[u8] = include_bytes!("signing-key.der");

fn signing_key() -> Option<RsaKeyPair> {
    RsaKeyPair::from_der(SIGNING_KEY).ok()
}

/// Modulus and exponent.
fn public_key() -> Option<PublicKeyComponents<Vec<u8>>> {
    signing_key().map(|key| PublicKeyComponents::from(key.public_key()))
}

/// The document by which anyone can check a token (JWKS, RFC 7517).
pub(super) fn key_set() -> Value {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = public_key()
        .map(|key| (encode(&key.n), encode(&key.e)))
        .unwrap_or_default();
    json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": n, "e": e}]})
}

/// A token for this audience.
pub(super) fn sign(accounts: &Accounts, audience: &str, number: usize, now: i64) -> String {
    let algorithm = match accounts.token_algorithm {
        TokenAlgorithm::Rs256 | TokenAlgorithm::Forged => "RS256",
        TokenAlgorithm::Hs256 => "HS256",
        TokenAlgorithm::None => "none",
    };
    let header = json!({"alg": algorithm, "kid": KEY_ID, "typ": "JWT"});
    let claims = json!({
        "iss": ISSUER,
        "aud": audience,
        "sub": accounts.subject,
        "iat": now,
        "exp": now.saturating_add(accounts.token_seconds),
        "jti": format!("simulator-{number}"),
        "https://sts.amazonaws.com/": {"aws_account": "000000000000", "source_region": "eu-west-1"},
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let signature = match accounts.token_algorithm {
        TokenAlgorithm::Rs256 => by_key(&signed),
        TokenAlgorithm::Forged => by_key("something else"),
        TokenAlgorithm::Hs256 => crate::signature::hmac_sha256(SIGNING_KEY, &signed),
        TokenAlgorithm::None => Vec::new(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn by_key(text: &str) -> Vec<u8> {
    let Some(key) = signing_key() else {
        return Vec::new();
    };
    let mut signature = vec![0; key.public().modulus_len()];
    let signed = key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    );
    signed.map_or_else(|_| Vec::new(), |()| signature)
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not a token, or has another algorithm or key id.
    Invalid,
    Signature,
    Issuer,
    Audience,
    Subject,
    Expired,
}

/// Checks a token that is to be for this audience. It may be used more than once.
pub(super) fn check(token: &str, audience: &str, now: i64) -> Result<(), Fault> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Fault::Invalid)?;
    let (header, claims) = signed.split_once('.').ok_or(Fault::Invalid)?;
    let header: Header = decoded(header).ok_or(Fault::Invalid)?;
    if header.alg != "RS256" || header.kid != KEY_ID {
        return Err(Fault::Invalid);
    }
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| Fault::Invalid)?;
    let key = public_key().ok_or(Fault::Invalid)?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| Fault::Signature)?;
    let claims: Claims = decoded(claims).ok_or(Fault::Invalid)?;
    match () {
        () if claims.iss != ISSUER => Err(Fault::Issuer),
        () if claims.aud != audience => Err(Fault::Audience),
        () if now >= claims.exp || now < claims.iat => Err(Fault::Expired),
        () if claims.sub != FUNCTION_ROLE => Err(Fault::Subject),
        () => Ok(()),
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// `aud` is a text where a token is for one.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_800_000;

    fn checked(change: impl FnOnce(&mut Accounts)) -> Result<(), Fault> {
        let mut accounts = Accounts::default();
        change(&mut accounts);
        check(
            &sign(&accounts, "sts.aliyuncs.com", 1, NOW),
            "sts.aliyuncs.com",
            NOW,
        )
    }

    #[test]
    fn a_token_is_taken_when_everything_in_it_is_right() {
        assert_eq!(checked(|_| {}), Ok(()));
        assert_eq!(
            checked(|accounts| accounts.token_algorithm = TokenAlgorithm::None),
            Err(Fault::Invalid)
        );
        assert_eq!(
            checked(|accounts| accounts.token_algorithm = TokenAlgorithm::Hs256),
            Err(Fault::Invalid)
        );
        assert_eq!(
            checked(|accounts| accounts.token_algorithm = TokenAlgorithm::Forged),
            Err(Fault::Signature)
        );
        assert_eq!(
            checked(|accounts| accounts.subject.push('x')),
            Err(Fault::Subject)
        );
        assert_eq!(
            checked(|accounts| accounts.token_seconds = 0),
            Err(Fault::Expired)
        );
        let good = sign(&Accounts::default(), "sts.aliyuncs.com", 1, NOW);
        assert_eq!(
            check(&good, "sts.tencentcloudapi.com", NOW),
            Err(Fault::Audience)
        );
        assert_eq!(check(&good, "sts.aliyuncs.com", NOW + 299), Ok(()));
        assert_eq!(
            check(&good, "sts.aliyuncs.com", NOW + 300),
            Err(Fault::Expired)
        );
        assert_eq!(
            check(&good, "sts.aliyuncs.com", NOW - 1),
            Err(Fault::Expired)
        );
        for odd in ["", "a.b", "a.b.c", &good.replacen('.', ".e30", 1)] {
            assert!(check(odd, "sts.aliyuncs.com", NOW).is_err(), "{odd}");
        }
    }

    #[test]
    fn the_published_key_is_an_rsa_key_of_2048_bits() {
        let keys = key_set();
        let modulus = URL_SAFE_NO_PAD
            .decode(keys["keys"][0]["n"].as_str().unwrap())
            .unwrap();
        assert_eq!(
            (modulus.len(), &keys["keys"][0]["e"]),
            (256, &json!("AQAB"))
        );
    }
}
