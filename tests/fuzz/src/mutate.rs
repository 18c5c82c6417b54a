//! Makes random inputs of seeds. The same number gives the same inputs on every machine.

use std::ops::Range;

/// Maximum length of an input, in bytes.
const LONGEST: usize = 32 * 1024;

/// Values of JSON over which decoders stumble.
const VALUES: [&str; 20] = [
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "-9223372036854775808",
    "1.5",
    "9007199254740993",
    "253402300800000",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"0\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"-0001-01-01T00:00:00+23:59\"",
    "[]",
    "{}",
    "[null]",
    "[[[[{}]]]]",
];
/// Bytes with a meaning for one of the readers.
const BYTES: &[u8] = b"\0\x1e\n \"\\{}[],:|.-_+=%&/0f\x7f\x80\xc3\xff";

/// SplitMix64. <https://prng.di.unimi.it/splitmix64.c>
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than `end`; 0 where there is nothing.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        self.next()
            .checked_rem(end)
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or_default()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// One of the seeds with one to four changes.
pub fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(seeds).cloned().unwrap_or_default();
    let more = if random.below(2) == 0 {
        0
    } else {
        random.below(4)
    };
    for _ in 0..=more {
        change(&mut input, seeds, random);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len().saturating_add(1));
    let longest = 1 << random.below(9);
    let end = at.saturating_add(random.below(longest)).min(input.len());
    let bytes = at..end;
    // The change is in the JSON of the input, or in a text that may be JSON itself.
    let is_outer = random.below(2) == 0;
    let value = part(input, at, is_outer, b":[");
    let item = part(input, at, is_outer, b",");
    match random.below(14) {
        0 => input
            .get_mut(at)
            .into_iter()
            .for_each(|byte| *byte ^= 1_u8 << random.below(8)),
        1 => input
            .get_mut(at)
            .into_iter()
            .for_each(|byte| *byte = random.next().to_le_bytes()[0]),
        2 => drop(input.drain(bytes)),
        3 => repeat(input, bytes),
        4 => drop(input.splice(at..at, random.pick(BYTES).copied())),
        5 => {
            let other = random.pick(seeds).map(Vec::as_slice).unwrap_or_default();
            let from = random.below(other.len().saturating_add(1));
            drop(input.splice(at.., other.iter().skip(from).copied()));
        }
        6 => drop(input.drain(item.start.saturating_sub(1)..item.end)),
        7 => repeat(input, item.start.saturating_sub(1)..item.end),
        8 => {
            let depth = 1_usize << random.below(11);
            drop(input.splice(
                value,
                ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes(),
            ));
        }
        9 => {
            // Another value of the same input is a valid one at the wrong place.
            let from = random.below(input.len().saturating_add(1));
            let other = part(input, from, is_outer, b":[");
            let other = input.get(other).unwrap_or_default().to_vec();
            drop(input.splice(value, other));
        }
        _ => drop(input.splice(
            value,
            random.pick(&VALUES).copied().unwrap_or_default().bytes(),
        )),
    }
}

fn repeat(input: &mut Vec<u8>, part: Range<usize>) {
    let again = input.get(part.clone()).unwrap_or_default().to_vec();
    drop(input.splice(part.start..part.start, again));
}

/// The text behind the first of these marks at or after `at`, up to where its array or object
/// continues or ends. Marks in texts do not count in the outer JSON.
fn part(input: &[u8], at: usize, is_outer: bool, marks: &[u8]) -> Range<usize> {
    let (mut is_text, mut is_escaped, mut depth) = (false, false, 0_usize);
    let mut start = None;
    for (index, byte) in input.iter().enumerate().skip(if is_outer { 0 } else { at }) {
        match (byte, start) {
            _ if is_escaped => is_escaped = false,
            (b'\\', _) => is_escaped = true,
            (b'"', _) => is_text = !is_text,
            _ if is_text && (is_outer || start.is_some()) => {}
            (b',' | b'}' | b']', Some(start)) if depth == 0 => return start..index,
            (b'[' | b'{', Some(_)) => depth = depth.saturating_add(1),
            (b']' | b'}', Some(_)) => depth = depth.saturating_sub(1),
            (mark, None) if index >= at && marks.contains(mark) => {
                start = Some(index.saturating_add(1))
            }
            _ => {}
        }
    }
    start.unwrap_or(input.len())..input.len()
}
