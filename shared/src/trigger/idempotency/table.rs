//! The items of the table of idempotency keys: Amazon DynamoDB, `PutItem`, `UpdateItem` and
//! `DeleteItem`, in its JSON protocol.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::{Config, IdempotencyTable};
use crate::error::Error;
use crate::model::{Cloud, Region};
use crate::object::Object;
use crate::transport::{Deadline, Endpoint, HttpResponse, Lane, Transport};
use crate::trigger::aws_service::{AwsService, failure, unexpected_answer};
use crate::vendor::aws;

/// The type of the failure of a call whose condition does not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// One table.
pub(super) struct Table<'a> {
    name: &'a str,
    service: AwsService<'a>,
}

/// A text, as DynamoDB writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// A number, which DynamoDB writes as a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Number {
    #[serde(rename = "N")]
    digits: String,
}

/// The item of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The key, as a digest.
    pub(super) id: String,
    /// The digest of the request.
    pub(super) request: String,
    /// Random id of the invocation that carries the request out, or has carried it out.
    pub(super) claim: String,
    /// The moment from which another invocation may take the key over, in epoch milliseconds.
    pub(super) claimed_until: i64,
    /// The moment from which the key counts as unused, in epoch seconds.
    pub(super) expires_at: i64,
    /// The answer; `None` while the request is carried out.
    pub(super) answer: Option<StoredAnswer>,
}

/// An answer that the table keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::trigger) struct StoredAnswer {
    /// The HTTP status.
    pub(in crate::trigger) status: u16,
    /// The body.
    pub(in crate::trigger) body: String,
}

/// An item as DynamoDB writes it.
#[derive(Serialize, Deserialize)]
struct Attributes {
    id: Text,
    request: Text,
    claim: Text,
    claimed_until: Number,
    expires_at: Number,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Text>,
}

/// The answer to a call whose condition does not hold.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConditionFailed {
    #[serde(default)]
    item: Option<Object<Attributes>>,
}

/// The result of a conditional call.
#[derive(Debug)]
pub(super) enum Conditional {
    /// The condition held, and the item is as it was written.
    Done,
    /// The condition did not hold. The item that is there, where DynamoDB shows it.
    Failed(Option<Item>),
}

impl<'a> Table<'a> {
    /// The function's table. `None` where it has none.
    pub(super) fn new(config: &'a Config, transport: &'a Transport) -> Option<Self> {
        let IdempotencyTable { name, endpoint } = config.idempotency_table.as_ref()?;
        let region = config.clouds.of(Cloud::Aws).region.as_ref()?;
        let endpoint = endpoint.clone().unwrap_or_else(|| own_endpoint(region));
        Some(Self {
            name,
            service: AwsService::new("dynamodb", endpoint, config, transport)?,
        })
    }

