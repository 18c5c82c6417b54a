//! Alibaba Cloud Certificate Management Service, private CA (cas), API version 2020-06-30.

mod codes;
mod list;
mod status;
mod wire;

pub(super) use self::list::CAPABILITIES as LIST_CAPABILITIES;

use super::alibaba::Api;
use super::{CallContext, Connection, ProviderHosts, Scope, connect};
use crate::error::Error;
use crate::model::{ProviderName, Region, Source};

const API: Api = Api {
    provider: ProviderName::AlibabaPca,
    version: "2020-06-30",
    codes: codes::CODES,
};

/// Why the status cannot be changed here.
pub(super) const CHANGE_IS_UNSUPPORTED: &str = "alibaba-pca can only revoke, for good, which this function does not do; revoke in the \
     console or by CreateRevokeClientCertificate with the certificate's identifier";

/// The service is central: most regions share one host. Pages and SDK contradict each other on
/// cn-hongkong, ap-southeast-3 and ap-southeast-5; this is the SDK's table. `ALIBABA_CAS_ENDPOINT`
/// sets another host.
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
const REGIONS_WITH_HOST: &[&str] = &[
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "me-central-1",
    "me-east-1",
];

fn host(region: &Region) -> Option<String> {
    if CENTRAL_REGIONS.contains(&region.as_str()) {
        return Some(CENTRAL_HOST.to_owned());
    }
    let known = REGIONS_WITH_HOST
        .iter()
        .find(|known| **known == region.as_str())?;
    Some(format!("cas.{known}.aliyuncs.com"))
}

pub(super) const HOSTS: ProviderHosts = ProviderHosts {
    host,
    central_host: None,
};

/// The API of one region.
pub(super) struct AlibabaPca<'a> {
    scope: Scope,
    connection: Connection<'a>,
}

impl<'a> AlibabaPca<'a> {
    pub(super) fn new(context: &'a CallContext<'a>, source: Source) -> Result<Self, Error> {
        let (scope, connection) = connect(context, source, &HOSTS)?;
        Ok(Self { scope, connection })
    }
}

#[cfg(test)]
mod tests;
