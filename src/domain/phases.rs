//! Where the time of looks went, over many of them.

use super::probe::Phases;

/// The phases in their order, as people call them.
pub const PHASES: [&str; 5] = ["resolve", "connect", "tls", "first byte", "transfer"];

impl Phases {
    /// Each in its order, beside [`PHASES`].
    pub fn in_order(&self) -> [Option<f64>; 5] {
        [self.resolve_ms, self.connect_ms, self.tls_ms, self.processing_ms, self.transfer_ms]
    }

    /// Whether it got anywhere.
    pub fn any(&self) -> bool {
        self.in_order().iter().any(Option::is_some)
    }
}

/// What the phases of several looks took together. A phase that a look did not need (a pooled connection resolves nothing)
/// took no time, so that the means of all phases add up to the mean of the looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseSums {
    /// How many looks.
    pub looks: u64,
    /// Together, in milliseconds, in the order of [`PHASES`].
    pub sums_ms: [f64; 5],
}

impl PhaseSums {
    /// Adds a look.
    pub fn add(&mut self, phases: &Phases) {
        self.looks += 1;
        for (sum, ms) in self.sums_ms.iter_mut().zip(phases.in_order()) {
            *sum += ms.filter(|ms| ms.is_finite()).unwrap_or(0.0).max(0.0);
        }
    }

    /// Adds those of others.
    pub fn merge(&mut self, other: &Self) {
        self.looks += other.looks;
        self.sums_ms.iter_mut().zip(other.sums_ms).for_each(|(sum, more)| *sum += more);
    }

    /// What each phase took on average, in milliseconds; `None` without looks.
    pub fn means_ms(&self) -> Option<[f64; 5]> {
        (self.looks > 0).then(|| self.sums_ms.map(|sum| sum / self.looks as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_means_of_all_phases_add_up_to_the_mean_of_the_looks() {
        let new = Phases {
            resolve_ms: Some(2.0),
            connect_ms: Some(4.0),
            processing_ms: Some(10.0),
            transfer_ms: Some(1.0),
            ..Phases::default()
        };
        let pooled = Phases { processing_ms: Some(12.0), transfer_ms: Some(1.0), ..Phases::default() };
        let mut sums = PhaseSums::default();
        for phases in [new, pooled] {
            sums.add(&phases);
        }
        assert_eq!(sums.means_ms(), Some([1.0, 2.0, 0.0, 11.0, 1.0]));
        let mut twice = sums;
        twice.merge(&sums);
        assert_eq!((twice.looks, twice.means_ms()), (4, sums.means_ms()));
        assert_eq!(PhaseSums::default().means_ms(), None);
    }
}
