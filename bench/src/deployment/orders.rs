//! Orders from one certificate to ten thousand, through a queue that stands in for Amazon SQS.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use simulator::{Simulator, Vendor};
use whole_function_tests::providers::{Provider, brokers};
use whole_function_tests::queue::{DeadLetters, Queue, QueueSettings, Queues};
use whole_function_tests::{EventSource, Mapping, Slots};

use super::{Broker, ROUND_TRIP, Template, print_table, simulator, start, wiring, write_of};

/// Maximum number of certificates in one order.
const IN_AN_ORDER: usize = 100;
const LONGEST: Duration = Duration::from_secs(3_600);
/// Number of warm processes, which is larger than the number that run at one time.
const WARM: usize = 6;

/// Messages of a queue with this many certificates each.
#[derive(Clone, Copy)]
struct Load {
    broker: Broker,
    messages: usize,
    certificates: usize,
    round_trip: Duration,
    is_limited: bool,
}

/// The outcome of a load.
struct Outcome {
    seconds: f64,
    deliveries: usize,
    dead_letters: usize,
    calls: usize,
    /// Number of certificates that were inactivated, and of those whose change was requested more than
    /// once.
    off: usize,
    twice: usize,
    /// Maximum number of writes in any second, and in any ten seconds.
    in_a_second: usize,
    in_ten_seconds: usize,
    summaries: usize,
    peak_mebibytes: f64,
}

const COLUMNS: [&str; 14] = [
    "broker",
    "messages",
    "certificates each",
    "ms away",
    "limits",
    "seconds",
    "× share",
    "calls each",
    "off",
    "written twice",
    "deliveries",
    "dead letters",
    "writes in 1 s / 10 s",
    "peak MiB",
];

pub(super) async fn run(template: &Template, is_long: bool) -> Result<Value, Box<dyn Error>> {
    let load = |broker, messages, certificates, is_limited| Load {
        broker,
        messages,
        certificates,
        round_trip: ROUND_TRIP,
        is_limited,
    };
    let mut loads = Vec::new();
    for broker in brokers() {
        loads.extend(
            [(1, 1), (1, 10), (1, 100), (10, 100), (100, 100)]
                .map(|(messages, each)| load(broker, messages, each, false)),
        );
        loads.push(Load {
            round_trip: Duration::from_millis(100),
            ..load(broker, 1, 100, false)
        });
    }
    for broker in brokers() {
        loads.extend([load(broker, 1, 1, true), load(broker, 1, 10, true)]);
    }
    loads.extend([
        load(<dyn Provider>::of(Vendor::TencentMqtt), 1, 100, true),
        load(<dyn Provider>::of(Vendor::TencentMqtt), 10, 100, true),
        load(<dyn Provider>::of(Vendor::AlibabaMqtt), 1, 100, true),
    ]);
    loads.extend([
        load(<dyn Provider>::of(Vendor::AlibabaMqtt), 10, 100, true),
        load(<dyn Provider>::of(Vendor::AwsIot), 10, 1, true),
    ]);
    if is_long {
        loads.extend([
            load(<dyn Provider>::of(Vendor::AwsIot), 1, 100, true),
            load(<dyn Provider>::of(Vendor::AlibabaMqtt), 100, 100, true),
            load(<dyn Provider>::of(Vendor::TencentMqtt), 100, 100, true),
        ]);
    }
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for load in loads {
        let outcome = carry_out(template, load).await?;
        let cells = cells(template, load, &outcome)?;
        eprintln!("bench: {}", cells.join(" | "));
        values.push(json!(cells));
        rows.push(cells);
    }
    print_table("Orders from the queue:", &COLUMNS, 1, &rows);
    println!("{}\n", followed(template, is_long).await?);
    println!("{}\n", urgent(template).await?);
    Ok(Value::Array(values))
}

