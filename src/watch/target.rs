//! One probe that is watched: how to look, what was last seen, and what that means.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{
        environment::{Environment, Project, Service},
        fact::Facts,
        health::{Debounce, Health, LookSays, LookState},
        id::{LookId, LookKey},
        judge::{self, Judged},
        probe::{Outcome, ProbeSpec},
        sample::{Failure, Sample},
        series::LookRow,
        status::LookNow,
        text::{Masker, clean_line},
        time::UnixMs,
        verdict::Verdict,
    },
    probe::{LastAnswer, Memory},
    secret::Secrets,
};

use super::{failures::Failures, stale_after};

/// The latest row of a look is renewed at least this often even if nothing changed.
const RENEWED: Duration = Duration::from_mins(1);
/// A look that is not well is renewed this often, for its figures in the sentence.
const RENEWED_UNWELL: Duration = Duration::from_secs(5);

/// Facts kept of the latest look, and characters of one.
const MOST_FACTS: usize = 24;
const LONGEST_FACT: usize = 120;

/// One probe that is watched.
pub struct Target {
    /// Which.
    pub key: LookKey,
    /// Its number in the store.
    pub id: LookId,
    /// How to look.
    pub spec: Arc<ProbeSpec>,
    /// With what.
    pub private: Private,
    /// For the next look; absent while one is under way.
    pub memory: Option<Memory>,
    debounce: Debounce,
    state: LookState,
    last_at: UnixMs,
    /// When a look last said whether it is well or not.
    evident_at: UnixMs,
    stored: Option<Stored>,
    failures: Failures,
    /// Series by label, in the order they were first seen; the history knows the first so many of them under [`Self::id`].
    labelled: Vec<String>,
    registered: usize,
}

/// What the looks of an environment may know, and what hides it.
#[derive(Clone, Default)]
pub struct Private {
    /// The secrets its probes name.
    pub secrets: Arc<Secrets>,
    /// Hides them, and what else is secret in this environment.
    pub masker: Masker,
}

/// What the store holds as the latest.
struct Stored {
    at: UnixMs,
    says: LookSays,
    health: Health,
    version: Option<String>,
    noted: bool,
}

/// What one look means.
pub struct Taken {
    /// For the history.
    pub row: LookRow,
    /// For the latest, if it changed or is old.
    pub current: Option<LookNow>,
    /// For the samples, if it failed and is one to be kept.
    pub sample: Option<Sample>,
    /// The state before, if it changed.
    pub was: Option<Health>,
}

impl Target {
    /// Every probe of every environment, not yet numbered.
    pub fn all(project: &Project) -> impl Iterator<Item = (&Environment, &Service, &ProbeSpec)> {
        project.environments.iter().flat_map(|environment| {
            environment
                .services
                .iter()
                .flat_map(move |service| service.probes.iter().map(move |spec| (environment, service, spec)))
        })
    }

    /// A probe with its number, picking up where `before` left off.
    pub fn new(key: LookKey, id: LookId, spec: &ProbeSpec, debounce: Debounce, private: Private) -> Self {
        let spec = Arc::new(spec.clone());
        Self {
            key,
            id,
            memory: Some(Memory::of(&spec)),
            spec,
            private,
            debounce,
            state: LookState::new(UnixMs(0)),
            last_at: UnixMs(0),
            evident_at: UnixMs(0),
            stored: None,
            failures: Failures::default(),
            labelled: Vec::new(),
            registered: 0,
        }
    }

    /// Picks up what the store last knew.
    pub fn resume(&mut self, health: Health, since: UnixMs, last_at: UnixMs) {
        self.state = LookState::resumed(health, since);
        self.last_at = last_at;
        self.evident_at = last_at;
    }

    /// Picks up from the same probe under an earlier configuration: its state, and its memory if it looks the same way.
    pub fn inherit(&mut self, before: Self) {
        if before.spec == self.spec {
            self.labelled = before.labelled;
            if before.memory.is_some() {
                self.memory = before.memory;
            }
        }
        self.failures = before.failures;
        self.state = before.state;
        self.last_at = before.last_at;
        self.evident_at = before.evident_at;
    }

    /// Its state now.
    pub fn health(&self) -> Health {
        self.state.health
    }

