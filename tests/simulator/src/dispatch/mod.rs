//! The way of a call: checks, faults, work, answer.

use crate::call_log::{Call, Ticket};
use crate::exchange::{Received, Refusal, Reply};
use crate::fault::Fault;
use crate::fleet::store::Store;
use crate::state::{Shared, State};
use crate::vendor::Task;
use serde_json::Value;
use std::future;
use std::time::{Duration, Instant};

/// The answer to send.
pub(crate) enum Outgoing {
    Whole(Reply),
    /// Only the first half of the body.
    BreakingOff(Reply),
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(crate) struct Cut;

/// Answers a call, or fails when its connection is to be cut.
pub(crate) async fn answer(shared: &Shared, received: &Received) -> Result<Outgoing, Cut> {
    let arrival = Arrival::of(shared, received);
    let call = match arrival.admission {
        Ok(call) => call,
        Err(refusal) => return Ok(arrival.ticket.refuse(shared, received, refusal)),
    };
    let ticket = arrival.ticket;
    let Some(fault) = arrival.fault else {
        return Ok(ticket.work(shared, received, &call));
    };
    if let Some(refusal) = refusal_of(received, &fault) {
        return Ok(ticket.refuse(shared, received, refusal));
    }
    ticket.end(shared, fault.name());
    match fault {
        Fault::Delay(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(ticket.work(shared, received, &call))
        }
        Fault::Stall => future::pending().await,
        Fault::CutBefore => Err(Cut),
        Fault::CutAfter => {
            // The result is lost with the connection, as the fault wants it.
            drop(perform(shared, received, &call, true));
            Err(Cut)
        }
        Fault::Truncated => {
            let result = perform(shared, received, &call, true);
            Ok(Outgoing::BreakingOff(reply(shared, received, result)))
        }
        Fault::SucceedWithoutEffect => {
            let result = perform(shared, received, &call, false);
            Ok(Outgoing::Whole(reply(shared, received, result)))
        }
        Fault::Body {
            status,
            content_type,
            headers,
            bytes,
        } => {
            let mut reply = Reply::of(status, &content_type, bytes);
            reply.headers.extend(
                headers
                    .into_iter()
                    .map(|(name, value)| (name.into(), value)),
            );
            Ok(Outgoing::Whole(reply))
        }
        // These have become refusals above, but for the page of a gateway in front of Tencent.
        Fault::Throttle
        | Fault::ThrottleFor(_)
        | Fault::Code { .. }
        | Fault::Internal
        | Fault::Unavailable => Ok(Outgoing::Whole(Reply::of(
            503,
            "text/html",
            "<html><head><title>503 Service Unavailable</title></head><body>503 Service Unavailable</body></html>",
        ))),
    }
}

/// A call that passed the gateway.
struct Admitted {
    action: String,
    parameters: Value,
}

/// A call that was counted, with what awaits it.
struct Arrival {
    ticket: Ticket,
    admission: Result<Admitted, Refusal>,
    fault: Option<Fault>,
}

impl Arrival {
    fn of(shared: &Shared, received: &Received) -> Self {
        let vendor = received.vendor;
        let gateway = vendor.api().gateway();
        let parameters = gateway.parameters(received);
        let mut state = shared.state();
        let ticket = state.call_log.arrived(Call {
            vendor,
            action: gateway.action(received),
            at: received.at,
            parameters: parameters.clone().unwrap_or_default(),
            outcome: String::new(),
            connection: received.connection,
        });
        let admission = admit(&mut state, shared, received).and_then(|action| {
            let parameters = parameters?;
            Ok(Admitted { action, parameters })
        });
        let fault = match &admission {
            Ok(call) => state.faults(vendor).take(&call.action, &call.parameters),
            Err(_) => None,
        };
        Self {
            ticket,
            admission,
            fault,
        }
    }
}

fn admit(state: &mut State, shared: &Shared, received: &Received) -> Result<String, Refusal> {
    let vendor = received.vendor;
    let gateway = vendor.api().gateway();
    let (keys, nonces) = state.keys_and_nonces(vendor);
    let action = gateway.admit(received, keys, nonces)?;
    if shared.enforce_rate_limits
        && !state
            .limits
            .admit(vendor, &action, shared.calls_of_one_action, received.at)
    {
        return Err(gateway.throttled(received));
    }
    Ok(action)
}

impl Ticket {
    fn end(self, shared: &Shared, outcome: &str) {
        shared.state().call_log.ended(self, outcome);
    }

    fn refuse(self, shared: &Shared, received: &Received, refusal: Refusal) -> Outgoing {
        self.end(shared, &refusal.code);
        Outgoing::Whole(reply(shared, received, Err(refusal)))
    }

    fn work(self, shared: &Shared, received: &Received, call: &Admitted) -> Outgoing {
        let result = perform(shared, received, call, true);
        let outcome = result
            .as_ref()
            .err()
            .map_or("ok", |refusal| refusal.code.as_str());
        self.end(shared, outcome);
        Outgoing::Whole(reply(shared, received, result))
    }
}

fn perform(
    shared: &Shared,
    received: &Received,
    call: &Admitted,
    effect: bool,
) -> Result<Value, Refusal> {
    let api = received.vendor.api();
    let task = Task {
        received,
        action: &call.action,
        parameters: &call.parameters,
        has_effect: effect,
        rules: shared.rules,
    };
    let work = |store: &mut Store| api.perform(store, &task);
    let mut state = shared.state();
    let result = if api.writes().contains(&task.action) {
        state.store.settle(Instant::now());
        work(&mut state.store)
    } else {
        state.store.read(Instant::now(), work)
    };
    if result.is_ok() {
        state.succeeded(received.vendor, task.action);
    }
    result
}

/// The refusal that stands for a fault, or `None` when the fault is no refusal.
fn refusal_of(received: &Received, fault: &Fault) -> Option<Refusal> {
    let gateway = received.vendor.api().gateway();
    match fault {
        Fault::Throttle => Some(gateway.throttled(received)),
        Fault::ThrottleFor(milliseconds) => Some(Refusal {
            retry_after: Some(*milliseconds),
            ..gateway.throttled(received)
        }),
        Fault::Internal => Some(gateway.internal_error()),
        Fault::Unavailable => gateway.unavailable(),
        Fault::Code {
            code,
            status,
            message,
        } => Some(Refusal::new(code, *status, message)),
        _ => None,
    }
}

fn reply(shared: &Shared, received: &Received, result: Result<Value, Refusal>) -> Reply {
    let gateway = received.vendor.api().gateway();
    gateway.reply(received, result, &shared.request_id())
}

#[cfg(test)]
mod tests;
