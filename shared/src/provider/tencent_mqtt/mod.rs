//! Tencent Cloud MQTT, API version 2024-05-16.

mod codes;
mod filter;
mod wire;

use std::fmt::{self, Write as _};

use secrecy::ExposeSecret;

use self::filter::{narrowing, order_by};
use self::wire::{DescribeDeviceCertificates, Envelope, Filter, Response, STATUS_WORDS};
use super::codes::{Refusal, explain, not_an_answer};
use super::{Connection, Describe, Facts, ListQuery, Page, Scope, Session, Target, connect, fact};
use crate::error::{Error, ErrorCode};
use crate::model::{ProviderName, Timestamp};
use crate::object::Object;
use crate::signing::tc3;
use crate::transport::{HttpRequest, HttpResponse, LocalFuture, Method, Safety};

const NAME: ProviderName = ProviderName::TencentMqtt;
/// The product's name in hosts and in the signing scope.
const SERVICE: &str = "mqtt";
const VERSION: &str = "2024-05-16";
/// The mainland host. It takes every region's calls; the international one is set by `TENCENT_MQTT_ENDPOINT`.
const HOST: &str = "mqtt.tencentcloudapi.com";
/// What is signed must be sent byte for byte, so no charset is added on the way.
const CONTENT_TYPE: &str = "application/json";
/// Most certificates that one call returns.
const LARGEST_PAGE: u64 = 100;

/// The regions that the official SDK knows. Where instances are sold is not confirmed; the provider refuses the others.
const REGIONS: &[&str] = &[
    "ap-bangkok",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-guangzhou",
    "ap-guangzhou-open",
    "ap-hongkong",
    "ap-jakarta",
    "ap-mumbai",
    "ap-nanjing",
    "ap-seoul",
    "ap-shanghai",
    "ap-shanghai-fsi",
    "ap-shenzhen-fsi",
    "ap-singapore",
    "ap-tokyo",
    "eu-frankfurt",
    "eu-moscow",
    "na-ashburn",
    "na-siliconvalley",
    "na-toronto",
    "sa-saopaulo",
];

/// The API of one region.
pub(super) struct TencentMqtt<'a> {
    scope: Scope,
    connection: Connection<'a>,
}

impl<'a> TencentMqtt<'a> {
    pub(super) fn new(session: &'a Session<'a>, target: Target) -> Result<Self, Error> {
        let facts = Facts {
            cloud: &session.config.tencent,
            variables: ("TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_REGION"),
            endpoint: session.config.tencent_mqtt_endpoint.as_ref(),
            hosts: |region| REGIONS.contains(&region.as_str()).then(|| HOST.to_owned()),
            central_host: Some(HOST),
            has_instances: true,
        };
        let (scope, connection) = connect(session, target, &facts)?;
        Ok(Self { scope, connection })
    }

    /// One call of `DescribeDeviceCertificates`.
    async fn list<T>(&self, request: &DescribeDeviceCertificates<'_>, read: impl Fn(Response<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let body =
            serde_json::to_vec(request).map_err(|error| Error::new(ErrorCode::Internal, format!("the call cannot be written: {error}")))?;
        let sign = |now, _nonce| self.sign("DescribeDeviceCertificates", &body, now);
        let read = |response: &HttpResponse| parse(response).and_then(&read);
        Ok(self.connection.call(Safety::Read, sign, read).await?)
    }

    async fn list_page(&self, query: &ListQuery<'_>, position: Position, wanted: usize) -> Result<Page, Error> {
        let narrowing = narrowing(query.filter, position.several_values)?;
        let Position { offset, .. } = position;
        let wanted = u64::try_from(wanted).unwrap_or(LARGEST_PAGE);
        let request = DescribeDeviceCertificates {
            instance_id: self.instance(),
            filters: &narrowing.filters,
            limit: if narrowing.complete { wanted.clamp(1, LARGEST_PAGE) } else { LARGEST_PAGE },
            offset,
            order_by: order_by(query.order),
        };
        let now = self.connection.session.now;
        self.list(&request, |response| {
            let (total, items) = match (response.total_count, response.data) {
                (Some(total), Some(items)) => (total, items),
                (Some(0), None) => (0, Vec::new()),
                _ => return Err(not_an_answer(NAME, 200, "Response has no TotalCount or no Data")),
            };
            let end = offset.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
            if items.is_empty() && offset < total {
                return Err(not_an_answer(NAME, 200, "a page is empty although more certificates match"));
            }
            Ok(Page {
                position: position.to_string(),
                certificates: items.into_iter().map(|item| item.into_certificate(now, query.include_pem)).collect(),
                next: (end < total).then(|| Position { offset: end, ..position }.to_string()),
                // Whether texts match as a whole is not documented: what the vendor counts may not match here. A list that was
                // read to its end from its beginning is counted by what it holds.
                total_count: (narrowing.complete && (narrowing.is_sure || (offset == 0 && end >= total))).then_some(total),
                request_id: fact(response.request_id),
            })
        })
        .await
    }

