//! Messages that finish their orders when they are delivered again.

use super::*;

const RESULTS: (&str, &str) = (
    "RESULTS_QUEUE_URL",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/results",
);

/// The message of an order in its n-th delivery from this queue.
fn delivery(count: u32, queue: &str) -> Value {
    let mut batch = queue_batch([("m", ORDER)]);
    let record = &mut batch["Records"][0];
    record["eventSourceARN"] = json!(format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"));
    record["attributes"] = json!({
        "ApproximateReceiveCount": count.to_string(),
        "SentTimestamp": now().epoch_milliseconds().to_string(),
    });
    batch
}

/// Checks that the only new event reports the whole order, under the message's own id.
fn check_event(world: &World) {
    let messages = world.take_messages("results");
    let [event] = messages.as_slice() else {
        panic!("{messages:?}")
    };
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["id"], "m");
    assert_eq!(event["data"]["last"], true, "{event}");
    assert!(event["data"]["order_summary"].is_object(), "{event}");
}

#[test]
fn only_a_message_that_is_delivered_again_is_noted_for_the_next_part_and_only_once() {
    let world = World::default();
    let function = world.function_with(&[TABLE, RESULTS]);
    for (count, notes) in [(1, 0), (2, 1), (3, 1)] {
        let answer = inactivate(&function, &delivery(count, "orders"));
        assert_eq!(ids(&answer), [""; 0]);
        check_event(&world);
        assert_eq!(world.items.all().len(), notes, "{count}");
    }
}

#[test]
fn a_message_that_no_message_continues_is_not_noted() {
    let world = World::default();
    let function = world.function_with(&[TABLE, RESULTS]);
    let answer = inactivate(&function, &delivery(2, "orders.fifo"));
    assert_eq!(ids(&answer), [""; 0]);
    check_event(&world);
    let records = delivery(2, "orders")["Records"].take();
    let answer = inactivate(&function, &records);
    assert_eq!(answer[0]["last"], true, "{answer}");
    assert!(world.items.all().is_empty());
}

#[test]
fn an_order_whose_failed_certificates_are_redelivered_is_not_noted() {
    let world = World::default();
    let function = world.function_with(&[TABLE, RESULTS]);
    world.vendor_fails.set(true);
    let answer = inactivate(&function, &delivery(2, "orders"));
    assert_eq!(ids(&answer), ["m"]);
    assert!(world.items.all().is_empty());
}

#[test]
fn without_a_usable_table_the_order_ends_all_the_same() {
    let world = World::default();
    world.table_is_away.set(true);
    for variables in [[TABLE, RESULTS].as_slice(), &[RESULTS]] {
        let function = world.function_with(variables);
        let answer = inactivate(&function, &delivery(2, "orders"));
        assert_eq!(ids(&answer), [""; 0]);
        check_event(&world);
    }
}

/// A network whose table never answers, and whose vendor takes most of the time.
struct Slow(Network);

impl SendHttp for Slow {
    fn send(
        &self,
        request: HttpRequest,
        timeout: Duration,
    ) -> LocalFuture<'_, Result<HttpResponse, SendError>> {
        let target = header(&request, "x-amz-target");
        let time = match target {
            Some(target) if target.starts_with("DynamoDB") => timeout,
            Some(_) => Duration::ZERO,
            None => Duration::from_millis(5600),
        };
        Box::pin(async move {
            tokio::time::sleep(time.min(timeout)).await;
            if time >= timeout {
                return Err(SendError::TimedOut);
            }
            self.0.send(request, timeout).await
        })
    }
}

#[test]
fn a_table_that_takes_all_the_time_leaves_enough_to_send_the_results() {
    let world = World::default();
    let function = world.function_with(&[TABLE, RESULTS]);
    let answering = world.clone();
    let network = Network::new(move |request| answering.answer(request));
    let function = Function {
        transport: Transport {
            http: Box::new(Slow(network)),
            ..function.transport
        },
        ..function
    };
    let answer = inactivate(&function, &delivery(2, "orders"));
    assert_eq!(ids(&answer), [""; 0]);
    check_event(&world);
    let calls = world.take_calls();
    assert_eq!(calls.len(), 4, "{calls:?}");
}
