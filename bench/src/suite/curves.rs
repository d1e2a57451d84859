//! What a step costs by the size of its input: the cost should grow linearly.

use super::steps::MANY;
use crate::bench::{Bench, each};
use crate::failure::Result;
use crate::report::{Curve, Plot, Report, Scale};
use crate::statistics::Spread;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let fields = curves(bench, "--fields", &[2, 6, 16, 32, 64, 88])?;
    report.plot(
        "headers",
        &Plot {
            title: "Time of a request by header fields",
            x: "header fields in the step file, 64 requests at a time",
            y: "µs",
            y_scale: Scale::Linear,
            curves: fields,
        },
    );
    let bodies = curves(bench, "--body", &[0, 1 << 10, 8 << 10, 64 << 10, 256 << 10])?;
    report.plot(
        "body",
        &Plot {
            title: "Time of a request by the size of its body and of the response's",
            x: "bytes each way, 64 requests at a time",
            y: "µs",
            y_scale: Scale::Log,
            curves: bodies,
        },
    );
    Ok(())
}

fn curves(bench: &Bench, option: &str, values: &[usize]) -> Result<Vec<Curve>> {
    let mut curves = ["native", "step"].map(|name| Curve {
        name: name.to_owned(),
        points: Vec::new(),
    });
    let rounds = if bench.args.short { 1 } else { 3 };
    for &value in values {
        let option = [option, &value.to_string()];
        let mut workers = [bench.native(&option)?, bench.step("step", &option)?];
        let played = bench.compare(&mut workers, MANY, bench.seconds() / 2.0, rounds)?;
        for (curve, played) in curves.iter_mut().zip(&played) {
            let each = Spread::from_samples(each(played)).median;
            curve.points.push((value as f64, each * 1e6));
        }
    }
    Ok(curves.into())
}
