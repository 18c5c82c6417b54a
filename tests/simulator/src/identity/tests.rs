use super::*;
use crate::testing::{Answer, TencentCall, exchange, simulator};
use crate::{Fleet, Simulator};
use serde_json::{Value, json};

fn post(url: &str, target: &str, headers: &str, body: &str) -> Answer {
    let host = url.split_once("://").unwrap().1;
    let length = body.len();
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    exchange(url, &request).unwrap().unwrap()
}

fn get(url: &str, target: &str, headers: &str) -> Answer {
    let host = url.split_once("://").unwrap().1;
    exchange(
        url,
        &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"),
    )
    .unwrap()
    .unwrap()
}

fn token(simulator: &Simulator, audience: &str) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    simulator
        .with_accounts(|accounts| token::sign(accounts, audience, 1, i64::try_from(now).unwrap()))
}

fn at_alibaba(simulator: &Simulator, token: &str, role: &str) -> (u16, Value) {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("OIDCProviderArn", ALIBABA_PROVIDER),
            ("OIDCToken", token),
            ("RoleArn", role),
        ])
        .extend_pairs([("RoleSessionName", "test"), ("DurationSeconds", "3600")])
        .finish();
    let query = "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&Timestamp=2025-12-18T16%3A00%3A00Z";
    let answer = post(
        &simulator.identity_url(IdentityService::AlibabaSts),
        query,
        "Content-Type: application/x-www-form-urlencoded\r\n",
        &body,
    );
    (answer.status, answer.json())
}

fn at_tencent(simulator: &Simulator, token: &str, authorization: &str) -> Value {
    let body = json!({"ProviderId": TENCENT_PROVIDER, "WebIdentityToken": token, "RoleArn": TENCENT_ROLE, "RoleSessionName": "test"});
    let headers = format!(
        "Authorization: {authorization}\r\nContent-Type: application/json\r\nX-TC-Action: AssumeRoleWithWebIdentity\r\n\
         X-TC-Version: 2018-08-13\r\nX-TC-Region: ap-guangzhou\r\nX-TC-Timestamp: 1\r\n"
    );
    let answer = post(
        &simulator.identity_url(IdentityService::TencentSts),
        "/",
        &headers,
        &body.to_string(),
    );
    answer.json()["Response"].take()
}

