//! The growth of calls, time and memory, drawn.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::growth::{Point, Series};

const WIDTH: u32 = 1_080;
const HEIGHT: u32 = 420;
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 90, 181),
    RGBColor(220, 50, 32),
    RGBColor(0, 128, 96),
    RGBColor(128, 80, 160),
];

type Quantity = fn(&Point) -> f64;

/// Three charts side by side, each with a line for each series, on logarithmic scales.
pub(crate) fn draw(file: &Path, measured: &[(&Series, Vec<Point>)]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE)?;
    let (charts, legend) = area.split_vertically(HEIGHT.saturating_sub(90));
    let quantities: [(&str, Quantity); 3] = [
        ("provider calls", |point| point.calls as f64),
        ("seconds", |point| point.seconds),
        ("peak memory, MiB", |point| point.peak_mebibytes),
    ];
    for (chart, (title, quantity)) in charts
        .split_evenly((1, quantities.len()))
        .iter()
        .zip(quantities)
    {
        lines(chart, title, quantity, measured)?;
    }
    for ((place, (series, _)), colour) in legend
        .split_evenly((2, 2))
        .iter()
        .zip(measured)
        .zip(COLOURS)
    {
        place.draw(&PathElement::new(
            [(20, 18), (44, 18)],
            colour.stroke_width(2),
        ))?;
        place.draw(&Text::new(
            series.name,
            (52, 11),
            ("sans-serif", 14).into_font(),
        ))?;
    }
    area.present()?;
    Ok(())
}

fn lines(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    title: &str,
    quantity: Quantity,
    measured: &[(&Series, Vec<Point>)],
) -> Result<(), Box<dyn Error>> {
    let values = || {
        measured
            .iter()
            .flat_map(|(_, points)| points.iter().map(quantity))
    };
    let (least, most) = values().fold((f64::INFINITY, 1.0_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .margin_right(28)
        .x_label_area_size(34)
        .y_label_area_size(48)
        .build_cartesian_2d(
            (1.0_f64..100_000.0).log_scale(),
            (least / 1.5..most * 1.5).log_scale(),
        )?;
    let plain = |value: &f64| value.to_string();
    chart
        .configure_mesh()
        .x_desc("certificates, serial numbers or records")
        .x_labels(6)
        .x_label_formatter(&plain)
        .y_label_formatter(&plain)
        .light_line_style(WHITE)
        .draw()?;
    for ((_, points), colour) in measured.iter().zip(COLOURS) {
        let places = || {
            points
                .iter()
                .map(|point| (point.size as f64, quantity(point)))
        };
        chart.draw_series(LineSeries::new(places(), colour.stroke_width(2)))?;
        chart.draw_series(places().map(|place| Circle::new(place, 3, colour.filled())))?;
    }
    Ok(())
}
