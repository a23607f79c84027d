//! Bringing a step, or its undo, to its end.

use std::time::{Duration, Instant};

use super::{
    ask, checklist, command, database,
    decide::{self, After, Tries, Try},
    flag,
    pause::pause,
    remote::{self, Came, Errand},
    soak, verify, wait,
    work::{self, Work},
};
use crate::{
    domain::{
        id::AttemptKey,
        pipeline::{Effect, Step},
        plan::PlannedStep,
        run::{AttemptEnd, RunEvent, StepEnd},
        verdict::Verdict,
    },
    proc::crash,
    run::{
        adopt,
        attend::Seen,
        desk::{Desk, Interrupt},
        error::RunnerError,
    },
};

/// How a step, or its undo, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// How.
    pub end: StepEnd,
    /// One sentence.
    pub why: String,
}

impl StepResult {
    fn new(end: StepEnd, why: impl Into<String>) -> Self {
        Self { end, why: why.into() }
    }
}

/// Executes step `index`, or its undo, from wherever the events say it stands. Its start is in the events already; its end
/// is the caller's to record.
pub fn execute(desk: &mut Desk, index: u16, undo: bool) -> Result<StepResult, RunnerError> {
    let plan = desk.plan.clone();
    let Some(planned) = plan.steps.get(usize::from(index)) else {
        return Ok(StepResult::new(StepEnd::Failed, "the plan has no such step"));
    };
    let edited = edited(desk, planned, index, undo);
    let planned = edited.as_ref().unwrap_or(planned);
    let step = &planned.step;
    let pieces = if undo { work::undo(planned).into_iter().collect() } else { work::pieces(planned) };
    let mut since = started(desk, index, undo);
    let mut result = StepResult::new(StepEnd::Succeeded, "");
    for work in &pieces {
        let job = Job { index, undo, step, work, since };
        match bring_to_end(desk, &job)? {
            Ok((done, why)) => {
                since = done;
                result.why = why;
            }
            Err(bad) => return Ok(bad),
        }
    }
    Ok(result)
}

/// The step as people changed it, if they did. Its way back stays as planned.
fn edited(desk: &Desk, planned: &PlannedStep, index: u16, undo: bool) -> Option<PlannedStep> {
    let mut edits = desk.state.edits.iter().filter(|(step, _)| *step == index && !undo).peekable();
    edits.peek()?;
    let mut edited = planned.clone();
    for (_, edit) in edits {
        // Checked when it was decided.
        let _ = edit.apply(&mut edited.step);
    }
    Some(edited)
}

/// The number of the event with which the step began.
fn started(desk: &Desk, index: u16, of_undo: bool) -> u32 {
    let begins =
        |event: &RunEvent| matches!(event, RunEvent::StepStarted { step, undo } if *step == index && *undo == of_undo);
    desk.events.iter().rev().find(|row| begins(&row.event)).map_or(0, |row| row.seq)
}

struct Job<'a> {
    index: u16,
    undo: bool,
    step: &'a Step,
    work: &'a Work,
    since: u32,
}

/// Either the number of the event that says it is done, with one sentence, or the end of the whole step.
type Brought = Result<(u32, String), StepResult>;

fn bring_to_end(desk: &mut Desk, job: &Job<'_>) -> Result<Brought, RunnerError> {
    loop {
        let tries = decide::tries(&desk.events, job.index, job.undo, job.since);
        if let Some(done) = tries.done {
            let why = tries.last.and_then(|last| last.end).map_or_else(String::new, |end| done_sentence(&end));
            return Ok(Ok((done, why)));
        }
        match tries.last.clone() {
            Some(Try { key, process, end: None, .. }) => resume(desk, job, key, process.as_ref())?,
            Some(Try { key, end: Some(end), .. }) => {
                if let Some(result) = follow(desk, job, key, &end, &tries)? {
                    return Ok(Err(result));
                }
            }
            None => {
                if let Some(result) = stopped(desk, job)? {
                    return Ok(Err(result));
                }
                if let Some(result) = begin(desk, job)? {
                    return Ok(Err(result));
                }
            }
        }
    }
}

/// "exit code 0" says nothing to anyone.
fn done_sentence(end: &AttemptEnd) -> String {
    if let AttemptEnd::Judged { why, .. } = end { why.clone() } else { String::new() }
}

/// Whether nothing more may begin. An undo always may.
fn stopped(desk: &mut Desk, job: &Job<'_>) -> Result<Option<StepResult>, RunnerError> {
    let interrupt = desk.interrupt()?;
    Ok(if job.undo { None } else { interrupt.map(|interrupt| ended_by(desk, &interrupt)) })
}

