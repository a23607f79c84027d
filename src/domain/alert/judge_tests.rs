use std::{collections::BTreeMap, time::Duration};

use super::*;
use crate::domain::{
    alert::{Origin, Over, Severity},
    condition::Condition,
    health::Health,
};

const SECOND: i64 = 1_000;

pub fn rule(name: &str, when: &str) -> Rule {
    Rule {
        name: name.into(),
        when: Condition::parse(when).unwrap(),
        hold: Duration::ZERO,
        keep_firing_for: Duration::ZERO,
        severity: Severity::High,
        services: vec!["api".into()],
        over: Over::Each,
        no_data: NoData::Keep,
        summary: None,
        runbook: None,
        labels: BTreeMap::new(),
        origin: Origin::Rule,
    }
}

/// A judge of `api` and `pay-ments`, each with one probe that is looked at every 10 s.
struct Bench {
    judge: Judge,
    second: i64,
}

impl Bench {
    fn new(rules: &[Rule]) -> Self {
        Self { judge: judge(rules), second: 0 }
    }

    fn now(&self) -> UnixMs {
        UnixMs(self.second * SECOND)
    }

    fn look(&mut self, service: &str, error_rate: Option<f64>, health: Health) {
        let place = self.judge.place(service, "ready").unwrap();
        let seen = Seen { at: self.now(), verdict: Verdict::Pass, health, latency_ms: Some(5.0) };
        self.judge.note(place, seen, [("error_rate", error_rate)].into_iter());
    }

    /// Looks at `api`, judges, and goes 10 s on: the states that were left and entered, as `inactive>pending`.
    fn round(&mut self, error_rate: impl Into<Option<f64>>) -> Vec<String> {
        self.look("api", error_rate.into(), Health::Up);
        self.judge()
    }

    fn judge(&mut self) -> Vec<String> {
        let round = self.judge.judge(self.now());
        self.second += 10;
        let word = |change: &Change| {
            let key = &change.now.key;
            format!("{} {}>{}", key.rule, change.from.word(), change.now.phase.word())
        };
        round.changes.iter().map(word).collect()
    }
}

fn judge(rules: &[Rule]) -> Judge {
    let rulebook = Rulebook { rules: rules.to_vec(), ..Rulebook::default() };
    let outline =
        |service: &str| Outline { service: service.into(), probes: vec![("ready".into(), Duration::from_secs(30))] };
    Judge::new("production", &rulebook, &[outline("api"), outline("pay-ments")])
}

#[test]
fn a_rule_fires_for_what_is_so_and_says_it() {
    let mut bench = Bench::new(&[Rule { hold: Duration::from_secs(20), ..rule("Errors", "error_rate > 0.1") }]);
    assert_eq!(bench.round(0.05), [] as [&str; 0]);
    assert_eq!(bench.round(0.2), ["Errors inactive>pending"]);
    assert_eq!(bench.round(0.2), [] as [&str; 0]);
    bench.look("api", Some(0.25), Health::Up);
    let round = bench.judge.judge(bench.now());
    let now = &round.changes[0].now;
    assert!(now.phase.is_firing());
    assert_eq!(now.explanation, "error_rate 0.25 > 0.1");
    assert_eq!((now.figure.clone(), now.threshold), (Some(("error_rate".into(), 0.25)), Some(0.1)));
    assert_eq!(round.standings, std::slice::from_ref(now));
}

#[test]
fn what_is_stale_is_unknown_and_moves_nothing() {
    let mut bench = Bench::new(&[rule("Errors", "error_rate > 0.1"), rule("Down", "health == 'down'")]);
    bench.look("api", Some(0.2), Health::Down);
    assert_eq!(bench.judge(), ["Errors inactive>firing", "Down inactive>firing"]);
    // No look for ever: stale after 30 s, and still firing.
    for _ in 0..60 {
        assert_eq!(bench.judge(), [] as [&str; 0]);
    }
    assert_eq!(bench.judge.standings(bench.now()).len(), 2);
    bench.look("api", Some(0.0), Health::Up);
    assert_eq!(bench.judge(), ["Errors firing>inactive", "Down firing>inactive"]);
}

