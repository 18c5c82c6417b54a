//! The providers under test: one description for each, from which the tests of whole functions and
//! the measurements take what differs between them.
//!
//! A provider is a file in this folder and a row of [`PROVIDERS`].

mod alibaba_mqtt;
mod alibaba_pca;
mod aws_iot;
mod cloud;
mod tencent_mqtt;

pub use alibaba_mqtt::{
    ALIBABA_CA, ALIBABA_INSTANCE, alibaba_certificates, alibaba_instance, alibaba_serial,
};
pub use alibaba_pca::cas_certificates;
pub use aws_iot::aws_certificates;
pub use cloud::{CLOUDS, Cloud, Federation};
pub use tencent_mqtt::{TENCENT_INSTANCE, tencent_certificates, tencent_instance};

use serde_json::{Value, json};
use simulator::{Fleet, IssuedCertificate, Simulator, Vendor};

/// Every provider, in the order of [`Vendor::ALL`].
pub const PROVIDERS: [&dyn Provider; Vendor::ALL.len()] = [
    &tencent_mqtt::TencentMqtt,
    &alibaba_mqtt::AlibabaMqtt,
    &alibaba_pca::AlibabaPca,
    &aws_iot::AwsIot,
];

/// A provider under test.
pub trait Provider: Sync {
    /// The simulated vendor that answers for it.
    fn vendor(&self) -> Vendor;

    /// The name in requests.
    fn name(&self) -> &'static str;

    /// The cloud whose credentials it takes.
    fn cloud(&self) -> &'static Cloud;

    /// The variable that names its endpoint.
    fn endpoint_variable(&self) -> &'static str;

    /// The instance that holds its certificates, if it has instances.
    fn instance_id(&self) -> Option<&'static str> {
        None
    }

    /// The calls that inactivate certificates; `None` if the provider cannot.
    fn inactivation(&self) -> Option<Inactivation>;

    /// The fleet with this many numbered certificates in use.
    fn with_numbered(&self, fleet: Fleet, count: usize) -> Fleet;

    /// The reference to the certificate of this number.
    fn numbered_reference(&self, number: usize) -> Value;

    /// The fleet with these certificates, each in this provider's own spelling.
    fn with_issued(&self, fleet: Fleet, issued: &[IssuedCertificate]) -> Fleet;

    /// The reference to this certificate.
    fn reference(&self, issued: &IssuedCertificate) -> Value {
        json!({ "serial_number": issued.serial })
    }

    /// The reference to this certificate in the provider's own spelling, which the first call finds.
    fn own_reference(&self, issued: &IssuedCertificate) -> Value {
        self.reference(issued)
    }

    /// The reference to this certificate in a request for its status, which one call finds.
    fn status_reference(&self, issued: &IssuedCertificate) -> Value {
        self.own_reference(issued)
    }

    /// The member of an answer that identifies a certificate in the provider's own spelling.
    fn identifier(&self) -> &'static str {
        "provider_serial_number"
    }

    /// The value of [`identifier`](Self::identifier) for each certificate, in the provider's order.
    fn identifiers(&self, fleet: &Fleet) -> Vec<String>;

    /// The status of each certificate in the provider's own words, in the provider's order.
    fn statuses(&self, fleet: &Fleet) -> Vec<String>;

    /// The provider's word for the status of a certificate of [`with_issued`](Self::with_issued).
    fn status_mut<'a>(
        &self,
        fleet: &'a mut Fleet,
        issued: &IssuedCertificate,
    ) -> Option<&'a mut String>;

    /// The members by which this provider's record of a certificate differs from a bare one.
    fn described(&self, issued: &IssuedCertificate) -> Value;

    /// The members by which this provider's result of status differs from a bare one.
    fn status_result(&self, issued: &IssuedCertificate) -> Value;

    /// The calls for a list of this one certificate: action and parameters.
    fn list_calls(&self, issued: &IssuedCertificate) -> Value;

    /// The calls for the status of this certificate, named by
    /// [`status_reference`](Self::status_reference).
    fn status_calls(&self, issued: &IssuedCertificate) -> Value;

    /// A text that only the calls for the second page of a list contain.
    fn second_page(&self) -> &'static str;
}

