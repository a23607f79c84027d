//! Rule tests of Prometheus, by our state machine: `rule_files`, `input_series` and `alert_rule_test` of its YAML.
//!
//! Its expressions are PromQL, of which [`expression`] understands what alerts mostly are made of; what it doesn't is
//! refused, never guessed. There, what is not in a result is false: of series that are missing nothing is unknown.

mod expression;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use serde::Deserialize;

use self::expression::{Labels, Series, World};
use super::{
    series::{Step, expand},
    tested::{Tested, read},
};
use crate::{
    cli::output::Failure,
    domain::{
        alert::{
            Phase,
            machine::{Clocks, step},
        },
        time::UnixMs,
        verdict::Verdict,
    },
};

/// Evaluations in one test at most.
const MOST_STEPS: u128 = 100_000;

#[derive(Debug, Deserialize)]
struct TestFile {
    #[serde(default)]
    rule_files: Vec<String>,
    #[serde(default = "minute")]
    evaluation_interval: String,
    tests: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    name: String,
    #[serde(default = "minute")]
    interval: String,
    #[serde(default)]
    input_series: Vec<Input>,
    #[serde(default)]
    alert_rule_test: Vec<Question>,
}

fn minute() -> String {
    "1m".into()
}

#[derive(Debug, Deserialize)]
struct Input {
    series: String,
    values: String,
}

#[derive(Debug, Deserialize)]
struct Question {
    eval_time: String,
    alertname: String,
    #[serde(default)]
    exp_alerts: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct Expected {
    #[serde(default)]
    exp_labels: Labels,
}

#[derive(Debug, Deserialize)]
struct RuleFile {
    groups: Vec<RuleGroup>,
}

#[derive(Debug, Deserialize)]
struct RuleGroup {
    rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
struct RawRule {
    alert: Option<String>,
    record: Option<String>,
    expr: String,
    #[serde(default, rename = "for")]
    hold: Option<String>,
    #[serde(default)]
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: Labels,
}

struct Rule {
    name: String,
    expression: promql_parser::parser::Expr,
    clocks: Clocks,
    labels: Labels,
}

/// Runs the tests of a file.
pub fn test(path: &Path, text: &str) -> Result<Vec<Tested>, Failure> {
    let wrong = |why: String| Failure::usage(format_args!("{}: {why}", path.display()));
    let file: TestFile = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let dir = path.parent().unwrap_or(Path::new(""));
    let mut rules = Vec::new();
    for name in &file.rule_files {
        let path = dir.join(name);
        let text = read(&path)?;
        let read: RuleFile = serde_saphyr::from_str(&text).map_err(|error| wrong(format!("{name}: {error}")))?;
        for raw in read.groups.into_iter().flat_map(|group| group.rules) {
            rules.push(rule(raw).map_err(|why| wrong(format!("{name}: {why}")))?);
        }
    }
    let every = duration(&file.evaluation_interval).map_err(&wrong)?;
    let mut tested = Vec::new();
    for (index, group) in file.tests.iter().enumerate() {
        let name = if group.name.is_empty() { format!("test {}", index + 1) } else { group.name.clone() };
        let found = run(group, &rules, every).map_err(|why| wrong(format!("{name}: {why}")))?;
        tested.push(Tested { file: path.display().to_string(), name, wrong: found });
    }
    Ok(tested)
}

fn rule(raw: RawRule) -> Result<Rule, String> {
    let Some(name) = raw.alert else {
        let name = raw.record.unwrap_or_default();
        return Err(format!("'{name}' is a recording rule, which is not understood: leave its tests to promtool"));
    };
    if let Some((label, value)) = raw.labels.iter().find(|(_, value)| value.contains("{{")) {
        return Err(format!("label '{label}' of '{name}' is a template ({value}), which is not understood"));
    }
    let expression = promql_parser::parser::parse(&raw.expr).map_err(|why| format!("'{name}': {why}"))?;
    let clock = |text: &Option<String>| text.as_deref().map_or(Ok(Duration::ZERO), duration);
    let clocks = Clocks { hold: clock(&raw.hold)?, keep: clock(&raw.keep_firing_for)? };
    Ok(Rule { name, expression, clocks, labels: raw.labels })
}

fn duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text).map_err(|error| format!("'{text}' is not a duration: {error}"))
}

