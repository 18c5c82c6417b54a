//! What the functions do: the steps and the guards. Knows the provider traits only.

mod cursor;
mod describe;
mod inactivate;
mod status;

pub use describe::{
    ByEffectiveStatus, ByExpiry, Counts, Describe, DescribeAnswer, OneDescribeAnswer,
    SeveralDescribeAnswer, SourceAnswer, SourcedCertificate,
};
pub use inactivate::{Inactivate, InactivateAnswer, InactivateResult, Outcome};
pub use status::{
    CrossChecked, Flag, OneStatusAnswer, SeveralStatusAnswer, SourceStatus, SourcedResult, Status,
    StatusAnswer, StatusResult,
};

use std::future::Future;

use serde::Serialize;

use crate::config::Config;
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Certificate, InstanceId, ProviderName, Region, Source};
use crate::provider::{CallContext, RequestContext};
use crate::request::{self, CertificateReference, Member, Request, Sources};

/// One function of the bundle.
pub trait Operation {
    /// Its name in answers and logs.
    const NAME: &'static str;
    /// The query parameters of a GET; `None` where GET is not taken, because a GET must not change
    /// anything.
    const QUERY: Option<&'static [Member]>;
    /// What it is asked.
    type Request: Request;
    /// What it answers.
    type Answer: Answer;

    /// Carries one request out.
    fn perform(
        context: &CallContext<'_>,
        request: Self::Request,
        answer_budget: AnswerBudget,
    ) -> impl Future<Output = Result<Self::Answer, Error>>;

    /// What of the request is left to ask when its answer could not hold it all: a request whose
    /// answer goes on where this one ends.
    fn rest(_request: Self::Request, _answer: &Self::Answer) -> Option<Self::Request> {
        None
    }

    /// Reads a request from a message of the function's own queue, which may also go on with an
    /// earlier one.
    ///
    /// # Errors
    /// As [`request::parse`].
    fn from_message(text: &str) -> Result<Self::Request, Error> {
        request::parse(text)
    }

    /// What this answer leaves undone, for a message of the function's own queue to go on with.
    /// `None` where nothing is left, and where nothing was done: that is a fault, for which the
    /// message itself is delivered again.
    fn continuation(
        _request: &Self::Request,
        _answer: &Self::Answer,
        _context: &RequestContext<'_>,
    ) -> Option<Self::Request> {
        None
    }

    /// The message that goes on with such a request. `unsent_event` is the event of the answer
    /// before, for the run of the message to send.
    fn message(_request: &Self::Request, _unsent_event: Option<String>) -> String {
        String::new()
    }

    /// The event that a message has brought along.
    fn unsent_event(_request: &Self::Request) -> Option<&str> {
        None
    }

    /// Whether a request can be carried out later, from the function's own queue.
    const CAN_BE_DEFERRED: bool = false;

    /// The message of the function's own queue that carries a request out later.
    ///
    /// # Errors
    /// Why it could not be carried out, as far as that is known without a call.
    fn deferred(_session: &CallContext<'_>, _request: &Self::Request) -> Result<String, Error> {
        Err(Error::new(
            ErrorCode::Unsupported,
            format!("{} only reads, and answers at once", Self::NAME),
        ))
    }

    /// Which requests of one batch can be carried out as one, by their places: each is in one
    /// group. None can unless an operation says so.
    fn groups(requests: &[&Self::Request], _: &Config) -> Vec<Vec<usize>> {
        (0..requests.len()).map(|index| vec![index]).collect()
    }

    /// Carries the requests of one group out. Each has its own answer, in their order.
    fn perform_group(
        context: &CallContext<'_>,
        requests: Vec<Self::Request>,
        answer_budget: AnswerBudget,
    ) -> impl Future<Output = Vec<Result<Self::Answer, Error>>> {
        async move {
            let mut answers = Vec::new();
            for request in requests {
                answers.push(Self::perform(context, request, answer_budget).await);
            }
            answers
        }
    }
}

/// What every answer can tell about itself.
pub trait Answer: Serialize {
    /// The failures inside of an answer that succeeded in part.
    fn failures(&self) -> impl Iterator<Item = &Error>;

    /// The place that was asked, like `alibaba-mqtt/cn-hangzhou/post-cn-7mz2d0000`; `None` where
    /// there are several.
    fn subject(&self) -> Option<String>;

    /// The providers' ids of the calls.
    fn provider_request_ids(&self) -> Vec<&str>;

    /// What there is to count, by names that begin with what it is: `outcome_inactivated`,
    /// `status_good`, `expiry_within_7_days`.
    fn counts(&self) -> Vec<(String, u64)>;

    /// Where it tells of a part of an order: what the order is called, and the number of the part.
    fn part(&self) -> Option<(&str, usize)> {
        None
    }

    /// The same answer, fit for a log: without PEMs.
    #[must_use]
    fn for_log(self) -> Self;

    /// What it leaves undone goes on as a message of its own, so that nobody is asked to send it
    /// again.
    fn goes_on(&mut self) {}
}