#[test]
fn unknown_raises_a_separate_no_data_alert_after_its_own_delay() {
    let no_data = NoData::Alert { after: Duration::from_secs(60), severity: Severity::Low };
    let mut bench = Bench::new(&[Rule { no_data, ..rule("Errors", "error_rate > 0.1") }]);
    assert_eq!(bench.round(0.2), ["Errors inactive>firing"]);
    let mut moved = Vec::new();
    for _ in 0..12 {
        let at = bench.second;
        moved.extend(bench.judge().into_iter().map(|change| (at, change)));
    }
    // Fresh for 30 s after the look at 0, unknown from 40, told 60 s later.
    assert_eq!(moved, [(100, "Errors (no data) inactive>firing".to_owned())]);
    let standings = bench.judge.standings(bench.now());
    assert_eq!(standings.len(), 2, "the alert itself stays as it was");
    assert_eq!(standings[1].severity, Severity::Low);
    assert!(standings[1].explanation.contains("error_rate is not known"), "{}", standings[1].explanation);
    assert_eq!(bench.round(0.2), ["Errors (no data) firing>inactive"]);
}

#[test]
fn a_rule_over_several_services_is_true_of_any_or_of_all_of_them() {
    let both = vec!["api".to_owned(), "pay-ments".to_owned()];
    let any = Rule { services: both.clone(), over: Over::Any, ..rule("Any", "error_rate > 0.1") };
    let all = Rule { services: both, over: Over::All, ..rule("All", "error_rate > 0.1") };
    let named = Rule { services: Vec::new(), ..rule("Named", "pay_ments.error_rate > 2 * api.error_rate") };
    let mut bench = Bench::new(&[any, all, named]);
    bench.look("pay-ments", Some(0.5), Health::Up);
    assert_eq!(bench.round(0.0), ["Any inactive>firing", "Named inactive>firing"]);
    let standing = &bench.judge.standings(bench.now())[0];
    assert_eq!((standing.key.subject.as_str(), standing.explanation.as_str()), ("", "pay-ments: error_rate 0.5 > 0.1"));
    bench.look("pay-ments", Some(0.5), Health::Up);
    assert_eq!(bench.round(0.4), ["All inactive>firing", "Named firing>inactive"]);
}

#[test]
fn one_unknown_service_of_all_is_unknown_and_of_any_is_decided_by_the_others() {
    let both = vec!["api".to_owned(), "pay-ments".to_owned()];
    let any = Rule { services: both.clone(), over: Over::Any, ..rule("Any", "error_rate > 0.1") };
    let all = Rule { services: both, over: Over::All, ..rule("All", "error_rate > 0.1") };
    let mut bench = Bench::new(&[any, all]);
    assert_eq!(bench.round(0.2), ["Any inactive>firing"]);
    assert_eq!(bench.judge.alerts[1].verdict, Verdict::Unknown);
    assert_eq!(bench.round(0.0), [] as [&str; 0], "the other may still be bad");
}

#[test]
fn only_what_changed_is_evaluated_and_clocks_run_all_the_same() {
    let mut bench = Bench::new(&[Rule { hold: Duration::from_secs(20), ..rule("Errors", "error_rate > 0.1") }]);
    assert_eq!(bench.round(0.2), ["Errors inactive>pending"]);
    assert_eq!(bench.judge.book.take_changed(bench.now()), [false, false]);
    assert_eq!(bench.round(0.2), [] as [&str; 0]);
    assert_eq!(bench.round(0.2), ["Errors pending>firing"], "the same figure, but time passed");
}

#[test]
fn functions_over_time_look_back_on_what_was_seen() {
    let mut bench = Bench::new(&[rule("Slow", "avg_over(error_rate, '30s') > 0.1")]);
    for (error_rate, moved) in [
        (0.0, None),
        (0.0, None),
        (0.2, None),
        (0.2, Some("Slow inactive>firing")),
        (0.0, None),
        (0.0, Some("Slow firing>inactive")),
    ] {
        assert_eq!(bench.round(error_rate), Vec::from_iter(moved), "at {}", bench.second);
    }
}

