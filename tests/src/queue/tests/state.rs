//! The state of a queue, without HTTP.

use super::*;

fn state() -> State {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
    });
    let dead = Queue {
        name: "dead".to_owned(),
        url: String::new(),
        shared,
    };
    let dead_letters = Some(DeadLetters {
        queue: dead,
        max_receive_count: 2,
    });
    let mut state = State::default();
    state.queues.insert(
        "orders".to_owned(),
        Messages::new(QueueSettings {
            dead_letters,
            ..QueueSettings::default()
        }),
    );
    state
        .queues
        .insert("dead".to_owned(), Messages::new(QueueSettings::default()));
    state
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body.as_str())
        .collect()
}

#[test]
fn messages_are_hidden_for_the_timeout_and_delayed_ones_until_their_time() {
    let (mut state, start) = (state(), Instant::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    for (body, delay) in [("a", 0), ("b", 5), ("c", 0)] {
        state
            .send("orders", body.to_owned(), Duration::from_secs(delay), at(0))
            .unwrap();
    }
    assert_eq!(bodies(&state.receive("orders", 1, at(0))), ["a"]);
    assert_eq!(bodies(&state.receive("orders", 9, at(4))), ["c"]);
    assert_eq!(bodies(&state.receive("orders", 9, at(5))), ["b"]);
    assert!(state.receive("orders", 9, at(29)).is_empty());
    assert_eq!(bodies(&state.receive("orders", 9, at(30))), ["a"]);
    assert_eq!(bodies(&state.receive("orders", 9, at(35))), ["b", "c"]);
}

#[test]
fn a_message_received_too_often_goes_to_the_dead_letter_queue_with_its_id() {
    let (mut state, start) = (state(), Instant::now());
    let id = state
        .send("orders", "a".to_owned(), Duration::ZERO, start)
        .unwrap();
    for count in 1..=2 {
        let received = state.receive("orders", 9, start);
        assert_eq!(
            (received[0].receive_count, received[0].id.as_str()),
            (count, id.as_str())
        );
        assert!(
            state
                .queues
                .get_mut("orders")
                .unwrap()
                .release(&received[0], start)
        );
    }
    assert!(state.receive("orders", 9, start).is_empty());
    assert_eq!(
        (
            state.queues["orders"].len(),
            state.queues["orders"].dead_lettered
        ),
        (0, 1)
    );
    let dead = state.receive("dead", 9, start);
    assert_eq!(
        (
            dead[0].id.as_str(),
            dead[0].body.as_str(),
            dead[0].receive_count
        ),
        (id.as_str(), "a", 1)
    );
}

#[test]
fn an_old_delivery_cannot_delete_a_message_that_was_received_again() {
    let (mut state, start) = (state(), Instant::now());
    state
        .send("orders", "a".to_owned(), Duration::ZERO, start)
        .unwrap();
    let first = state.receive("orders", 9, start);
    let second = state.receive("orders", 9, start + Duration::from_secs(30));
    assert_ne!(first[0].receipt_handle(), second[0].receipt_handle());
    let queue = state.queues.get_mut("orders").unwrap();
    assert!(!queue.delete(&first[0]) && !queue.release(&first[0], start));
    assert!(queue.delete(&second[0]));
    assert_eq!(queue.len(), 0);
}
