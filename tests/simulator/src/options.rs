//! How a simulator is started.

use crate::Fleet;
use std::time::SystemTime;

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the vendors hold; a believable fleet around now unless given.
    pub fleet: Fleet,
    /// Whether the vendors' listeners speak TLS, with a certificate for `localhost` and 127.0.0.1.
    pub tls: bool,
    /// Ports for Tencent MQTT, Alibaba MQTT, Alibaba CAS, AWS IoT and the control listener; free ones unless given.
    pub ports: Option<[u16; 5]>,
    /// Whether calls above the vendors' limits in a second are throttled.
    pub enforce_rate_limits: bool,
    /// The private CA refuses more serial numbers than this in one call.
    pub most_serials_a_call: usize,
    /// Whether the private CA answers serial numbers that it does not know with rows of status `unknown` instead of
    /// leaving them out.
    pub answer_unknown_serials: bool,
    /// The private CA silently lists no more certificates than this on a page, and its answer's `ShowSize` tells so.
    pub most_rows_a_page: usize,
    /// Whether `Total` of Alibaba MQTT's ListDeviceCertificate is the number of certificates, as in
    /// ListDeviceCertificateByCaSn, instead of the number of pages, as the vendor describes it.
    pub total_counts_results: bool,
    /// Whether one matching value of a filter of Tencent's is enough; otherwise each of its values has to match.
    pub filter_values_are_alternatives: bool,
}

impl Options {
    /// The defaults with this fleet; quicker than [`default`](Self::default), which makes a fleet first.
    pub fn of(fleet: Fleet) -> Self {
        Self {
            fleet,
            tls: false,
            ports: None,
            enforce_rate_limits: false,
            most_serials_a_call: 100,
            answer_unknown_serials: false,
            most_rows_a_page: 100,
            total_counts_results: false,
            filter_values_are_alternatives: true,
        }
    }

    /// What of them decides about answers.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            most_serials_a_call: self.most_serials_a_call,
            answer_unknown_serials: self.answer_unknown_serials,
            most_rows_a_page: self.most_rows_a_page,
            total_counts_results: self.total_counts_results,
            filter_values_are_alternatives: self.filter_values_are_alternatives,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::of(Fleet::believable(SystemTime::now()))
    }
}

/// What the vendors' documents leave open; the fields are those of [`Options`].
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) most_serials_a_call: usize,
    pub(crate) answer_unknown_serials: bool,
    pub(crate) most_rows_a_page: usize,
    pub(crate) total_counts_results: bool,
    pub(crate) filter_values_are_alternatives: bool,
}
