//! HTTP events of a function that knows the secrets of webhooks: the callers that they accept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::event::{Event, recognise};
use super::http::{http, problem};
use super::*;
use crate::signing::hmac_sha256;
use crate::signing::webhook::Secrets;

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";

/// Answers requests by refusals that need no call: an accepted caller gets `forbidden`.
fn guarded() -> Function {
    let mut function = function();
    function.config.webhook_secrets = Some(Secrets::parse(SECRET).unwrap());
    function
}

/// The headers that sign this body, this many seconds from now.
pub(super) fn signed(body: &[u8], seconds: i64) -> [(String, String); 3] {
    let timestamp = (now().epoch_seconds() + seconds).to_string();
    let key = STANDARD
        .decode(SECRET.strip_prefix("whsec_").unwrap())
        .unwrap();
    let content = [format!("{ID}.{timestamp}.").as_bytes(), body].concat();
    let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &content)));
    [
        ("webhook-id".to_owned(), ID.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp),
        ("webhook-signature".to_owned(), signature),
    ]
}

/// The event with these headers in the member that its form has them in.
pub(super) fn with_headers(mut event: Value, headers: &[(String, String)]) -> Value {
    let is_multiple = event.get("multiValueHeaders").is_some();
    let member = if is_multiple {
        "multiValueHeaders"
    } else {
        "headers"
    };
    for (name, value) in headers {
        event[member][name] = if is_multiple {
            json!([value])
        } else {
            json!(value)
        };
    }
    event
}

/// The status of the answer, and the id that it gives back.
fn status_and_id<O: Operation>(event: &Value) -> (u64, Option<String>) {
    let answer = give::<O>(&guarded(), &event.to_string()).unwrap();
    let id = ["headers", "multiValueHeaders"]
        .iter()
        .find_map(|headers| answer.get(headers)?.get("webhook-id"));
    let id = id.map(|id| {
        id.as_array()
            .map_or(id, |ids| &ids[0])
            .as_str()
            .unwrap()
            .to_owned()
    });
    (answer["statusCode"].as_u64().unwrap(), id)
}

#[test]
fn a_signed_post_is_let_in_through_every_gateway_and_gets_its_id_back() {
    for base64 in [false, true] {
        let body = if base64 {
            json!(STANDARD.encode(FORBIDDEN))
        } else {
            json!(FORBIDDEN)
        };
        for (form, event) in http("POST", "", body.clone(), base64) {
            let event = with_headers(event, &signed(FORBIDDEN.as_bytes(), 0));
            assert_eq!(
                status_and_id::<Inactivate>(&event),
                (403, Some(ID.to_owned())),
                "{form}"
            );
        }
    }
}