fn ended_by(desk: &Desk, interrupt: &Interrupt) -> StepResult {
    match interrupt {
        Interrupt::Person => StepResult::new(StepEnd::Cancelled, "a person ended it"),
        Interrupt::TimeUp => {
            let bound = desk.plan.timeout.unwrap_or_default();
            let bound = crate::domain::format::duration(bound);
            StepResult::new(StepEnd::Failed, format!("the run's time ({bound}) is up"))
        }
        Interrupt::Fellow(step) => {
            let name = desk.plan.steps.get(usize::from(*step)).map_or("", |planned| planned.step.name.as_str());
            StepResult::new(StepEnd::Cancelled, format!("ended because '{name}' beside it failed"))
        }
    }
}

/// Decides about an attempt that ended badly; `None` to go on.
fn follow(
    desk: &mut Desk,
    job: &Job<'_>,
    key: AttemptKey,
    end: &AttemptEnd,
    tries: &Tries,
) -> Result<Option<StepResult>, RunnerError> {
    let effect = if job.work.only_reads() { Effect::Read } else { job.step.effect };
    let retry = job.step.retry.as_ref();
    let failed = |why: String| Ok(Some(StepResult::new(StepEnd::Failed, why)));
    match decide::after(end, tries.failures, retry, effect) {
        After::Failed(why) => failed(why),
        After::Inconclusive(why) => Ok(Some(StepResult::new(StepEnd::Inconclusive, why))),
        After::Cancelled if job.undo => Ok(Some(StepResult::new(StepEnd::Cancelled, "the undo was cancelled"))),
        After::Cancelled => Ok(Some(match desk.interrupt()? {
            Some(interrupt) => ended_by(desk, &interrupt),
            None => StepResult::new(StepEnd::Cancelled, "it was cancelled"),
        })),
        After::Again(backoff) => {
            // Between half and one and a half of it, so that what failed together is not tried again together.
            let backoff = backoff.mul_f64(0.5 + fastrand::f64());
            desk.note(key, &decide::announce(end, tries.failures, retry, backoff))?;
            if let Some(result) = stopped(desk, job)? {
                return Ok(Some(result));
            }
            if !pause(desk, backoff, job.undo)? {
                return stopped(desk, job);
            }
            begin(desk, job)
        }
        After::Join(why) => join(desk, job, key, &why, tries),
        After::AskProbe(why) => {
            let Some(probe) = job.step.probe.as_ref().filter(|_| !job.undo) else {
                return Ok(Some(StepResult::new(StepEnd::Unknown, why)));
            };
            let host = if let Work::Remote { host, .. } = job.work { Some(host) } else { None };
            match command::ask_probe(desk, job.step, host, key, probe)? {
                command::ProbeSays::Done => {
                    let why = format!("{why}; its probe says it was done");
                    let end = AttemptEnd::Judged { verdict: Verdict::Pass, why };
                    desk.record(RunEvent::AttemptEnded { key, end, duration_ms: 0 })?;
                    Ok(None)
                }
                command::ProbeSays::NotDone => {
                    desk.note(key, &format!("{why}; its probe says it was not done, so it is run again"))?;
                    begin(desk, job)
                }
                command::ProbeSays::Unknown(probe) => {
                    Ok(Some(StepResult::new(StepEnd::Unknown, format!("{why}; {probe}"))))
                }
            }
        }
    }
}

/// The line to a machine was lost: the command is looked for there again, a few times. Then a person must say.
fn join(
    desk: &mut Desk,
    job: &Job<'_>,
    key: AttemptKey,
    why: &str,
    tries: &Tries,
) -> Result<Option<StepResult>, RunnerError> {
    /// Lost lines after which nobody is looked for by itself any more.
    const MOST: u16 = 4;
    let unknown = || Ok(Some(StepResult::new(StepEnd::Unknown, why.to_owned())));
    let ending = desk.interrupt()?.is_some() && !job.undo;
    if ending || tries.lost_lines > MOST {
        return unknown();
    }
    let backoff = Duration::from_secs(1 << tries.lost_lines.saturating_sub(1).min(8));
    desk.note(key, &decide::announce(&AttemptEnd::LineLost { why: why.to_owned() }, 0, None, backoff))?;
    if !pause(desk, backoff, job.undo)? {
        return unknown();
    }
    begin(desk, job)
}

/// Begins the next attempt and stays with it to its end. Without its secrets nothing begins, and a person is asked.
fn begin(desk: &mut Desk, job: &Job<'_>) -> Result<Option<StepResult>, RunnerError> {
    if let Err(why) = desk.resolve_secrets() {
        return Ok(Some(StepResult::new(StepEnd::Inconclusive, format!("not begun: {why}"))));
    }
    let key = next_key(desk, job);
    desk.record(RunEvent::Intent { key })?;
    crash::point("runner.after_intent");
    perform(desk, job, key)?;
    Ok(None)
}

fn next_key(desk: &Desk, job: &Job<'_>) -> AttemptKey {
    let attempt = decide::next_attempt(&desk.events, job.index, job.undo);
    AttemptKey { step: job.index, undo: job.undo, attempt }
}