    /// Writes the item of a key that is unused, expired, or was claimed for the same request by an
    /// invocation whose time is over.
    pub(super) async fn claim(
        &self,
        item: &Item,
        now: i64,
        deadline: Deadline,
        lane: &Lane,
    ) -> Result<Conditional, Error> {
        const CONDITION: &str = "attribute_not_exists(id) OR expires_at < :seconds OR \
             (attribute_not_exists(#body) AND claimed_until < :milliseconds AND #request = :request)";
        let parameters = json!({
            "TableName": self.name,
            "Item": Attributes::from(item),
            "ConditionExpression": CONDITION,
            "ExpressionAttributeNames": {"#body": "body", "#request": "request"},
            "ExpressionAttributeValues": {
                ":seconds": number(now.div_euclid(1000)),
                ":milliseconds": number(now),
                ":request": text(&item.request),
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        self.call("DynamoDB_20120810.PutItem", &parameters, deadline, lane)
            .await
    }

    /// Keeps the answer of a claimed key.
    pub(super) async fn keep(
        &self,
        item: &Item,
        answer: &StoredAnswer,
        deadline: Deadline,
        lane: &Lane,
    ) -> Result<Conditional, Error> {
        let parameters = json!({
            "TableName": self.name,
            "Key": {"id": text(&item.id)},
            "ConditionExpression": "claim = :claim",
            "UpdateExpression": "SET #status = :status, #body = :body",
            "ExpressionAttributeNames": {"#body": "body", "#status": "status"},
            "ExpressionAttributeValues": {
                ":claim": text(&item.claim),
                ":status": number(answer.status.into()),
                ":body": text(&answer.body),
            },
        });
        self.call("DynamoDB_20120810.UpdateItem", &parameters, deadline, lane)
            .await
    }

    /// Frees a claimed key. A repeat of the call, whose answer was lost, finds it free.
    pub(super) async fn free(
        &self,
        item: &Item,
        deadline: Deadline,
        lane: &Lane,
    ) -> Result<Conditional, Error> {
        let parameters = json!({
            "TableName": self.name,
            "Key": {"id": text(&item.id)},
            "ConditionExpression": "attribute_not_exists(id) OR claim = :claim",
            "ExpressionAttributeValues": {":claim": text(&item.claim)},
        });
        self.call("DynamoDB_20120810.DeleteItem", &parameters, deadline, lane)
            .await
    }

    async fn call(
        &self,
        target: &'static str,
        parameters: &serde_json::Value,
        deadline: Deadline,
        lane: &Lane,
    ) -> Result<Conditional, Error> {
        self.service
            .call(target, parameters, deadline, lane, read)
            .await
    }
}

/// The base URL of the region. The regions of China have a domain of their own.
fn own_endpoint(region: &Region) -> Endpoint {
    let suffix = if region.as_str().starts_with("cn-") {
        ".cn"
    } else {
        ""
    };
    Endpoint::https(&format!("dynamodb.{region}.amazonaws.com{suffix}"))
}

fn read(response: &HttpResponse) -> Result<Conditional, Error> {
    if response.status() == 200 {
        return Ok(Conditional::Done);
    }
    let is_condition =
        aws::failure(response).is_some_and(|failure| failure.code == CONDITION_FAILED);
    if !is_condition {
        return Err(failure(response));
    }
    let Object(ConditionFailed { item }) =
        serde_json::from_slice(response.body()).map_err(|_| unexpected_answer())?;
    let item = item
        .map(|Object(attributes)| Item::try_from(attributes))
        .transpose()?;
    Ok(Conditional::Failed(item))
}

fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
    }
}

fn number(number: i64) -> Number {
    Number {
        digits: number.to_string(),
    }
}

impl From<&Item> for Attributes {
    fn from(item: &Item) -> Self {
        Self {
            id: text(&item.id),
            request: text(&item.request),
            claim: text(&item.claim),
            claimed_until: number(item.claimed_until),
            expires_at: number(item.expires_at),
            status: item
                .answer
                .as_ref()
                .map(|answer| number(answer.status.into())),
            body: item.answer.as_ref().map(|answer| text(&answer.body)),
        }
    }
}

impl TryFrom<Attributes> for Item {
    type Error = Error;

    fn try_from(attributes: Attributes) -> Result<Self, Error> {
        let whole = |number: &Number| {
            number
                .digits
                .parse::<i64>()
                .map_err(|_| unexpected_answer())
        };
        let status = attributes
            .status
            .as_ref()
            .map(|status| status.digits.parse().map_err(|_| unexpected_answer()))
            .transpose()?;
        Ok(Self {
            claimed_until: whole(&attributes.claimed_until)?,
            expires_at: whole(&attributes.expires_at)?,
            answer: status
                .zip(attributes.body)
                .map(|(status, body)| StoredAnswer {
                    status,
                    body: body.text,
                }),
            id: attributes.id.text,
            request: attributes.request.text,
            claim: attributes.claim.text,
        })
    }
}
