//! Rules that are the same at every provider.

use serde_json::{Value, json};

use super::*;
use crate::model::ProviderName::{AlibabaMqtt, AlibabaPca, AwsIot, TencentMqtt};
use crate::model::{
    Certificate, ClientIds, EffectiveStatus, Fact, Fingerprint, LifecycleStatus, SerialNumber,
    SerialNumberBase, Timestamp,
};
use crate::request::Filter;
use crate::testing::network::{Answer, Network, ok, recorded, url};
use crate::testing::{Bench, target};
use crate::transport::HttpRequest;

#[test]
fn a_filter_that_is_not_supported_names_the_providers_that_support_it() {
    for (list, able) in [
        ("client_ids", "tencent-mqtt, aws-iot"),
        ("ca_serial_numbers", "tencent-mqtt, alibaba-mqtt"),
        ("ca_fingerprints_sha256", "aws-iot"),
    ] {
        let value = if list == "ca_fingerprints_sha256" {
            FINGERPRINT
        } else {
            "0a"
        };
        let filter: Filter = serde_json::from_value(json!({ list: [value] })).unwrap();
        for capabilities in LISTS {
            let refused = check_list(capabilities, &filter, None, true).err();
            let is_able = able.contains(capabilities.provider.as_str());
            assert_eq!(refused.is_none(), is_able, "{list}");
            if let Some(error) = refused {
                let told = format!("; {list} can be a filter at {able}");
                assert!(error.detail.ends_with(&told), "{}", error.detail);
            }
        }
    }
}

const NUMBER: &str = "8085f52ece5bd88308df6d98d9707716";
const IN_DECIMAL: &str = "170836731841367680842800395194138130198";
const FINGERPRINT: &str = "39636fff4d30831a202d04374cdebf241b117cab1cd5954a8da1a7fd8474be33";
const CA: &str = "1b1e3bf3702110125887a3a721a7e66f05522513";
const CA_FINGERPRINT: &str = "1a58e223fc3583480695645aa2c980ede94a91acf2a01772c425fc6f6c48adb4";
const BEGIN: i64 = 1_740_787_200;
const END: i64 = 1_898_467_200;