fn perform(desk: &mut Desk, job: &Job<'_>, key: AttemptKey) -> Result<(), RunnerError> {
    let begun = Instant::now();
    let end = match job.work {
        Work::Command { command, weight } => {
            return command::run(desk, job.step, command, *weight, key)
                .and_then(|(end, duration_ms)| record_end(desk, key, end, duration_ms));
        }
        Work::Remote { command, host } => {
            let came = remote::run(desk, &Errand { step: job.step, command, host }, key)?;
            return conclude(desk, job, key, came);
        }
        Work::Database { database, act } => {
            return database::run(desk, job.step, (database, act), key)
                .and_then(|(end, duration_ms)| record_end(desk, key, end, duration_ms));
        }
        Work::Verify(suite) => verify::run(desk, job.step, suite, key)?,
        Work::Soak(spec) => soak::run(desk, spec, key)?,
        Work::Wait(spec) => wait::run(desk, spec, key)?,
        Work::Ask(question) => ask::run(desk, question, key)?,
        Work::Checklist(items) => checklist::run(desk, items, key)?,
        Work::Former { flag, get } => flag::ask(desk, job.step, flag, get, key)?,
    };
    record_end(desk, key, end, millis(begun.elapsed()))
}

fn conclude(desk: &mut Desk, job: &Job<'_>, key: AttemptKey, came: Came) -> Result<(), RunnerError> {
    match came {
        Came::End(end, duration_ms) => record_end(desk, key, end, duration_ms),
        Came::Anew(why) => anew(desk, job, key, &why),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn record_end(desk: &mut Desk, key: AttemptKey, end: AttemptEnd, duration_ms: u64) -> Result<(), RunnerError> {
    crash::point("runner.before_end");
    desk.record(RunEvent::AttemptEnded { key, end: clean(desk, end), duration_ms })?;
    crash::point("runner.after_end");
    Ok(())
}

/// Sentences may quote what the world answered: masked before they are stored.
fn clean(desk: &Desk, end: AttemptEnd) -> AttemptEnd {
    match end {
        AttemptEnd::NotStarted { why } => AttemptEnd::NotStarted { why: desk.say(&why) },
        AttemptEnd::Judged { verdict, why } => AttemptEnd::Judged { verdict, why: desk.say(&why) },
        AttemptEnd::Lost { why } => AttemptEnd::Lost { why: desk.say(&why) },
        AttemptEnd::LineLost { why } => AttemptEnd::LineLost { why: desk.say(&why) },
        other => other,
    }
}

/// Goes on with an attempt that an earlier runner began.
fn resume(
    desk: &mut Desk,
    job: &Job<'_>,
    key: AttemptKey,
    process: Option<&crate::domain::run::ProcessRef>,
) -> Result<(), RunnerError> {
    if job.work.can_continue() {
        return perform(desk, job, key);
    }
    if !job.work.is_supervised() {
        verify::end_left_commands(desk, key);
        let why = "the runner died before it was over".to_owned();
        return record_end(desk, key, AttemptEnd::Lost { why }, 0);
    }
    let seen = adopt::adopt(desk, key, process)?;
    match (seen, job.work) {
        // What it was to join is still to be joined.
        (Seen::NeverStarted, Work::Remote { .. }) if remote::origin(&desk.events, key).is_some() => {
            let why = "the runner died before the machine was asked".to_owned();
            record_end(desk, key, AttemptEnd::LineLost { why }, 0)
        }
        (Seen::NeverStarted, _) => anew(desk, job, key, "the runner died before the command was started"),
        (seen, Work::Remote { command, host }) => {
            let came = remote::judge(desk, &Errand { step: job.step, command, host }, key, seen)?;
            conclude(desk, job, key, came)
        }
        (seen, _) => {
            let (end, duration_ms) = seen.into_end();
            let end = if matches!(job.work, Work::Database { .. }) { database::judged(desk, key, end) } else { end };
            record_end(desk, key, end, duration_ms)
        }
    }
}

/// What was never started is begun, without asking.
fn anew(desk: &mut Desk, job: &Job<'_>, key: AttemptKey, why: &str) -> Result<(), RunnerError> {
    let why = desk.say(why);
    let ended = RunEvent::AttemptEnded { key, end: AttemptEnd::NotStarted { why }, duration_ms: 0 };
    if let Some(_stopped) = stopped(desk, job)? {
        return desk.record(RunEvent::AttemptEnded { key, end: AttemptEnd::Cancelled, duration_ms: 0 });
    }
    // In one transaction: that it was never started is never mistaken for a failure to start it.
    let next = next_key(desk, job);
    desk.record_all(vec![ended, RunEvent::Intent { key: next }])?;
    perform(desk, job, next)
}
