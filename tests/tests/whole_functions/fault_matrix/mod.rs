//! The fault matrix: each row is a fault, which is injected at the default provider of each function,
//! over HTTP and from a queue. For inactivate the fault concerns the write, and reads succeed;
//! [`crate::every_cell_faults`] injects faults into reads.

mod answers;
mod check;
mod connections;
mod expected;
mod line;
mod moments;
mod refusals;
mod stage;
mod throttling;

use std::sync::Arc;

use simulator::Fault;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use whole_function_tests::canary::Output;

pub(crate) use answers::odd_answers;
use check::{MOST_MEMORY, SECRETS, wrongs};
use expected::{Function, Injected, Row, answer, reads};
use stage::Stage;

/// This many processes at a time leave those that wait for a deadline enough of the machine.
const AT_ONCE: usize = 8;

/// Checks every cell of these rows, and reports all failures together.
async fn assert_all(rows: Vec<Row>) {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let rows: Vec<Arc<Row>> = rows.into_iter().map(Arc::new).collect();
    let cells = rows
        .iter()
        .flat_map(|row| Function::ALL.map(|function| (Arc::clone(row), function)));
    let mut running: JoinSet<Vec<String>> = JoinSet::new();
    for (row, function) in cells {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            wrongs_of(&row, function).await
        });
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The rules that both cells of one function violate.
async fn wrongs_of(row: &Row, function: Function) -> Vec<String> {
    let name = function.name();
    let mut stage = Stage::start(row, function).await;
    let reports = [
        ("over HTTP", stage.by_http().await),
        ("from a queue", stage.by_queue().await),
    ];
    let mut wrong = Vec::new();
    let mut outputs = vec![Output {
        name: format!("the log of {name}, {}", row.name),
        bytes: stage.log(),
    }];
    for (way, report) in reports {
        let of_cell = wrongs(row, function.of(&row.expected), &stage.request(), &report);
        wrong.extend(
            of_cell
                .into_iter()
                .map(|wrong| format!("{}, {name} {way}: {wrong}", row.name)),
        );
        outputs.push(Output {
            name: format!("the answer of {name} {way}, {}", row.name),
            bytes: report.output,
        });
    }
    SECRETS.assert_absent(&outputs);
    let memory = stage.peak_memory();
    if !(1..MOST_MEMORY).contains(&memory) {
        wrong.push(format!("{}, {name}: {memory} bytes of memory", row.name));
    }
    wrong
}

#[tokio::test]
async fn a_failed_connection_is_answered_as_unavailable() {
    assert_all(connections::not_made()).await;
}

#[tokio::test]
async fn a_broken_connection_leaves_no_write_unread() {
    assert_all(connections::breaking()).await;
}

#[tokio::test]
async fn an_invalid_answer_is_never_taken_for_success() {
    assert_all(answers::rows()).await;
}

#[tokio::test]
async fn a_refusal_is_answered_by_its_code_before_its_http_status() {
    assert_all(refusals::rows()).await;
}

#[tokio::test]
async fn throttling_is_retried_as_long_as_its_hint_allows() {
    assert_all(throttling::rows()).await;
}

#[tokio::test]
async fn slow_answers_and_late_or_repeated_requests_end_within_the_deadline() {
    assert_all(moments::rows()).await;
}

/// One certificate takes a throttled write, a second write and a read as evidence; the other takes
/// one write and one read.
#[tokio::test]
async fn throttled_once_and_then_success_takes_one_more_call() {
    let expected = [
        answer("active active", reads(2)),
        answer("inactivated inactivated", reads(4).and_writes(3)),
        answer("good good", reads(2)),
    ];
    let injected = Injected::Once([Fault::Throttle, Fault::Throttle, Fault::Throttle]);
    assert_all(vec![Row::new("throttled once", injected, expected)]).await;
}

/// The control: without a fault every row succeeds, so the other rows fail because of their faults.
#[tokio::test]
async fn without_a_fault_every_request_succeeds() {
    assert_all(connections::sound()).await;
}
