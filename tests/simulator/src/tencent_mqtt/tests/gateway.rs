//! The checks of the gateway.

use super::*;

#[tokio::test]
async fn the_gateway_refuses_what_is_not_signed_right() {
    let simulator = ten().await;
    let good = list(json!({}));
    let key = Vendor::TencentMqtt.credentials();
    let temporary = Vendor::TencentMqtt.temporary_credentials();
    let with_key = |id: &str, secret: &str, token: Option<&str>| TencentCall {
        credentials: crate::Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        },
        token: token.map(str::to_owned),
        ..good.clone()
    };
    let (id, secret, token) = (&temporary.id, &temporary.secret, temporary.token.as_str());
    let cases = [
        ("ok", good.clone()),
        (
            "ok",
            TencentCall {
                signed_headers: &["content-type", "host", "x-tc-action"],
                ..good.clone()
            },
        ),
        (
            "ok",
            TencentCall {
                content_type: "application/json; charset=utf-8",
                ..good.clone()
            },
        ),
        (
            "ok",
            TencentCall {
                ahead: -290,
                ..good.clone()
            },
        ),
        ("ok", with_key(id, secret, Some(token))),
        (
            "AuthFailure.SignatureExpire",
            TencentCall {
                ahead: -310,
                ..good.clone()
            },
        ),
        (
            "AuthFailure.SignatureExpire",
            TencentCall {
                ahead: 310,
                ..good.clone()
            },
        ),
        ("AuthFailure.TokenFailure", with_key(id, secret, None)),
        (
            "AuthFailure.TokenFailure",
            with_key(id, secret, Some("other")),
        ),
        (
            "AuthFailure.TokenFailure",
            with_key(&key.id, &key.secret, Some(token)),
        ),
        (
            "AuthFailure.InvalidSecretId",
            with_key("LTAI1", secret, None),
        ),
        (
            "AuthFailure.SecretIdNotFound",
            with_key("AKID1", secret, None),
        ),
        (
            "AuthFailure.SignatureFailure",
            with_key(&key.id, secret, None),
        ),
        (
            "AuthFailure.InvalidAuthorization",
            TencentCall {
                signed_headers: &["host"],
                ..good.clone()
            },
        ),
        (
            "AuthFailure.InvalidAuthorization",
            TencentCall {
                signed_headers: &["host", "content-type"],
                ..good.clone()
            },
        ),
        (
            "InvalidAction",
            TencentCall {
                action: "DescribeDevices",
                ..good.clone()
            },
        ),
        (
            "NoSuchVersion",
            TencentCall {
                version: "2024-05-17",
                ..good.clone()
            },
        ),
        (
            "MissingParameter",
            TencentCall {
                version: "",
                ..good.clone()
            },
        ),
        (
            "MissingParameter",
            TencentCall {
                region: "",
                ..good.clone()
            },
        ),
        (
            "UnsupportedRegion",
            TencentCall {
                region: "cn-hangzhou",
                ..good.clone()
            },
        ),
        (
            "ResourceNotFound.Instance",
            TencentCall {
                region: "ap-tokyo",
                ..good.clone()
            },
        ),
        (
            "InvalidParameter",
            TencentCall {
                content_type: "text/plain",
                ..good.clone()
            },
        ),
        (
            "UnsupportedProtocol",
            TencentCall {
                method: "PUT",
                ..good.clone()
            },
        ),
    ];
    for (position, (code, call)) in cases.iter().enumerate() {
        assert_eq!(call.code(&simulator), *code, "case {position}");
    }
}

#[tokio::test]
async fn any_change_on_the_way_spoils_the_signature() {
    let simulator = ten().await;
    let url = simulator.url(Vendor::TencentMqtt);
    let good = list(json!({"Limit": 10})).request(&url);
    let code = |request: &str| {
        let answer = exchange(&url, request).unwrap().unwrap();
        answer.json()["Response"]["Error"]["Code"].clone()
    };
    assert_eq!(code(&good), Value::Null);
    for (from, to) in [
        (":10", ":11"),
        ("application/json", "application/json;"),
        ("Host: 127.0.0.1", "Host: localhost"),
        ("POST / ", "POST /?a=b "),
        ("/mqtt/", "/cvm/"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        assert_eq!(code(&changed), "AuthFailure.SignatureFailure", "{from}");
    }
    let unsigned = good.replace("Authorization", "X-Other");
    assert_eq!(code(&unsigned), "AuthFailure.InvalidAuthorization");
}