    /// Takes in what a look brought, and what was answered to it.
    pub fn take(&mut self, outcome: Outcome, answer: &LastAnswer) -> Taken {
        let says = judge::says(&self.spec, &outcome);
        let at = outcome.at;
        let before = self.state.health;
        let changed = self.state.take(says, at, self.debounce);
        self.last_at = at;
        if says.verdict != Verdict::Unknown {
            self.evident_at = at;
        }
        let row = LookRow {
            look: self.id,
            at,
            verdict: says.verdict,
            degraded: says.degraded,
            latency_ms: outcome.latency_ms,
            values: self.values(&outcome),
        };
        let (worth, failed) = (self.is_worth_storing(says, &outcome), says.verdict == Verdict::Fail);
        let judged = (worth || failed).then(|| {
            let judged = judge::judge(&self.spec, outcome);
            // Whoever was given a secret may echo it.
            let detail = self.private.masker.mask(&judged.detail).into_owned();
            Judged { detail, ..judged }
        });
        let sample = judged.as_ref().filter(|_| failed).and_then(|judged| self.sample(judged, answer));
        let current = judged.filter(|_| worth).map(|judged| self.now(says, judged));
        Taken { row, current, sample, was: changed.then_some(before) }
    }

    /// The numbers of a look as the history knows their names: recorded ones, then those by label.
    fn values(&mut self, outcome: &Outcome) -> Vec<Option<f64>> {
        let mut values = outcome.values.clone();
        let recorded = values.len();
        values.resize(recorded + self.registered, None);
        for (series, value) in &outcome.page.labelled {
            match self.labelled.iter().position(|known| known == series) {
                Some(at) if at < self.registered => values[recorded + at] = *value,
                Some(_) => {}
                None => self.labelled.push(series.clone()),
            }
        }
        values
    }

    /// Every name under which its numbers are to be stored, if the history does not know them all yet.
    pub fn unregistered(&self) -> Option<Vec<String>> {
        let recorded = self.spec.record.iter().map(|recording| recording.name.clone());
        (self.registered < self.labelled.len()).then(|| recorded.chain(self.labelled.iter().cloned()).collect())
    }

    /// The history knows all names under this number now.
    pub fn registered(&mut self, id: LookId) {
        self.id = id;
        self.registered = self.labelled.len();
    }

    /// Nothing was learned for too long: no look came, or none that could be judged. Why, if that is news.
    pub fn check_stale(&mut self, now: UnixMs) -> Option<&'static str> {
        let old = |at: UnixMs| now.since(at) > stale_after(self.spec.every);
        if self.evident_at == UnixMs(0) || !old(self.evident_at) {
            return None;
        }
        let why = if old(self.last_at) { "no look came back" } else { "what its looks bring can't be judged" };
        self.state.stale(now).then_some(why)
    }

    fn sample(&mut self, judged: &Judged, answer: &LastAnswer) -> Option<Sample> {
        let failure = Failure {
            service: &self.key.service,
            probe: &self.key.probe,
            at: judged.outcome.at,
            sentence: &judged.detail,
            latency_ms: judged.outcome.latency_ms,
            phases: judged.outcome.phases,
        };
        self.failures.take(Sample::new(&failure, answer.evidence().as_ref(), &self.private.masker))
    }

    fn is_worth_storing(&self, says: LookSays, outcome: &Outcome) -> bool {
        let Some(stored) = &self.stored else { return true };
        let well = says.verdict == Verdict::Pass && !says.degraded;
        let renewed = if well { RENEWED } else { RENEWED_UNWELL };
        stored.says != says
            || stored.health != self.state.health
            || outcome.at.since(stored.at) >= renewed
            || stored.version.as_deref() != version(&outcome.facts)
            || stored.noted == outcome.page.dropped.is_empty()
    }

    fn now(&mut self, says: LookSays, judged: Judged) -> LookNow {
        let outcome = &judged.outcome;
        let (at, health, told) = (outcome.at, self.state.health, version(&outcome.facts).map(str::to_owned));
        let noted = !outcome.page.dropped.is_empty();
        let masker = &self.private.masker;
        let version = told.as_deref().map(|told| masker.mask(told).into_owned());
        self.stored = Some(Stored { at, says, health, version: told, noted });
        let well = says.verdict == Verdict::Pass && !says.degraded;
        let names = self.spec.record.iter().map(|recording| recording.name.clone());
        LookNow {
            key: self.key.clone(),
            at: judged.outcome.at,
            stale: false,
            health: self.state.health,
            since: self.state.since,
            verdict: says.verdict,
            latency_ms: judged.outcome.latency_ms,
            detail: if well { String::new() } else { judged.detail },
            phases: judged.outcome.phases,
            values: names.zip(judged.outcome.values).collect(),
            version,
            facts: facts(&judged.outcome.facts, masker),
            ceilings: judged.outcome.page.ceilings,
            notes: judged.outcome.page.dropped.iter().map(|one| masker.mask(&one.to_string()).into_owned()).collect(),
        }
    }
}

