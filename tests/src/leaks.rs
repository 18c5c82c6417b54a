//! Searches the log of every function that a test has started.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::canary::{SHORTEST_SECRET, Secrets};

/// The ends of the names of variables that hold secrets, or the ids of keys.
const SECRET_VARIABLES: [&str; 6] = [
    "_SECRET_ID",
    "_SECRET_KEY",
    "_TOKEN",
    "_ACCESS_KEY_ID",
    "_ACCESS_KEY_SECRET",
    "_SECRET_ACCESS_KEY",
];

/// The variables with lists of secrets.
const SECRETS_VARIABLES: [&str; 2] = ["WEBHOOK_SECRETS", "RECEIPT_SECRETS"];

/// The variable with which the log may have the names in certificates.
const LOG_ANSWERS: &str = "LOG_ANSWERS";

/// Every certificate of the simulated fleets and of the recorded responses has one of these in its
/// names.
const NAMES: [&str; 7] = [
    "truck-",
    "client-1",
    "mqtt_device",
    "device-1",
    "Example Mobility",
    "vin-000",
    "VIN000",
];

/// The beginning of each receipt: `{"source":` in base64.
const RECEIPT: &str = "eyJzb3VyY2UiO";

/// Number of base64 characters after `v1,` in a signature of Standard Webhooks.
const WEBHOOK_SIGNATURE: usize = 43;

/// Secrets with the names of their variables.
type NamedSecrets = Vec<(String, String)>;

/// The texts that the log of one process may not hold.
pub(crate) struct Forbidden {
    secrets: Arc<Secrets>,
    names: &'static [&'static str],
}

impl Forbidden {
    /// For a process with these variables.
    pub(crate) fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        // The last value of a variable wins.
        let variables: HashMap<&str, &str> = variables.into_iter().collect();
        let mut secrets: NamedSecrets = Vec::new();
        for (name, value) in &variables {
            let values = if SECRETS_VARIABLES.contains(name) {
                value.split(',').collect()
            } else if SECRET_VARIABLES.iter().any(|end| name.ends_with(end)) {
                vec![*value]
            } else {
                Vec::new()
            };
            secrets.extend(
                values
                    .into_iter()
                    .filter(|value| value.len() >= SHORTEST_SECRET)
                    .map(|value| ((*name).to_owned(), value.to_owned())),
            );
        }
        secrets.sort();
        Self {
            secrets: cached(secrets),
            names: match variables.get(LOG_ANSWERS) {
                Some(&"yes") => &[],
                _ => &NAMES,
            },
        }
    }

    /// The first thing in a log that may not be there, with the number of its line.
    fn find(&self, log: &str) -> Option<(String, usize)> {
        log.lines().zip(1..).find_map(|(line, number)| {
            let secret = || {
                let (secret, _) = self.secrets.find(line.as_bytes())?;
                Some(secret.to_owned())
            };
            let certificate = || {
                line.contains("BEGIN CERTIFICATE")
                    .then(|| "a certificate".to_owned())
            };
            let receipt = || line.contains(RECEIPT).then(|| "a receipt".to_owned());
            let signature =
                || holds_webhook_signature(line).then(|| "a webhook's signature".to_owned());
            let name = || {
                let name = self.names.iter().find(|name| line.contains(**name))?;
                Some(format!("the name {name} of a certificate"))
            };
            let found = secret()
                .or_else(certificate)
                .or_else(receipt)
                .or_else(signature)
                .or_else(name)?;
            Some((found, number))
        })
    }

    /// Ends the whole test run when the log of a function contains such a text. A panic would not be
    /// enough: processes are also dropped with tasks for which nobody waits.
    pub(crate) fn assert_absent(&self, function: &str, log: &str) {
        if let Some((found, line)) = self.find(log) {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("a test");
            // Past the capture of the test harness, which prints nothing after the end.
            drop(writeln!(
                std::io::stderr(),
                "{test}: the log of {function} gives away {found} in line {line}"
            ));
            std::process::exit(1);
        }
    }
}

/// Most processes have the same secrets.
fn cached(secrets: NamedSecrets) -> Arc<Secrets> {
    static CACHE: Mutex<BTreeMap<NamedSecrets, Arc<Secrets>>> = Mutex::new(BTreeMap::new());
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache.get(&secrets) {
        return Arc::clone(found);
    }
    let pairs: Vec<(&str, &str)> = secrets
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let made = Arc::new(Secrets::new(&pairs));
    cache.insert(secrets, Arc::clone(&made));
    made
}

fn holds_webhook_signature(line: &str) -> bool {
    line.split("v1,").skip(1).any(|rest| {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        rest.bytes().take_while(is_base64).count() >= WEBHOOK_SIGNATURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (&str, &str) = (
        "TENCENTCLOUD_SECRET_KEY",
        "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+=",
    );
    const WEBHOOKS: (&str, &str) = (
        "WEBHOOK_SECRETS",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    );
    const REGION: (&str, &str) = ("TENCENTCLOUD_REGION", "ap-guangzhou-and-more");

    fn found(variables: &[(&str, &str)], line: &str) -> Option<String> {
        let forbidden = Forbidden::new(variables.iter().copied());
        let log = format!("fine\n{line}\n");
        forbidden.find(&log).map(|(found, number)| {
            assert_eq!(number, 2);
            found
        })
    }

    #[test]
    fn each_kind_of_leak_is_found_in_its_line() {
        let variables = [KEY, WEBHOOKS, REGION, ("TENCENTCLOUD_TOKEN", "short")];
        let digest = "4fFDAcXMKPPN6eWpmmZVxWzrk4CBy4A6GAZlDJj1xbQ";
        for (line, expected) in [
            ("key=Zq8vN2xW7rT4yK9m", "TENCENTCLOUD_SECRET_KEY (plain)"),
            (
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "WEBHOOK_SECRETS (plain)",
            ),
            ("-----BEGIN CERTIFICATE-----", "a certificate"),
            (r#""receipt":"eyJzb3VyY2UiOnsi""#, "a receipt"),
            (&format!("v1,{digest}="), "a webhook's signature"),
            (
                &format!("Signature={}", "ab".repeat(32)),
                "a request signature",
            ),
            (
                r#""client_id":"truck-0""#,
                "the name truck- of a certificate",
            ),
        ] {
            assert_eq!(found(&variables, line).as_deref(), Some(expected), "{line}");
        }
        for line in [
            "short",
            "ap-guangzhou-and-more",
            "Zq8vN2xW7rT",
            "v1,short",
            "order e-1",
        ] {
            assert_eq!(found(&variables, line), None, "{line}");
        }
    }

    #[test]
    fn names_may_be_logged_where_the_variable_asks_for_it() {
        assert_eq!(found(&[("LOG_ANSWERS", "yes")], "truck-0"), None);
        assert!(found(&[("LOG_ANSWERS", "no")], "truck-0").is_some());
        assert!(found(&[("LOG_ANSWERS", "yes"), KEY], KEY.1).is_some());
    }

    #[test]
    fn the_last_value_of_a_variable_counts() {
        let other = (KEY.0, "another/key-of-this-process");
        assert_eq!(found(&[KEY, other], KEY.1), None);
        assert!(found(&[KEY, other], other.1).is_some());
    }
}
