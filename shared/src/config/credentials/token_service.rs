//! The token service (STS) of each cloud that has one.

use crate::config::{ConfigError, Endpoint, Lookup, parsed};
use crate::credentials::sts::{Vendor, alibaba, tencent};
use crate::model::Region;

/// Reads the token service of a cloud. It takes the cloud's default region.
pub(super) type ReadTokenService =
    fn(Lookup<'_>, Option<&Region>) -> Result<(Vendor, Endpoint), ConfigError>;

pub(super) fn tencent(
    lookup: Lookup<'_>,
    region: Option<&Region>,
) -> Result<(Vendor, Endpoint), ConfigError> {
    let endpoint = parsed(lookup, "TENCENT_STS_ENDPOINT", Endpoint::parse)?;
    let region = region.map_or_else(|| Region::parse(tencent::REGION), |own| Ok(own.clone()));
    let region = region.map_err(|reason| ConfigError {
        variable: "TENCENTCLOUD_REGION",
        reason,
    })?;
    Ok((
        Vendor::Tencent(region),
        endpoint.unwrap_or_else(|| Endpoint::https(tencent::HOST)),
    ))
}

pub(super) fn alibaba(
    lookup: Lookup<'_>,
    region: Option<&Region>,
) -> Result<(Vendor, Endpoint), ConfigError> {
    let endpoint = parsed(lookup, "ALIBABA_STS_ENDPOINT", Endpoint::parse)?;
    // This variable may name a region that the table of the STS does not have. The default region
    // may not: the products have regions without an STS.
    let sts_region = parsed(lookup, "ALIBABA_CLOUD_STS_REGION", Region::parse)?;
    let host = || match sts_region {
        Some(region) => format!("sts.{region}.aliyuncs.com"),
        None => alibaba::host(region.map(Region::as_str)),
    };
    Ok((
        Vendor::Alibaba,
        endpoint.unwrap_or_else(|| Endpoint::https(&host())),
    ))
}
