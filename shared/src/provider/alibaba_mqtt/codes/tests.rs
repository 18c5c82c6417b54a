//! Every code of the product.

use super::*;
use crate::model::ProviderName;
use crate::vendor::codes::tests::{CREDENTIALS, PARAMETERS, Verdict, assert_meaning, means};

fn assert_each(codes: &[&str], expected: &Verdict) {
    for code in codes {
        assert_meaning(
            ProviderName::AlibabaMqtt,
            &[CODES, crate::vendor::alibaba::codes::CODES],
            code,
            expected,
        );
    }
}

#[test]
fn an_unknown_certificate_is_not_found_whatever_the_http_status() {
    assert_each(
        &[
            "FindDeviceBySnError",
            "FindCaBySnError",
            "MqttInstanceNotFound",
        ],
        &means(NotFound),
    );
}

#[test]
fn ownership_permission_and_edition_are_refused_for_good() {
    assert_each(
        &[
            "MqttOwnerCheckError",
            "InstancePermissionCheckFailed",
            "PermissionCheckFailed",
            "ApiNotSupport",
        ],
        &means(ProviderRejected),
    );
    assert_each(&["CheckAccountInfoFailed"], &CREDENTIALS);
}

#[test]
fn refused_parameters_concern_the_parameters() {
    assert_each(
        &[
            "ParameterFieldCheckFailed",
            "ParameterCheckFailed",
            "InvalidParameter.DeviceSn",
        ],
        &PARAMETERS,
    );
}

#[test]
fn load_and_server_faults_pass() {
    assert_each(
        &["InternalError", "SystemOverFlow"],
        &means(ProviderUnavailable),
    );
    assert_each(
        &["ApplyTokenOverFlow", "Throttling.User"],
        &means(Throttled),
    );
}
