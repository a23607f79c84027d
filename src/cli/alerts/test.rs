//! `alerts test`: rules held against made-up series, by the same judge as the watcher.
//!
//! A file of ours is TOML and tests the rules of the configuration:
//!
//! ```toml
//! [[tests]]
//! name = "Errors page after two minutes"
//! every = "1m"                                   # between two samples, and two judgements
//! series = { "api.error_rate" = "0 0.2x5", "api.health" = "upx6" }
//! expect = [{ at = "2m", alert = "High error rate", subject = "api", state = "pending" }]
//! ```

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::Deserialize;

use super::{
    prometheus,
    series::{Step, expand},
    tested::{Tested, read},
};
use crate::{
    cli::{
        args::Global,
        deck::Deck,
        exit,
        output::{Failure, Mode, Outcome, Output, remark},
    },
    domain::{
        alert::{AlertKey, EVERY_SERVICE, Judge, Outline, Seen},
        environment::{Environment, Service},
        health::Health,
        nearest::nearest,
        time::{UnixMs, human},
        verdict::Verdict,
    },
};

/// Judgements in one test at most.
const MOST_STEPS: u128 = 200_000;
/// Where the clock of a test begins: not at zero, so that a moment of nothing is none of it.
const BEGIN: UnixMs = UnixMs(1_000_000_000_000);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tests: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    env: Option<String>,
    #[serde(with = "human")]
    every: Duration,
    /// How long a sample speaks for the present.
    #[serde(default, with = "human::option")]
    stale_after: Option<Duration>,
    series: BTreeMap<String, String>,
    expect: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(with = "human")]
    at: Duration,
    alert: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    state: State,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Inactive,
    Pending,
    #[default]
    Firing,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// Runs every test of every file; ends with 1 if one fails.
pub fn run(global: &Global, files: &[std::path::PathBuf]) -> Outcome {
    let mut tested = Vec::new();
    let mut deck = None;
    for file in files {
        let text = read(file)?;
        let is_yaml = file.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if is_yaml {
            tested.extend(prometheus::test(file, &text)?);
            continue;
        }
        let deck = match &mut deck {
            Some(deck) => deck,
            None => deck.insert(Deck::load(global)?),
        };
        tested.extend(own(deck, file, &text)?);
    }
    let failed = tested.iter().filter(|one| !one.wrong.is_empty()).count();
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&tested)?;
    } else {
        for one in &tested {
            let word = if one.wrong.is_empty() { "ok" } else { "FAILED" };
            output.line(format_args!("{word:<6} {}: {}", one.file, one.name))?;
            for wrong in &one.wrong {
                output.line(format_args!("         {wrong}"))?;
            }
        }
        remark(format_args!("{} tests, {failed} failed", tested.len()));
    }
    Ok(if failed == 0 { exit::OK } else { exit::FAILED })
}

fn own(deck: &Deck, path: &Path, text: &str) -> Result<Vec<Tested>, Failure> {
    let file: File =
        toml::from_str(text).map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
    let mut tested = Vec::new();
    for case in &file.tests {
        let wrong = |why: String| Failure::usage(format_args!("{}: test '{}': {why}", path.display(), case.name));
        let name = case.env.as_deref().unwrap_or(match &deck.project.environments[..] {
            [first, ..] => &first.name,
            [] => "",
        });
        let environment =
            deck.project.environment(name).ok_or_else(|| wrong(format!("there is no environment '{name}'")))?;
        let found = Bench::new(environment, case).map_err(&wrong)?.judge(case).map_err(&wrong)?;
        tested.push(Tested { file: path.display().to_string(), name: case.name.clone(), wrong: found });
    }
    Ok(tested)
}

/// A judge and the series it is fed with.
struct Bench<'e> {
    judge: Judge,
    environment: &'e Environment,
    /// By service, then by name.
    series: BTreeMap<&'e str, BTreeMap<String, Vec<Step>>>,
}

impl<'e> Bench<'e> {
    fn new(environment: &'e Environment, case: &Case) -> Result<Self, String> {
        if case.every.is_zero() {
            return Err("'every' must be above 0".into());
        }
        let fresh_for = case.stale_after.unwrap_or((case.every * 3).max(Duration::from_secs(10)));
        let outline = |service: &Service| Outline {
            service: service.name.clone(),
            probes: service.probes.iter().map(|probe| (probe.name.clone(), fresh_for)).collect(),
        };
        let outlines: Vec<Outline> = environment.services.iter().map(outline).collect();
        let judge = Judge::new(&environment.name, &environment.rulebook, &outlines);
        let mut series: BTreeMap<&str, BTreeMap<String, Vec<Step>>> = BTreeMap::new();
        for (path, samples) in &case.series {
            let (service, name) = known(environment, path)?;
            let steps = expand(samples).map_err(|why| format!("series '{path}': {why}"))?;
            series.entry(service).or_default().insert(name, steps);
        }
        Ok(Self { judge, environment, series })
    }