    /// Whether the vendor takes several values of one filter as alternatives. No certificate has two statuses, so asking
    /// for all statuses at once finds everything or nothing. Asked only when a filter of several values found nothing,
    /// which is what the other reading would always do.
    async fn takes_values_as_alternatives(&self) -> Result<bool, Error> {
        let every_status = [Filter { name: "Status", values: STATUS_WORDS.map(str::to_owned).to_vec() }];
        Ok(self.count(&every_status).await? > 0 || self.count(&[]).await? == 0)
    }

    async fn count(&self, filters: &[Filter]) -> Result<u64, Error> {
        let order_by = order_by(crate::request::Order::default());
        let request = DescribeDeviceCertificates { instance_id: self.instance(), filters, limit: 1, offset: 0, order_by };
        let missing = || not_an_answer(NAME, 200, "Response has no TotalCount");
        self.list(&request, |response| response.total_count.ok_or_else(missing)).await
    }

    fn instance(&self) -> &str {
        self.scope.instance_id.as_ref().map_or("", |instance| instance.as_str())
    }

    fn sign(&self, action: &'static str, body: &[u8], now: Timestamp) -> HttpRequest {
        let Connection { endpoint, credentials, .. } = &self.connection;
        let timestamp = now.epoch_seconds();
        let request = tc3::Request {
            method: "POST",
            query: "",
            // The action takes part, as on the vendor's current page: several actions share one body, and a signature
            // for a read must not fit a write.
            headers: &[("content-type", CONTENT_TYPE), ("host", endpoint.host()), ("x-tc-action", action)],
            body,
            service: SERVICE,
            timestamp,
        };
        let mut headers = vec![
            ("authorization", request.authorization(&credentials.id, &credentials.secret)),
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-tc-action", action.to_owned()),
            ("x-tc-version", VERSION.to_owned()),
            ("x-tc-timestamp", timestamp.to_string()),
            ("x-tc-region", self.scope.region.as_str().to_owned()),
            ("x-tc-language", "en-US".to_owned()),
        ];
        if let Some(token) = &credentials.token {
            headers.push(("x-tc-token", token.expose_secret().to_owned()));
        }
        HttpRequest { method: Method::Post, url: endpoint.url(""), headers, body: body.to_vec() }
    }
}

impl Describe for TencentMqtt<'_> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn page<'a>(&'a self, query: &'a ListQuery<'a>, position: Option<&'a str>, wanted: usize) -> LocalFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            if let Some(position) = position {
                return self.list_page(query, Position::parse(position)?, wanted).await;
            }
            let page = self.list_page(query, Position { several_values: true, offset: 0 }, wanted).await;
            // How many values one filter may have is not documented either: what is refused is filtered here.
            let doubtful = match &page {
                Ok(page) => page.certificates.is_empty(),
                Err(error) => error.concerns_parameters,
            };
            let has_several = |filters: &[Filter]| filters.iter().any(|filter| filter.values.len() > 1);
            if !doubtful || !has_several(&narrowing(query.filter, true)?.filters) {
                return page;
            }
            if page.is_ok() && self.takes_values_as_alternatives().await? {
                return page;
            }
            self.list_page(query, Position { several_values: false, offset: 0 }, wanted).await
        })
    }

    fn position_after(&self, position: &str, index: usize) -> Result<String, Error> {
        let position = Position::parse(position)?;
        let consumed = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
        Ok(Position { offset: position.offset.saturating_add(consumed), ..position }.to_string())
    }
}

/// A place in one of two lists: the one that the vendor narrows by every filter, or the longer one without the filters of
/// several values. Offsets count entries, not pages.
#[derive(Clone, Copy)]
struct Position {
    several_values: bool,
    offset: u64,
}

/// Begins the positions of the longer list.
const LONGER_LIST: char = '~';

impl Position {
    fn parse(text: &str) -> Result<Self, Error> {
        let (several_values, digits) = text.strip_prefix(LONGER_LIST).map_or((true, text), |digits| (false, digits));
        let offset = digits.parse().map_err(|_| Error::invalid("cursor", "it is not a cursor of this provider"))?;
        Ok(Self { several_values, offset })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.several_values {
            f.write_char(LONGER_LIST)?;
        }
        write!(f, "{}", self.offset)
    }
}

/// The error decides before everything else: failures come with HTTP status 200.
fn parse(response: &HttpResponse) -> Result<Response<'_>, Error> {
    let status = response.status;
    let text = std::str::from_utf8(&response.body).map_err(|_| not_an_answer(NAME, status, "it is not UTF-8"))?;
    let Object(envelope): Object<Envelope<'_>> = serde_json::from_str(text)
        .map_err(|error| not_an_answer(NAME, status, &format!("{:?} error at column {}", error.classify(), error.column())))?;
    let Some(answer) = envelope.response else {
        return Err(not_an_answer(NAME, status, "it has no Response"));
    };
    match answer.error {
        Some(error) => {
            let refusal = Refusal {
                provider: NAME,
                code: &error.code,
                message: error.message.as_deref(),
                request_id: answer.request_id.as_deref(),
                status,
            };
            Err(explain(&refusal, &[codes::CODES]))
        }
        None if status == 200 => Ok(answer),
        None => Err(not_an_answer(NAME, status, "a result comes with HTTP 200")),
    }
}

#[cfg(test)]
mod tests;
