//! Direct invocations, whose event is a request, a request with the name of its caller, or a signed
//! order.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::{FunctionError, to_json};
use super::idempotency::{KeyState, Owner, StoredAnswer};
use super::invocation::Invocation;
use super::limits::{OWN_CALL_RESERVE, SYNCHRONOUS_BYTES, check_request_size};
use crate::error::Error;
use crate::operation::{Answer, AnswerBudget, Operation, RequestIdentity};
use crate::provider::RequestContext;
use crate::request;
use crate::telemetry::{AUDIT, shortened_name};

/// The caller of a direct invocation. Lambda does not tell who invokes a function, and the event can
/// name anybody.
const DIRECT_CALLER: &str = "unverified direct invocation";
/// Maximum length of a caller's name, in characters.
const LONGEST_CALLER: usize = 256;
const BUDGET: AnswerBudget = AnswerBudget {
    bytes: SYNCHRONOUS_BYTES,
    escaped: false,
};

/// The event of a direct invocation, as text.
pub(super) enum DirectEvent<'a> {
    /// The request itself.
    Plain(&'a str),
    /// The request and the name of its caller.
    Named(&'a str),
    /// An order that the function has signed.
    SignedOrder(&'a str),
}

/// A request and the name of its caller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    caller: String,
    request: Box<RawValue>,
}

impl DirectEvent<'_> {
    const fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Named(text) | Self::SignedOrder(text) => text,
        }
    }
}

impl Named {
    fn parse(json: &str) -> Result<Self, Error> {
        let named: Self = request::read(json)?;
        let is_good = (1..=LONGEST_CALLER).contains(&named.caller.chars().count())
            && !named.caller.chars().any(char::is_control);
        if is_good {
            return Ok(named);
        }
        let rule =
            format!("caller must have 1 to {LONGEST_CALLER} characters and no control character");
        Err(Error::invalid("caller", rule))
    }
}

impl Invocation<'_> {
    pub(super) async fn answer_direct<O: Operation>(
        &self,
        event: &DirectEvent<'_>,
    ) -> Result<Box<RawValue>, FunctionError> {
        let (request, caller) = self.read_direct::<O>(event);
        let caller = caller.as_deref().unwrap_or(DIRECT_CALLER);
        self.add_caller(Some(caller), false);
        let context = RequestContext {
            id: self.request_id,
            event_id: self.request_id,
            caller: Some(caller),
            expires_at: None,
            redelivered_since: None,
            continues: false,
        };
        if let Ok(request) = &request
            && let Some(identity) = O::identity(request)
        {
            return self.answer_once::<O>(request, &identity, context).await;
        }
        let performed = self.perform::<O>(request, BUDGET, context, self.deadline);
        performed
            .await
            .map_err(FunctionError)
            .and_then(|answer| to_json(&answer))
    }

    /// Reads the request of an event, and the name of its caller if the event has one.
    fn read_direct<O: Operation>(
        &self,
        event: &DirectEvent<'_>,
    ) -> (Result<O::Request, Error>, Option<String>) {
        if let Err(error) = check_request_size(event.text().len()) {
            return (Err(error), None);
        }
        match event {
            DirectEvent::Plain(text) => (request::parse(text), None),
            DirectEvent::Named(text) => match Named::parse(text) {
                Ok(Named { caller, request }) => (
                    request::parse(request.get()),
                    Some(format!("{DIRECT_CALLER}: {caller}")),
                ),
                Err(error) => (Err(error), None),
            },
            DirectEvent::SignedOrder(text) => {
                let request = O::from_signed(text, &self.function.config);
                let caller = request.as_ref().ok().and_then(O::caller_of_order);
                let caller = caller.map(str::to_owned);
                (request, caller)
            }
        }
    }

    /// Carries a request out. Where the function has a table of idempotency keys, it does so once, and a
    /// repeat gets the first answer.
    async fn answer_once<O: Operation>(
        &self,
        request: &O::Request,
        identity: &RequestIdentity,
        context: RequestContext<'_>,
    ) -> Result<Box<RawValue>, FunctionError> {
        let Some(keys) = self.idempotency_keys() else {
            let performed = self.perform::<O>(Ok(request.clone()), BUDGET, context, self.deadline);
            let answer = performed.await.map_err(FunctionError)?;
            return to_json(&answer);
        };
        let owner = Owner::SignedOrders(O::caller_of_order(request));
        let RequestIdentity {
            key,
            request: content,
            until,
        } = identity;
        let claimed = keys.claim(O::NAME, owner, key, content, *until);
        let claim = match claimed.await {
            Ok(KeyState::Claimed(claim)) => claim,
            Ok(KeyState::Answered(answer)) => {
                let order_id = O::continued_order(request).map(|order| order.id.as_str());
                tracing::info!(target: AUDIT, order_id, caller = context.caller.map(shortened_name).as_deref(), "a repeat has the answer of the first request");
                return answer.into_json().map_err(FunctionError);
            }
            Err(error) => {
                self.log_failure(&error);
                return Err(FunctionError(error));
            }
        };
        let deadline = self.deadline.sooner(OWN_CALL_RESERVE);
        let performed = self
            .perform::<O>(Ok(request.clone()), BUDGET, context, deadline)
            .await;
        let has_progress = performed.as_ref().is_ok_and(Answer::has_progress);
        let answer = performed
            .map_err(FunctionError)
            .and_then(|answer| to_json(&answer));
        match &answer {
            Ok(json) if has_progress => keys.keep(&claim, StoredAnswer::of_json(json)).await,
            _ => keys.free(&claim).await,
        }
        answer
    }
}
