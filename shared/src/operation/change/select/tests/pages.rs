//! Plans that are made page by page, and their signed orders.

use super::*;
use crate::config::Config;

const ONE: &str = "0123456789abcdef0123456789abcdef";
const TWO: &str = "another-secret-of-32-characters!";
const SECRETS: (&str, &str) = ("RECEIPT_SECRETS", ONE);
const DAY: u64 = 24 * 60 * 60;

/// A request for a page of all devices of the fleet.
fn page_of(page: Value, members: Value) -> Value {
    let mut request = of_the_ca(members);
    request["dry_run"] = json!(true);
    request["page"] = page;
    request
}

fn json_of(answer: &InactivateAnswer) -> Value {
    serde_json::to_value(answer).unwrap()
}

impl Stage {
    /// Plans one page.
    async fn page(&self, page: Value, members: Value) -> Value {
        json_of(&self.perform(&page_of(page, members)).await.unwrap())
    }

    /// All pages of the fleet, by the cursors.
    async fn pages(&self, limit: u16, members: Value) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let page = json!({"limit": limit, "cursor": cursor});
            pages.push(self.page(page, members.clone()).await);
            cursor = pages.last().unwrap()["page"]["next_cursor"].clone();
            if cursor.is_null() {
                return pages;
            }
        }
    }

    fn verified(&self, order: &Value) -> Result<InactivateRequest, Error> {
        verified(&self.bench.config, order)
    }

    /// Carries out a signed order.
    async fn send(&self, order: &Value) -> Value {
        let request = self.verified(order).unwrap();
        json_of(&self.carry_out(request).await.unwrap())
    }
}

fn verified(config: &Config, order: &Value) -> Result<InactivateRequest, Error> {
    Inactivate::from_signed(&order.to_string(), config)
}

fn outcome_of(answer: &Value, serial: &str) -> (String, Option<String>) {
    let results = answer["results"].as_array().unwrap();
    let of = |result: &&Value| result["provider_serial_number"] == serial;
    let result = results.iter().find(of).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (
        text(&result["outcome"]).unwrap(),
        text(&result["error"]["code"]),
    )
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_planned_page_by_page_and_each_order_carries_its_page_out_once() {
    let stage = Stage::with(Clouds::of(fleet(25)), &[SECRETS]);
    let pages = stage.pages(10, json!({"reason": "recall"})).await;
    let counts: Vec<u64> = pages
        .iter()
        .map(|page| page["page"]["certificates"].as_u64().unwrap())
        .collect();
    assert_eq!((counts, stage.writes()), (vec![10, 10, 5], 0));
    for page in &pages {
        assert_eq!(page["results"], json!([]));
        assert_eq!(page["summary"], page["order_summary"]);
        assert_eq!(
            page["summary"]["would_inactivate"],
            page["page"]["certificates"]
        );
        assert_eq!(
            (&page["dry_run"], &page["last"]),
            (&json!(true), &json!(true))
        );
        assert!(page["plan"].is_null() && page["rest"].is_null(), "{page}");
        assert_eq!(page["page"]["consistent"], true);
        assert!(page.get("next_order").is_none());
        let order = &page["page"]["order"]["order"];
        assert_eq!(
            (&order["id"], &order["part"]),
            (&json!("order-1"), &json!(1))
        );
        assert_eq!(order["expires_at"], "2025-12-06T08:26:40Z", "after 14 days");
    }
    for (index, page) in pages.iter().enumerate() {
        let answer = stage.send(&page["page"]["order"]).await;
        assert_eq!(
            answer["summary"]["inactivated"], page["page"]["certificates"],
            "{index}"
        );
        assert_eq!(
            (&answer["last"], &answer["dry_run"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(answer["order_summary"], answer["summary"]);
        assert_eq!(answer["next_order"], Value::Null);
        assert!(answer.get("next_order").is_some() && answer["rest"].is_null());
        assert!(answer.get("page").is_none());
    }
    assert_eq!((stage.writes(), stage.in_use()), (25, 0));
    // Once more: nothing is written twice.
    let answer = stage.send(&pages[0]["page"]["order"]).await;
    assert_eq!(answer["summary"]["already_inactive"], 10);
    assert_eq!(stage.writes(), 25);
}
