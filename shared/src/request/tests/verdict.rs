//! The verdict of each member of the filter on facts that are known, absent and unknown.

use proptest::prelude::*;

use super::super::*;
use crate::model::{
    Certificate, ClientIds, Fact, Fingerprint, LifecycleStatus, ProviderRecord, SerialNumber,
    Timestamp,
};

const NOW: i64 = 1_763_800_000_000;
const DAY: i64 = 86_400_000;

fn now() -> Timestamp {
    after(0)
}

fn after(days: i64) -> Timestamp {
    Timestamp::from_epoch_milliseconds(NOW + days * DAY).unwrap()
}

fn text(fact: State) -> Fact<String> {
    match fact {
        State::Wanted => Fact::Known("a".to_owned()),
        State::Other => Fact::Known("b".to_owned()),
        State::Absent => Fact::Absent,
        State::Unknown => Fact::Unknown,
    }
}

fn fingerprint(digit: &str) -> Fingerprint {
    Fingerprint::parse(&digit.repeat(64)).unwrap()
}

fn number(text: &str) -> SerialNumber {
    SerialNumber::parse(text).unwrap()
}

/// The knowledge of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Wanted,
    Other,
    Absent,
    Unknown,
}

/// One member of the filter, and the fact that it asks for.
struct Member {
    name: &'static str,
    /// Whether a certificate can be known to have none of the fact.
    may_be_absent: bool,
    ask: fn(&mut Filter),
    tell: fn(&mut Certificate, State),
}

const MEMBERS: [Member; 11] = [
    Member {
        name: "client_ids",
        may_be_absent: true,
        ask: |filter| filter.client_ids = vec!["x".to_owned(), "a".to_owned()],
        tell: |certificate, state| certificate.client_id = text(state),
    },
    Member {
        name: "serial_numbers",
        may_be_absent: false,
        ask: |filter| filter.serial_numbers = vec![number("0x0c"), number("0x0a")],
        tell: |certificate, state| {
            certificate.serial_number = match state {
                State::Wanted => Some(number("0a")),
                State::Other => Some(number("0b")),
                State::Absent | State::Unknown => None,
            }
        },
    },
    Member {
        name: "ca_serial_numbers",
        may_be_absent: false,
        ask: |filter| filter.ca_serial_numbers = vec![number("0x0c"), number("0x0a")],
        tell: |certificate, state| {
            certificate.ca_serial_number = match state {
                State::Wanted => Some(number("0a")),
                State::Other => Some(number("0b")),
                State::Absent | State::Unknown => None,
            }
        },
    },
    Member {
        name: "common_names",
        may_be_absent: true,
        ask: |filter| filter.common_names = vec!["x".to_owned(), "a".to_owned()],
        tell: |certificate, state| certificate.subject.common_name = text(state),
    },
    Member {
        name: "organizational_units",
        may_be_absent: true,
        ask: |filter| filter.organizational_units = vec!["x".to_owned(), "a".to_owned()],
        tell: |certificate, state| certificate.subject.organizational_unit = text(state),
    },
    Member {
        name: "fingerprints_sha256",
        may_be_absent: false,
        ask: |filter| filter.fingerprints_sha256 = vec![fingerprint("c"), fingerprint("a")],
        tell: |certificate, state| {
            certificate.fingerprint_sha256 = match state {
                State::Wanted => Some(fingerprint("a")),
                State::Other => Some(fingerprint("b")),
                State::Absent | State::Unknown => None,
            }
        },
    },
    Member {
        name: "ca_fingerprints_sha256",
        may_be_absent: true,
        ask: |filter| filter.ca_fingerprints_sha256 = vec![fingerprint("c"), fingerprint("a")],
        tell: |certificate, state| {
            certificate.ca_fingerprint_sha256 = match state {
                State::Wanted => Fact::Known(fingerprint("a")),
                State::Other => Fact::Known(fingerprint("b")),
                State::Absent => Fact::Absent,
                State::Unknown => Fact::Unknown,
            }
        },
    },
    Member {
        name: "statuses",
        may_be_absent: false,
        ask: |filter| filter.statuses = vec![LifecycleStatus::Revoked, LifecycleStatus::Active],
        tell: |certificate, state| {
            (certificate.status, certificate.provider_status) = match state {
                State::Wanted => (LifecycleStatus::Active, Some("ACTIVE".to_owned())),
                // An undocumented word is the known status `unknown`.
                State::Other => (LifecycleStatus::Unknown, Some("PARKED".to_owned())),
                State::Absent | State::Unknown => (LifecycleStatus::Unknown, None),
            }
        },
    },
    Member {
        name: "not_after_from",
        may_be_absent: false,
        ask: |filter| filter.not_after_from = Some(after(1)),
        tell: tell_end,
    },
    Member {
        name: "not_after_to",
        may_be_absent: false,
        ask: |filter| filter.not_after_to = Some(after(20)),
        tell: tell_end,
    },
    Member {
        name: "expires_within_days",
        may_be_absent: false,
        ask: |filter| filter.expires_within_days = Some(15),
        tell: tell_end,
    },
];

