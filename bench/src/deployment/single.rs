//! One certificate, and one page of a list, by the template's own rate limits.

use std::error::Error;
use std::time::Instant;

use serde_json::{Value, json};
use simulator::Vendor;
use whole_function_tests::providers::{Provider, brokers};

use super::{Broker, ROUND_TRIP, Template, print_table, simulator, start, wiring};

/// Number of measurements, of which the median is shown.
const TIMES: usize = 5;

/// A request to a function.
struct Question {
    name: String,
    function: &'static str,
    /// The request of the measurement with this number, which has certificates of its own.
    request: Box<dyn Fn(usize) -> Value>,
    /// Number of calls that can only be made one after the other.
    in_series: u32,
}

/// One measurement.
#[derive(Clone, Copy)]
struct Taken {
    /// The time until the answer, and until the function requested the next event.
    seconds: f64,
    until_next: f64,
    calls: usize,
}

pub(super) async fn run(template: &Template) -> Result<Value, Box<dyn Error>> {
    let (mut rows, mut costs, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for question in questions() {
        let limited = measure(&question, template.limits(question.function)?).await?;
        let free = measure(&question, Vec::new()).await?;
        let goal = f64::from(question.in_series) * ROUND_TRIP.as_secs_f64() * 1.15 + 0.01;
        rows.push(vec![
            question.name.clone(),
            format!("{:.3}", limited.seconds),
            format!("{:.3}", free.seconds),
            format!("{:.2}", limited.seconds / free.seconds),
            limited.calls.to_string(),
            question.in_series.to_string(),
            format!("{goal:.3}"),
            if limited.seconds <= goal { "yes" } else { "no" }.to_owned(),
            format!("{:.2}", limited.until_next),
        ]);
        costs.push(cost(&question.name, limited.until_next));
        values.push(json!({ "name": question.name, "seconds": limited.seconds, "without_limits": free.seconds, "calls": limited.calls,
            "until_next": limited.until_next }));
    }
    let columns = [
        "",
        "seconds",
        "without limits",
        "ratio",
        "calls",
        "in series",
        "goal",
        "reached",
        "until the next event",
    ];
    print_table(
        "With the template's rate limits, providers 30 ms away:",
        &columns,
        1,
        &rows,
    );
    let columns = [
        "",
        "billed ms",
        "Lambda",
        "over the HTTP API",
        "from the queue",
    ];
    print_table(
        "US dollars for a million invocations of each:",
        &columns,
        1,
        &costs,
    );
    Ok(Value::Array(values))
}

fn questions() -> Vec<Question> {
    let question =
        |name: &str, function, in_series, request: Box<dyn Fn(usize) -> Value>| Question {
            name: name.to_owned(),
            function,
            request,
            in_series,
        };
    let status = |provider: Broker| -> Box<dyn Fn(usize) -> Value> {
        Box::new(move |number| provider.numbered_request(number, 1))
    };
    let list = |provider: Broker| -> Box<dyn Fn(usize) -> Value> {
        Box::new(move |_| {
            let mut request = provider.source();
            if let Some(members) = request.as_object_mut() {
                members.insert("limit".to_owned(), json!(100));
            }
            request
        })
    };
    let page = |details: bool| -> Box<dyn Fn(usize) -> Value> {
        Box::new(move |_| json!({ "provider": "aws-iot", "limit": 10, "details": details }))
    };
    let mut questions = Vec::new();
    for vendor in [Vendor::AlibabaCas, Vendor::TencentMqtt, Vendor::AwsIot] {
        let provider = <dyn Provider>::of(vendor);
        let name = format!("status of one, {}", provider.name());
        questions.push(question(&name, "status", 1, status(provider)));
    }
    for (vendor, in_series) in [(Vendor::TencentMqtt, 1), (Vendor::AlibabaMqtt, 2)] {
        let provider = <dyn Provider>::of(vendor);
        let name = format!("describe, a page of 100, {}", provider.name());
        questions.push(question(&name, "describe", in_series, list(provider)));
    }
    questions.extend([
        question(
            "describe, 10 with details, aws-iot",
            "describe",
            2,
            page(true),
        ),
        question(
            "describe, 10 without details, aws-iot",
            "describe",
            1,
            page(false),
        ),
    ]);
    questions.extend(brokers().map(|broker| {
        let name = format!("inactivate one, {}", broker.name());
        let request = Box::new(move |number| broker.numbered_request(number, 1));
        question(&name, "inactivate", 3, request)
    }));
    questions
}

/// The median of several measurements, each in a process that has answered once before.
async fn measure(
    question: &Question,
    limits: Vec<(String, String)>,
) -> Result<Taken, Box<dyn Error>> {
    let simulator = simulator(200, ROUND_TRIP).await?;
    let variables = [wiring(&simulator), limits].concat();
    let mut function = start(question.function, &variables).await;
    let mut taken = Vec::new();
    for number in 0..=TIMES {
        let calls = simulator.calls().len();
        let begun = Instant::now();
        let answer = function.invoke((question.request)(number)).await;
        let seconds = begun.elapsed().as_secs_f64();
        if answer.json().get("errorType").is_some() || !function.idle().await {
            return Err(format!("{}: {}", question.name, function.logs()).into());
        }
        taken.push(Taken {
            seconds,
            until_next: begun.elapsed().as_secs_f64(),
            calls: simulator.calls().len().saturating_sub(calls),
        });
    }
    // The first one opens the connection.
    taken.remove(0);
    taken.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    taken
        .get(TIMES / 2)
        .copied()
        .ok_or_else(|| "nothing was measured".into())
}

/// List prices of us-east-1 as third parties showed them in November 2026: $0.20 a million
/// requests, $0.0000133334 a GB-second on arm64; $1.00 a million requests of an HTTP API; $0.40 a
/// million requests of a queue, of which a message takes three.
fn cost(name: &str, seconds: f64) -> Vec<String> {
    const GIGABYTES: f64 = 0.125;
    let billed = (seconds * 1_000.0).ceil();
    let lambda = 0.2 + billed * 1_000.0 * GIGABYTES * 0.000_013_333_4;
    let dollars = |amount: f64| format!("{amount:.2}");
    vec![
        name.to_owned(),
        format!("{billed:.0}"),
        dollars(lambda),
        dollars(lambda + 1.0),
        dollars(lambda + 1.2),
    ]
}
