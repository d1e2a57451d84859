//! Medians, and how far the rounds differ.

/// The median of a figure over all rounds, with the minimum and the maximum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// From the figures of all rounds; NaN if there are none.
    pub(crate) fn from_samples(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        let mut figure = |of_100| percentile(&mut figures, of_100).unwrap_or(f64::NAN);
        Self {
            median: figure(50.0),
            least: figure(0.0),
            most: figure(100.0),
        }
    }

    /// The ratio of one to the other, round by round.
    pub(crate) fn ratio(over: &[f64], under: &[f64]) -> Self {
        Self::from_samples(over.iter().zip(under).map(|(over, under)| over / under))
    }
}

/// A percentile: the smallest figure that is not exceeded by this share of the figures.
pub(crate) fn percentile(figures: &mut [f64], of_100: f64) -> Option<f64> {
    figures.sort_unstable_by(f64::total_cmp);
    let rank = (of_100 / 100.0 * figures.len() as f64).ceil() as usize;
    figures.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let mut figures = [5.0, 1.0, 4.0, 2.0, 3.0];
        for (of_100, expected) in [(0.0, 1.0), (50.0, 3.0), (99.0, 5.0), (100.0, 5.0)] {
            assert_eq!(percentile(&mut figures, of_100), Some(expected));
        }
        assert_eq!(percentile(&mut [], 50.0), None);
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let ratio = Spread::ratio(&[2.0, 30.0, 8.0], &[1.0, 10.0, 2.0]);
        let expected = Spread {
            median: 3.0,
            least: 2.0,
            most: 4.0,
        };
        assert_eq!(ratio, expected);
    }
}
