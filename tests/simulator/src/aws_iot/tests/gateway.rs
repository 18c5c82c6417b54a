//! The checks of the gateway.

use super::*;

#[tokio::test]
async fn the_gateway_refuses_what_is_not_signed_right() {
    let simulator = seven().await;
    let good = AwsCall::list("pageSize=3&isAscendingOrder=true");
    let (key, temporary) = (
        Vendor::AwsIot.credentials(),
        Vendor::AwsIot.temporary_credentials(),
    );
    let with_key = |id: &str, secret: &str, token: Option<&str>| AwsCall {
        credentials: Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        },
        token: token.map(str::to_owned),
        ..good.clone()
    };
    let (id, secret, token) = (&temporary.id, &temporary.secret, temporary.token.as_str());
    for (position, (status, code, call)) in [
        (200, "ok", good.clone()),
        (200, "ok", with_key(id, secret, Some(token))),
        (
            200,
            "ok",
            AwsCall {
                ahead: -890,
                ..good.clone()
            },
        ),
        (
            200,
            "ok",
            AwsCall {
                ahead: 890,
                ..good.clone()
            },
        ),
        (
            200,
            "ok",
            AwsCall {
                body: "{}",
                ..good.clone()
            },
        ),
        (
            403,
            "InvalidSignatureException",
            AwsCall {
                ahead: -910,
                ..good.clone()
            },
        ),
        (
            403,
            "InvalidSignatureException",
            AwsCall {
                ahead: 910,
                ..good.clone()
            },
        ),
        (
            403,
            "InvalidSignatureException",
            AwsCall {
                service: "execute-api",
                ..good.clone()
            },
        ),
        (
            403,
            "InvalidSignatureException",
            with_key(&key.id, secret, None),
        ),
        (
            403,
            "UnrecognizedClientException",
            with_key("AKIAUNKNOWN", secret, None),
        ),
        (
            403,
            "UnrecognizedClientException",
            with_key(id, secret, None),
        ),
        (
            403,
            "UnrecognizedClientException",
            with_key(id, secret, Some("x")),
        ),
        (
            403,
            "UnrecognizedClientException",
            with_key(&key.id, &key.secret, Some(token)),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(
            call.code(&simulator),
            (status, code.to_owned()),
            "case {position}"
        );
    }
}

#[tokio::test]
async fn any_change_on_the_way_is_found() {
    let simulator = seven().await;
    let url = simulator.url(Vendor::AwsIot);
    for (from, to, status, code) in [
        ("pageSize=3", "pageSize=4", 403, "InvalidSignatureException"),
        (
            "host: 127.0.0.1",
            "host: localhost",
            403,
            "InvalidSignatureException",
        ),
        (
            "/certificates",
            "/certificates/",
            403,
            "InvalidSignatureException",
        ),
        (
            "/eu-west-1/",
            "/us-east-1/",
            403,
            "InvalidSignatureException",
        ),
        (
            "x-amz-date: 20",
            "x-amz-date: 2O",
            403,
            "InvalidSignatureException",
        ),
        (
            "SignedHeaders=host;",
            "SignedHeaders=",
            403,
            "IncompleteSignatureException",
        ),
        (
            "AWS4-HMAC",
            "AWS5-HMAC",
            403,
            "IncompleteSignatureException",
        ),
        (
            "Connection: close",
            "Connection: close\r\nx-amz-security-token: x",
            403,
            "IncompleteSignatureException",
        ),
        (
            "Authorization",
            "x-other",
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            "pageSize=3&isAscendingOrder=true",
            "isAscendingOrder=true&pageSize=%33",
            200,
            "ok",
        ),
        (
            "Connection: close",
            "Connection: close\r\nx-other: x",
            200,
            "ok",
        ),
    ] {
        let good = AwsCall::list("pageSize=3&isAscendingOrder=true").request(&url);
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        let answer = exchange(&url, &changed).unwrap().unwrap();
        assert_eq!(
            error_type(&answer),
            (status, code.to_owned()),
            "{from} -> {to}"
        );
    }
}

#[tokio::test]
async fn the_refusal_of_a_signature_repeats_what_was_sent() {
    let simulator = seven().await;
    let temporary = Vendor::AwsIot.temporary_credentials();
    let wrong = Credentials {
        id: temporary.id,
        secret: "wrong".to_owned(),
    };
    let call = AwsCall {
        credentials: wrong,
        token: Some(temporary.token.clone()),
        ..AwsCall::describe(&id(0))
    };
    let message = call.send(&simulator).json()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    for part in [
        "AWS4-HMAC-SHA256\n",
        "GET\n/certificates/0",
        &temporary.token,
        "The Canonical String",
        "The String-to-Sign",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}
