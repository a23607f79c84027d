//! Which failed looks of a probe are handed over as samples: the first of each kind at once, then one a minute with how many
//! there were, so that a service that is down costs the history little.

use std::time::Duration;

use crate::domain::{
    sample::{MOST_SAMPLES, Sample},
    time::UnixMs,
};

/// Between two samples of one kind.
const RENEWED: Duration = Duration::from_mins(1);

/// The kinds of failures a probe had lately.
#[derive(Debug, Default)]
pub struct Failures {
    kinds: Vec<Kind>,
}

#[derive(Debug)]
struct Kind {
    fingerprint: String,
    handed_over: UnixMs,
    /// Seen since, and not handed over.
    since: u64,
}

impl Failures {
    /// Takes one in; the sample to be kept, if this one is, counted with those that were not.
    pub fn take(&mut self, mut sample: Sample) -> Option<Sample> {
        if let Some(kind) = self.kinds.iter_mut().find(|kind| kind.fingerprint == sample.fingerprint) {
            if sample.last_at.since(kind.handed_over) < RENEWED {
                kind.since += 1;
                return None;
            }
            sample.count += std::mem::take(&mut kind.since);
            kind.handed_over = sample.last_at;
            return Some(sample);
        }
        if self.kinds.len() >= 2 * MOST_SAMPLES {
            // Which was not seen for longest.
            let oldest = (0..self.kinds.len()).min_by_key(|index| self.kinds[*index].handed_over);
            if let Some(index) = oldest {
                self.kinds.swap_remove(index);
            }
        }
        let (fingerprint, handed_over) = (sample.fingerprint.clone(), sample.last_at);
        self.kinds.push(Kind { fingerprint, handed_over, since: 0 });
        Some(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{probe::Phases, sample::Failure, text::Masker};

    fn sample(sentence: &str, second: i64) -> Sample {
        let at = UnixMs(second * 1_000);
        let failure =
            Failure { service: "api", probe: "ready", at, sentence, latency_ms: None, phases: Phases::default() };
        Sample::new(&failure, None, &Masker::default())
    }

    #[test]
    fn the_first_of_a_kind_is_kept_at_once_and_then_one_a_minute_with_all_counted() {
        let mut failures = Failures::default();
        let counts: Vec<Option<u64>> =
            (0..=120).map(|second| failures.take(sample("refused", second)).map(|kept| kept.count)).collect();
        let kept: Vec<_> = counts.iter().enumerate().filter_map(|(at, count)| Some((at, (*count)?))).collect();
        assert_eq!(kept, [(0, 1), (60, 60), (120, 60)]);
        assert!(failures.take(sample("timed out", 121)).is_some(), "another kind waits for nothing");
    }

    #[test]
    fn a_service_that_fails_in_ever_new_ways_is_not_remembered_without_bound() {
        let mut failures = Failures::default();
        for (second, letter) in ('a'..='z').chain('A'..='Z').enumerate() {
            failures.take(sample(&format!("{letter}{letter}"), second as i64));
        }
        assert_eq!(failures.kinds.len(), 2 * MOST_SAMPLES);
    }
}
