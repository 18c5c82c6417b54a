//! Tables in Markdown.

use std::fmt::Write as _;

use crate::growth::Point;
use crate::samples::Samples;

/// A column of numbers.
pub(crate) struct Column<'a> {
    pub(crate) title: &'static str,
    /// The text of the cell for a contestant.
    pub(crate) cell: Box<dyn Fn(&'static str) -> String + 'a>,
}

/// A table with a row for each of these contestants.
pub(crate) fn table(contestants: &[&'static str], columns: &[Column<'_>]) -> String {
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let mut table = format!(
        "| contestant | {} |\n| --- |{}\n",
        titles.join(" | "),
        " ---: |".repeat(columns.len())
    );
    for contestant in contestants {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| (column.cell)(contestant))
            .collect();
        // Writing into a text cannot fail.
        let _ = writeln!(table, "| {contestant} | {} |", cells.join(" | "));
    }
    table
}

/// Columns of a stage of cold starts.
pub(crate) fn cold_columns<'a>(samples: &'a Samples, base: &'static str) -> Vec<Column<'a>> {
    vec![
        median("cold start ms", samples, "cold_ms", 2),
        column("least–most", move |name| {
            let [least, most] = [0.0, 1.0].map(|share| samples.quantile(name, "cold_ms", share));
            format!("{least:.2}–{most:.2}")
        }),
        ratio(samples, base, "cold_ms"),
        ratio_to_own(samples, "cold_ms"),
        median("ready ms", samples, "ready_ms", 2),
        median("first invocation ms", samples, "first_invocation_ms", 2),
        median("CPU ms", samples, "cpu_ms", 2),
        median("page faults", samples, "page_faults", 0),
        median("peak memory MiB", samples, "peak_mib", 1),
    ]
}

/// Columns of the stage of warm invocations.
pub(crate) fn warm_columns<'a>(samples: &'a Samples, base: &'static str) -> Vec<Column<'a>> {
    vec![
        median("p50 ms", samples, "invocation_ms", 3),
        column("p99 ms", move |name| {
            format!("{:.3}", samples.quantile(name, "invocation_ms", 0.99))
        }),
        ratio(samples, base, "invocation_ms"),
        ratio_to_own(samples, "invocation_ms"),
        median("invocations/s", samples, "invocations_per_second", 0),
        median("CPU ms each", samples, "cpu_ms", 3),
        column("peak memory MiB", move |name| {
            format!("{:.1}", samples.quantile(name, "peak_mib", 1.0))
        }),
    ]
}

/// A table of the cost of work by its size. The column `× limit` is the time as a multiple of the time
/// that the vendor's rate limit alone requires.
pub(crate) fn growth_table(points: &[Point], calls_per_second: u32) -> String {
    let titles = [
        "size",
        "invocations",
        "calls",
        "refused",
        "seconds",
        "× limit",
        "CPU ms",
        "peak memory MiB",
    ];
    let mut table = format!(
        "| {} |\n|{}\n",
        titles.join(" | "),
        " ---: |".repeat(titles.len())
    );
    for Point {
        size,
        invocations,
        calls,
        refused,
        seconds,
        cpu_milliseconds,
        peak_mebibytes,
    } in points
    {
        let of_limit = seconds * f64::from(calls_per_second) / *calls as f64;
        // Writing into a text cannot fail.
        let _ = writeln!(
            table,
            "| {size} | {invocations} | {calls} | {refused} | {seconds:.2} | {of_limit:.2} | {cpu_milliseconds:.0} | {peak_mebibytes:.1} |"
        );
    }
    table
}

/// A column with this cell for each contestant.
pub(crate) fn column<'a>(
    title: &'static str,
    cell: impl Fn(&'static str) -> String + 'a,
) -> Column<'a> {
    Column {
        title,
        cell: Box::new(cell),
    }
}

fn median<'a>(
    title: &'static str,
    samples: &'a Samples,
    quantity: &'static str,
    digits: usize,
) -> Column<'a> {
    column(title, move |name| {
        format!("{:.digits$}", samples.quantile(name, quantity, 0.5))
    })
}

fn ratio<'a>(samples: &'a Samples, base: &'static str, quantity: &'static str) -> Column<'a> {
    column("× empty", move |name| {
        format!("{:.2}", samples.ratio(name, base, quantity))
    })
}

/// A column with the ratio of each peer to this project's function for the same operation, whose name
/// is the end of the peer's name. Contestants that are no peers have no ratio.
fn ratio_to_own<'a>(samples: &'a Samples, quantity: &'static str) -> Column<'a> {
    column("× ours", move |name| match name.split_once('-') {
        Some((_, own)) => {
            let ratio = samples.ratio(name, own, quantity);
            // The ratio is NaN when this project's function was not measured.
            match ratio {
                _ if ratio.is_nan() => "–".to_owned(),
                _ if ratio < 2.0 => format!("{ratio:.2}"),
                _ => format!("{ratio:.1}"),
            }
        }
        None => "–".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_for_each() {
        let mut samples = Samples::default();
        samples.add("one", "cold_ms", vec![1.5]);
        samples.add("python-one", "cold_ms", vec![4.5]);
        let columns = [
            median("ms", &samples, "cold_ms", 1),
            ratio(&samples, "one", "cold_ms"),
            ratio_to_own(&samples, "cold_ms"),
        ];
        let expected = "| contestant | ms | × empty | × ours |\n| --- | ---: | ---: | ---: |\n\
                        | one | 1.5 | 1.00 | – |\n| python-one | 4.5 | 3.00 | 3.0 |\n";
        assert_eq!(table(&["one", "python-one"], &columns), expected);
    }
}
