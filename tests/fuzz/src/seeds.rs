//! The inputs from which the search begins: recorded events and answers, and the files in `corpus`.

use std::path::Path;

use crate::recorded::{RECORDED, Recorded, body, files};
use crate::target::{
    CELLS, DER, FORGED, HEADS, NEXT_ANSWER, NEXT_PART, REQUESTS, contents, is_answered, sound,
};
use crate::world::now;

/// The recorded events, and events with requests in them.
pub(crate) fn events() -> Vec<Vec<u8>> {
    [texts("../events"), texts("corpus/event")].concat()
}

/// Each recorded success for every request that it answers, each recorded failure for one request
/// to its provider, and answers to look-up, write and read after one another.
pub(crate) fn vendor_answers() -> Vec<Vec<u8>> {
    let provider = |name: &str| {
        name.split('/')
            .next()
            .unwrap_or_default()
            .replace("alibaba-cas", "alibaba-pca")
    };
    let mut seeds = Vec::new();
    for (turn, recorded) in RECORDED.iter().enumerate() {
        let of = provider(&recorded.name);
        let is_of =
            |name: &str| name == of || (of == "alibaba-common" && name.starts_with("alibaba"));
        let cells = CELLS
            .iter()
            .enumerate()
            .filter(|(_, cell)| is_of(cell.provider.as_str()));
        let inputs: Vec<Vec<u8>> = cells
            .map(|(index, _)| input(index, head(recorded), &recorded.body))
            .collect();
        if recorded.name.contains(".ok") {
            seeds.extend(inputs.into_iter().filter(|input| is_answered(input)));
        } else {
            seeds.extend(inputs.iter().cycle().nth(turn).cloned());
        }
    }
    let chains: [&[&str]; 3] = [
        &[
            "tencent-mqtt/DescribeDeviceCertificate.ok",
            "tencent-mqtt/DeactivateDeviceCertificate.ok",
            "tencent-mqtt/DescribeDeviceCertificate.ok",
        ],
        &[
            "alibaba-mqtt/GetDeviceCertificate.ok-active",
            "alibaba-mqtt/InactivateDeviceCertificate.ok",
            "alibaba-mqtt/GetDeviceCertificate.ok-inactive",
        ],
        &[
            "aws-iot/DescribeCertificate.ok",
            "aws-iot/UpdateCertificate.ok",
            "aws-iot/DescribeCertificate.ok",
        ],
    ];
    for chain in chains {
        let of = chain.first().map(|name| provider(name)).unwrap_or_default();
        let bodies: Vec<Vec<u8>> = chain.iter().map(|name| body(name)).collect();
        for (index, _) in CELLS
            .iter()
            .enumerate()
            .filter(|(_, cell)| cell.provider.as_str() == of)
        {
            seeds.push(input(index, 0, &bodies.join(&NEXT_ANSWER)));
        }
    }
    seeds
}

pub(crate) fn serial_numbers() -> Vec<Vec<u8>> {
    lines("corpus/serial_number")
}

/// Valid cursors, and contents of cursors.
pub(crate) fn cursors() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, _) in (0_u8..).zip(REQUESTS) {
        let sound = sound(usize::from(index));
        seeds.push([&[index], sound.as_bytes()].concat());
        seeds.push([&[index | FORGED], contents(&sound).as_slice()].concat());
        seeds.extend(
            lines("corpus/cursor")
                .iter()
                .map(|line| [&[index | FORGED], line.as_slice()].concat()),
        );
    }
    seeds
}

/// Webhooks, one on each line: whether to sign it, its id, its distance from now in seconds, its
/// signatures and its body.
pub(crate) fn webhooks() -> Vec<Vec<u8>> {
    let message = |line: &Vec<u8>| {
        let text = String::from_utf8_lossy(line).into_owned();
        let mut parts = text.splitn(5, '|').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let (mode, id, distance) = (
            next().parse().unwrap_or(0),
            next(),
            next().parse().unwrap_or(0),
        );
        let timestamp = now().epoch_seconds().saturating_add(distance).to_string();
        [
            &[mode],
            [id, timestamp, next(), next()]
                .map(String::into_bytes)
                .join(&NEXT_PART)
                .as_slice(),
        ]
        .concat()
    };
    lines("corpus/webhook").iter().map(message).collect()
}

/// Certificates in DER, and texts with certificates in them.
pub(crate) fn certificates() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/certificate");
    let input = |(name, content): (String, Vec<u8>)| {
        let mode = if name.ends_with(".der") { DER } else { 0 };
        [&[mode], content.as_slice()].concat()
    };
    files(&folder).into_iter().map(input).collect()
}

fn input(cell: usize, head: usize, body: &[u8]) -> Vec<u8> {
    let choice = u8::try_from(head << 4 | cell).unwrap_or_default();
    [&[choice], body].concat()
}

/// The index of the status that is nearest to that of a recorded answer.
fn head(recorded: &Recorded) -> usize {
    let same = |(status, error_type): &(u16, Option<&str>)| {
        *status == recorded.status && *error_type == recorded.error_type.as_deref()
    };
    HEADS
        .iter()
        .position(same)
        .or_else(|| {
            HEADS
                .iter()
                .position(|(status, _)| *status == recorded.status)
        })
        .unwrap_or_default()
}

/// The contents of the files of a folder.
fn texts(folder: &str) -> Vec<Vec<u8>> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

/// The lines of the files of a folder.
fn lines(folder: &str) -> Vec<Vec<u8>> {
    texts(folder)
        .iter()
        .flat_map(|text| {
            text.split(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .collect()
}
