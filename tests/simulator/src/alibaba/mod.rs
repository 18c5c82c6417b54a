//! The gateway of Alibaba Cloud, which all of its products share.

mod gateway;

pub(crate) use gateway::missing_parameter;

use crate::exchange::{Received, Refusal, Reply};
use crate::keys::{Account, Keys};
use crate::nonces::Nonces;
use crate::signature::query_parameters;
use crate::vendor::Gateway;
use serde_json::{Map, Value, json};

const CONTENT_TYPE: &str = "application/json;charset=utf-8";

/// Both products belong to one account.
const ACCOUNT: Account = Account {
    cloud: "alibaba",
    key: (
        "LTAIFAKEonlyForSimulator01",
        "FAKE-alibaba-3Hn8yB5cJw0Gf7Ru2Ex",
    ),
    temporary: (
        "STS.FAKEtemporarySimulator02",
        "FAKE-alibaba-temporary-4Dg7oI2eSx0Vh",
        "FAKE+alibaba/token/1Kc9Rz5Qb8Nt3Ey6Lw0Hp==",
    ),
};

/// A product: its name, its version and its actions.
pub(crate) struct Product {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) actions: &'static [Action],
}

/// An action with the methods it takes.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
}

/// The methods that an action takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    GetOrPost,
}

impl Method {
    fn takes(self, method: &str) -> bool {
        match self {
            Self::Get => method == "GET",
            Self::Post => method == "POST",
            Self::GetOrPost => true,
        }
    }
}

impl Gateway for Product {
    fn account(&self) -> &'static Account {
        &ACCOUNT
    }

    fn action(&self, received: &Received) -> String {
        received.header("x-acs-action").unwrap_or_default()
    }

    /// The query, decoded.
    fn parameters(&self, received: &Received) -> Result<Value, Refusal> {
        let members: Map<String, Value> = query_parameters(&received.query)
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect();
        Ok(Value::Object(members))
    }

    fn admit(
        &self,
        received: &Received,
        keys: &Keys,
        nonces: &mut Nonces,
    ) -> Result<String, Refusal> {
        gateway::admit(received, self, keys, nonces)
    }

    fn throttled(&self, _: &Received) -> Refusal {
        Refusal::new(
            "Throttling.User",
            400,
            "Request was denied due to user flow control.",
        )
    }

    fn internal_error(&self) -> Refusal {
        Refusal::new(
            "InternalError",
            500,
            "The request processing has failed due to some unknown error, exception or failure.",
        )
    }

    fn unavailable(&self) -> Option<Refusal> {
        Some(Refusal::new(
            "ServiceUnavailable",
            503,
            "The request has failed due to a temporary failure of the server.",
        ))
    }

    fn reply(
        &self,
        received: &Received,
        result: Result<Value, Refusal>,
        request_id: &str,
    ) -> Reply {
        let request_id = request_id.to_uppercase();
        let mut reply = match result {
            Ok(mut answer) => {
                if let Some(members) = answer.as_object_mut() {
                    members.insert("RequestId".to_owned(), json!(request_id));
                }
                Reply::json(200, CONTENT_TYPE, &answer)
            }
            Err(refusal) => self.refused(received, &refusal, &request_id),
        };
        reply.headers.push(("x-acs-request-id".into(), request_id));
        reply
    }
}

impl Product {
    fn refused(&self, received: &Received, refusal: &Refusal, request_id: &str) -> Reply {
        let (code, product) = (&refusal.code, self.name);
        let body = json!({
            "RequestId": request_id,
            "HostId": received.header("host").unwrap_or_default(),
            "Code": code,
            "Message": refusal.message,
            "Recommend": format!("https://api.alibabacloud.com/troubleshoot?q={code}&product={product}&requestId={request_id}"),
        });
        let mut reply = Reply::json(refusal.status, CONTENT_TYPE, &body);
        if let Some(milliseconds) = refusal.retry_after {
            reply
                .headers
                .push(("x-acs-retry-after".into(), milliseconds.to_string()));
        }
        reply
    }
}

#[cfg(test)]
mod tests;