/// The members of an object of numbers, each with what it is before its name.
fn counted(what: &str, numbers: &impl Serialize) -> Vec<(String, u64)> {
    let members = serde_json::to_value(numbers).unwrap_or_default();
    let members = members.as_object().into_iter().flatten();
    members
        .filter_map(|(name, count)| Some((format!("{what}_{name}"), count.as_u64()?)))
        .collect()
}

/// Provider, region and instance in one text.
fn place(provider: ProviderName, region: &Region, instance_id: Option<&InstanceId>) -> String {
    let instance = instance_id
        .map(|instance_id| format!("/{instance_id}"))
        .unwrap_or_default();
    format!("{provider}/{region}{instance}")
}

/// How many bytes an answer may take on its way, and how it is counted.
#[derive(Clone, Copy, Debug)]
pub struct AnswerBudget {
    /// Most bytes of the whole answer.
    pub bytes: usize,
    /// Whether the answer travels as a JSON string inside JSON, where quotes and backslashes take
    /// two bytes.
    pub escaped: bool,
}

/// The one source of a request that names no list of them.
fn one_source(
    provider: Option<ProviderName>,
    region: Option<Region>,
    instance_id: Option<InstanceId>,
    config: &Config,
) -> Result<Source, Error> {
    let provider = provider.or(config.default_provider).ok_or_else(|| {
        Error::invalid(
            "provider",
            "name the provider, or set DEFAULT_PROVIDER for the function",
        )
    })?;
    Ok(Source {
        provider,
        region,
        instance_id,
    })
}

/// The sources that a request asks side by side.
fn sources<'a>(asked: &'a Sources, config: &'a Config) -> Result<&'a [Source], Error> {
    match asked {
        Sources::These(sources) => Ok(sources),
        Sources::All if config.sources.is_empty() => Err(Error::invalid(
            "sources",
            "\"all\" stands for the sources of the variable SOURCES, which is not set for the function",
        )),
        Sources::All => Ok(&config.sources),
    }
}

/// Sources that are named differently may be one, since a region that is left out is the configured
/// one: its certificates would come twice. Takes where each is, with everything filled in; `None`
/// where that is not known, so that nothing comes from there.
///
/// # Errors
/// `invalid_request` that names two.
fn none_twice(sources: impl Iterator<Item = Option<Source>>) -> Result<(), Error> {
    let mut first_of = std::collections::HashMap::new();
    for (index, source) in sources.enumerate() {
        let Some(source) = source else { continue };
        let provider = source.provider;
        if let Some(first) = first_of.insert(source, index) {
            let detail = format!(
                "sources {first} and {index} (counted from 0) are the same place at {provider}; leave one out"
            );
            return Err(Error::invalid("sources", detail));
        }
    }
    Ok(())
}

/// Whether the provider can find each of a request's certificates by the names given.
///
/// # Errors
/// The first that it cannot find, by its place.
fn check_each(
    certificates: &[CertificateReference],
    check: impl Fn(&CertificateReference) -> Result<(), Error>,
) -> Result<(), Error> {
    certificates
        .iter()
        .enumerate()
        .try_for_each(|(index, reference)| {
            check(reference).map_err(|error| {
                let field = format!(
                    "certificates[{index}].{}",
                    error.field.as_deref().unwrap_or_default()
                );
                error.with_field(field)
            })
        })
}

/// Why a certificate is not the one that was asked for, although the provider knows it under the
/// name that was used. That is a matter of this one certificate, and not of the request.
fn contradiction(reference: &CertificateReference, certificate: &Certificate) -> Option<Error> {
    let another = |member, told: &dyn std::fmt::Display| {
        let detail = format!(
            "the certificate that the provider knows by the other names has another one here: {told}"
        );
        Some(Error {
            concerns: Concerns::Parameters,
            ..Error::invalid(member, detail)
        })
    };
    let serial_numbers = [
        (
            "serial_number",
            &reference.serial_number,
            &certificate.serial_number,
        ),
        (
            "ca_serial_number",
            &reference.ca_serial_number,
            &certificate.ca_serial_number,
        ),
    ];
    for (member, asked, told) in serial_numbers {
        if let (Some(asked), Some(told)) = (asked, told)
            && asked != told
            && !(certificate.serial_number_base_is_open && asked.may_mean(told))
        {
            return another(member, told);
        }
    }
    match (
        &reference.fingerprint_sha256,
        &certificate.fingerprint_sha256,
    ) {
        (Some(asked), Some(told)) if asked != told => another("fingerprint_sha256", told),
        _ => None,
    }
}

/// When not one of a request's certificates could be processed, the reason is the answer: one that
/// may pass, so that callers and queues try again, or else one that concerns the whole request.
/// That the provider dislikes each of them is told by the results.
fn shared_error<'a>(errors: impl IntoIterator<Item = Option<&'a Error>>) -> Option<Error> {
    let errors: Vec<&Error> = errors.into_iter().collect::<Option<_>>()?;
    let passing = errors.iter().find(|error| error.code.retryable());
    passing
        .or_else(|| {
            errors
                .iter()
                .find(|error| error.concerns != Concerns::Parameters)
        })
        .map(|error| (*error).clone())
}

#[cfg(test)]
mod tests;