/// The other end is outside of each window only where all are in use: [`State::Other`] is before the
/// first and behind none.
fn tell_end(certificate: &mut Certificate, state: State) {
    certificate.not_after = match state {
        State::Wanted => Some(after(10)),
        State::Other => Some(after(-10)),
        State::Absent | State::Unknown => None,
    };
}

fn nothing_known() -> Certificate {
    ProviderRecord::default().into_certificate(now(), false)
}

#[test]
fn a_member_decides_by_a_known_fact_and_by_a_known_absence() {
    for Member {
        name,
        may_be_absent,
        ask,
        tell,
    } in MEMBERS
    {
        let mut filter = Filter::default();
        ask(&mut filter);
        let undecided = Verdict::Undecided(vec![name]);
        let absent = if may_be_absent {
            Verdict::Excluded
        } else {
            undecided.clone()
        };
        let other = if name == "not_after_to" {
            Verdict::Match
        } else {
            Verdict::Excluded
        };
        for (state, expected) in [
            (State::Wanted, Verdict::Match),
            (State::Other, other),
            (State::Absent, absent),
            (State::Unknown, undecided),
        ] {
            let mut certificate = nothing_known();
            tell(&mut certificate, state);
            assert_eq!(
                filter.judge(&certificate, now()),
                expected,
                "{name} {state:?}"
            );
            assert_eq!(Filter::default().judge(&certificate, now()), Verdict::Match);
        }
    }
}

#[test]
fn every_member_in_use_is_undecided_by_a_record_of_which_nothing_could_be_read() {
    let mut filter = Filter::default();
    MEMBERS.iter().for_each(|member| (member.ask)(&mut filter));
    let names: Vec<_> = MEMBERS.iter().map(|member| member.name).collect();
    assert_eq!(
        filter.judge(&nothing_known(), now()),
        Verdict::Undecided(names)
    );
}

#[test]
fn of_several_client_ids_each_one_counts_and_only_all_of_them_exclude_another() {
    let filter = Filter {
        client_ids: vec!["x".to_owned(), "a".to_owned()],
        ..Filter::default()
    };
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    for (client_ids, expected) in [
        (ClientIds::All(ids(&["b", "a"])), Verdict::Match),
        (ClientIds::AtLeast(ids(&["b", "a"])), Verdict::Match),
        (ClientIds::All(ids(&["b", "aa"])), Verdict::Excluded),
        (ClientIds::All(Vec::new()), Verdict::Excluded),
        (
            ClientIds::AtLeast(ids(&["b"])),
            Verdict::Undecided(vec!["client_ids"]),
        ),
    ] {
        let certificate = Certificate {
            client_ids,
            ..nothing_known()
        };
        let verdict = filter.judge(&certificate, now());
        assert_eq!(verdict, expected, "{:?}", certificate.client_ids);
    }
}

#[test]
fn an_unknown_status_is_a_match_for_unknown_and_undecided_for_others() {
    let of = |statuses: &[LifecycleStatus]| Filter {
        statuses: statuses.to_vec(),
        ..Filter::default()
    };
    let mut parked = nothing_known();
    parked.provider_status = Some("PARKED".to_owned());
    let undecided = Verdict::Undecided(vec!["statuses"]);
    for (wanted, without_word, with_word) in [
        (
            &[LifecycleStatus::Unknown][..],
            Verdict::Match,
            Verdict::Match,
        ),
        (
            &[LifecycleStatus::Active, LifecycleStatus::Unknown],
            Verdict::Match,
            Verdict::Match,
        ),
        (&[LifecycleStatus::Active], undecided, Verdict::Excluded),
    ] {
        assert_eq!(of(wanted).judge(&nothing_known(), now()), without_word);
        assert_eq!(of(wanted).judge(&parked, now()), with_word);
    }
}

proptest! {
    /// Any members in use, over any states of the facts.
    #[test]
    fn one_member_that_decides_against_settles_it_and_else_the_unknown_ones_are_named(
        facts in proptest::collection::vec((any::<bool>(), 0..4_usize), 8), dates in proptest::array::uniform3(any::<bool>()), end in 0..3_usize,
    ) {
        const STATES: [State; 4] = [State::Wanted, State::Other, State::Unknown, State::Absent];
        let mut filter = Filter::default();
        let mut certificate = nothing_known();
        let (mut undecided, mut is_excluded) = (Vec::new(), false);
        let facts = facts.into_iter().map(|(is_asked, state)| (is_asked, STATES[state]));
        let ends = dates.into_iter().map(|is_asked| (is_asked, STATES[end]));
        for (member, (is_asked, state)) in MEMBERS.iter().zip(facts.chain(ends)) {
            (member.tell)(&mut certificate, state);
            if is_asked {
                (member.ask)(&mut filter);
                match state {
                    State::Wanted => {}
                    State::Other => is_excluded |= member.name != "not_after_to",
                    State::Absent if member.may_be_absent => is_excluded = true,
                    State::Absent | State::Unknown => undecided.push(member.name),
                }
            }
        }
        let expected = if is_excluded {
            Verdict::Excluded
        } else if undecided.is_empty() {
            Verdict::Match
        } else {
            Verdict::Undecided(undecided)
        };
        prop_assert_eq!(filter.judge(&certificate, now()), expected);
    }
}
