//! The answer to a status request.

use serde::Serialize;

use crate::error::{Error, ErrorCode};
use crate::model::{
    Certificate, ClientIds, Disagreement, EffectiveStatus, Fingerprint, InstanceId,
    LifecycleStatus, ProviderName, ProviderText, Region, RequestId, SerialNumber, SerialNumberBase,
    Timestamp, Validity, judge,
};
use crate::operation::{Answer, Extent, scope_path};
use crate::request::CertificateReference;

/// Answer to a status request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum StatusAnswer {
    /// Statuses from one provider, region and instance.
    One(OneStatusAnswer),
    /// Statuses from several sources.
    Several(SeveralStatusAnswer),
}

/// Statuses from one provider, region and instance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneStatusAnswer {
    /// Name of the operation: `status`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "status")))]
    pub operation: &'static str,
    /// Provider that was queried.
    pub provider: ProviderName,
    /// Region that was queried.
    pub region: Region,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// One result for each requested certificate, in the order of the request.
    pub results: Vec<StatusResult>,
    /// Provider's request id of each call, to quote in a support case.
    pub provider_request_ids: Vec<RequestId>,
}

/// Statuses from several sources.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeveralStatusAnswer {
    /// Name of the operation: `status`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "status")))]
    pub operation: &'static str,
    /// One entry for each source, in the order of the request.
    pub sources: Vec<SourceStatus>,
    /// Results in the order of the requested certificates: for each certificate one result from
    /// every source that knows it, or a single result when no source does.
    pub results: Vec<SourcedResult>,
    /// Certificate authority's request id of each call of the cross check.
    pub provider_request_ids: Vec<RequestId>,
}

/// Result of one source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceStatus {
    /// Provider that was queried.
    pub provider: ProviderName,
    /// Region that was queried; `null` when it could not be determined.
    pub region: Option<Region>,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// Number of the requested certificates that this source knows.
    pub found: usize,
    /// Number of the requested certificates that could not be looked up at this source.
    pub failed: usize,
    /// Provider's request id of each call, to quote in a support case.
    pub provider_request_ids: Vec<RequestId>,
    /// Reason why the source could not be queried, or the error of a certificate that could not be
    /// looked up: a retryable error if there is one, otherwise the first.
    pub error: Option<Error>,
}

/// A result and the source that it comes from.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcedResult {
    /// Provider that knows the certificate; `null` when no source does.
    pub provider: Option<ProviderName>,
    /// Region that was queried.
    pub region: Option<Region>,
    /// MQTT instance that was queried; `null` for a provider without instances.
    pub instance_id: Option<InstanceId>,
    /// The result.
    #[serde(flatten)]
    pub result: StatusResult,
}

/// The status of one certificate.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusResult {
    /// Serial number in the canonical form; `null` when the request does not name it and the
    /// certificate was not found or does not show it.
    pub serial_number: Option<SerialNumber>,
    /// Serial number as the provider spells it, or else as the request does; `null` when the
    /// certificate was not found by such a text or the provider identifies it by another name.
    pub provider_serial_number: Option<String>,
    /// Base in which `provider_serial_number` was read; `null` when its digits are valid in both
    /// bases and the certificate itself is not available to decide.
    pub serial_number_base: Option<SerialNumberBase>,
    /// Serial number of the issuing CA's certificate, from the provider or from the request.
    pub ca_serial_number: Option<SerialNumber>,
    /// Serial number of the issuing CA's certificate as the provider spells it, from the provider
    /// or from the request.
    pub provider_ca_serial_number: Option<String>,
    /// SHA-256 fingerprint of the certificate's DER form, from the provider or from the request.
    pub fingerprint_sha256: Option<Fingerprint>,
    /// MQTT client ids that are tied to the certificate; at AWS IoT the names of its things, which
    /// AWS recommends as client ids. `null` unless `include_clients` was requested and the provider
    /// states them.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    pub client_ids: ClientIds,
    /// Whether the provider knows the certificate.
    pub found: bool,
    /// Status at the provider; `unknown` when the certificate was not found or could not be looked
    /// up.
    pub status: LifecycleStatus,
    /// Status in the provider's own spelling.
    pub provider_status: Option<String>,
    /// Status combined with the validity dates and the current time.
    pub effective_status: EffectiveStatus,
    /// Whether the broker would accept a connection with this certificate now; `null` when the facts
    /// do not decide it, as for a certificate that was not found.
    pub usable: Option<bool>,
    /// Time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// First moment of the validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of the validity.
    pub not_after: Option<Timestamp>,
    /// Facts on which the provider's record and the certificate itself differ.
    pub disagreements: Vec<Disagreement>,
    /// Status at the certificate authority. Left out unless `cross_check` was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_check: Option<CrossChecked>,
    /// Dangerous combinations of the broker's and the certificate authority's statuses. Left out
    /// unless `cross_check` was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<Flag>>,
    /// Reason why the certificate could not be looked up.
    pub error: Option<Error>,
}

/// Status of a broker's certificate at a certificate authority.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CrossChecked {
    /// Provider that was queried.
    pub provider: ProviderName,
    /// Region that was queried.
    pub region: Region,
    /// Whether the certificate authority knows the certificate.
    pub found: bool,
    /// Status at the certificate authority; `unknown` when the certificate was not found or could
    /// not be looked up.
    pub status: LifecycleStatus,
    /// Status in the certificate authority's own spelling.
    pub provider_status: Option<String>,
    /// Time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// Reason why the certificate could not be looked up.
    pub error: Option<Error>,
}

