//! The requests whose answers come from a vendor, and what these answers begin with.

use certificate_provider::model::ProviderName::{
    self, AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt,
};

/// The function under test, with the name of a certificate that is requested.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Describe,
    Inactivate(&'static str),
    Status,
}

/// A request to one provider.
pub(crate) struct Cell {
    pub(crate) provider: ProviderName,
    pub(crate) function: Function,
    pub(crate) request: &'static str,
}

const fn cell(provider: ProviderName, function: Function, request: &'static str) -> Cell {
    Cell {
        provider,
        function,
        request,
    }
}

const TENCENT: &str = "0eef68a582b94254296e54ce754f94d707a59913";
const ALIBABA: &str = "8085f52ece5bd88308df6d98d9707716";
const AWS: &str = "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33";

/// The operations that each provider has, describe with a filter as well, and a cross-check. The certificates
/// are those of the recorded answers.
pub(crate) const CELLS: [Cell; 16] = [
    cell(
        TencentMqtt,
        Function::Describe,
        r#"{"provider":"tencent-mqtt","instance_id":"mqtt-1","summary":true}"#,
    ),
    cell(
        AlibabaMqtt,
        Function::Describe,
        r#"{"provider":"alibaba-mqtt","instance_id":"post-cn-1","summary":true}"#,
    ),
    cell(
        AlibabaPca,
        Function::Describe,
        r#"{"provider":"alibaba-pca","include_pem":true,"summary":true}"#,
    ),
    cell(
        AwsIot,
        Function::Describe,
        r#"{"provider":"aws-iot","summary":true}"#,
    ),
    cell(
        TencentMqtt,
        Function::Inactivate(TENCENT),
        r#"{"provider":"tencent-mqtt","instance_id":"mqtt-1","reason":"lost","certificates":[{"serial_number":"0eef68a582b94254296e54ce754f94d707a59913"}]}"#,
    ),
    cell(
        AlibabaMqtt,
        Function::Inactivate(ALIBABA),
        r#"{"provider":"alibaba-mqtt","instance_id":"post-cn-1","reason":"lost","certificates":[{"serial_number":"8085f52ece5bd88308df6d98d9707716","ca_serial_number":"1b1e3bf3702110125887a3a721a7e66f05522513"}]}"#,
    ),
    cell(
        AwsIot,
        Function::Inactivate(AWS),
        r#"{"provider":"aws-iot","reason":"lost","certificates":[{"fingerprint_sha256":"39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33"}]}"#,
    ),
    cell(
        TencentMqtt,
        Function::Status,
        r#"{"provider":"tencent-mqtt","instance_id":"mqtt-1","certificates":[{"serial_number":"0eef68a582b94254296e54ce754f94d707a59913"},{"serial_number":"356217374433"}]}"#,
    ),
    cell(
        AlibabaMqtt,
        Function::Status,
        r#"{"provider":"alibaba-mqtt","instance_id":"post-cn-1","certificates":[{"serial_number":"8085f52ece5bd88308df6d98d9707716","ca_serial_number":"1b1e3bf3702110125887a3a721a7e66f05522513"},{"serial_number":"356217374433000001","ca_serial_number":"00f26900ba87000001"}]}"#,
    ),
    cell(
        AlibabaPca,
        Function::Status,
        r#"{"provider":"alibaba-pca","certificates":[{"serial_number":"b67e53ebcea9b77d65b0c3236646d7150001"},{"serial_number":"356217374433"}]}"#,
    ),
    cell(
        AwsIot,
        Function::Status,
        r#"{"provider":"aws-iot","certificates":[{"fingerprint_sha256":"39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33"}]}"#,
    ),
    cell(
        TencentMqtt,
        Function::Describe,
        r#"{"provider":"tencent-mqtt","instance_id":"mqtt-1","filter":{"client_ids":["client-1","client-2"],"statuses":["active","inactive"]}}"#,
    ),
    cell(
        AlibabaMqtt,
        Function::Describe,
        r#"{"provider":"alibaba-mqtt","instance_id":"post-cn-1","filter":{"ca_serial_numbers":["1b1e3bf3702110125887a3a721a7e66f05522513"],"expires_within_days":3000},"include_pem":true}"#,
    ),
    cell(
        AlibabaPca,
        Function::Describe,
        r#"{"provider":"alibaba-pca","filter":{"common_names":["vin-0001.example.test"],"not_after_from":"2020-01-01T00:00:00Z"}}"#,
    ),
    cell(
        AwsIot,
        Function::Describe,
        r#"{"provider":"aws-iot","filter":{"fingerprints_sha256":["39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33"]},"include_pem":true}"#,
    ),
    cell(
        AlibabaMqtt,
        Function::Status,
        r#"{"provider":"alibaba-mqtt","instance_id":"post-cn-1","cross_check":{"provider":"alibaba-pca"},"certificates":[{"serial_number":"8085f52ece5bd88308df6d98d9707716","ca_serial_number":"1b1e3bf3702110125887a3a721a7e66f05522513"}]}"#,
    ),
];

/// An HTTP status, and the name that AWS gives a failure.
pub(crate) type Head = (u16, Option<&'static str>);
pub(crate) const HEADS: [Head; 16] = [
    (200, None),
    (202, None),
    (400, None),
    (400, Some("InvalidRequestException")),
    (401, Some("UnauthorizedException")),
    (403, None),
    (403, Some("AccessDeniedException")),
    (404, None),
    (
        404,
        Some("ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.iot/"),
    ),
    (406, Some("CertificateStateException")),
    (414, None),
    (429, Some("ThrottlingException")),
    (429, None),
    (500, Some("InternalFailureException")),
    (500, None),
    (503, Some("ServiceUnavailableException")),
];
/// The status that comes with a `retry-after` header.
pub(crate) const HINT: Head = (429, None);