fn cells(
    template: &Template,
    load: Load,
    outcome: &Outcome,
) -> Result<Vec<String>, Box<dyn Error>> {
    let Load {
        broker,
        messages,
        certificates,
        round_trip,
        is_limited,
    } = load;
    let all = messages.saturating_mul(certificates);
    let (queue_share, _) = template.share(
        "inactivate",
        &format!("{}:{}", broker.name(), write_of(broker)),
    )?;
    let of_share = if is_limited {
        format!("{:.2}", outcome.seconds / (all as f64 / queue_share))
    } else {
        "–".to_owned()
    };
    Ok(vec![
        broker.name().to_owned(),
        messages.to_string(),
        certificates.to_string(),
        round_trip.as_millis().to_string(),
        if is_limited { "template's" } else { "none" }.to_owned(),
        format!("{:.2}", outcome.seconds),
        of_share,
        format!("{:.2}", outcome.calls as f64 / all as f64),
        if outcome.off == all && outcome.summaries == messages {
            "all".to_owned()
        } else {
            format!("{} of {all}, {} summaries", outcome.off, outcome.summaries)
        },
        outcome.twice.to_string(),
        outcome.deliveries.to_string(),
        outcome.dead_letters.to_string(),
        format!("{} / {}", outcome.in_a_second, outcome.in_ten_seconds),
        format!("{:.1}", outcome.peak_mebibytes),
    ])
}

/// The queues of one deployment.
struct Bundle {
    orders: Queue,
    results: Queue,
    variables: super::Variables,
}

async fn bundle(
    template: &Template,
    queues: &Queues,
    simulator: &Simulator,
    is_limited: bool,
) -> Result<Bundle, Box<dyn Error>> {
    let max_receive_count = u32::try_from(template.number("maxReceiveCount")?)?;
    let dead = queues.create("dead-letters", QueueSettings::default());
    let settings = QueueSettings {
        visibility_timeout: Duration::from_secs(180),
        dead_letters: Some(DeadLetters {
            queue: dead.clone(),
            max_receive_count,
        }),
    };
    let orders = queues.create("orders", settings);
    let results = queues.create("results", QueueSettings::default());
    let mut variables = wiring(simulator);
    variables.push(("ORDERS_QUEUE_URL".to_owned(), orders.url().to_owned()));
    variables.push(("RESULTS_QUEUE_URL".to_owned(), results.url().to_owned()));
    if is_limited {
        variables.extend(template.limits("inactivate")?);
    }
    Ok(Bundle {
        orders,
        results,
        variables,
    })
}

async fn source(
    template: &Template,
    bundle: &Bundle,
    slots: Option<Slots>,
) -> Result<EventSource, Box<dyn Error>> {
    let mut mapping = Mapping::new("inactivate", bundle.variables.clone(), &bundle.orders);
    mapping.batch_size = 1;
    mapping.maximum_concurrency = template.default("InactivateQueueConcurrency")?.parse()?;
    mapping.timeout = Duration::from_secs(template.number("Timeout")?);
    mapping.warm_processes = WARM;
    mapping.slots = slots;
    Ok(EventSource::start(mapping).await)
}

async fn carry_out(template: &Template, load: Load) -> Result<Outcome, Box<dyn Error>> {
    let Load {
        broker,
        messages,
        certificates,
        round_trip,
        is_limited,
    } = load;
    let (simulator, queues) = (
        simulator(messages.saturating_mul(certificates), round_trip).await?,
        Queues::start().await,
    );
    let bundle = bundle(template, &queues, &simulator, is_limited).await?;
    let source = source(template, &bundle, None).await?;
    for number in 0..messages {
        bundle.orders.send(
            broker
                .numbered_request(number.saturating_mul(certificates), certificates)
                .to_string(),
        );
    }
    let tally = source.run(LONGEST).await;
    let calls = simulator.calls();
    let writes: Vec<_> = calls
        .iter()
        .filter(|call| call.action == write_of(broker))
        .collect();
    let times: Vec<SystemTime> = writes.iter().map(|call| call.at).collect();
    let mut written: Vec<String> = writes
        .iter()
        .map(|call| format!("{:?}", call.parameters))
        .collect();
    written.sort();
    let all = written.len();
    written.dedup();
    let summaries = bundle
        .results
        .bodies()
        .iter()
        .filter(|body| is_last(body))
        .count();
    Ok(Outcome {
        seconds: tally.seconds,
        deliveries: tally.deliveries,
        dead_letters: tally.dead_letters,
        calls: calls.len(),
        off: written.len(),
        twice: all.saturating_sub(written.len()),
        in_a_second: most_in(Duration::from_secs(1), &times),
        in_ten_seconds: most_in(Duration::from_secs(10), &times),
        summaries,
        peak_mebibytes: tally.peak_memory.unwrap_or_default() as f64 / 1_048_576.0,
    })
}

fn is_last(event: &str) -> bool {
    serde_json::from_str::<Value>(event)
        .is_ok_and(|event| event.pointer("/data/last") == Some(&Value::Bool(true)))
}

