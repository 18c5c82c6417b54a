//! Measured values for each quantity of each contestant in each round.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The values of one stage.
#[derive(Default)]
pub(crate) struct Samples(BTreeMap<(&'static str, &'static str), Vec<Vec<f64>>>);

impl Samples {
    /// Adds the values of the next round.
    pub(crate) fn add(
        &mut self,
        contestant: &'static str,
        quantity: &'static str,
        values: Vec<f64>,
    ) {
        self.0
            .entry((contestant, quantity))
            .or_default()
            .push(values);
    }

    /// A quantile of all rounds' values together: 0.5 is the median. NaN when nothing was measured.
    pub(crate) fn quantile(
        &self,
        contestant: &'static str,
        quantity: &'static str,
        share: f64,
    ) -> f64 {
        quantile(self.rounds(contestant, quantity).concat(), share)
    }

    /// The median over the rounds of this contestant's median to that one's.
    pub(crate) fn ratio(
        &self,
        contestant: &'static str,
        other: &'static str,
        quantity: &'static str,
    ) -> f64 {
        let pairs = self
            .rounds(contestant, quantity)
            .iter()
            .zip(self.rounds(other, quantity));
        quantile(
            pairs
                .map(|(one, other)| quantile(one.clone(), 0.5) / quantile(other.clone(), 0.5))
                .collect(),
            0.5,
        )
    }

    /// Everything, with all values.
    pub(crate) fn to_json(&self) -> Value {
        let mut contestants = serde_json::Map::new();
        for ((contestant, quantity), rounds) in &self.0 {
            let entry = contestants.entry(*contestant).or_insert_with(|| json!({}));
            if let Value::Object(quantities) = entry {
                let [least, median, high, most] =
                    [0.0, 0.5, 0.99, 1.0].map(|share| self.quantile(contestant, quantity, share));
                let summary = json!({ "median": median, "least": least, "p99": high, "most": most, "rounds": rounds });
                quantities.insert((*quantity).to_owned(), summary);
            }
        }
        Value::Object(contestants)
    }

    fn rounds(&self, contestant: &'static str, quantity: &'static str) -> &[Vec<f64>] {
        self.0
            .get(&(contestant, quantity))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len().saturating_sub(1) as f64 * share).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.0), 1.0);
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.99), 3.0);
        assert!(quantile(Vec::new(), 0.5).is_nan());
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        let mut samples = Samples::default();
        for (one, other) in [(2.0, 1.0), (20.0, 10.0), (300.0, 100.0)] {
            samples.add("one", "time", vec![one]);
            samples.add("other", "time", vec![other]);
        }
        assert_eq!(samples.ratio("one", "other", "time"), 2.0);
        assert_eq!(samples.to_json()["one"]["time"]["median"], 20.0);
    }
}
