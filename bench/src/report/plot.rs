//! Curves as SVG: two axes, their ticks, lines with points, a legend. A plotting crate would
//! bring fonts and bitmaps for that.

use std::fmt::Write as _;

use super::format::figure;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Evenly, from zero.
    Linear,
    /// By powers of ten.
    Log,
}

/// A line, by its points.
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Curves over the same axes.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    pub(crate) y_scale: Scale,
    pub(crate) curves: Vec<Curve>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 85.0;

/// Colours that can be distinguished with any eyesight, by Okabe and Ito.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

impl Plot {
    /// As a file. The values of the points are evenly spaced along x: they are powers, or zero and
    /// powers.
    pub(crate) fn svg(&self) -> String {
        let places = self.places();
        let ys = || {
            self.curves
                .iter()
                .flat_map(|curve| &curve.points)
                .map(|(_, y)| *y)
        };
        let axis = Axis::new(self.y_scale, ys);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
             <text x=\"{}\" y=\"20\" font-size=\"15\" text-anchor=\"middle\">{}</text>\n",
            WIDTH / 2.0,
            escaped(self.title)
        );
        for tick in axis.ticks() {
            let y = axis.place(tick);
            let (end, label) = (WIDTH - RIGHT, LEFT - 8.0);
            let text = short(tick);
            // Writing to a string does not fail.
            _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{label}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                y + 4.0
            );
        }
        let floor = HEIGHT - BOTTOM;
        for value in &places {
            let x = along(&places, *value);
            let text = short(*value);
            _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
                floor + 18.0
            );
        }
        _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"40\" text-anchor=\"middle\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            floor + 38.0,
            escaped(self.x),
            escaped(self.y)
        );
        let step = (WIDTH - LEFT - RIGHT) / self.curves.len().max(1) as f64;
        for (number, (curve, colour)) in self.curves.iter().zip(COLOURS.iter().cycle()).enumerate()
        {
            let points = curve.points.iter();
            let points: Vec<String> = points
                .map(|(x, y)| format!("{:.1},{:.1}", along(&places, *x), axis.place(*y)))
                .collect();
            _ = writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                points.join(" ")
            );
            for point in &points {
                let (x, y) = point.split_once(',').unwrap_or_default();
                _ = writeln!(
                    svg,
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/>"
                );
            }
            let (x, y) = (LEFT + step * number as f64, HEIGHT - 18.0);
            _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{y}\">{}</text>",
                y - 6.0,
                x + 20.0,
                escaped(&curve.name)
            );
        }
        svg + "</svg>\n"
    }

    /// The values along x, in order, each once.
    fn places(&self) -> Vec<f64> {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let mut values: Vec<f64> = points.map(|(x, _)| *x).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        values
    }
}

fn along(places: &[f64], value: f64) -> f64 {
    let place = places.iter().position(|place| *place == value);
    let last = places.len().saturating_sub(1).max(1);
    let inner = WIDTH - LEFT - RIGHT - 40.0;
    LEFT + 20.0 + inner * place.unwrap_or(0) as f64 / last as f64
}

/// The axis of y.
struct Axis {
    scale: Scale,
    least: f64,
    most: f64,
}

impl Axis {
    fn new<I: Iterator<Item = f64>>(scale: Scale, values: impl Fn() -> I) -> Self {
        let most = values().fold(f64::MIN_POSITIVE, f64::max);
        let (least, most) = match scale {
            Scale::Linear => {
                let step = step(most);
                (0.0, (most / step).ceil() * step)
            }
            Scale::Log => {
                let least = values().fold(most, f64::min);
                let power = |value: f64| 10_f64.powf(value);
                let (low, high) = (least.log10().floor(), most.log10().ceil());
                (power(low), power(high.max(low + 1.0)))
            }
        };
        Self { scale, least, most }
    }

    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.most);
                let count = (self.most / step).round() as usize;
                (0..=count).map(|tick| tick as f64 * step).collect()
            }
            Scale::Log => {
                let (low, high) = (self.least.log10().round(), self.most.log10().round());
                let powers = low as i32..=high as i32;
                powers.map(|power| 10_f64.powi(power)).collect()
            }
        }
    }

    fn place(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => value / self.most,
            Scale::Log => (value / self.least).log10() / (self.most / self.least).log10(),
        };
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }
}

/// A round distance that divides the axis into about five.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let wide = steps.into_iter().find(|step| most / step <= 6.0);
    wide.unwrap_or(most)
}

/// A number that fits below an axis.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", trimmed(value / 1e6)),
        value if value >= 1e4 => format!("{} k", trimmed(value / 1e3)),
        value => trimmed(value),
    }
}

fn trimmed(value: f64) -> String {
    match value.fract() == 0.0 {
        true => format!("{value:.0}"),
        false => figure(value),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_ticks() {
        use Scale::{Linear, Log};
        for (scale, values, expected) in [
            (Linear, &[0.3, 42.0][..], "0 10 20 30 40 50"),
            (Linear, &[100_000.0], "0 20 k 40 k 60 k 80 k 100 k"),
            (Log, &[0.02, 55.0], "0.010 0.10 1 10 100"),
            (Log, &[7.0, 7.0], "1 10"),
        ] {
            let ticks = Axis::new(scale, || values.iter().copied()).ticks();
            let shown: Vec<String> = ticks.into_iter().map(short).collect();
            assert_eq!(shown.join(" "), expected);
        }
    }

    #[test]
    fn a_point_stands_where_its_value_is() {
        let axis = Axis::new(Scale::Log, || [1.0, 100.0].into_iter());
        assert_eq!(axis.place(1.0), HEIGHT - BOTTOM);
        assert_eq!(axis.place(100.0), TOP);
        let places = [0.0, 1.0, 100.0];
        assert_eq!(
            along(&places, 1.0),
            (along(&places, 0.0) + along(&places, 100.0)) / 2.0
        );
    }
}
