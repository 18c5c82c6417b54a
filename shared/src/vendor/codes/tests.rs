//! The reading of a table, and the parts that the tests of all tables share.

use super::*;

/// The meaning of a code, with a message that must stay here when it is about credentials.
pub(crate) struct Verdict {
    pub(crate) means: ErrorCode,
    pub(crate) concerns_parameters: bool,
    pub(crate) withheld: bool,
}

/// Asserts one meaning of a code for every HTTP status with which vendors send codes: the code
/// decides.
pub(crate) fn assert_meaning(
    provider: ProviderName,
    tables: &[&[Row]],
    code: &str,
    expected: &Verdict,
) {
    for status in [200, 400, 403, 404, 429, 500, 503] {
        let refusal = Refusal {
            provider,
            code,
            message: Some("canary-4711"),
            request_id: RequestId::read("id-1"),
            status,
        };
        let error = explain(&refusal, tables);
        let provider_error = error.provider_error.as_deref().unwrap();
        assert_eq!(error.code, expected.means, "{code} with HTTP {status}");
        assert_eq!(
            error.concerns == Concerns::Parameters,
            expected.concerns_parameters,
            "{code} with HTTP {status}"
        );
        assert_eq!(
            (
                provider_error.code.as_str(),
                provider_error.request_id.as_deref()
            ),
            (code, Some("id-1"))
        );
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(
            !json.contains("canary-4711"),
            expected.withheld,
            "{code}: {json}"
        );
        assert!(error.detail.len() > 20, "{code}: {}", error.detail);
    }
}

/// A code that is nobody's credentials and nobody's parameters.
pub(crate) const fn means(means: ErrorCode) -> Verdict {
    Verdict {
        means,
        concerns_parameters: false,
        withheld: false,
    }
}

/// Refused because of the parameters.
pub(crate) const PARAMETERS: Verdict = Verdict {
    means: ErrorCode::ProviderRejected,
    concerns_parameters: true,
    withheld: false,
};

/// Refused because of the credentials; the vendor's message stays here.
pub(crate) const CREDENTIALS: Verdict = Verdict {
    means: ErrorCode::ProviderRejected,
    concerns_parameters: false,
    withheld: true,
};

const TABLE: &[Row] = &[
    Row::new(
        "Busy",
        ErrorCode::Throttled,
        "the provider is busy; try again later",
    ),
    Row::new(
        "Busy.Forever",
        ErrorCode::ProviderRejected,
        "the provider will not have time for this",
    ),
    Row::credentials(
        "Busy.Forever.Key",
        "the provider refuses the key from now on",
    ),
];
const OTHER_TABLE: &[Row] = &[Row::new(
    "Busy.Now",
    ErrorCode::ProviderUnavailable,
    "the provider is busy at the moment",
)];

fn explained(code: &str, status: u16) -> Error {
    explain(
        &Refusal {
            provider: ProviderName::AlibabaPca,
            code,
            message: None,
            request_id: None,
            status,
        },
        &[TABLE, OTHER_TABLE],
    )
}

#[test]
fn a_row_stands_for_its_sub_codes_and_the_longest_row_wins() {
    for (code, expected) in [
        ("Busy", ErrorCode::Throttled),
        ("Busy.Later", ErrorCode::Throttled),
        ("Busy.Forever", ErrorCode::ProviderRejected),
        ("Busy.Forever.AndEver", ErrorCode::ProviderRejected),
        ("Busy.Now", ErrorCode::ProviderUnavailable),
        ("Busy.Now.Really", ErrorCode::ProviderUnavailable),
        ("Busy.Nowhere", ErrorCode::Throttled),
    ] {
        assert_eq!(explained(code, 400).code, expected, "{code}");
    }
}

#[test]
fn a_code_that_only_begins_like_a_row_is_another_code() {
    for code in ["Busybody", "busy", "BUSY", "Bus", "Too.Busy", " Busy", ""] {
        assert_eq!(
            explained(code, 400).code,
            ErrorCode::ProviderRejected,
            "{code}"
        );
    }
}

#[test]
fn the_status_decides_where_the_code_is_unknown() {
    for (status, expected) in [
        (200, ErrorCode::ProviderRejected),
        (400, ErrorCode::ProviderRejected),
        (404, ErrorCode::ProviderRejected),
        (429, ErrorCode::Throttled),
        (500, ErrorCode::ProviderUnavailable),
        (503, ErrorCode::ProviderUnavailable),
        (599, ErrorCode::ProviderUnavailable),
    ] {
        let error = explained("Unheard.Of", status);
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (expected, false),
            "{status}"
        );
        assert_eq!(error.provider_error.unwrap().code, "Unheard.Of");
    }
}

#[test]
fn an_unknown_code_made_of_a_parameters_name_concerns_the_parameters() {
    for (code, expected) in [
        ("InvalidSerialNumber", true),
        ("MissingDeviceSn", true),
        ("InvalidCaSn.TooLong", true),
        ("InvalidStsToken", false),
        ("InvalidSerialNumbers", false),
        ("NotInvalid", false),
        ("invalidfoo", false),
    ] {
        let error = explained(code, 400);
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (ErrorCode::ProviderRejected, expected),
            "{code}"
        );
    }
}

#[test]
fn an_answer_without_a_code_is_judged_by_its_status() {
    for (status, expected, concerns_parameters) in [
        (200, ErrorCode::ProviderInvalidResponse, false),
        (302, ErrorCode::ProviderInvalidResponse, false),
        (404, ErrorCode::ProviderInvalidResponse, false),
        (413, ErrorCode::ProviderRejected, true),
        (414, ErrorCode::ProviderRejected, true),
        (431, ErrorCode::ProviderRejected, true),
        (429, ErrorCode::Throttled, false),
        (500, ErrorCode::ProviderUnavailable, false),
        (504, ErrorCode::ProviderUnavailable, false),
    ] {
        let error = unexpected_answer(ProviderName::TencentMqtt, status, "it is odd");
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (expected, concerns_parameters),
            "{status}"
        );
        assert!(
            error.detail.contains("tencent-mqtt") && error.detail.contains(&status.to_string()),
            "{}",
            error.detail
        );
    }
}

#[test]
fn a_code_made_of_a_parameters_name_decides_before_the_status() {
    for (code, status) in [
        ("InvalidSerialNumber", 500),
        ("MissingDeviceSn", 500),
        ("InvalidDeviceSn.Format", 503),
    ] {
        let error = explained(code, status);
        assert_eq!(
            (error.code, error.concerns == Concerns::Parameters),
            (ErrorCode::ProviderRejected, true),
            "{code}"
        );
    }
}
