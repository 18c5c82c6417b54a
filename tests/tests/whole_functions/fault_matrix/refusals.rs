//! The vendors' own codes, which decide before the HTTP status does, and statuses without a code.

use simulator::Fault;

use super::expected::{
    Expected, Row, answer, codes, error, everywhere, nothing_done, reads, rejected,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = for_who_asks();
    rows.extend(for_what_is_asked());
    rows.extend(faults_of_the_vendor());
    rows
}

fn for_who_asks() -> Vec<Row> {
    let row = |name, tencent, alibaba: (&str, u16)| {
        Row::new(name, codes(tencent, alibaba, alibaba), rejected())
    };
    vec![
        row(
            "a token that has expired",
            "AuthFailure.TokenFailure",
            ("InvalidSecurityToken.Expired", 400),
        ),
        row(
            "a key that nobody knows",
            "AuthFailure.SecretIdNotFound",
            ("InvalidAccessKeyId.NotFound", 404),
        ),
        row(
            "a key that was revoked",
            "AuthFailure.InvalidSecretId",
            ("InvalidAccessKeyId.Inactive", 403),
        ),
        row(
            "a wrong signature",
            "AuthFailure.SignatureFailure",
            ("SignatureDoesNotMatch", 400),
        ),
        row(
            "a clock that is off",
            "AuthFailure.SignatureExpire",
            ("InvalidTimeStamp.Expired", 400),
        ),
        row(
            "a permission that lacks",
            "UnauthorizedOperation",
            ("NoPermission", 403),
        ),
        row(
            "a code of 403 that nobody knows",
            "SomethingNew",
            ("SomethingNew", 403),
        ),
        Row::new(
            "an edition without certificates, with status 500",
            codes(
                "InvalidParameter.InstanceTypeNotMatch",
                ("ApiNotSupport", 500),
                ("UnsupportedOperation", 500),
            ),
            rejected(),
        ),
    ]
}

fn for_what_is_asked() -> Vec<Row> {
    let not_found = error("not_found", reads(1));
    // Together, one by one, and then under another spelling.
    let unknown = answer("unknown unknown", reads(6));
    vec![
        Row::new(
            "an instance that the vendor does not know, with status 500",
            codes(
                "ResourceNotFound.Instance",
                ("MqttInstanceNotFound", 500),
                ("NotFound", 500),
            ),
            [
                not_found,
                error("not_found", reads(2).and_writes(2)),
                unknown,
            ],
        ),
        Row::new(
            "a certificate that the vendor shows and does not find, with status 500",
            codes(
                "ResourceNotFound",
                ("FindDeviceBySnError", 500),
                ("NotFound", 404),
            ),
            [
                not_found,
                error("provider_invalid_response", reads(10).and_writes(2)),
                unknown,
            ],
        ),
        Row::new(
            "parameters that the vendor does not accept, with status 500",
            codes(
                "InvalidParameterValue",
                ("ParameterFieldCheckFailed", 500),
                ("InvalidParameter", 500),
            ),
            [
                Expected {
                    is_redelivered: false,
                    ..error("provider_rejected", reads(1))
                },
                answer("refused refused", reads(2).and_writes(2)),
                answer("unknown unknown", reads(3)),
            ],
        ),
    ]
}

fn faults_of_the_vendor() -> Vec<Row> {
    let unavailable = || nothing_done("provider_unavailable");
    let row = |name, tencent, alibaba: (&str, u16)| {
        Row::new(name, codes(tencent, alibaba, alibaba), unavailable())
    };
    let [_, of_writes, of_status] = unavailable();
    let status = |status: u16| {
        Row::new(
            format!("a gateway's status {status}"),
            everywhere(Fault::body(status, "text/html", "<html></html>")),
            unavailable(),
        )
    };
    let mut rows = vec![
        row("an internal error", "InternalError", ("InternalError", 500)),
        row(
            "an overload",
            "ResourceUnavailable",
            ("SystemOverFlow", 500),
        ),
        row(
            "the service is unavailable",
            "ServiceUnavailable",
            ("ServiceUnavailable", 503),
        ),
        // Tencent's status says nothing, so that a new code is a refusal there.
        Row::new(
            "a code of 500 that nobody knows",
            codes("SomethingNew", ("SomethingNew", 500), ("SomethingNew", 500)),
            [error("provider_rejected", reads(1)), of_writes, of_status],
        ),
        Row::new(
            "a nonce that was used",
            codes(
                "SignatureNonceUsed",
                ("SignatureNonceUsed", 400),
                ("SignatureNonceUsed", 400),
            ),
            [error("provider_rejected", reads(1)), of_writes, of_status],
        ),
        Row::new(
            "an error inside status 200",
            everywhere(Fault::body(
                200,
                "application/json",
                r#"{"Code":"InternalError","Message":"-","RequestId":"1","Response":{"Error":{"Code":"InternalError","Message":"-"},"RequestId":"1"}}"#,
            )),
            unavailable(),
        ),
        Row::new(
            "status 500 without a code",
            everywhere(Fault::body(500, "application/json", "{}")),
            unavailable(),
        ),
    ];
    rows.extend([502, 503, 504].map(status));
    rows
}