/// The certificate itself.
fn pem() -> String {
    let described: Value = serde_json::from_slice(
        &recorded("aws-iot/DescribeCertificate.ok")
            .unwrap()
            .into_body(),
    )
    .unwrap();
    described["certificateDescription"]["certificatePem"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn arn() -> String {
    format!("arn:aws:iot:eu-west-1:123456789012:cert/{FINGERPRINT}")
}

/// The certificate as this vendor lists it, in its own spelling.
fn listed(provider: ProviderName, request: &HttpRequest) -> Answer {
    let pem = pem();
    let subject = ("vin-0001.example.test", "设备部");
    ok(&match provider {
        TencentMqtt => json!({"Response": {"RequestId": "id-1", "TotalCount": 1, "Data": [{
            "DeviceCertificateSn": NUMBER, "CaSn": CA, "Status": "ACTIVE", "ClientId": "client-1", "Format": "PEM",
            "DeviceCertificateCn": subject.0, "OrganizationalUnit": subject.1, "DeviceCertificate": pem,
            "CertificateSource": "JITP", "CreatedTime": BEGIN * 1000 + 1, "UpdateTime": BEGIN * 1000 + 2,
            "LastActivationTime": BEGIN * 1000 + 3, "LastInactivationTime": 0,
            "NotBeforeTime": BEGIN * 1000, "NotAfterTime": END * 1000
        }]}}),
        AlibabaMqtt => {
            json!({"RequestId": "id-1", "Data": {"Total": 1, "PageNo": 1, "PageSize": 100, "DeviceCertificateVOS": [{
                "DeviceSn": IN_DECIMAL, "CaSn": CA, "Status": "1", "DeviceName": "vin-0001",
                "DeviceContent": pem.replace('\n', "\\n").replace("CERTIFICATE-----", "DEVICECERTIFICATE-----"),
                "ValidBegin": (BEGIN * 1000).to_string(), "ValidEnd": (END * 1000).to_string()
            }]}})
        }
        AlibabaPca => {
            json!({"RequestId": "id-1", "TotalCount": 1, "ShowSize": 100, "CertificateList": [{
                "SerialNumber": format!("00{}", NUMBER.to_uppercase()), "Status": "ISSUE", "AliasName": "alias-1",
                "CommonName": subject.0, "OrganizationUnit": subject.1, "X509Certificate": pem,
                "Sha2": FINGERPRINT.to_uppercase(), "BeforeDate": "2025-03-01T00:00Z", "AfterDate": END * 1000
            }]})
        }
        AwsIot if url(request).contains('?') => {
            json!({"certificates": [{"certificateId": FINGERPRINT, "status": "ACTIVE"}]})
        }
        AwsIot => json!({"certificateDescription": {
            "certificateArn": arn(), "certificateId": FINGERPRINT, "caCertificateId": CA_FINGERPRINT, "status": "ACTIVE", "certificatePem": pem,
            "creationDate": 1_740_787_200.123, "lastModifiedDate": 1_740_790_000.0,
            "validity": {"notBefore": 1_740_787_200.0, "notAfter": 1_898_467_200.0}
        }}),
    })
}

async fn certificate_of(provider: ProviderName) -> Certificate {
    let network = Network::new(move |request| listed(provider, request));
    let bench = Bench::new(&network);
    let context = bench.context();
    let filter = Filter::default();
    let query = ListQuery {
        filter: &filter,
        order: None,
        include_pem: true,
        include_clients: false,
        details: true,
    };
    let page = lister(&context, target(provider))
        .unwrap()
        .page(&query, None, 10)
        .await
        .unwrap();
    assert_eq!(
        (page.certificates.len(), page.next),
        (1, None),
        "{provider}"
    );
    page.certificates.into_iter().next().unwrap().certificate
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

#[tokio::test(start_paused = true)]
async fn the_same_certificate_is_the_same_record_at_every_provider() {
    // The certificate's own members, and the members that follow from them.
    let everywhere = Certificate {
        serial_number: SerialNumber::parse(NUMBER).ok(),
        provider_serial_number: None,
        serial_number_base: None,
        ca_serial_number: None,
        provider_ca_serial_number: None,
        name: None,
        client_id: Fact::Unknown,
        client_ids: ClientIds::Unknown,
        subject: crate::model::Subject {
            common_name: Fact::Known("vin-0001.example.test".to_owned()),
            organizational_unit: Fact::Known("设备部".to_owned()),
        },
        status: LifecycleStatus::Active,
        provider_status: None,
        effective_status: EffectiveStatus::Active,
        usable: Some(true),
        source: None,
        not_before: moment("2025-03-01T00:00:00Z"),
        not_after: moment("2030-02-28T00:00:00Z"),
        created_at: None,
        updated_at: None,
        last_activated_at: None,
        last_inactivated_at: None,
        revoked_at: None,
        fingerprint_sha256: Fingerprint::parse(FINGERPRINT).ok(),
        ca_fingerprint_sha256: Fact::Unknown,
        disagreements: Vec::new(),
        pem: Some(pem()),
        serial_number_base_is_open: false,
        too_long: Vec::new(),
        certified_not_after: moment("2030-02-28T00:00:00Z"),
        arn: None,
    };
    // The provider's own facts.
    for (provider, expected) in [
        (
            TencentMqtt,
            Certificate {
                provider_serial_number: text(NUMBER),
                serial_number_base: Some(SerialNumberBase::Hex),
                ca_serial_number: SerialNumber::parse(CA).ok(),
                provider_ca_serial_number: text(CA),
                client_id: Fact::Known("client-1".to_owned()),
                provider_status: text("ACTIVE"),
                source: text("JITP"),
                created_at: moment("2025-03-01T00:00:00.001Z"),
                updated_at: moment("2025-03-01T00:00:00.002Z"),
                last_activated_at: moment("2025-03-01T00:00:00.003Z"),
                ..everywhere.clone()
            },
        ),
        (
            AlibabaMqtt,
            Certificate {
                serial_number_base_is_open: true,
                provider_serial_number: text(IN_DECIMAL),
                serial_number_base: Some(SerialNumberBase::Decimal),
                ca_serial_number: SerialNumber::parse(CA).ok(),
                provider_ca_serial_number: text(CA),
                name: text("vin-0001"),
                provider_status: text("1"),
                ..everywhere.clone()
            },
        ),
        (
            AlibabaPca,
            Certificate {
                provider_serial_number: Some(format!("00{}", NUMBER.to_uppercase())),
                serial_number_base: Some(SerialNumberBase::Hex),
                name: text("alias-1"),
                status: LifecycleStatus::Good,
                provider_status: text("ISSUE"),
                effective_status: EffectiveStatus::Good,
                usable: None,
                ..everywhere.clone()
            },
        ),
        (
            AwsIot,
            Certificate {
                provider_status: text("ACTIVE"),
                created_at: moment("2025-03-01T00:00:00.123Z"),
                updated_at: moment("2025-03-01T00:46:40Z"),
                ca_fingerprint_sha256: Fingerprint::parse(CA_FINGERPRINT)
                    .map_or(Fact::Unknown, Fact::Known),
                arn: Some(arn()),
                ..everywhere.clone()
            },
        ),
    ] {
        assert_eq!(certificate_of(provider).await, expected, "{provider}");
    }
}
