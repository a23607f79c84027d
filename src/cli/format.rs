//! Words for people: times, durations, figures.

use std::time::Duration;

use chrono_tz::Tz;

use crate::domain::{
    run::{RunPhase, RunSummary, StepEnd, StepState},
    time::UnixMs,
};

/// A moment in the project's zone: `2026-11-21 14:02:11 CET`.
pub fn moment(at: UnixMs, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A clock time in the project's zone: `14:02:11`.
pub fn clock(at: UnixMs, zone: Tz) -> String {
    at.to_utc().with_timezone(&zone).format("%H:%M:%S").to_string()
}

/// A duration: `340 ms`, `12 s`, `3m12s`, `2h05m`, `9d`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The same from milliseconds.
pub fn millis(ms: u64) -> String {
    duration(Duration::from_millis(ms))
}

/// A figure that may be missing.
pub fn figure(value: Option<f64>, unit: &str) -> String {
    match value {
        None => "-".into(),
        Some(value) if value >= 100.0 => format!("{value:.0}{unit}"),
        Some(value) => format!("{value:.1}{unit}"),
    }
}

/// A share as percent.
pub fn percent(share: Option<f64>) -> String {
    figure(share.map(|share| share * 100.0), " %")
}

/// Where a run stands, in a few words.
pub fn phase(phase: &RunPhase) -> String {
    match phase {
        RunPhase::Waiting => "waiting for its runner".into(),
        RunPhase::Running => "running".into(),
        RunPhase::Holding { why, .. } => format!("HOLDS for a person: {why}"),
        RunPhase::Asking { question, .. } => format!("ASKS: {question}"),
        RunPhase::RollingBack { why } => format!("rolling back: {why}"),
        RunPhase::Ended { outcome, .. } => outcome.word().into(),
    }
}

/// What a run brings: `1.9.1 -> 1.9.2`.
pub fn change(run: &RunSummary) -> String {
    match (&run.previous, &run.version) {
        (Some(previous), Some(version)) => format!("{previous} -> {version}"),
        (None, Some(version)) => version.clone(),
        _ => String::new(),
    }
}

/// How a step stands: a word, and its duration once it is over.
pub fn step(state: &StepState) -> String {
    match state {
        StepState::Waiting => "waiting".into(),
        StepState::Running => "running".into(),
        StepState::Ended { end, duration_ms, .. } => format!("{} {}", step_end(*end), millis(*duration_ms)),
    }
}

/// How a step ended.
pub fn step_end(end: StepEnd) -> &'static str {
    match end {
        StepEnd::Succeeded => "ok",
        StepEnd::Failed => "FAILED",
        StepEnd::Inconclusive => "INCONCLUSIVE",
        StepEnd::Unknown => "UNKNOWN",
        StepEnd::Skipped => "skipped",
        StepEnd::LeftOut => "left out",
        StepEnd::Excluded => "EXCLUDED",
        StepEnd::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let said = |ms| millis(ms);
        assert_eq!([said(340), said(12_400), said(192_000), said(7_500_000)], ["340 ms", "12 s", "3m12s", "2h05m"]);
    }
}