/// Facts people look at: plain ones only, as bodies and headers may be large, and hold anything.
fn facts(facts: &Facts, masker: &Masker) -> Vec<(String, String)> {
    use serde_json::Value;
    const SHOWN_ELSEWHERE: [&str; 3] = ["latency_ms", "version", "body"];
    let plain =
        facts.0.iter().filter(|(name, _)| !SHOWN_ELSEWHERE.contains(&name.as_str())).filter_map(|(name, value)| {
            let text = match value {
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::String(text) if text.len() <= LONGEST_FACT => clean_line(&masker.mask(text), LONGEST_FACT),
                _ => return None,
            };
            Some((name.clone(), text))
        });
    plain.take(MOST_FACTS).collect()
}

/// The version the other side says it is.
fn version(facts: &Facts) -> Option<&str> {
    facts.get("version").and_then(serde_json::Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{
        condition::Condition,
        probe::{HttpRequest, Limits, PageDetails, Phases, ProbeKind},
        template::Rendered,
    };

    fn target() -> Target {
        let request = HttpRequest::get(Rendered::text("http://127.0.0.1/"));
        let spec = ProbeSpec {
            name: "ready".into(),
            kind: ProbeKind::Http(request),
            every: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            expect: vec![Condition::parse("json.orders > 0").unwrap()],
            degraded: Vec::new(),
            record: Vec::new(),
            kpi: Vec::new(),
            limits: Limits::health(),
        };
        let key = LookKey { env: "demo".into(), service: "shop".into(), probe: "ready".into() };
        Target::new(key, LookId(1), &spec, Debounce::default(), Private::default())
    }

    fn brings(json: serde_json::Value, second: i64) -> Outcome {
        let mut facts = Facts::default();
        facts.set("status", 200);
        facts.set("json", json);
        Outcome {
            at: UnixMs(second * 1000),
            latency_ms: Some(1.0),
            phases: Phases::default(),
            facts,
            values: Vec::new(),
            page: PageDetails::default(),
            error: None,
        }
    }

    #[test]
    fn a_target_whose_looks_can_not_be_judged_any_more_is_unknown_and_not_up_for_ever() {
        let mut target = target();
        target.take(brings(json!({ "orders": 1 }), 1000), &LastAnswer::default());
        assert_eq!(target.health(), Health::Up);
        for second in (1010..=1040).step_by(10) {
            target.take(brings(json!({}), second), &LastAnswer::default());
            let news = target.check_stale(UnixMs(second * 1000));
            let expected = (second > 1030).then_some("what its looks bring can't be judged");
            assert_eq!(news, expected, "at {second}");
        }
        assert_eq!(target.health(), Health::Unknown);
        target.take(brings(json!({ "orders": 1 }), 1050), &LastAnswer::default());
        assert_eq!(target.health(), Health::Up);
    }

    #[test]
    fn a_target_without_looks_is_unknown_after_a_while() {
        let mut target = target();
        target.take(brings(json!({ "orders": 1 }), 1000), &LastAnswer::default());
        assert_eq!(target.check_stale(UnixMs(1_030_000)), None);
        assert_eq!(target.check_stale(UnixMs(1_031_000)), Some("no look came back"));
        assert_eq!(target.check_stale(UnixMs(1_041_000)), None, "told once");
    }
}
