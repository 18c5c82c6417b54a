use crate::testing::{AlibabaCall, code, exchange, simulator};
use crate::{AlibabaInstance, CasCertificate, Credentials, Fleet, Simulator, Vendor};

async fn small() -> Simulator {
    let instance = AlibabaInstance {
        instance_id: "post-cn-1".to_owned(),
        certificates: vec![Default::default()],
    };
    simulator(Fleet::of([instance]).with([CasCertificate::default()])).await
}

fn get() -> AlibabaCall {
    let key = [
        ("MqttInstanceId", "post-cn-1"),
        ("DeviceSn", "356217374433"),
        ("CaSn", "007269004887"),
    ];
    AlibabaCall::mqtt("GetDeviceCertificate", &key)
}

fn with_key(id: &str, secret: &str, token: Option<&str>) -> AlibabaCall {
    AlibabaCall {
        credentials: Credentials {
            id: id.to_owned(),
            secret: secret.to_owned(),
        },
        token: token.map(str::to_owned),
        ..get()
    }
}

#[tokio::test]
async fn the_gateway_refuses_what_is_not_signed_right() {
    let simulator = small().await;
    let key = Vendor::AlibabaMqtt.credentials();
    let temporary = Vendor::AlibabaMqtt.temporary_credentials();
    let (id, secret, token) = (&temporary.id, &temporary.secret, temporary.token.as_str());
    let cases = [
        (200, "ok", get()),
        (200, "ok", with_key(id, secret, Some(token))),
        (
            200,
            "ok",
            AlibabaCall {
                ahead: -890,
                ..get()
            },
        ),
        (
            400,
            "InvalidTimeStamp.Expired",
            AlibabaCall {
                ahead: -910,
                ..get()
            },
        ),
        (
            400,
            "InvalidTimeStamp.Expired",
            AlibabaCall {
                ahead: 910,
                ..get()
            },
        ),
        (400, "MissingSecurityToken", with_key(id, secret, None)),
        (
            400,
            "InvalidSecurityToken.Malformed",
            with_key(id, secret, Some("x")),
        ),
        (
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            with_key(&key.id, &key.secret, Some(token)),
        ),
        (
            404,
            "InvalidAccessKeyId.NotFound",
            with_key("LTAI1", secret, None),
        ),
        (
            400,
            "SignatureDoesNotMatch",
            with_key(&key.id, secret, None),
        ),
        (
            400,
            "SignatureDoesNotMatch",
            AlibabaCall {
                declared_hash: "e4".repeat(32),
                ..get()
            },
        ),
        (
            404,
            "InvalidAction.NotFound",
            AlibabaCall {
                action: "DescribeClientCertificateStatusForSerialNumber",
                ..get()
            },
        ),
        (
            400,
            "NoSuchVersion",
            AlibabaCall {
                version: "2020-06-30",
                ..get()
            },
        ),
        (
            400,
            "MissingParameter",
            AlibabaCall {
                version: "",
                ..get()
            },
        ),
        (
            400,
            "MissingParameter",
            AlibabaCall {
                nonce: String::new(),
                ..get()
            },
        ),
        (
            403,
            "UnsupportedHTTPMethod",
            AlibabaCall {
                method: "PUT",
                ..get()
            },
        ),
        (
            403,
            "UnsupportedHTTPMethod",
            AlibabaCall {
                method: "POST",
                ..get()
            },
        ),
    ];
    for (position, (status, expected, call)) in cases.iter().enumerate() {
        let found = call.code(&simulator);
        assert_eq!(found, (*status, (*expected).to_owned()), "case {position}");
    }
}

#[tokio::test]
async fn a_nonce_is_good_for_one_call_of_its_product() {
    let simulator = small().await;
    let first = get();
    let again = AlibabaCall {
        nonce: first.nonce.clone(),
        ..get()
    };
    let elsewhere = AlibabaCall {
        nonce: first.nonce.clone(),
        ..AlibabaCall::status("1")
    };
    assert_eq!(first.code(&simulator).1, "ok");
    assert_eq!(
        again.code(&simulator),
        (400, "SignatureNonceUsed".to_owned())
    );
    assert_eq!(elsewhere.code(&simulator).1, "ok");
}

