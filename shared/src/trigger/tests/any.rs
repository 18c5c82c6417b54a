//! Arbitrary events.

use proptest::prelude::*;

use super::*;

/// Any JSON, shaped like an event more often than not.
fn any_event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("aws:sqs"),
            Just("aws:sns"),
            Just("GET"),
            Just("POST"),
            Just("{}"),
            Just("%%"),
            Just("a=b&c"),
            Just("[")
        ]
        .prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("Records"),
        Just("eventSource"),
        Just("messageId"),
        Just("body"),
        Just("requestContext"),
        Just("http"),
        Just("elb"),
        Just("method"),
        Just("httpMethod"),
        Just("rawQueryString"),
        Just("queryStringParameters"),
        Just("isBase64Encoded"),
        Just("multiValueQueryStringParameters"),
        Just("multiValueHeaders"),
        Just("eventSourceARN"),
        Just("certificates"),
        Just("provider"),
        Just("EventSource"),
        Just("Sns"),
        Just("Message"),
        Just("Type"),
        Just("TopicArn"),
        Just("detail-type"),
        Just("detail"),
        Just("time"),
        Just("attributes"),
        Just("SentTimestamp"),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_event_is_answered_by_a_panic(event in any_event()) {
        let text = event.to_string();
        for result in [send::<Describe>(&text), send::<Inactivate>(&text), send::<Status>(&text)] {
            if let Err(error) = result {
                prop_assert_ne!(error.0.code.as_str(), "internal", "{}", text);
            }
        }
    }
}
