//! Throughput and latency by the number of concurrent steps.

use crate::bench::{Bench, Rounds};
use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::{Curve, Plot, Report, Scale, Table, milliseconds, rate};
use crate::statistics::Spread;
use crate::worker::Worker;

pub(super) fn measure(bench: &mut Bench, report: &mut Report) -> Result<()> {
    let levels: &[usize] = if bench.args.short {
        &[1, 16, 256]
    } else {
        &[1, 4, 16, 64, 256, 1024, 4096]
    };
    let rounds = if bench.args.short { 1 } else { 3 };
    let room = levels.iter().max().copied().unwrap_or(1).to_string();
    let mut workers = [bench.native(&[])?, bench.step("step", &["--room", &room])?];
    let mut table = Table::new(&[
        "at a time",
        "",
        "throughput",
        "p50",
        "p99",
        "connections for 1,000 requests",
    ]);
    let names = ["native", "step"];
    let mut rates = names.map(|_| Vec::new());
    let mut waits: Vec<Curve> = Vec::new();
    for name in names {
        for quantile in ["p50", "p99"] {
            waits.push(Curve {
                name: format!("{name}, {quantile}"),
                points: Vec::new(),
            });
        }
    }
    let mut by_round: Vec<Vec<f64>> = Vec::new();
    for &level in levels {
        let (played, connections) = play(bench, &mut workers, level, rounds)?;
        for (number, ((played, name), connections)) in
            played.iter().zip(names).zip(connections).enumerate()
        {
            let of = |figure: fn(&Sample) -> f64| Spread::from_samples(played.iter().map(figure));
            let (throughput, p50, p99) = (of(Sample::rate), of(|s| s.p50), of(|s| s.p99));
            table.row([
                level.to_string(),
                name.to_owned(),
                rate(throughput),
                milliseconds(p50),
                milliseconds(p99),
                connections,
            ]);
            let at = level as f64;
            if let Some(points) = rates.get_mut(number) {
                points.push((at, throughput.median));
            }
            for (curve, wait) in waits.iter_mut().skip(2 * number).zip([p50, p99]) {
                curve.points.push((at, wait.median * 1e3));
            }
            if name == "step" {
                by_round.push(played.iter().map(Sample::rate).collect());
            }
        }
    }
    report.target("saturation", kept(&by_round));
    report.table("concurrency", table);
    let curves = names.into_iter().zip(rates).map(|(name, points)| Curve {
        name: name.to_owned(),
        points,
    });
    report.plot(
        "throughput",
        &Plot {
            title: "Throughput by concurrency",
            x: "at a time",
            y: "requests/s",
            y_scale: Scale::Linear,
            curves: curves.collect(),
        },
    );
    report.plot(
        "latency",
        &Plot {
            title: "Latency by concurrency",
            x: "at a time",
            y: "ms",
            y_scale: Scale::Log,
            curves: waits,
        },
    );
    Ok(())
}

/// Alternate between them. Also returns, for each, how many connections were opened per thousand
/// requests after the first round.
fn play(
    bench: &mut Bench,
    workers: &mut [Worker],
    at_a_time: usize,
    rounds: usize,
) -> Result<(Vec<Rounds>, Vec<String>)> {
    let seconds = bench.seconds();
    let round = Round { at_a_time, seconds };
    bench.alternate(workers, round, 1)?;
    let mut played = vec![Rounds::new(); workers.len()];
    let mut seen = vec![(0, 0); workers.len()];
    for _ in 0..rounds {
        for ((worker, played), (connections, requests)) in
            workers.iter_mut().zip(&mut played).zip(&mut seen)
        {
            bench.server.seen()?;
            played.push(worker.round(round)?);
            let round = bench.server.seen()?;
            *connections += round.connections;
            *requests += round.requests;
        }
    }
    let shown = seen
        .into_iter()
        .map(|(connections, requests)| (connections * 1000 / requests.max(1)).to_string());
    Ok((played, shown.collect()))
}

/// The smallest share of the best throughput that is left at any higher level: the rounds of each
/// level.
fn kept(by_level: &[Vec<f64>]) -> Spread {
    let rounds = by_level.iter().map(Vec::len).min().unwrap_or(0);
    Spread::from_samples((0..rounds).map(|round| {
        let rates = by_level.iter().filter_map(|rates| rates.get(round));
        let (_, least) = rates.fold((0.0_f64, 1.0_f64), |(best, least), rate| {
            let best = best.max(*rate);
            (best, least.min(rate / best))
        });
        least
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_share_is_of_the_best_level_before() {
        let by_level = [vec![10.0, 10.0], vec![40.0, 50.0], vec![30.0, 60.0]];
        let expected = Spread {
            median: 0.75,
            least: 0.75,
            most: 1.0,
        };
        assert_eq!(kept(&by_level), expected);
    }
}