    /// What is otherwise than expected.
    fn judge(mut self, case: &Case) -> Result<Vec<String>, String> {
        let last = case.expect.iter().map(|expected| expected.at).max().unwrap_or_default();
        let steps = last.as_nanos() / case.every.as_nanos();
        if steps > MOST_STEPS {
            return Err(format!("it takes {steps} judgements, {MOST_STEPS} are the most"));
        }
        let mut wrong = Vec::new();
        for step in 0..=steps as usize {
            let since = case.every * step as u32;
            let now = BEGIN.after(since);
            self.look(step, now);
            self.judge.judge(now);
            let due = |expected: &&Expected| expected.at >= since && expected.at < since + case.every;
            for expected in case.expect.iter().filter(due) {
                wrong.extend(self.compare(expected, now)?);
            }
        }
        Ok(wrong)
    }

    /// Every service that has a sample at this step is looked at once by each of its probes.
    fn look(&mut self, step: usize, now: UnixMs) {
        for (service, series) in &self.series {
            let at = |name: &str| series.get(name).map(|steps| steps.get(step).unwrap_or(&Step::Missing));
            if series.keys().all(|name| at(name) == Some(&Step::Missing)) {
                continue;
            }
            let number = |name: &str| match at(name) {
                Some(Step::Value(value)) => Some(*value),
                _ => None,
            };
            let word = ["health", "state"].into_iter().find_map(at);
            let health = match word {
                None | Some(Step::State("up")) => Health::Up,
                Some(Step::State("degraded")) => Health::Degraded,
                Some(Step::State("down")) => Health::Down,
                Some(Step::State("maintenance")) => Health::Maintenance,
                Some(_) => Health::Unknown,
            };
            let verdict = match (number("availability"), health) {
                (Some(share), _) if share < 0.5 => Verdict::Fail,
                (None, Health::Down) => Verdict::Fail,
                (None, Health::Unknown) => Verdict::Unknown,
                _ => Verdict::Pass,
            };
            let Some(service) = self.environment.service(service) else { continue };
            for probe in &service.probes {
                let Some(place) = self.judge.place(&service.name, &probe.name) else { continue };
                let seen = Seen { at: now, verdict, health, latency_ms: number("latency_ms") };
                let values = probe.record.iter().map(|one| (one.name.as_str(), number(&one.name)));
                self.judge.note(place, seen, values);
            }
        }
    }

    fn compare(&self, expected: &Expected, now: UnixMs) -> Result<Option<String>, String> {
        let key = AlertKey {
            env: self.environment.name.clone(),
            rule: expected.alert.clone(),
            subject: expected.subject.clone(),
        };
        let judged = key.judged();
        let Some(exhibit) = self.judge.look_at(judged.as_ref().unwrap_or(&key), now) else {
            let rules = self.environment.rulebook.rules.iter();
            let known: Vec<String> =
                rules.flat_map(|rule| rule.subjects().into_iter().map(|one| format!("{}/{one}", rule.name))).collect();
            let wanted = format!("{}/{}", key.rule, key.subject);
            let near = nearest(&wanted, known.iter().map(String::as_str));
            let hint = near
                .map_or_else(|| format!("there are: {}", known.join(", ")), |near| format!("did you mean '{near}'?"));
            return Err(format!("there is no alert '{}' of '{}': {hint}", key.rule, key.subject));
        };
        let standings = self.judge.standings(now);
        let standing = standings.iter().find(|standing| standing.key == key);
        let is = standing.map_or("inactive", |standing| standing.phase.word());
        Ok((is != expected.state.word()).then(|| {
            let of = if key.subject.is_empty() { String::new() } else { format!(" of {}", key.subject) };
            format!(
                "at {} '{}'{of} is {is}, not {}: {}",
                humantime::format_duration(expected.at),
                key.rule,
                expected.state.word(),
                exhibit.explanation
            )
        }))
    }
}

/// The service and the name of a series, which must be one that rules can read.
fn known<'e>(environment: &'e Environment, path: &str) -> Result<(&'e str, String), String> {
    let services = || environment.services.iter().map(|service| service.name.as_str());
    let Some((service, name)) = path.split_once('.') else {
        return Err(format!("series '{path}' must be written SERVICE.NAME"));
    };
    let Some(service) = environment.service(service) else {
        let hint = nearest(service, services()).map_or_else(String::new, |near| format!(": did you mean '{near}'?"));
        return Err(format!("series '{path}': there is no service '{service}'{hint}"));
    };
    let recorded = || service.probes.iter().flat_map(|probe| &probe.record).map(|one| one.name.as_str());
    let mut names = EVERY_SERVICE.into_iter().chain(recorded());
    if names.any(|known| known == name) {
        return Ok((&service.name, name.to_owned()));
    }
    let near = nearest(name, EVERY_SERVICE.into_iter().chain(recorded()));
    let hint = near.map_or_else(String::new, |near| format!(": did you mean '{near}'?"));
    Err(format!("series '{path}': '{}' has no '{name}'{hint}", service.name))
}
