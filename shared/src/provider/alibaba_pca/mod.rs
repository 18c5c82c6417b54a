//! Alibaba Cloud Certificate Management Service, private CA (cas), API version 2020-06-30.

mod codes;
mod wire;

use std::collections::HashMap;

use self::wire::DescribeStatus;
use super::alibaba::{Api, Call};
use super::codes::not_an_answer;
use super::{Connection, Facts, LookUp, Scope, Session, Status, StatusRecord, Target, connect, fact};
use crate::error::{Error, ErrorCode};
use crate::model::{LifecycleStatus, ProviderName, Region, SerialNumber};
use crate::request::CertificateReference;
use crate::transport::{LocalFuture, Method, Safety};

const API: Api = Api { provider: ProviderName::AlibabaPca, version: "2020-06-30", codes: codes::CODES };

/// Serial numbers in one call. The vendor documents no limit but that of a URL. 100 serials of 20 octets make 4.3 kB of
/// query, which leaves room in the 8 KiB that web servers commonly read of a request line; should the vendor's own limit
/// be lower, the group is halved until it fits.
const LARGEST_GROUP: usize = 100;
/// The same limit for longer serial numbers, in characters of the query (a comma becomes three).
const LONGEST_GROUP: usize = 6_000;

/// The service is central: most regions share one host. Pages and SDK contradict each other on cn-hongkong, ap-southeast-3
/// and ap-southeast-5; this is the SDK's table. `ALIBABA_CAS_ENDPOINT` sets another host.
const CENTRAL_HOST: &str = "cas.aliyuncs.com";
const CENTRAL_REGIONS: &[&str] = &[
    "ap-southeast-3",
    "ap-southeast-5",
    "cn-beijing",
    "cn-chengdu",
    "cn-hangzhou",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-wuhan",
    "cn-wulanchabu",
    "cn-zhangjiakou",
    "eu-west-1",
    "us-east-1",
    "us-west-1",
];
const REGIONS_WITH_HOST: &[&str] =
    &["ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "me-central-1", "me-east-1"];

fn host(region: &Region) -> Option<String> {
    if CENTRAL_REGIONS.contains(&region.as_str()) {
        return Some(CENTRAL_HOST.to_owned());
    }
    let known = REGIONS_WITH_HOST.iter().find(|known| **known == region.as_str())?;
    Some(format!("cas.{known}.aliyuncs.com"))
}

/// The API of one region.
pub(super) struct AlibabaPca<'a> {
    scope: Scope,
    connection: Connection<'a>,
}

impl<'a> AlibabaPca<'a> {
    pub(super) fn new(session: &'a Session<'a>, target: Target) -> Result<Self, Error> {
        let facts = Facts {
            cloud: &session.config.alibaba,
            variables: ("ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_REGION_ID"),
            endpoint: session.config.alibaba_cas_endpoint.as_ref(),
            hosts: host,
            central_host: None,
            has_instances: false,
        };
        let (scope, connection) = connect(session, target, &facts)?;
        Ok(Self { scope, connection })
    }

    /// What the provider says about these texts, by number; those that it does not know are left out.
    async fn ask(&self, texts: &[&str], request_ids: &mut Vec<String>) -> Result<HashMap<SerialNumber, StatusRecord>, Error> {
        let call = Call {
            action: "DescribeClientCertificateStatusForSerialNumber",
            method: Method::Post,
            safety: Safety::Read,
            parameters: &[("SerialNumber", &texts.join(","))],
        };
        let accept = |answer: DescribeStatus| match answer.certificate_status {
            Some(rows) => Ok((fact(answer.request_id), rows)),
            None => Err(not_an_answer(API.provider, 200, "it has no CertificateStatus")),
        };
        let (request_id, rows) = API.call(&self.connection, &call, accept).await?;
        request_ids.extend(request_id);
        let mut records = HashMap::new();
        for row in rows {
            // The order of the rows is not documented: match by number. Were there two rows for one, the worse counts.
            if let (Some(number), record) = row.into_record() {
                keep_worse(&mut records, number, record);
            }
        }
        Ok(records)
    }
}

fn keep_worse(records: &mut HashMap<SerialNumber, StatusRecord>, number: SerialNumber, record: StatusRecord) {
    let rank = |status| match status {
        LifecycleStatus::Revoked => 2,
        LifecycleStatus::Good => 0,
        _ => 1,
    };
    match records.get(&number) {
        Some(earlier) if rank(earlier.status) >= rank(record.status) => {}
        _ => {
            records.insert(number, record);
        }
    }
}

/// Whether asking for fewer at once may help: the provider dislikes one of them, or their number, or the length.
fn may_help_to_split(error: &Error) -> bool {
    error.concerns_parameters || error.code == ErrorCode::NotFound
}

/// The state of a certificate while its spellings are tried.
enum Progress {
    /// Not known under the spellings tried so far, or known with an unknown status.
    Open(Option<StatusRecord>),
    /// Answered for good.
    Settled(Result<Option<StatusRecord>, Error>),
}

