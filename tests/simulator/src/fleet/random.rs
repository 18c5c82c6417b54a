//! A small generator of numbers that are the same on every run.

/// SplitMix64, by Sebastiano Vigna; good enough to scatter dates and names.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `first` to `last`, both included; `first` when the range is empty.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        let size = u64::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(1);
        let step = self.next().checked_rem(size).unwrap_or_default();
        first.saturating_add(i64::try_from(step).unwrap_or_default())
    }

    /// One of the items; the type's default when there is none.
    pub(crate) fn one_of<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let last = i64::try_from(items.len()).unwrap_or(1).saturating_sub(1);
        let position = usize::try_from(self.between(0, last)).unwrap_or_default();
        items.get(position).copied().unwrap_or_default()
    }

    /// True with this probability, in percent.
    pub(crate) fn percent(&mut self, of_hundred: i64) -> bool {
        self.between(1, 100) <= of_hundred
    }

    /// A serial number of this many octets as lower-case hex, two digits an octet; its first octet is
    /// not zero.
    pub(crate) fn serial(&mut self, octets: usize) -> String {
        let first = self.between(1, 255);
        let rest = (1..octets).map(|_| format!("{:02x}", self.between(0, 255)));
        std::iter::once(format!("{first:02x}"))
            .chain(rest)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_range_and_reach_its_ends() {
        let mut random = Random::new(1);
        let drawn: Vec<i64> = (0..200).map(|_| random.between(3, 5)).collect();
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert!(drawn.contains(&3) && drawn.contains(&5));
        assert_eq!(random.between(7, 2), 7);
    }

    #[test]
    fn a_serial_has_two_digits_an_octet_and_no_leading_zero_octet() {
        let mut random = Random::new(2);
        for _ in 0..500 {
            let serial = random.serial(20);
            assert_eq!(serial.len(), 40);
            assert!(!serial.starts_with("00"));
        }
    }
}