/// Evaluates from 0 on and asks on the way; what is otherwise than expected.
fn run(group: &Group, rules: &[Rule], every: Duration) -> Result<Vec<String>, String> {
    let interval = duration(&group.interval)?;
    if every.is_zero() || interval.is_zero() {
        return Err("intervals must be above 0".into());
    }
    let world =
        World { series: group.input_series.iter().map(|input| series(input, interval)).collect::<Result<_, _>>()? };
    let mut questions = Vec::new();
    for question in &group.alert_rule_test {
        if !rules.iter().any(|rule| rule.name == question.alertname) {
            return Err(format!("there is no alert '{}' in the rule files", question.alertname));
        }
        questions.push((duration(&question.eval_time)?, question));
    }
    let last = questions.iter().map(|(at, _)| *at).max().unwrap_or_default();
    let steps = last.as_nanos() / every.as_nanos();
    if steps > MOST_STEPS {
        return Err(format!("it takes {steps} evaluations, {MOST_STEPS} are the most"));
    }
    let mut alerts: Vec<BTreeMap<Labels, Phase>> = rules.iter().map(|_| BTreeMap::new()).collect();
    let mut wrong = Vec::new();
    for index in 0..=steps {
        let since = every * u32::try_from(index).unwrap_or(u32::MAX);
        let now = UnixMs(0).after(since);
        for (rule, alerts) in rules.iter().zip(&mut alerts) {
            evaluate(rule, alerts, &world, now)?;
        }
        for (_, question) in questions.iter().filter(|(at, _)| *at >= since && *at < since + every) {
            wrong.extend(compare(question, rules, &alerts));
        }
    }
    Ok(wrong)
}

fn series(input: &Input, interval: Duration) -> Result<Series, String> {
    let labels = expression::labels(&input.series)?;
    let steps = expand(&input.values).map_err(|why| format!("'{}': {why}", input.series))?;
    let mut points = Vec::new();
    for (index, step) in (0_u32..).zip(steps) {
        let at = UnixMs(0).after(interval * index);
        match step {
            Step::Value(value) => points.push((at, Some(value))),
            Step::Stale => points.push((at, None)),
            Step::Missing => {}
            Step::State(state) => return Err(format!("'{}': '{state}' is no number", input.series)),
        }
    }
    Ok(Series { labels, points })
}

fn evaluate(rule: &Rule, alerts: &mut BTreeMap<Labels, Phase>, world: &World, now: UnixMs) -> Result<(), String> {
    let result = expression::evaluate(&rule.expression, world, now).map_err(|why| format!("'{}': {why}", rule.name))?;
    let mut active = BTreeSet::new();
    for (mut labels, _) in result.into_vector().ok_or_else(|| format!("'{}' has no vector for a result", rule.name))? {
        labels.remove("__name__");
        labels.extend(rule.labels.clone());
        active.insert(labels);
    }
    for labels in &active {
        alerts.entry(labels.clone()).or_insert(Phase::Inactive);
    }
    for (labels, phase) in alerts.iter_mut() {
        let verdict = if active.contains(labels) { Verdict::Pass } else { Verdict::Fail };
        *phase = step(phase, verdict, now, rule.clocks);
    }
    alerts.retain(|_, phase| *phase != Phase::Inactive);
    Ok(())
}

/// Alerts of all rules of that name that fire, against those expected. Annotations are not compared.
fn compare(question: &Question, rules: &[Rule], alerts: &[BTreeMap<Labels, Phase>]) -> Option<String> {
    let of_rule = rules.iter().zip(alerts).filter(|(rule, _)| rule.name == question.alertname);
    let mut firing: Vec<&Labels> = of_rule
        .flat_map(|(_, alerts)| alerts)
        .filter(|(_, phase)| phase.is_firing())
        .map(|(labels, _)| labels)
        .collect();
    let mut expected: Vec<Labels> = question.exp_alerts.iter().map(|one| one.exp_labels.clone()).collect();
    for labels in &mut expected {
        labels.remove("alertname");
    }
    expected.sort();
    firing.sort();
    let same = firing.len() == expected.len() && firing.iter().zip(&expected).all(|(a, b)| **a == *b);
    let list = |labels: &[String]| if labels.is_empty() { "none".to_owned() } else { labels.join(" ") };
    (!same).then(|| {
        format!(
            "at {} '{}' fires for: {}; expected: {}",
            question.eval_time,
            question.alertname,
            list(&firing.iter().map(|labels| expression::shown(labels)).collect::<Vec<_>>()),
            list(&expected.iter().map(expression::shown).collect::<Vec<_>>()),
        )
    })
}
