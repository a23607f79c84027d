//! What to do next about a piece of work: a function of the events alone.

use std::time::Duration;

use crate::domain::{
    format,
    id::AttemptKey,
    pipeline::{Effect, Retry},
    run::{AttemptEnd, EventRow, ProcessRef, RunEvent},
    time::UnixMs,
    verdict::Verdict,
};

/// The attempts at one piece of work, as far as the events tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tries {
    /// The latest.
    pub last: Option<Try>,
    /// Attempts that ended in a failure that may be tried again.
    pub failures: u16,
    /// Attempts whose line was lost.
    pub lost_lines: u16,
    /// If it was done: the number of the event that says so.
    pub done: Option<u32>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// Which.
    pub key: AttemptKey,
    /// When its intent was written.
    pub at: UnixMs,
    /// Its process, if it has one that was seen.
    pub process: Option<ProcessRef>,
    /// How it ended; `None` while it is open.
    pub end: Option<AttemptEnd>,
}

/// Collects the attempts at step `step` (or its undo) after event `since`, up to the first success.
pub fn tries(events: &[EventRow], step: u16, undo: bool, since: u32) -> Tries {
    let mut tries = Tries::default();
    let ours = |key: &AttemptKey| key.step == step && key.undo == undo;
    for row in events.iter().filter(|row| row.seq > since) {
        match &row.event {
            RunEvent::Intent { key } if ours(key) => {
                tries.last = Some(Try { key: *key, at: row.at, process: None, end: None });
            }
            RunEvent::Spawned { key, process } => {
                if let Some(last) = tries.last.as_mut().filter(|last| last.key == *key) {
                    last.process = Some(process.clone());
                }
            }
            RunEvent::AttemptEnded { key, end, .. } if ours(key) => {
                if let Some(last) = tries.last.as_mut().filter(|last| last.key == *key) {
                    last.end = Some(end.clone());
                    tries.failures += u16::from(is_failure(end));
                    tries.lost_lines += u16::from(matches!(end, AttemptEnd::LineLost { .. }));
                }
                if is_success(end) {
                    tries.done = Some(row.seq);
                    return tries;
                }
            }
            _ => {}
        }
    }
    tries
}

fn is_success(end: &AttemptEnd) -> bool {
    matches!(end, AttemptEnd::Exited { code: 0 } | AttemptEnd::Judged { verdict: Verdict::Pass, .. })
}

fn is_failure(end: &AttemptEnd) -> bool {
    match end {
        AttemptEnd::Exited { code } => *code != 0,
        AttemptEnd::Signalled { .. } | AttemptEnd::TimedOut => true,
        AttemptEnd::Judged { verdict, .. } => *verdict == Verdict::Fail,
        _ => false,
    }
}

/// The number of the next attempt: attempts of a step are counted through, over every retry of a person.
pub fn next_attempt(events: &[EventRow], step: u16, undo: bool) -> u16 {
    let numbers = events.iter().filter_map(|row| match row.event {
        RunEvent::Intent { key } if key.step == step && key.undo == undo => Some(key.attempt),
        _ => None,
    });
    numbers.max().unwrap_or(0).saturating_add(1)
}

/// What follows an attempt that ended.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    /// Try again, after this pause (without jitter).
    Again(Duration),
    /// Join it where it runs.
    Join(String),
    /// Ask the step's `probe` whether it was done.
    AskProbe(String),
    /// It failed.
    Failed(String),
    /// Too little was known.
    Inconclusive(String),
    /// It was ended from outside.
    Cancelled,
}

/// Judges an attempt that was no success. `failures` counts it, if it counts.
pub fn after(end: &AttemptEnd, failures: u16, retry: Option<&Retry>, effect: Effect) -> After {
    match end {
        AttemptEnd::Cancelled => After::Cancelled,
        AttemptEnd::NotStarted { why } => After::Failed(why.clone()),
        AttemptEnd::Lost { why } => match effect {
            Effect::Read | Effect::Idempotent => After::Again(Duration::ZERO),
            Effect::Once => After::AskProbe(why.clone()),
        },
        AttemptEnd::LineLost { why } => After::Join(why.clone()),
        AttemptEnd::Judged { verdict: Verdict::Unknown, why } => After::Inconclusive(why.clone()),
        _ => match retry {
            Some(retry) if failures <= retry.times && is_listed(end, retry) => {
                let doublings = u32::from(failures.saturating_sub(1)).min(16);
                After::Again(retry.backoff.saturating_mul(1 << doublings))
            }
            _ => After::Failed(sentence(end)),
        },
    }
}

fn is_listed(end: &AttemptEnd, retry: &Retry) -> bool {
    retry.exits.is_empty() || matches!(end, AttemptEnd::Exited { code } if retry.exits.contains(code))
}

/// How an attempt ended, in one sentence.
pub fn sentence(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Exited { code } => format!("exit code {code}"),
        AttemptEnd::Signalled { signal } => format!("ended by {}", signal_name(*signal)),
        AttemptEnd::TimedOut => "no end within its timeout".into(),
        AttemptEnd::Cancelled => "ended by a cancel".into(),
        AttemptEnd::NotStarted { why }
        | AttemptEnd::Judged { why, .. }
        | AttemptEnd::LineLost { why }
        | AttemptEnd::Lost { why } => why.clone(),
    }
}

fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        other => return format!("signal {other}"),
    };
    name.into()
}

/// The line that announces another attempt.
pub fn announce(end: &AttemptEnd, failures: u16, retry: Option<&Retry>, pause: Duration) -> String {
    match retry {
        Some(retry) if is_failure(end) => {
            let pause = format::duration(pause);
            format!("{}; retry {failures} of {} in {pause}", sentence(end), retry.times)
        }
        _ if matches!(end, AttemptEnd::LineLost { .. }) => {
            format!("{}; it is looked for again in {}", sentence(end), format::duration(pause))
        }
        _ => format!("{}; it is safe to run it again, so it is run again", sentence(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(attempt: u16) -> AttemptKey {
        AttemptKey { step: 1, undo: false, attempt }
    }

    fn rows(events: Vec<RunEvent>) -> Vec<EventRow> {
        (1..).zip(events).map(|(seq, event)| EventRow { seq, at: UnixMs(i64::from(seq)), boot: None, event }).collect()
    }

    fn ended(attempt: u16, end: AttemptEnd) -> RunEvent {
        RunEvent::AttemptEnded { key: key(attempt), end, duration_ms: 1 }
    }

    fn retry(times: u16, exits: &[i32]) -> Retry {
        Retry { times, backoff: Duration::from_secs(2), exits: exits.to_vec() }
    }

    const EXIT_1: AttemptEnd = AttemptEnd::Exited { code: 1 };

    #[test]
    fn an_intent_without_an_end_is_an_open_attempt() {
        let events = rows(vec![RunEvent::Intent { key: key(1) }]);
        let tries = tries(&events, 1, false, 0);
        assert_eq!(tries.last.unwrap().end, None);
        assert_eq!(next_attempt(&events, 1, false), 2);
        assert_eq!(next_attempt(&events, 1, true), 1);
    }

    #[test]
    fn attempts_before_a_persons_retry_do_not_count_as_failures() {
        let events = rows(vec![
            RunEvent::Intent { key: key(1) },
            ended(1, EXIT_1),
            RunEvent::StepStarted { step: 1, undo: false },
            RunEvent::Intent { key: key(2) },
            ended(2, EXIT_1),
        ]);
        assert_eq!(tries(&events, 1, false, 3).failures, 1);
        assert_eq!(next_attempt(&events, 1, false), 3);
    }

    #[test]
    fn a_success_closes_the_piece_and_the_next_piece_counts_from_there() {
        let events = rows(vec![
            RunEvent::Intent { key: key(1) },
            ended(1, AttemptEnd::Exited { code: 0 }),
            RunEvent::Intent { key: key(2) },
        ]);
        let first = tries(&events, 1, false, 0);
        assert_eq!(first.done, Some(2));
        let second = tries(&events, 1, false, 2);
        assert_eq!(second.last.unwrap().key, key(2));
    }

    #[test]
    fn a_lost_attempt_that_its_probe_found_done_is_done() {
        let lost = AttemptEnd::Lost { why: "x".into() };
        let pass = AttemptEnd::Judged { verdict: Verdict::Pass, why: "its probe says so".into() };
        let events = rows(vec![RunEvent::Intent { key: key(1) }, ended(1, lost), ended(1, pass)]);
        assert_eq!(tries(&events, 1, false, 0).done, Some(3));
    }

    #[test]
    fn backoff_doubles_and_ends_after_the_given_number() {
        let retry = retry(3, &[]);
        let pauses: Vec<_> = (1..=4).map(|failures| after(&EXIT_1, failures, Some(&retry), Effect::Once)).collect();
        let again = |seconds| After::Again(Duration::from_secs(seconds));
        assert_eq!(pauses, [again(2), again(4), again(8), After::Failed("exit code 1".into())]);
    }

    #[test]
    fn only_listed_exits_are_tried_again() {
        let retry = retry(3, &[75]);
        assert_eq!(after(&EXIT_1, 1, Some(&retry), Effect::Once), After::Failed("exit code 1".into()));
        let busy = AttemptEnd::Exited { code: 75 };
        assert!(matches!(after(&busy, 1, Some(&retry), Effect::Once), After::Again(_)));
        let killed = AttemptEnd::Signalled { signal: 9 };
        assert_eq!(after(&killed, 1, Some(&retry), Effect::Once), After::Failed("ended by SIGKILL".into()));
    }

    #[test]
    fn f05_a_lost_attempt_is_run_again_only_if_that_is_harmless() {
        let lost = AttemptEnd::Lost { why: "gone".into() };
        assert_eq!(after(&lost, 0, None, Effect::Read), After::Again(Duration::ZERO));
        assert_eq!(after(&lost, 0, None, Effect::Idempotent), After::Again(Duration::ZERO));
        let retry = retry(9, &[]);
        assert_eq!(after(&lost, 0, Some(&retry), Effect::Once), After::AskProbe("gone".into()));
    }

    #[test]
    fn what_never_started_or_was_cancelled_is_not_tried_again() {
        let retry = retry(9, &[]);
        let missing = AttemptEnd::NotStarted { why: "no such program".into() };
        assert_eq!(after(&missing, 0, Some(&retry), Effect::Read), After::Failed("no such program".into()));
        assert_eq!(after(&AttemptEnd::Cancelled, 0, Some(&retry), Effect::Read), After::Cancelled);
    }
}
