//! A stand-in for the table of idempotency keys, which evaluates the conditions of the function's three
//! calls as DynamoDB does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::testing::network::{Answer, Network, answer, header, ok};
use crate::transport::HttpRequest;

type Item = Map<String, Value>;

/// The items of the table, which is called `keys`. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Items(Rc<RefCell<HashMap<String, Item>>>);

impl Items {
    /// A network with only the table.
    pub(crate) fn network(&self) -> Network {
        let items = self.clone();
        Network::new(move |request| items.decide(request))
    }

    pub(crate) fn all(&self) -> Vec<Item> {
        self.0.borrow().values().cloned().collect()
    }

    /// Adds to a number of each item.
    pub(crate) fn change(&self, attribute: &str, by: i64) {
        for item in self.0.borrow_mut().values_mut() {
            let changed = number(&item[attribute]) + by;
            item[attribute] = json!({"N": changed.to_string()});
        }
    }

    /// Removes the answers and leaves the claims, as after invocations that ended before they answered.
    pub(crate) fn forget_answers(&self) {
        for item in self.0.borrow_mut().values_mut() {
            item.remove("body");
            item.remove("status");
        }
    }

    /// The answer to a call.
    pub(crate) fn decide(&self, request: &HttpRequest) -> Answer {
        let call: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(call["TableName"], "keys");
        let values = &call["ExpressionAttributeValues"];
        let mut items = self.0.borrow_mut();
        let id = call["Item"]["id"]["S"]
            .as_str()
            .or(call["Key"]["id"]["S"].as_str());
        let id = id.unwrap().to_owned();
        let found = items.get(&id).cloned();
        let is_claims = |found: &Item| found["claim"] == values[":claim"];
        match header(request, "x-amz-target").unwrap() {
            "DynamoDB_20120810.PutItem" => {
                let holds = found.as_ref().is_none_or(|found| {
                    number(&found["expires_at"]) < number(&values[":seconds"])
                        || (!found.contains_key("body")
                            && number(&found["claimed_until"]) < number(&values[":milliseconds"])
                            && found["request"] == values[":request"])
                });
                if !holds {
                    return refused(found);
                }
                items.insert(id, call["Item"].as_object().unwrap().clone());
            }
            "DynamoDB_20120810.UpdateItem" => {
                let Some(mut found) = found.filter(is_claims) else {
                    return refused(None);
                };
                found.insert("status".to_owned(), values[":status"].clone());
                found.insert("body".to_owned(), values[":body"].clone());
                items.insert(id, found);
            }
            "DynamoDB_20120810.DeleteItem" => {
                if !found.is_none_or(|found| is_claims(&found)) {
                    return refused(None);
                }
                items.remove(&id);
            }
            target => panic!("{target}"),
        }
        ok(&json!({}))
    }
}

/// The answer when a condition does not hold.
fn refused(found: Option<Item>) -> Answer {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    answer(400, json!({"__type": kind, "Item": found}).to_string())
}

fn number(value: &Value) -> i64 {
    value["N"].as_str().unwrap().parse().unwrap()
}
