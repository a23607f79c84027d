//! `verify` steps: a suite of checks, its findings streamed as lines, its report stored.

use std::{collections::VecDeque, env, fs, time::Instant};

use super::decide;
use crate::{
    domain::{
        format,
        health::Health,
        id::AttemptKey,
        judge::Judged,
        pipeline::{Command, Step},
        probe::ProbeKind,
        run::AttemptEnd,
        suite::{Check, CheckKind, Finding, Report, Suite},
        template::Rendered,
        verdict::Verdict,
    },
    run::{
        attend::{self, Seen, Sink},
        desk::{Desk, now},
        error::RunnerError,
        supervisor,
    },
    secret::Secrets,
};

/// Runs the suite of that name.
pub fn run(desk: &mut Desk, step: &Step, suite: &str, key: AttemptKey) -> Result<AttemptEnd, RunnerError> {
    let plan = desk.plan.clone();
    let Some(suite) = plan.suites.get(suite) else {
        return Ok(AttemptEnd::NotStarted { why: format!("the plan has no suite '{suite}'") });
    };
    let at = now();
    let mut findings = Vec::new();
    for (number, check) in suite.checks.iter().enumerate() {
        if desk.interrupt()?.is_some() && !key.undo {
            return Ok(AttemptEnd::Cancelled);
        }
        let begun = Instant::now();
        let found = take(desk, step, check, number, key)?;
        let finding = found.into_finding(desk, check, begun.elapsed().as_secs_f64() * 1000.0);
        for line in lines(&finding) {
            desk.note(key, &line)?;
        }
        findings.push(finding);
    }
    conclude(desk, suite, key, at, findings)
}

fn conclude(
    desk: &Desk,
    suite: &Suite<Rendered>,
    key: AttemptKey,
    at: crate::domain::time::UnixMs,
    findings: Vec<Finding>,
) -> Result<AttemptEnd, RunnerError> {
    let verdict = Report::verdict_of(&findings);
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (passed, failed, unknown) = (count(Verdict::Pass), count(Verdict::Fail), count(Verdict::Unknown));
    let decisive: Vec<_> = findings
        .iter()
        .filter(|finding| finding.verdict == verdict && verdict != Verdict::Pass && !finding.optional)
        .map(|finding| format!("{} ({})", finding.check, finding.detail))
        .collect();
    let others = if failed + unknown > 0 { format!(", {failed} failed, {unknown} unknown") } else { String::new() };
    let colon = if decisive.is_empty() { "" } else { ": " };
    let why = format!("{passed} of {} checks passed{others}{colon}{}", findings.len(), decisive.join(", "));
    desk.note(key, &format!("{}  {why}", word(verdict)))?;
    let report = Report { suite: suite.name.clone(), at, verdict, findings };
    desk.store.add_report(desk.run, desk.generation(), key.step, report).wait()?;
    Ok(AttemptEnd::Judged { verdict, why })
}

/// `pass  api ready  12 ms`, and for a failure what to do.
fn lines(finding: &Finding) -> Vec<String> {
    let took = format::ms(finding.duration_ms);
    let optional = if finding.optional && finding.verdict != Verdict::Pass { " (optional)" } else { "" };
    let mut lines = vec![format!("{}  {}{optional}  {took}", word(finding.verdict), finding.check)];
    if finding.verdict != Verdict::Pass {
        lines.push(format!("      {}", finding.detail));
        lines.extend(finding.fix.as_ref().map(|fix| format!("      fix: {fix}")));
    }
    lines
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "unknown",
    }
}

/// What one check saw.
struct Found {
    verdict: Verdict,
    detail: String,
    judged: Option<Judged>,
}

impl Found {
    fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { verdict, detail: detail.into(), judged: None }
    }

    fn into_finding(self, desk: &Desk, check: &Check<Rendered>, duration_ms: f64) -> Finding {
        let mut judgements = self.judged.as_ref().map(|judged| judged.judgements.clone()).unwrap_or_default();
        for judgement in &mut judgements {
            judgement.explanation = desk.say(&judgement.explanation);
        }
        Finding {
            check: check.name.clone(),
            verdict: self.verdict,
            optional: check.optional,
            detail: desk.say(&self.detail),
            fix: check.fix.clone(),
            judgements,
            duration_ms: self.judged.as_ref().and_then(|judged| judged.outcome.latency_ms).unwrap_or(duration_ms),
            phases: self.judged.map(|judged| judged.outcome.phases),
        }
    }
}