#[tokio::test]
async fn a_wrongly_signed_call_uses_up_no_nonce() {
    let simulator = small().await;
    let wrong = with_key(&Vendor::AlibabaMqtt.credentials().id, "wrong", None);
    let right = AlibabaCall {
        nonce: wrong.nonce.clone(),
        ..get()
    };
    assert_eq!(wrong.code(&simulator).1, "SignatureDoesNotMatch");
    assert_eq!(right.code(&simulator).1, "ok");
}

#[tokio::test]
async fn any_change_on_the_way_is_found() {
    let simulator = small().await;
    let url = simulator.url(Vendor::AlibabaMqtt);
    let changes = [
        ("356217374433", "356217374434", "SignatureDoesNotMatch"),
        ("GET /?", "GET /?More=1&", "SignatureDoesNotMatch"),
        (
            "host: 127.0.0.1",
            "host: localhost",
            "SignatureDoesNotMatch",
        ),
        ("sha256: e3", "sha256: e4", "SignatureDoesNotMatch"),
        ("Authorization", "x-other", "IncompleteSignature"),
        (
            "Authorization",
            "x-acs-other: 1\r\nAuthorization",
            "IncompleteSignature",
        ),
        (
            "SignedHeaders=host;",
            "SignedHeaders=",
            "IncompleteSignature",
        ),
        ("ACS3-HMAC-SHA256 ", "HMAC-SHA1 ", "InvalidSignatureMethod"),
        (
            "Connection: close",
            "Connection: close\r\nContent-Type: text/plain",
            "ok",
        ),
    ];
    for (from, to, expected) in changes {
        let good = get().request(&url);
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        let answer = exchange(&url, &changed).unwrap().unwrap();
        assert_eq!(code(&answer).1, expected, "{from} -> {to}");
    }
    let request = get().request(&url);
    let date = request
        .lines()
        .find(|line| line.starts_with("x-acs-date"))
        .unwrap();
    let answer = exchange(&url, &request.replace(date, "x-acs-date: today"))
        .unwrap()
        .unwrap();
    assert_eq!(code(&answer).1, "InvalidTimeStamp.Format");
    let answer = exchange(&url, &request.replace("GET /?", "GET /api?"))
        .unwrap()
        .unwrap();
    assert_eq!(code(&answer), (404, "InvalidAction.NotFound".to_owned()));
}

#[tokio::test]
async fn the_order_of_the_query_on_the_wire_does_not_matter() {
    let simulator = small().await;
    let url = simulator.url(Vendor::AlibabaMqtt);
    let good = get().request(&url);
    let sorted = "CaSn=007269004887&DeviceSn=356217374433&MqttInstanceId=post-cn-1";
    let turned = "MqttInstanceId=post-cn-1&DeviceSn=%3356217374433&CaSn=007269004887";
    assert!(good.contains(sorted));
    let answer = exchange(&url, &good.replace(sorted, turned))
        .unwrap()
        .unwrap();
    assert_eq!(code(&answer).1, "ok");
}

#[tokio::test]
async fn the_refusal_of_a_signature_repeats_what_was_sent() {
    let simulator = small().await;
    let temporary = Vendor::AlibabaMqtt.temporary_credentials();
    let body = with_key(&temporary.id, "wrong", Some(&temporary.token))
        .send(&simulator)
        .json();
    let message = body["Message"].as_str().unwrap();
    for part in [
        "ACS3-HMAC-SHA256\n",
        &temporary.id,
        &temporary.token,
        "356217374433",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_shape_of_the_vendor() {
    let simulator = small().await;
    let answer = AlibabaCall {
        version: "1",
        ..get()
    }
    .send(&simulator);
    let body = answer.json();
    let mut members: Vec<&str> = body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["Code", "HostId", "Message", "Recommend", "RequestId"]
    );
    let request_id = body["RequestId"].as_str().unwrap();
    assert_eq!(
        body["Recommend"],
        format!(
            "https://api.alibabacloud.com/troubleshoot?q=NoSuchVersion&product=OnsMqtt&requestId={request_id}"
        )
    );
    assert_eq!(answer.header("x-acs-request-id"), Some(request_id));
    assert_eq!(
        answer.header("content-type"),
        Some("application/json;charset=utf-8")
    );
    let url = simulator.url(Vendor::AlibabaMqtt);
    assert_eq!(format!("http://{}", body["HostId"].as_str().unwrap()), url);
}