#[tokio::test]
async fn a_token_of_aws_is_worth_a_key_at_the_vendor_it_is_for() {
    let simulator = simulator(Fleet::empty()).await;
    let (status, given) = at_alibaba(
        &simulator,
        &token(&simulator, "sts.aliyuncs.com"),
        ALIBABA_ROLE,
    );
    assert_eq!(
        (status, &given["AssumedRoleUser"]["Arn"]),
        (200, &json!(format!("{ALIBABA_ROLE}/test")))
    );
    let given = at_tencent(
        &simulator,
        &token(&simulator, "sts.tencentcloudapi.com"),
        "SKIP",
    );
    let keys = simulator.issued_keys();
    assert_eq!(
        (keys.len(), &given["Credentials"]["TmpSecretId"]),
        (2, &json!(keys[1].id))
    );
    let call = TencentCall {
        credentials: crate::Credentials {
            id: keys[1].id.clone(),
            secret: keys[1].secret.clone(),
        },
        token: Some(keys[1].token.clone()),
        ..TencentCall::new(
            "DescribeDeviceCertificates",
            &json!({"InstanceId": "mqtt-1"}),
        )
    };
    assert_eq!(call.code(&simulator), "ResourceNotFound.Instance");
    simulator.end_issued_keys();
    assert_eq!(call.code(&simulator), "AuthFailure.TokenFailure");
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_the_vendors_codes() {
    let simulator = simulator(Fleet::empty()).await;
    let for_tencent = token(&simulator, "sts.tencentcloudapi.com");
    let for_alibaba = token(&simulator, "sts.aliyuncs.com");
    let alibaba = |token: &str| {
        at_alibaba(&simulator, token, ALIBABA_ROLE).1["Code"]
            .as_str()
            .unwrap_or("ok")
            .to_owned()
    };
    let tencent = |token: &str| {
        at_tencent(&simulator, token, "SKIP")["Error"]["Code"]
            .as_str()
            .unwrap_or("ok")
            .to_owned()
    };
    assert_eq!(
        alibaba(&for_tencent),
        "AuthenticationFail.OIDCToken.AudienceNotMatch"
    );
    assert_eq!(
        tencent(&for_alibaba),
        "InvalidParameter.WebIdentityTokenError"
    );
    assert_eq!(
        at_alibaba(&simulator, &for_alibaba, "acs:ram::1:role/x").1["Code"],
        "EntityNotExist.Role"
    );
    assert_eq!(
        at_tencent(&simulator, &for_tencent, "TC3-HMAC-SHA256")["Error"]["Code"],
        "AuthFailure.InvalidAuthorization"
    );
    for (algorithm, code) in [
        (TokenAlgorithm::None, "AuthenticationFail.OIDCToken.Invalid"),
        (
            TokenAlgorithm::Hs256,
            "AuthenticationFail.OIDCToken.Invalid",
        ),
        (
            TokenAlgorithm::Forged,
            "AuthenticationFail.OIDCToken.InvalidSignature",
        ),
    ] {
        simulator.with_accounts(|accounts| accounts.token_algorithm = algorithm);
        assert_eq!(alibaba(&token(&simulator, "sts.aliyuncs.com")), code);
        assert_eq!(
            tencent(&token(&simulator, "sts.tencentcloudapi.com")),
            "InvalidParameter.WebIdentityTokenError"
        );
    }
    assert_eq!(
        (
            alibaba(&for_alibaba).as_str(),
            tencent(&for_tencent).as_str()
        ),
        ("ok", "ok")
    );
    simulator.with_accounts(|accounts| {
        accounts.token_algorithm = TokenAlgorithm::Rs256;
        accounts.subject = "arn:aws:iam::000000000000:role/other".to_owned();
    });
    assert_eq!(
        alibaba(&token(&simulator, "sts.aliyuncs.com")),
        "AuthenticationFail.NoPermission"
    );
    assert_eq!(
        tencent(&token(&simulator, "sts.tencentcloudapi.com")),
        "UnauthorizedOperation"
    );
    simulator.reset();
    simulator.with_accounts(|accounts| accounts.token_seconds = -1);
    assert_eq!(
        alibaba(&token(&simulator, "sts.aliyuncs.com")),
        "AuthenticationFail.OIDCToken.Expired"
    );
}

#[tokio::test]
async fn the_sts_of_aws_wants_a_signature_and_publishes_its_key() {
    let simulator = simulator(Fleet::empty()).await;
    let url = simulator.identity_url(IdentityService::AwsSts);
    let refused = post(
        &url,
        "/",
        "",
        "Action=GetWebIdentityToken&Version=2011-06-15",
    );
    assert!(
        String::from_utf8_lossy(&refused.body)
            .contains("<Code>MissingAuthenticationTokenException</Code>")
    );
    let configuration = get(&url, "/.well-known/openid-configuration", "").json();
    assert!(
        configuration["jwks_uri"]
            .as_str()
            .unwrap()
            .starts_with(configuration["issuer"].as_str().unwrap())
    );
    assert_eq!(
        get(&url, "/.well-known/jwks.json", "").json(),
        token::key_set()
    );
}

#[tokio::test]
async fn the_extension_caches_an_answer_by_its_request() {
    let simulator = simulator(Fleet::empty()).await;
    let url = simulator.identity_url(IdentityService::Extension);
    let token = format!("X-Aws-Parameters-Secrets-Token: {SESSION_TOKEN}\r\n");
    let set = |current: &str, previous: Option<&str>| {
        let secret = Secret {
            current: current.to_owned(),
            previous: previous.map(str::to_owned),
        };
        simulator.with_accounts(|accounts| accounts.secrets.insert("name".to_owned(), secret));
    };
    let text = |query: &str| {
        get(
            &url,
            &format!("/secretsmanager/get?secretId=name{query}"),
            &token,
        )
        .json()["SecretString"]
            .take()
    };
    set("one", None);
    assert_eq!(text(""), "one");
    assert_eq!(
        get(
            &url,
            "/secretsmanager/get?secretId=name&versionStage=AWSPREVIOUS",
            &token
        )
        .status,
        400
    );
    set("two", Some("one"));
    assert_eq!(
        (
            text(""),
            text("&versionStage=AWSCURRENT"),
            text("&versionStage=AWSPREVIOUS")
        ),
        (json!("one"), json!("two"), json!("one"))
    );
    simulator.with_accounts(|accounts| accounts.extension_cache = Duration::ZERO);
    assert_eq!(text(""), "two");
    let parameter = get(
        &url,
        "/systemsmanager/parameters/get?name=name&withDecryption=true",
        &token,
    )
    .json();
    assert_eq!(parameter["Parameter"]["Value"], "two");
    assert_eq!(
        get(&url, "/secretsmanager/get?secretId=name", "").status,
        401
    );
    assert_eq!(
        get(&url, "/secretsmanager/get?secretId=other", &token).status,
        400
    );
    simulator.with_accounts(|accounts| accounts.down.insert(IdentityService::Extension));
    assert_eq!(
        get(&url, "/secretsmanager/get?secretId=name", &token).status,
        503
    );
    assert_eq!(simulator.identity_calls().last().unwrap().outcome, "down");
}
