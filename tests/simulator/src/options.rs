//! The options of a simulator.

use crate::{Fleet, Vendor};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// The options with which a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The certificates and clients of the vendors; a believable fleet around now unless given.
    pub fleet: Fleet,
    /// Whether the vendors' listeners speak TLS, with a certificate for `localhost` and 127.0.0.1.
    pub tls: bool,
    /// Whether calls above the vendors' limits in a second are throttled.
    pub enforce_rate_limits: bool,
    /// The calls that any action accepts in a second, in place of the vendors' limits on one action.
    pub calls_of_one_action: Option<usize>,
    /// The time by which every answer of a vendor is delayed; its work is done when the call arrives.
    pub round_trip: Duration,
    /// The time by which the vendors' reads lag behind the changes: a list, a get or a status read
    /// shows each certificate as it was so long ago. Writes act at once on the true state.
    /// Registered and removed certificates are seen at once.
    pub reads_lag: Duration,
    /// As [`reads_lag`](Self::reads_lag), for the reads of clients and their sessions.
    pub sessions_lag: Duration,
    /// The brokers that end the connections of a certificate after a call has inactivated it, with
    /// the time that each takes. Unless given, AWS IoT does so after two minutes; the others
    /// document nothing, and leave them open.
    pub deactivation_ends_sessions: BTreeMap<Vendor, Duration>,
    /// The clients that Tencent's DescribeClientList finds by an id.
    pub client_id_match: ClientIdMatch,
    /// The answer of Alibaba MQTT to CloseConnection.
    pub close_connection: CloseConnection,
    /// Whether AWS IoT's GetConnection answers the id of no session with `connected` false instead
    /// of 404.
    pub unknown_connections_are_answered: bool,
    /// Whether AWS IoT lets a revoked certificate leave its status.
    pub revoked_may_return: bool,
    /// The private CA refuses more serial numbers than this in one call.
    pub most_serials_a_call: usize,
    /// Whether the private CA answers serial numbers that it does not know with rows of status
    /// `unknown` instead of leaving them out.
    pub answer_unknown_serials: bool,
    /// The private CA silently lists no more certificates than this on a page, and its answer's
    /// `ShowSize` tells so.
    pub most_rows_a_page: usize,
    /// Whether `Total` of Alibaba MQTT's ListDeviceCertificate is the number of certificates, as in
    /// ListDeviceCertificateByCaSn, instead of the number of pages, as the vendor describes it.
    pub total_counts_results: bool,
    /// Whether ListDeviceCertificateByCaSn of Alibaba MQTT answers a CA without certificates as one
    /// that is not found.
    pub refuse_cas_without_certificates: bool,
    /// The meaning of several values of one of Tencent's filters.
    pub filter_values: FilterValues,
}

/// The meaning of several values of one filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterValues {
    /// One that matches is enough.
    Alternatives,
    /// Each has to match.
    AllMatch,
    /// Only the first counts.
    OnlyFirst,
}

/// The clients that a list finds by an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientIdMatch {
    /// Every client whose id begins with it.
    Prefix,
    /// Every client whose id holds it.
    Substring,
    /// The client of that id alone.
    Exact,
}

/// The answer of Alibaba MQTT to CloseConnection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseConnection {
    /// The connection is closed.
    Closes,
    /// 404 with `ApiNotSupport`, as in most regions.
    NotSupported,
    /// HTTP 200 with `Success` false; nothing is done.
    Unsuccessful,
    /// HTTP 200 with `Code` 500; nothing is done.
    CodeOf500,
}

impl Options {
    /// The defaults with this fleet; quicker than [`default`](Self::default), which makes a fleet
    /// first.
    pub fn of(fleet: Fleet) -> Self {
        Self {
            fleet,
            tls: false,
            enforce_rate_limits: false,
            calls_of_one_action: None,
            round_trip: Duration::ZERO,
            reads_lag: Duration::ZERO,
            sessions_lag: Duration::ZERO,
            deactivation_ends_sessions: BTreeMap::from([(
                Vendor::AwsIot,
                Duration::from_secs(120),
            )]),
            client_id_match: ClientIdMatch::Prefix,
            close_connection: CloseConnection::Closes,
            unknown_connections_are_answered: false,
            revoked_may_return: false,
            most_serials_a_call: 200,
            answer_unknown_serials: false,
            most_rows_a_page: 100,
            total_counts_results: false,
            refuse_cas_without_certificates: false,
            filter_values: FilterValues::Alternatives,
        }
    }

    /// The options that decide about answers.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            most_serials_a_call: self.most_serials_a_call,
            answer_unknown_serials: self.answer_unknown_serials,
            most_rows_a_page: self.most_rows_a_page,
            total_counts_results: self.total_counts_results,
            refuse_cas_without_certificates: self.refuse_cas_without_certificates,
            filter_values: self.filter_values,
            client_id_match: self.client_id_match,
            close_connection: self.close_connection,
            unknown_connections_are_answered: self.unknown_connections_are_answered,
            revoked_may_return: self.revoked_may_return,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::of(Fleet::believable(SystemTime::now()))
    }
}

/// Rules that the vendors' documents leave open; the fields are those of [`Options`].
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) most_serials_a_call: usize,
    pub(crate) answer_unknown_serials: bool,
    pub(crate) most_rows_a_page: usize,
    pub(crate) total_counts_results: bool,
    pub(crate) refuse_cas_without_certificates: bool,
    pub(crate) filter_values: FilterValues,
    pub(crate) client_id_match: ClientIdMatch,
    pub(crate) close_connection: CloseConnection,
    pub(crate) unknown_connections_are_answered: bool,
    pub(crate) revoked_may_return: bool,
}
