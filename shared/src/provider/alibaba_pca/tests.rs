//! Hosts, and operations that this provider does not have.

use super::*;
use crate::error::ErrorCode;
use crate::provider::status_writer;
use crate::testing::network::Network;
use crate::testing::{Bench, target};

#[test]
fn most_regions_share_the_central_host() {
    for (region, expected) in [
        ("cn-hangzhou", Some("cas.aliyuncs.com")),
        ("ap-southeast-3", Some("cas.aliyuncs.com")),
        ("eu-central-1", Some("cas.eu-central-1.aliyuncs.com")),
        ("ap-southeast-1", Some("cas.ap-southeast-1.aliyuncs.com")),
        ("xx-nowhere", None),
    ] {
        assert_eq!(
            host(&Region::parse(region).unwrap()).as_deref(),
            expected,
            "{region}"
        );
    }
}

#[test]
fn inactivating_is_refused_and_the_error_names_the_alternatives() {
    let network = Network::queue([]);
    let bench = Bench::new(&network);
    let context = bench.context();
    let error = status_writer(&context, target(API.provider)).err().unwrap();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::Unsupported, Some("provider"))
    );
    for word in [
        "revoke",
        "alibaba-mqtt",
        "tencent-mqtt",
        "aws-iot",
        "CreateRevokeClientCertificate",
        "identifier",
    ] {
        assert!(error.detail.contains(word), "{word}: {}", error.detail);
    }
    assert_eq!(network.sent().len(), 0);
}
