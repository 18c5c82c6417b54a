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
    /// Ports for Tencent MQTT, Alibaba MQTT, Alibaba CAS and the control listener; free ones unless given.
    pub ports: Option<[u16; 4]>,
    /// Whether calls above the vendors' limits in a second are throttled.
    pub enforce_rate_limits: bool,
    /// The private CA refuses more serial numbers than this in one call.
    pub most_serials_a_call: usize,
    /// Whether the private CA answers serial numbers that it does not know with rows of status `unknown` instead of
    /// leaving them out.
    pub answer_unknown_serials: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fleet: Fleet::believable(SystemTime::now()),
            tls: false,
            ports: None,
            enforce_rate_limits: false,
            most_serials_a_call: 100,
            answer_unknown_serials: false,
        }
    }
}
