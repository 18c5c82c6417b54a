//! A stateful stand-in for the vendors' certificate APIs, over real sockets.
//!
//! It answers as the vendors do: it checks signatures, times, nonces and parameters, keeps a fleet
//! of certificates and of the clients that use them, and can be made to throttle, fail, stall, cut
//! connections or answer garbage. It shares no code with the product, so that it can bear witness
//! for or against it.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use simulator::{Fault, FaultRule, Options, Simulator, Vendor};
//!
//! let simulator = Simulator::start(Options::default()).await?;
//! simulator.fail(Vendor::TencentMqtt, FaultRule::times(Fault::Throttle, 2));
//! println!("{}", simulator.url(Vendor::TencentMqtt));
//! # Ok(())
//! # }
//! ```
//!
//! | vendor | actions |
//! | --- | --- |
//! | Tencent MQTT | DescribeDeviceCertificates, DescribeDeviceCertificate, ActivateDeviceCertificate, DeactivateDeviceCertificate, DescribeClientList, KickOutClient, DescribeInstance |
//! | Alibaba MQTT | GetDeviceCertificate, ListDeviceCertificate, ListDeviceCertificateByCaSn, InactivateDeviceCertificate, ActiveDeviceCertificate, QuerySessionByClientId, CloseConnection |
//! | Alibaba CAS | DescribeClientCertificateStatusForSerialNumber, ListClientCertificate |
//! | AWS IoT | ListCertificates, ListCertificatesByCA, DescribeCertificate, UpdateCertificate, ListThingPrincipals, ListPrincipalThings, GetConnection, DeleteConnection |
//!
//! | who gives out keys | actions |
//! | --- | --- |
//! | Tencent STS | AssumeRole, AssumeRoleWithWebIdentity |
//! | Alibaba STS | AssumeRole, AssumeRoleWithOIDC |
//! | AWS STS | GetWebIdentityToken, and the documents of its issuer |
//! | Lambda extension | secrets and parameters |
//!
//! A vendor is a folder (`tencent_mqtt`, `alibaba_mqtt`, `alibaba_cas`, `aws_iot`) and a row of the
//! table in `vendor`. A call goes through `server` (sockets, HTTP), `dispatch` (the steps), the
//! gateway of the vendor's cloud and the vendor's action, which reads or changes the `fleet`. The
//! MQTT `clients` of the brokers are a part of it; they connect again as their certificates allow.
//! Keys are given out by `identity`, and known to the gateways by `keys`.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "a test that panics has failed as it should"
    )
)]

mod alibaba;
mod alibaba_cas;
mod alibaba_mqtt;
mod aws_iot;
mod call_log;
mod changes;
mod clients;
mod control;
mod dispatch;
mod exchange;
mod fault;
mod fleet;
mod identity;
mod keys;
mod limits;
mod nonces;
mod options;
mod server;
mod signature;
mod simulator;
mod state;
mod tencent_mqtt;
#[cfg(test)]
mod testing;
mod tls;
mod vendor;

pub use alibaba_cas::{CasCertificate, RevokeTime};
pub use alibaba_mqtt::{AlibabaInstance, AlibabaMqttCertificate};
pub use aws_iot::{AwsCertificate, Thing};
pub use call_log::Call;
pub use clients::{Client, ClientName, Clients, Reconnects};
pub use fault::{Fault, FaultRule};
pub use fleet::{IssuedCertificate, issue};
pub use identity::{
    ALIBABA_PROVIDER, ALIBABA_ROLE, Accounts, FUNCTION_ROLE, IdentityCall, IdentityService,
    SESSION_TOKEN, Secret, TENCENT_PROVIDER, TENCENT_ROLE, TokenAlgorithm,
};
pub use keys::{Credentials, TemporaryCredentials};
pub use options::{ClientIdMatch, CloseConnection, FilterValues, Options};
pub use simulator::Simulator;
pub use tencent_mqtt::{TencentCertificate, TencentInstance};
pub use vendor::{Fleet, Vendor};