#[test]
fn every_fault_of_a_signature_has_the_same_answer() {
    let good = signed(FORBIDDEN.as_bytes(), 0);
    let without = |index: usize| {
        let mut headers = good.to_vec();
        headers.remove(index);
        headers
    };
    let changed = |index: usize, value: &str| {
        let mut headers = good.to_vec();
        headers[index].1 = value.to_owned();
        headers
    };
    let bad = [
        Vec::new(),
        without(0),
        without(1),
        without(2),
        changed(0, "msg_other"),
        changed(0, &format!("{ID},{ID}")),
        changed(1, &now().plus_days(1).epoch_seconds().to_string()),
        changed(2, "v1,"),
        signed(FORBIDDEN.as_bytes(), -301).to_vec(),
        signed(FORBIDDEN.as_bytes(), 302).to_vec(),
        signed(b"another body", 0).to_vec(),
    ];
    let mut answers = Vec::new();
    for headers in &bad {
        for (form, event) in http("POST", "", json!(FORBIDDEN), false) {
            let event = with_headers(event, headers);
            assert_eq!(
                status_and_id::<Inactivate>(&event),
                (401, None),
                "{form} {headers:?}"
            );
            answers.push(problem(
                &give::<Inactivate>(&guarded(), &event.to_string()).unwrap(),
            ));
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(answers[0]["code"], "unauthenticated");
}

#[test]
fn a_body_that_is_no_text_is_checked_before_it_is_read() {
    let bytes = [0xff, 0xfe];
    let [(_, event), ..] = http("POST", "", json!(STANDARD.encode(bytes)), true);
    assert_eq!(
        status_and_id::<Describe>(&with_headers(event.clone(), &signed(&bytes, 0))).0,
        400
    );
    assert_eq!(
        status_and_id::<Describe>(&with_headers(event, &signed(b"other", 0))).0,
        401
    );
    let [(_, event), ..] = http("POST", "", json!("no base64!"), true);
    assert_eq!(
        status_and_id::<Describe>(&with_headers(event, &signed(b"no base64!", 0))).0,
        401
    );
}

#[test]
fn the_body_of_a_webhook_is_decoded_once_its_headers_are_good() {
    let good = signed(FORBIDDEN.as_bytes(), 0);
    let changed = |index: usize, value: &str| {
        let mut headers = good.to_vec();
        headers[index].1 = value.to_owned();
        headers
    };
    for (headers, is_decoded) in [
        (Vec::new(), false),
        (good[..2].to_vec(), false),
        (changed(0, "msg.1"), false),
        (changed(1, "soon"), false),
        (signed(FORBIDDEN.as_bytes(), -301).to_vec(), false),
        (changed(2, "v1,AAAA v2,AAAA"), false),
        (signed(b"another body", 0).to_vec(), true),
        (good.to_vec(), true),
    ] {
        for (form, event) in http("POST", "", json!(FORBIDDEN), false) {
            let event = with_headers(event, &headers).to_string();
            let Ok(Event::Http(event)) = recognise(event.as_bytes()) else {
                panic!("{form} {headers:?}")
            };
            let accepted = event.authenticate(&guarded()).is_ok();
            assert_eq!(
                (event.body_is_decoded(), accepted),
                (is_decoded, headers == good),
                "{form} {headers:?}"
            );
        }
    }
}

#[test]
fn without_a_signature_the_gateway_must_know_the_caller() {
    for (context, expected) in [
        (json!({}), 401),
        (json!({"authorizer": null}), 401),
        (json!({"authorizer": {}}), 401),
        (
            json!({"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/u"}}}),
            403,
        ),
        (json!({"authorizer": {"principalId": "me"}}), 403),
        (json!({"identity": {"userArn": null}}), 401),
        (
            json!({"identity": {"userArn": "arn:aws:iam::1:user/u"}}),
            403,
        ),
    ] {
        let [(_, mut two), (_, mut one), ..] = http("POST", "", json!(FORBIDDEN), false);
        for event in [&mut two, &mut one] {
            let members = context.as_object().unwrap().clone();
            event["requestContext"]
                .as_object_mut()
                .unwrap()
                .extend(members);
            assert_eq!(
                status_and_id::<Inactivate>(event),
                (expected, None),
                "{context}"
            );
            // A signature that is there must be good, also behind a gateway that authenticates.
            let event = with_headers(event.clone(), &signed(b"another body", 0));
            assert_eq!(
                status_and_id::<Inactivate>(&event),
                (401, None),
                "{context}"
            );
        }
    }
}

#[test]
fn a_get_is_no_webhook_because_its_query_is_not_signed() {
    let [(_, event), ..] = http("GET", "statuses=nonsense", Value::Null, false);
    let signed = with_headers(event.clone(), &signed(b"", 0));
    assert_eq!(
        (
            status_and_id::<Describe>(&event).0,
            status_and_id::<Describe>(&signed).0
        ),
        (401, 401)
    );
    let mut known = event;
    known["requestContext"]["authorizer"] = json!({"jwt": {"claims": {"sub": "me"}}});
    assert_eq!(status_and_id::<Describe>(&known).0, 400);
}

#[test]
fn other_triggers_are_authenticated_by_their_policies() {
    let event = queue_batch([("m1", FORBIDDEN)]);
    assert_eq!(
        ids(&give::<Inactivate>(&guarded(), &event.to_string()).unwrap()),
        Vec::<&str>::new()
    );
}
