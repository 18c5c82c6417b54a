//! Names of the devices and services that hold certificates.

use super::random::Random;

/// The holder of a certificate.
pub(crate) struct Holder {
    /// Common name, which is also the client id of a holder that was registered by hand.
    pub(crate) name: String,
    /// Organizational unit: the department in charge.
    pub(crate) organizational_unit: &'static str,
}

const CITIES: [&str; 10] = [
    "shenzhen",
    "suzhou",
    "wuhan",
    "chengdu",
    "hefei",
    "ningbo",
    "munich",
    "gothenburg",
    "lyon",
    "austin",
];

/// A holder of a kind that fits its department.
pub(crate) fn holder(random: &mut Random) -> Holder {
    let number = random.between(1, 9999);
    let city = random.one_of(&CITIES);
    let (name, organizational_unit) = match random.between(0, 9) {
        0..=3 => (
            vehicle(random),
            random.one_of(&["Passenger Cars", "车联网", "Fleet Operations"]),
        ),
        4 => (
            format!("truck-{city}-{number:04}"),
            random.one_of(&["Cold Chain", "干线物流"]),
        ),
        5 => (format!("bus-{city}-line-{number:04}"), "Public Transport"),
        6 => (
            format!("charger-{city}-{number:04}"),
            random.one_of(&["Charging Network", "充电运营"]),
        ),
        7 => (
            format!("gateway-{city}-plant-{number:04}"),
            random.one_of(&["产线网关", "Factory Automation", "Werk München"]),
        ),
        8 => (format!("meter-{city}-{number:04}"), "Équipe Réseau"),
        // The higher numbers are for devices that are added by name.
        _ => (
            format!("excavator-{:04}", number.rem_euclid(7_000)),
            "Construction Machinery",
        ),
    };
    Holder {
        name,
        organizational_unit,
    }
}

/// A vehicle by a number that looks like a vehicle identification number.
fn vehicle(random: &mut Random) -> String {
    let maker = random.one_of(&["LSV", "LFV", "LGX", "LVS", "WBA", "YV1"]);
    let model = random.one_of(&["AU2A37N2", "BC6D41H8", "ZZ3E55K1", "MM9F20P4"]);
    format!("vin-{maker}{model}{:06}", random.between(1, 999_999))
}
