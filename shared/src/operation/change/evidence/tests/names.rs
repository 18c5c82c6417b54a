//! Certificates that are not, or cannot be shown to be, the one that the caller has named.

use super::*;
use crate::model::ProviderRecord;

/// The result for a reference when the broker's records hold these names.
async fn run_named(
    reference: &CertificateReference,
    record: ProviderRecord,
    status: LifecycleStatus,
    dry_run: bool,
) -> (InactivateResult, String) {
    let broker = Broker::new([shows(status), shows(Inactive)], [confirmed()]).with(record);
    let results = carry_out(
        &broker,
        std::slice::from_ref(reference),
        Command { dry_run, ..COMMAND },
        MINUTE,
    )
    .await;
    (results.into_iter().next().unwrap(), broker.calls())
}

fn fingerprint(digits: &str) -> Fingerprint {
    Fingerprint::parse(&digits.repeat(32)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_contradicts_one_of_its_names_is_left_alone_whatever_its_state() {
    let named = CertificateReference {
        fingerprint_sha256: Some(fingerprint("ab")),
        ..reference("0a")
    };
    let record = |serial: &str, ca: Option<&str>, digits: Option<&str>| ProviderRecord {
        serial_number: Some(serial.to_owned()),
        ca_serial_number: ca.map(str::to_owned),
        fingerprint_sha256: digits.map(fingerprint),
        ..ProviderRecord::default()
    };
    for (record, field) in [
        (record("000c", Some("0b"), Some("ab")), "serial_number"),
        (record("000a", Some("0c"), Some("ab")), "ca_serial_number"),
        (record("000a", Some("0b"), Some("cd")), "fingerprint_sha256"),
        // The fingerprint was named, and cannot be compared.
        (record("000a", Some("0b"), None), "fingerprint_sha256"),
    ] {
        for status in [Active, PendingActivation, Inactive, Revoked, Unknown] {
            for dry_run in [false, true] {
                let (result, calls) = run_named(&named, record.clone(), status, dry_run).await;
                let expected = (
                    Outcome::Refused,
                    Some(status),
                    true,
                    Some(ErrorCode::InvalidRequest),
                );
                assert_eq!(
                    (summarized(&result), calls.as_str()),
                    (expected, "find"),
                    "{field}"
                );
                assert_eq!(result.error.unwrap().field.as_deref(), Some(field));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_with_all_the_names_that_were_given_is_inactivated() {
    let by_all = CertificateReference {
        fingerprint_sha256: Some(fingerprint("ab")),
        ..reference("0a")
    };
    let by_serial = CertificateReference {
        ca_serial_number: None,
        ..reference("0a")
    };
    // The caller's digits are decimal for 0x52f035c6e1, and the broker does not document its base.
    let by_decimal = reference("356217374433");
    let shown = |serial: &str| ProviderRecord {
        serial_number: Some(serial.to_owned()),
        ca_serial_number: Some("0b".to_owned()),
        fingerprint_sha256: Some(fingerprint("ab")),
        ..ProviderRecord::default()
    };
    let silent = ProviderRecord::default();
    let undocumented = ProviderRecord {
        serial_number_base_is_open: true,
        ..shown("52f035c6e1")
    };
    for (reference, record, serial_number, ca_serial_number, shown_fingerprint) in [
        (
            &by_all,
            shown("000a"),
            "0a",
            Some("0b"),
            Some(fingerprint("ab")),
        ),
        (
            &by_serial,
            shown("000a"),
            "0a",
            Some("0b"),
            Some(fingerprint("ab")),
        ),
        (&by_serial, silent, "0a", None, None),
        (
            &by_decimal,
            undocumented,
            "52f035c6e1",
            Some("0b"),
            Some(fingerprint("ab")),
        ),
    ] {
        let (result, calls) = run_named(reference, record, Active, false).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (
                (Outcome::Inactivated, Some(Inactive), true, None),
                "find write read"
            ),
            "{reference:?}"
        );
        assert_eq!(
            result.serial_number.as_ref().map(SerialNumber::as_str),
            Some(serial_number),
            "as the broker's record shows it"
        );
        assert_eq!(
            result.ca_serial_number.as_ref().map(SerialNumber::as_str),
            ca_serial_number,
            "the record's, or else the caller's"
        );
        assert_eq!(result.fingerprint_sha256, shown_fingerprint);
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_mean_two_certificates_are_refused_and_nothing_is_written() {
    for dry_run in [false, true] {
        let ambiguous = Err(Error::invalid(
            "serial_number",
            "these digits name two certificates",
        ));
        let (result, calls) = run(vec![ambiguous], Vec::new(), dry_run).await;
        assert_eq!(
            (summarized(&result), calls.as_str()),
            (
                (
                    Outcome::Refused,
                    None,
                    false,
                    Some(ErrorCode::InvalidRequest)
                ),
                "find"
            )
        );
        assert_eq!(
            (result.status_before, result.provider_serial_number),
            (None, None)
        );
    }
}