/// Dangerous combination of the broker's and the certificate authority's statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The certificate authority has revoked the certificate, and the broker still accepts it.
    RevokedAtCaButActive,
    /// The broker accepts a certificate that the certificate authority does not know.
    ActiveAtBrokerButUnknownToCa,
}

impl StatusAnswer {
    fn results(&self) -> impl Iterator<Item = &StatusResult> {
        let (one, several) = match self {
            Self::One(answer) => (answer.results.as_slice(), &[][..]),
            Self::Several(answer) => (&[][..], answer.results.as_slice()),
        };
        one.iter()
            .chain(several.iter().map(|sourced| &sourced.result))
    }

    pub(super) fn results_mut(&mut self) -> impl Iterator<Item = &mut StatusResult> {
        let (one, several) = match self {
            Self::One(answer) => (answer.results.as_mut_slice(), &mut [][..]),
            Self::Several(answer) => (&mut [][..], answer.results.as_mut_slice()),
        };
        one.iter_mut()
            .chain(several.iter_mut().map(|sourced| &mut sourced.result))
    }

    /// Keeps at most `most` request ids of each source.
    pub(super) fn keep_few_request_ids(&mut self, most: usize) {
        match self {
            Self::One(answer) => answer.provider_request_ids.truncate(most),
            Self::Several(answer) => {
                answer.provider_request_ids.truncate(most);
                for source in &mut answer.sources {
                    source.provider_request_ids.truncate(most);
                }
            }
        }
    }
}

impl StatusResult {
    /// The result of a lookup, with the facts of the record, and else the names of the reference.
    pub(super) fn new(
        reference: &CertificateReference,
        record: Result<Option<Certificate>, Error>,
        now: Timestamp,
    ) -> Self {
        let CertificateReference {
            serial_number,
            ca_serial_number,
            provider_serial_number,
            provider_ca_serial_number,
            fingerprint_sha256,
            client_ids: _,
        } = reference.clone();
        let text = |named: Option<ProviderText>| named.map(|named| named.as_str().to_owned());
        let provider_serial_number = text(provider_serial_number);
        let provider_ca_serial_number = text(provider_ca_serial_number);
        let (record, error) = match record {
            Ok(record) => (record, None),
            Err(error) => (None, Some(error)),
        };
        match record {
            Some(record) => Self {
                serial_number: record.serial_number.or(serial_number),
                provider_serial_number: record.provider_serial_number.or(provider_serial_number),
                serial_number_base: record.serial_number_base,
                ca_serial_number: record.ca_serial_number.or(ca_serial_number),
                provider_ca_serial_number: record
                    .provider_ca_serial_number
                    .or(provider_ca_serial_number),
                fingerprint_sha256: record.fingerprint_sha256.or(fingerprint_sha256),
                client_ids: record.client_ids,
                found: true,
                status: record.status,
                provider_status: record.provider_status,
                effective_status: record.effective_status,
                usable: record.usable,
                revoked_at: record.revoked_at,
                not_before: record.not_before,
                not_after: record.not_after,
                disagreements: record.disagreements,
                cross_check: None,
                flags: None,
                error,
            },
            None => {
                let status = LifecycleStatus::Unknown;
                let (effective_status, usable) =
                    judge(status, Validity::default(), Validity::default(), now);
                Self {
                    serial_number,
                    provider_serial_number,
                    serial_number_base: None,
                    ca_serial_number,
                    provider_ca_serial_number,
                    fingerprint_sha256,
                    client_ids: ClientIds::Unknown,
                    found: false,
                    status,
                    provider_status: None,
                    effective_status,
                    usable,
                    revoked_at: None,
                    not_before: None,
                    not_after: None,
                    disagreements: Vec::new(),
                    cross_check: None,
                    flags: None,
                    error,
                }
            }
        }
    }
}

impl Answer for StatusAnswer {
    /// The errors. With several sources, it is no failure if a source cannot find a certificate by the
    /// names given: another source may know it.
    fn failures(&self) -> impl Iterator<Item = &Error> {
        let (one, sources) = match self {
            Self::One(answer) => (answer.results.as_slice(), &[][..]),
            Self::Several(answer) => (&[][..], answer.sources.as_slice()),
        };
        let checks = self
            .results()
            .filter_map(|result| result.cross_check.as_ref()?.error.as_ref());
        let sources = sources.iter().filter_map(|source| source.error.as_ref());
        let sources = sources
            .chain(checks)
            .filter(|error| error.code != ErrorCode::InvalidRequest);
        one.iter()
            .filter_map(|result| result.error.as_ref())
            .chain(sources)
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::One(answer) => Some(scope_path(
                answer.provider,
                &answer.region,
                answer.instance_id.as_ref(),
            )),
            Self::Several(_) => None,
        }
    }

    fn provider_request_ids(&self) -> Vec<&str> {
        match self {
            Self::One(answer) => answer.provider_request_ids.iter().map(|id| &**id).collect(),
            Self::Several(answer) => {
                let of_sources = answer
                    .sources
                    .iter()
                    .flat_map(|source| &source.provider_request_ids);
                of_sources
                    .chain(&answer.provider_request_ids)
                    .map(|id| &**id)
                    .collect()
            }
        }
    }

    fn counts(&self) -> Vec<(String, u64)> {
        self.results()
            .filter(|result| result.error.is_none())
            .map(|result| (format!("status_{}", result.status.as_str()), 1))
            .collect()
    }

    fn extent(&self) -> Extent {
        Extent {
            certificates: self.results().count(),
            has_more: false,
        }
    }

    fn for_log(self) -> Self {
        self
    }
}