impl Status for AlibabaPca<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    /// All certificates under their own spelling in few calls; then, under the next spelling, those that the provider did
    /// not know. Whether the provider leaves out a serial number that it does not know, or answers `unknown` for it, is not
    /// documented: neither is final before every spelling was asked.
    fn look_up<'a>(&'a self, certificates: &'a [CertificateReference]) -> LocalFuture<'a, LookUp> {
        Box::pin(async move {
            let spellings: Vec<Vec<String>> = certificates.iter().map(|reference| reference.serial_number.spellings()).collect();
            let mut progress: Vec<Progress> = certificates.iter().map(|_| Progress::Open(None)).collect();
            let mut request_ids = Vec::new();
            let rounds = spellings.iter().map(Vec::len).max().unwrap_or_default();
            for round in 0..rounds {
                let open: Vec<Asked<'_>> = spellings
                    .iter()
                    .zip(certificates)
                    .zip(progress.iter_mut())
                    .filter(|(_, progress)| matches!(progress, Progress::Open(_)))
                    .filter_map(|((spellings, reference), progress)| {
                        let text = spellings.get(round)?.as_str();
                        Some(Asked { text, number: &reference.serial_number, is_own_spelling: round == 0, progress })
                    })
                    .collect();
                if let Err(error) = self.ask_in_groups(open, &mut request_ids).await {
                    let unasked = spellings
                        .iter()
                        .zip(&mut progress)
                        .filter(|(texts, progress)| texts.len() > round && matches!(progress, Progress::Open(_)));
                    unasked.for_each(|(_, progress)| *progress = Progress::Settled(Err(error.clone())));
                }
            }
            let records = progress.into_iter().map(|progress| match progress {
                Progress::Open(record) => Ok(record),
                Progress::Settled(result) => result,
            });
            LookUp { records: records.collect(), request_ids }
        })
    }
}

/// One certificate under one spelling.
struct Asked<'a> {
    text: &'a str,
    is_own_spelling: bool,
    number: &'a SerialNumber,
    progress: &'a mut Progress,
}

impl AlibabaPca<'_> {
    /// # Errors
    /// One after which no further call is worth making.
    async fn ask_in_groups(&self, asked: Vec<Asked<'_>>, request_ids: &mut Vec<String>) -> Result<(), Error> {
        let mut groups = grouped(asked);
        // The first group is on top.
        groups.reverse();
        while let Some(mut group) = groups.pop() {
            let mut texts: Vec<&str> = Vec::with_capacity(group.len());
            for asked in &group {
                if !texts.contains(&asked.text) {
                    texts.push(asked.text);
                }
            }
            match self.ask(&texts, request_ids).await {
                // One serial number may be asked for several times, with different issuers.
                Ok(records) => group.into_iter().for_each(|asked| {
                    let record = records.get(asked.number).cloned();
                    asked.take(record);
                }),
                Err(error) if may_help_to_split(&error) && group.len() > 1 => {
                    let second_half = group.split_off(group.len().div_euclid(2));
                    groups.push(second_half);
                    groups.push(group);
                }
                // A spelling that is not the caller's own may break the provider's rules; then it is not known under it.
                Err(error) if may_help_to_split(&error) => group.into_iter().for_each(|asked| match error.code {
                    ErrorCode::ProviderRejected if asked.is_own_spelling => *asked.progress = Progress::Settled(Err(error.clone())),
                    _ => asked.take(None),
                }),
                // Refused credentials are refused for all; and who asks for less, or is late, is not asked again.
                Err(error) if matches!(error.code, ErrorCode::ProviderRejected | ErrorCode::Throttled | ErrorCode::Timeout) => {
                    return Err(error);
                }
                Err(error) => group.into_iter().for_each(|asked| *asked.progress = Progress::Settled(Err(error.clone()))),
            }
        }
        Ok(())
    }
}

impl Asked<'_> {
    fn take(self, record: Option<StatusRecord>) {
        match (record, &*self.progress) {
            // The first spelling for which the provider had an answer stays, even if that was "unknown".
            (Some(record), Progress::Open(None)) if record.status == LifecycleStatus::Unknown => {
                *self.progress = Progress::Open(Some(record));
            }
            (Some(record), Progress::Open(_)) if record.status != LifecycleStatus::Unknown => {
                *self.progress = Progress::Settled(Ok(Some(record)));
            }
            _ => {}
        }
    }
}

fn grouped(asked: Vec<Asked<'_>>) -> Vec<Vec<Asked<'_>>> {
    const COMMA: usize = "%2C".len();
    let mut groups: Vec<Vec<Asked<'_>>> = Vec::new();
    let mut length = 0_usize;
    for item in asked {
        let added = item.text.len().saturating_add(COMMA);
        length = length.saturating_add(added);
        match groups.last_mut() {
            Some(group) if group.len() < LARGEST_GROUP && length <= LONGEST_GROUP => group.push(item),
            _ => {
                length = added;
                groups.push(vec![item]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;