fn take(
    desk: &mut Desk,
    step: &Step,
    check: &Check<Rendered>,
    number: usize,
    key: AttemptKey,
) -> Result<Found, RunnerError> {
    Ok(match &check.kind {
        CheckKind::Probe(spec) => {
            // A secret is looked up now, and what is wrong with it is told.
            if let (ProbeKind::Env { name }, []) = (&spec.kind, spec.expect.as_slice()) {
                return Ok(is_set(desk, name));
            }
            let judged = desk.look(spec);
            Found { verdict: judged.says.verdict, detail: judged.detail.clone(), judged: Some(judged) }
        }
        CheckKind::Service(service) => service_now(desk, service),
        CheckKind::Run(argv) => command(desk, step, argv, number, key)?,
    })
}

/// The value is never looked at, but for whether there is one.
fn is_set(desk: &Desk, name: &str) -> Found {
    let in_environment = env::var_os(name).is_some_and(|value| !value.is_empty());
    if in_environment || desk.secret(name).is_some_and(|value| !value.is_empty()) {
        return Found::new(Verdict::Pass, "set");
    }
    if !desk.plan.secrets.contains_key(name) {
        return Found::new(Verdict::Fail, format!("the environment variable {name} is not set or empty"));
    }
    match Secrets::resolve(&[name.to_owned()], &desk.plan.secrets, &desk.plan.root) {
        Ok(_) => Found::new(Verdict::Pass, "set"),
        Err(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            Found::new(Verdict::Fail, errors.join("; "))
        }
    }
}

/// A fresh look of each probe of the service; the worst counts.
fn service_now(desk: &Desk, service: &str) -> Found {
    let Some(probes) = desk.plan.services.get(service).filter(|probes| !probes.is_empty()) else {
        return Found::new(Verdict::Unknown, format!("the service '{service}' has no probe"));
    };
    let (verdict, health, detail) = look_at_service(desk, probes);
    let detail = if verdict == Verdict::Pass && detail.is_empty() {
        health.word().to_owned()
    } else {
        format!("{}: {detail}", health.word())
    };
    Found::new(verdict, detail)
}

/// Looks with each probe once: the verdict, the health it means, and what is wrong.
pub fn look_at_service(desk: &Desk, probes: &[crate::domain::probe::ProbeSpec]) -> (Verdict, Health, String) {
    let mut verdict = Verdict::Pass;
    let mut wrong = Vec::new();
    let mut degraded = false;
    for (probe, judged) in probes.iter().zip(desk.look_all(probes)) {
        verdict = verdict.and(judged.says.verdict);
        degraded |= judged.says.degraded;
        if judged.says.verdict != Verdict::Pass || judged.says.degraded {
            wrong.push(format!("{}: {}", probe.name, judged.detail));
        }
    }
    let health = match verdict {
        Verdict::Pass if degraded => Health::Degraded,
        Verdict::Pass => Health::Up,
        Verdict::Fail => Health::Down,
        Verdict::Unknown => Health::Unknown,
    };
    (verdict, health, wrong.join("; "))
}

fn command(
    desk: &mut Desk,
    step: &Step,
    argv: &[Rendered],
    number: usize,
    key: AttemptKey,
) -> Result<Found, RunnerError> {
    let dir = desk.state_dir().attempt_dir(desk.run, key).join(format!("check-{number:02}"));
    let spec = match attend::spec(desk, step, &Command::Run(argv.to_vec()), None) {
        Ok(spec) => spec,
        Err(why) => return Ok(Found::new(Verdict::Fail, why.to_string())),
    };
    let mut sink = Sink::Keep(VecDeque::new());
    let seen = attend::launch(desk, &dir, &spec, &mut sink)?;
    let Sink::Keep(kept) = sink else { return Ok(Found::new(Verdict::Unknown, "its output is gone")) };
    let last = kept.iter().rev().map(|line| line.text.trim()).find(|text| !text.is_empty()).unwrap_or_default();
    let last = if last.is_empty() { String::new() } else { format!(": {last}") };
    Ok(match seen {
        Seen::Ended(record) if record.end == (AttemptEnd::Exited { code: 0 }) => {
            Found::new(Verdict::Pass, "exit code 0")
        }
        Seen::Ended(record) => Found::new(Verdict::Fail, format!("{}{last}", decide::sentence(&record.end))),
        Seen::Lost(why) => Found::new(Verdict::Unknown, why),
        Seen::NeverStarted => Found::new(Verdict::Unknown, "it could not be started"),
    })
}

/// An earlier runner died within a suite: what its commands are still doing is of no use to anyone.
pub fn end_left_commands(desk: &Desk, key: AttemptKey) {
    let dir = desk.state_dir().attempt_dir(desk.run, key);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if !supervisor::ended(&entry.path()) {
            let _ = supervisor::request_cancel(&entry.path());
        }
    }
}
