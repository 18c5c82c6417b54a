//! Totals that are wrong.

use serde_json::{Value, json};
use simulator::{FaultRule, Simulator, Vendor};

use super::{list, name, own_name, reads, row};
use crate::cells::request;
use crate::fleets_of_ten_thousand::followed;
use crate::setup::{function, simulator, texts};

const PAGE: usize = 100;

/// The vendor lists this many certificates, page by page, and states this total on each.
fn list_with_total(simulator: &Simulator, vendor: Vendor, count: usize, total: &str) {
    // Alibaba's total is asked for with a page of one certificate, which is the first to apply.
    let of_one = list(vendor, &[row(vendor, 0).to_string()], total);
    let of_one = FaultRule::always(of_one).on(reads(vendor).0);
    simulator.fail(vendor, of_one.containing("\"PageSize\":\"1\""));
    for first in (0..=count + PAGE).step_by(PAGE) {
        let numbers = first..count.min(first + PAGE);
        let rows: Vec<String> = numbers
            .map(|number| row(vendor, number).to_string())
            .collect();
        let number = first / PAGE + 1;
        let page = match vendor {
            Vendor::TencentMqtt => format!("\"Offset\":{first},"),
            Vendor::AlibabaMqtt => format!("\"PageNo\":\"{number}\""),
            _ => format!("\"CurrentPage\":\"{number}\""),
        };
        let listed = FaultRule::always(list(vendor, &rows, total)).on(reads(vendor).0);
        simulator.fail(vendor, listed.containing(&page));
    }
    // Behind the end.
    simulator.fail(
        vendor,
        FaultRule::always(list(vendor, &[], total)).on(reads(vendor).0),
    );
}

#[tokio::test]
async fn a_list_continues_to_its_real_end_and_does_not_claim_to_be_whole() {
    const COUNT: usize = 250;
    let simulator = simulator(super::fleet(0)).await;
    let mut function = function("describe", &simulator).await;
    for vendor in [Vendor::TencentMqtt, Vendor::AlibabaMqtt, Vendor::AlibabaCas] {
        let expected: Vec<String> = (0..COUNT).map(|number| name(vendor, number)).collect();
        for total in [
            "50", "\"50\"", "0", "99", "249", "1", "-1", "1e400", "\"many\"",
        ] {
            for limit in [1_000, 200, 100] {
                simulator.reset();
                list_with_total(&simulator, vendor, COUNT, total);
                let request = request(vendor, &json!({ "limit": limit, "details": false }));
                let answers = followed(&mut function, request).await;
                let case = format!("{vendor:?} {total} {limit}");
                let names: Vec<String> = answers
                    .iter()
                    .flat_map(|answer| texts(&answer["certificates"], own_name(vendor)))
                    .collect();
                assert_eq!(names, expected, "{case}");
                // A total of 249 is contradicted by the last page. A page alone that states no total
                // is what the vendor held at that moment.
                let first = match total {
                    "249" | "-1" | "1e400" | "\"many\"" => answers.len() - 1,
                    _ => 0,
                };
                for answer in &answers[first..] {
                    assert_eq!(answer["total_count"], Value::Null, "{case}");
                    assert_ne!(answer["consistent"], true, "{case}");
                }
            }
        }
    }
}