/// The calls that inactivate a provider's certificates.
pub struct Inactivation {
    /// The action that reads one certificate.
    pub read: &'static str,
    /// The action that changes its status.
    pub write: &'static str,
    /// The provider's words for active and inactive.
    pub words: (&'static str, &'static str),
    /// The entry of the allow-list.
    pub allowed: &'static str,
    /// The code, with its HTTP status, that forbids the change of a certificate.
    pub denial: (&'static str, u16),
    /// The code, with its HTTP status, for a certificate that the provider does not have.
    pub not_found: (&'static str, u16),
    /// The parameters of a read of this certificate.
    pub read_parameters: fn(&IssuedCertificate) -> Value,
    /// The members that the parameters of the write have besides those of the read.
    pub write_parameters: fn() -> Value,
    /// The members by which this provider's result differs from a bare one.
    pub result: fn(&IssuedCertificate) -> Value,
}

impl dyn Provider {
    /// The provider for which this vendor answers.
    pub fn of(vendor: Vendor) -> &'static Self {
        PROVIDERS
            .into_iter()
            .find(|provider| provider.vendor() == vendor)
            .unwrap_or_else(|| panic!("no provider is described for {vendor:?}"))
    }

    /// The source of this provider's certificates, as a request names it.
    pub fn source(&self) -> Value {
        match self.instance_id() {
            Some(id) => json!({ "provider": self.name(), "instance_id": id }),
            None => json!({ "provider": self.name() }),
        }
    }

    /// The members of an answer that say which source was queried.
    pub fn scope(&self) -> Value {
        json!({
            "provider": self.name(), "region": self.cloud().region.1, "instance_id": self.instance_id()
        })
    }

    /// A request for this many numbered certificates, from this one on.
    pub fn numbered_request(&self, first: usize, count: usize) -> Value {
        let certificates: Vec<Value> = (first..first.saturating_add(count))
            .map(|number| self.numbered_reference(number))
            .collect();
        let mut request = self.source();
        if let Some(members) = request.as_object_mut() {
            members.insert("certificates".to_owned(), json!(certificates));
        }
        request
    }
}

/// The providers whose certificates can be inactivated.
pub fn brokers() -> impl Iterator<Item = &'static dyn Provider> {
    PROVIDERS
        .into_iter()
        .filter(|provider| provider.inactivation().is_some())
}

/// This many numbered certificates at every provider.
pub fn numbered(count: usize) -> Fleet {
    PROVIDERS.iter().fold(Fleet::empty(), |fleet, provider| {
        provider.with_numbered(fleet, count)
    })
}

/// The variables with which a function calls this simulator: credentials, regions and endpoints of
/// every provider.
pub fn variables(simulator: &Simulator) -> Vec<(&'static str, String)> {
    let mut variables: Vec<(&'static str, String)> = Vec::new();
    for provider in PROVIDERS {
        let (vendor, cloud) = (provider.vendor(), provider.cloud());
        let key = simulator.credentials(vendor);
        let (region, value) = cloud.region;
        // Providers of one cloud share its variables.
        if variables.iter().all(|(name, _)| *name != region) {
            variables.extend([
                (cloud.key_id, key.id),
                (cloud.key_secret, key.secret),
                (region, value.to_owned()),
            ]);
        }
        variables.push((provider.endpoint_variable(), simulator.url(vendor)));
    }
    // Lambda's own token would make the key of AWS a temporary one; an empty variable counts as
    // not set.
    variables.push(("AWS_SESSION_TOKEN", String::new()));
    variables
}

/// The allow-list with every provider's instance.
pub fn allowed_instances() -> String {
    let names: Vec<&str> = brokers()
        .filter_map(Provider::inactivation)
        .map(|inactivation| inactivation.allowed)
        .collect();
    names.join(",")
}