#[test]
fn state_survives_a_restart() {
    let rules = [
        Rule { hold: Duration::from_mins(30), ..rule("Pending", "error_rate > 0.1") },
        rule("Firing", "error_rate > 0.1"),
    ];
    let mut bench = Bench::new(&rules);
    bench.round(0.2);
    let stored = bench.judge.standings(bench.now());
    let down_at = bench.now();
    // Twenty minutes later another process takes over.
    let mut after = Bench { judge: judge(&rules), second: bench.second + 1_200 };
    after.judge.resume(stored, down_at, after.now());
    assert_eq!(after.judge(), [] as [&str; 0], "before the first look nothing is known and nothing moves");
    let mut moved = Vec::new();
    while after.second < 1_200 + 1_820 {
        let at = after.second;
        moved.extend(after.round(0.2).into_iter().map(|change| (at, change)));
    }
    assert_eq!(moved, [(3_000, "Pending pending>firing".to_owned())], "30 min, and the 20 of the outage do not count");
    assert_eq!(after.round(0.0), ["Pending firing>inactive", "Firing firing>inactive"]);
}

#[test]
fn what_has_no_rule_any_more_ends_and_is_told_to_have() {
    let mut bench = Bench::new(&[rule("Errors", "error_rate > 0.1")]);
    bench.round(0.2);
    let mut judge = judge(&[rule("Other", "error_rate > 0.9")]);
    judge.inherit(bench.judge.clone());
    let round = judge.judge(bench.now());
    assert_eq!(round.changes[0].now.explanation, "its rule is no longer configured");
    assert_eq!(round.standings.len(), 1);
    assert_eq!(round.standings[0].phase, Phase::Inactive);
    // The same after a restart with another configuration.
    let mut judge = self::judge(&[]);
    judge.resume(bench.judge.standings(bench.now()), bench.now(), bench.now());
    assert_eq!(judge.judge(bench.now()).changes.len(), 1);
}

#[test]
fn a_changed_configuration_keeps_state_and_what_is_known() {
    let slow = Rule { hold: Duration::from_secs(30), ..rule("Errors", "error_rate > 0.1") };
    let mut bench = Bench::new(std::slice::from_ref(&slow));
    bench.round(0.2);
    bench.round(0.2);
    let mut judge = judge(&[Rule { severity: Severity::Critical, ..slow }]);
    judge.inherit(bench.judge.clone());
    bench.judge = judge;
    assert_eq!(bench.judge(), [] as [&str; 0]);
    assert_eq!(bench.judge(), ["Errors pending>firing"], "30 s after it was first true");
    assert_eq!(bench.judge.standings(bench.now())[0].severity, Severity::Critical);
}

#[test]
fn a_wall_clock_that_is_set_moves_no_clock_of_an_alert() {
    let no_data = NoData::Alert { after: Duration::from_mins(5), severity: Severity::Low };
    let slow = Rule { hold: Duration::from_secs(60), no_data, ..rule("Errors", "error_rate > 0.1") };
    for hours in [-48_i64, 48] {
        let mut bench = Bench::new(std::slice::from_ref(&slow));
        bench.second = 1_000_000;
        bench.round(0.2);
        bench.round(0.2);
        bench.judge.shift(hours * 3_600 * SECOND);
        bench.second += hours * 3_600;
        for _ in 0..4 {
            assert_eq!(bench.round(0.2), [] as [&str; 0]);
        }
        assert_eq!(bench.round(0.2), ["Errors pending>firing"]);
    }
}

#[test]
fn what_can_not_be_judged_is_noted_after_a_minute_and_forgotten_when_it_can() {
    let mut bench = Bench::new(&[rule("Errors", "error_rate > 0.1")]);
    let mut written = Vec::new();
    for _ in 0..8 {
        let round = bench.judge.judge(bench.now());
        written.extend(round.standings.iter().map(|standing| (bench.second, standing.unknown_since)));
        bench.second += 10;
    }
    assert_eq!(written, [(60, Some(UnixMs(0)))]);
    bench.look("api", Some(0.0), Health::Up);
    let round = bench.judge.judge(bench.now());
    assert_eq!(round.standings.len(), 1, "{round:?}");
    assert_eq!((&round.standings[0].phase, round.standings[0].unknown_since), (&Phase::Inactive, None));
}
