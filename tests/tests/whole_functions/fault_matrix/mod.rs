//! The fault matrix: each row is a fault, and each function meets it at its default provider, over
//! HTTP and from a queue. Of an order the faults befall the write, while reads are answered
//! soundly; what befalls reads is the business of [`crate::every_cell_faults`].

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
use expected::{FUNCTIONS, Row, Trouble, answer};
use stage::Stage;

/// So many processes at a time leave those that wait for a deadline enough of the machine.
const AT_ONCE: usize = 8;

/// Every cell of these rows, all that is wrong with them together.
async fn assert_all(rows: Vec<Row>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let rows: Vec<Arc<Row>> = rows.into_iter().map(Arc::new).collect();
    let cells = rows
        .iter()
        .flat_map(|row| (0..FUNCTIONS.len()).map(move |place| (Arc::clone(row), place)));
    let mut running: JoinSet<Vec<String>> = JoinSet::new();
    for (row, place) in cells {
        let free = Arc::clone(&places);
        running.spawn(async move {
            let _place = free.acquire().await.unwrap();
            wrongs_of(&row, place).await
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

/// What is wrong with both cells of one function.
async fn wrongs_of(row: &Row, place: usize) -> Vec<String> {
    let name = FUNCTIONS[place].name;
    let mut stage = Stage::start(row, place).await;
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
        let of_cell = wrongs(row, &row.expected[place], &stage.request(), &report);
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
async fn connections_that_cannot_be_made() {
    assert_all(connections::not_made()).await;
}

#[tokio::test]
async fn connections_that_break() {
    assert_all(connections::breaking()).await;
}

#[tokio::test]
async fn answers_that_are_none() {
    assert_all(answers::rows()).await;
}

#[tokio::test]
async fn refusals_by_the_vendor() {
    assert_all(refusals::rows()).await;
}

#[tokio::test]
async fn vendors_that_ask_to_slow_down() {
    assert_all(throttling::rows()).await;
}

#[tokio::test]
async fn vendors_that_are_slow_and_requests_that_are_late_or_come_twice() {
    assert_all(moments::rows()).await;
}

/// One refused order, one that is carried out, and a read as the evidence; beside it the other
/// certificate without the refused order.
#[tokio::test]
async fn throttled_once_and_then_success_is_exactly_one_call_more() {
    let expected = [
        answer("active active", "rr"),
        answer("inactivated inactivated", "rwr rwwr"),
        answer("good good", "rr"),
    ];
    let trouble = Trouble::Once([Fault::Throttle, Fault::Throttle, Fault::Throttle]);
    assert_all(vec![Row::new("throttled once", trouble, expected)]).await;
}

/// Without any fault all goes well, so that it is the faults that the rows show.
#[tokio::test]
async fn without_a_fault_the_line_and_its_tls_are_sound() {
    assert_all(connections::sound()).await;
}

#[test]
fn the_matrix_has_not_become_smaller() {
    let tables = [
        connections::not_made(),
        connections::breaking(),
        answers::rows(),
        refusals::rows(),
        throttling::rows(),
        moments::rows(),
    ];
    let mut names: Vec<String> = tables.into_iter().flatten().map(|row| row.name).collect();
    let rows = names.len();
    assert!(rows >= 45, "{rows}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows, "every row has a name of its own");
}