/// The maximum number of these sorted moments in any period of this length.
fn most_in(window: Duration, moments: &[SystemTime]) -> usize {
    let until = |begin: SystemTime| {
        moments.partition_point(|at| at.duration_since(begin).unwrap_or_default() < window)
    };
    moments
        .iter()
        .enumerate()
        .map(|(index, begin)| until(*begin).saturating_sub(index))
        .max()
        .unwrap_or_default()
}

/// An order for a hundred over HTTP, whose client sends `rest` until none is left.
async fn followed(template: &Template, is_long: bool) -> Result<String, Box<dyn Error>> {
    let mut lines = Vec::new();
    for broker in brokers().filter(|broker| is_long || broker.vendor() != Vendor::AwsIot) {
        let (simulator, queues) = (
            simulator(IN_AN_ORDER, ROUND_TRIP).await?,
            Queues::start().await,
        );
        let bundle = bundle(template, &queues, &simulator, true).await?;
        let mut function = start("inactivate", &bundle.variables).await;
        let (begun, mut requested, mut requests) = (
            Instant::now(),
            broker.numbered_request(0, IN_AN_ORDER),
            0_usize,
        );
        while !requested.is_null() && requests < 100 {
            let mut answer = function.invoke(requested.clone()).await.json();
            requested = answer.get_mut("rest").map(Value::take).unwrap_or_default();
            requests = requests.saturating_add(1);
            function.idle().await;
        }
        let off = simulator
            .calls()
            .iter()
            .filter(|call| call.action == write_of(broker))
            .count();
        let left = if requested.is_null() {
            "nothing left"
        } else {
            "not ended"
        };
        lines.push(format!(
            "{}: {off} of 100 off after {requests} requests and {:.0} s, {left}",
            broker.name(),
            begun.elapsed().as_secs_f64()
        ));
    }
    Ok(format!(
        "100 certificates over HTTP, `rest` sent again until it is null:\n\n* {}",
        lines.join("\n* ")
    ))
}

/// Orders of one certificate over HTTP, one a second, while the queue has a backlog.
async fn urgent(template: &Template) -> Result<String, Box<dyn Error>> {
    const URGENT: usize = 58;
    const BACKLOG: usize = 2_000;
    let broker = <dyn Provider>::of(Vendor::TencentMqtt);
    let (simulator, queues) = (
        simulator(BACKLOG.saturating_add(URGENT), ROUND_TRIP).await?,
        Queues::start().await,
    );
    let bundle = bundle(template, &queues, &simulator, true).await?;
    let slots = Slots::new(template.default("InactivateConcurrency")?.parse()?);
    let source = source(template, &bundle, Some(slots.clone())).await?;
    for first in (0..BACKLOG).step_by(IN_AN_ORDER) {
        bundle
            .orders
            .send(broker.numbered_request(first, IN_AN_ORDER).to_string());
    }
    let senders = async {
        let (mut waiting, mut orders) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            waiting.push(start("inactivate", &bundle.variables).await);
        }
        let free = std::sync::Arc::new(std::sync::Mutex::new(waiting));
        for number in 0..URGENT {
            let (slot, free) = (slots.try_acquire(), std::sync::Arc::clone(&free));
            let order = broker.numbered_request(BACKLOG.saturating_add(number), 1);
            orders.push(tokio::spawn(async move {
                let slot = slot?;
                let mut function = free.lock().ok()?.pop()?;
                let begun = Instant::now();
                let answer = function.invoke(order).await.json();
                let seconds = begun.elapsed().as_secs_f64();
                function.idle().await;
                free.lock().ok()?.push(function);
                drop(slot);
                (answer.pointer("/summary/inactivated") == Some(&json!(1))).then_some(seconds)
            }));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let mut served = Vec::new();
        for order in orders {
            served.extend(order.await.ok().flatten());
        }
        served.sort_by(f64::total_cmp);
        served
    };
    let (served, _) = tokio::join!(senders, source.run(Duration::from_secs(62)));
    let median = served.get(served.len() / 2).copied().unwrap_or_default();
    let longest = served.last().copied().unwrap_or_default();
    let left = bundle.orders.len();
    Ok(format!(
        "{} of {URGENT} urgent orders over HTTP, one a second, were served beside a backlog ({left} messages were still in the queue at the end): \
         median {median:.3} s, longest {longest:.3} s.",
        served.len()
    ))
}
