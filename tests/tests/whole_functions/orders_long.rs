//! An order whose rest and results do not fit into one message of the queue.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::Vendor;

use crate::orders::Stage;

/// Most bytes of a message.
const MOST_BYTES: usize = 1_048_576;

#[tokio::test]
async fn results_that_do_not_fit_beside_the_rest_of_an_order_are_sent_before_it() {
    let stage = Stage::new(Vendor::TencentMqtt, 1, Duration::from_secs(30)).await;
    let mut function = stage.function(&[]).await;
    // No certificate of these is found, which is a result too.
    let item = |number: usize| {
        let (name, client_id) = (format!("{number:0>256}"), "c".repeat(256));
        json!({"certificate": {"provider_serial_number": name, "client_ids": [client_id]}})
    };
    let items: Vec<Value> = (0..1818).map(item).collect();
    let order = stage.order();
    let place = ["provider", "instance_id"].map(|name| (name.to_owned(), order[name].clone()));
    let source: Value = place
        .clone()
        .into_iter()
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut request = source.clone();
    request["select"] = json!({"client_ids": ["a"]});
    let message = json!({
        "order": {
            "id": "order-1", "part": 2, "caller": null, "expires_at": null, "earlier_results": {},
            "places": [{"source": source, "items": items}],
        },
        "request": request,
    });
    let message = message.to_string();
    assert!(message.len() < MOST_BYTES, "{}", message.len());
    stage.orders.send(message);
    assert!(
        stage
            .deliver(&mut function, "AIDAOWN", Duration::ZERO)
            .await
    );
    let rest: Vec<Value> = stage
        .orders
        .bodies()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(rest.len(), 1);
    let events = stage.events();
    assert_eq!(events.len(), 1);
    let (rest, event) = (&rest[0]["order"], &events[0]);
    let told = event["data"]["results"].as_array().unwrap().len();
    let left = rest["places"][0]["items"].as_array().unwrap().len();
    assert_eq!((told, left), (100, 1718));
    // Should the rest not be sent after all, another run of the part has an event of its own.
    let random = rest["message"]["id"].as_str().unwrap();
    assert_eq!(event["id"], format!("order-1.2.{random}"));
    assert_eq!(
        (&rest["part"], &rest["unsent_event"]),
        (&json!(3), &Value::Null)
    );
}
