//! Objectives: `slo` of a service and `[slos.NAME]`, and the rules that follow from them.

use std::{collections::BTreeMap, time::Duration};

use super::world::World;
use crate::{
    config::{
        names::{Facts, check_known, check_name},
        options::{BURN, SERVICE, SLO, SLOS},
        reader::{At, Reader},
        tree::Table,
        view::{View, named},
    },
    domain::{
        alert::{
            NoData, Objective, Origin, Over, Rule, Rulebook, Severity,
            slo::{Burn, Events, label},
        },
        condition::Condition,
        environment::Service,
        format::number,
        health::Debounce,
        probe::ProbeSpec,
    },
};

const DAY: Duration = Duration::from_hours(24);
const MONTH: Duration = Duration::from_hours(24 * 30);
const MOST: Duration = Duration::from_hours(24 * 90);
const MINUTE: Duration = Duration::from_mins(1);

/// Reads the objectives of an environment into its rulebook, each with a rule for each pair of windows.
pub fn objectives<'a>(
    world: &World<'_>,
    reader: &'a Reader<'a>,
    services: &'a Table,
    slos: &'a Table,
    environments: &[&str],
    book: &mut Rulebook,
) {
    for (name, view) in named(reader, "services", services, &SERVICE) {
        let Some(service) = world.services.iter().find(|service| service.name == name.value) else { continue };
        if let Some(view) = view.section("slo", &SLO) {
            let objective = objective(&view, name.value, service);
            view.finish("an objective");
            book.objectives.extend(objective);
        }
    }
    for (name, view) in named(reader, "slos", slos, &SLOS) {
        check_name(reader, "an objective", name);
        if world.all_services.contains(&name.value) {
            let help = format!("write it as slo = {{ ... }} under [services.{}], or call it otherwise", name.value);
            reader.problem(name.place, format!("'{}' is the name of a service", name.value), help);
        }
        let listed = view.texts("environments");
        for one in listed.iter().filter(|_| !environments.is_empty()) {
            check_known(reader, "environment", one.value, one.place, environments.iter().copied());
        }
        let here = !view.has("environments") || listed.iter().any(|one| one.value == world.env);
        let of = view.text("service");
        if !view.has("service") {
            view.missing("service", "service = \"api\": the one it is about");
        }
        let known =
            of.filter(|of| check_known(reader, "service", of.value, of.place, world.all_services.iter().copied()));
        let service = known.and_then(|of| world.services.iter().find(|service| service.name == of.value));
        let unknown = nothing();
        // Where the service does not live its objective is read all the same, but for its names.
        let read = objective(&view, name.value, service.unwrap_or(&unknown));
        view.finish("an objective");
        book.objectives.extend(read.filter(|_| here && service.is_some()));
    }
    let rules: Vec<Rule> = book.objectives.iter().flat_map(rules).collect();
    book.rules.extend(rules);
}

fn objective(view: &View<'_>, name: &str, service: &Service) -> Option<Objective> {
    let percent = view.number("objective");
    if !view.has("objective") {
        view.missing("objective", "objective = 99.9: percent of events that should be good");
    }
    if let Some(wrong) = percent.filter(|percent| percent.value <= 0.0 || percent.value >= 100.0) {
        let help = "write percent, as in objective = 99.9; at 100 nothing could ever go wrong".to_owned();
        view.reader.problem(wrong.place, "'objective' must lie between 0 and 100", help);
    }
    let share = percent.map(|percent| percent.value / 100.0).filter(|share| (0.0..1.0).contains(share));
    let window = view.duration("window", DAY).unwrap_or(MONTH);
    if window > MOST {
        view.reader.problem(view.place_of("window"), "'window' must be at most 90d", None);
    }
    let events = events(view, service);
    let min_bad = view.integer("min_bad").map_or(5.0, |number| number as f64);
    let burns = burns(view, window);
    for burn in burns.iter().filter(|burn| share.is_some_and(|share| !burn.can_fire(share))) {
        let share = share.unwrap_or_default();
        let (most, least) = (1.0 / (1.0 - share), (1.0 - 1.0 / burn.factor) * 100.0);
        let message = format!(
            "a burn rate of {} over {} could never be: at {} % the budget burns {} times as fast at most",
            burn.factor,
            label(burn.long),
            number(share * 100.0),
            number(most),
        );
        let help = format!(
            "aim higher than {} %, or give burn = [{{ long = \"1h\", short = \"5m\", factor = {} }}] yourself",
            number(least),
            number((most * 0.8).floor().max(1.0)),
        );
        let key = if view.has("burn") { "burn" } else { "objective" };
        view.reader.problem(view.place_of(key), message, help);
    }
    Some(Objective {
        name: name.to_owned(),
        service: service.name.clone(),
        objective: share?,
        window,
        events: events?,
        burns,
        min_bad,
    })
}

/// What is counted: looks, or two series that one probe records.
fn events(view: &View<'_>, service: &Service) -> Option<Events> {
    let good = view.text("good");
    let total = view.text("total");
    let looks = good.is_none_or(|good| good.value == "probes");
    if looks {
        if total.is_some() {
            let help = "write good = \"requests - errors\" beside it, or remove it".to_owned();
            view.reader.problem(view.place_of("total"), "looks are counted, so 'total' means nothing", help);
        }
        return Some(Events::Looks);
    }
    if total.is_none() {
        view.missing("total", "total = \"requests\": all events a second");
    }
    let (good, total) = (good?, total?);
    let read = |text: At<&str>| view.reader.condition(text).map(|value| At { value, place: text.place });
    let (good, total) = (read(good)?, read(total)?);
    if service.name.is_empty() {
        return None;
    }
    let names: Vec<String> = good.value.names().into_iter().chain(total.value.names()).collect();
    let records =
        |probe: &&ProbeSpec| names.iter().all(|name| probe.record.iter().any(|recording| recording.name == *name));
    if let Some(probe) = service.probes.iter().find(records) {
        return Some(Events::Series { probe: probe.name.clone(), good: good.value, total: total.value });
    }
    let recorded = service.probes.iter().flat_map(|probe| &probe.record).map(|recording| recording.name.clone());
    let facts = Facts { names: recorded.collect(), of: format!("the service '{}'", service.name), ..Facts::default() };
    let all_known = names.iter().all(|name| facts.names.contains(name));
    for condition in [&good, &total] {
        facts.check(view.reader, condition);
    }
    if all_known {
        let help = "record them in one probe, so that they are of the same moment".to_owned();
        view.reader.problem(good.place, "'good' and 'total' come from different probes", help);
    }
    None
}

fn burns(view: &View<'_>, window: Duration) -> Vec<Burn> {
    let Some(items) = view.list("burn") else { return Burn::usual(window) };
    if items.is_empty() {
        let help = "leave it out for the usual four pairs".to_owned();
        view.reader.problem(view.place_of("burn"), "'burn' is empty, so nobody would ever be told", help);
    }
    let read = |item| {
        let view = view.as_section("burn", item, &BURN)?;
        let (long, short) = (view.duration("long", MINUTE), view.duration("short", MINUTE));
        let factor = view.number("factor");
        for key in ["long", "short", "factor"].into_iter().filter(|key| !view.has(key)) {
            view.missing(key, "{ long = \"1h\", short = \"5m\", factor = 14.4 }");
        }
        let severity =
            view.word("severity").and_then(|word| Severity::ALL.into_iter().find(|one| one.word() == word.value));
        view.finish("a burn rate");
        let (long, short, factor) = (long?, short?, factor?);
        if short >= long || long > window {
            let help = "short < long <= window, as in { long = \"1h\", short = \"5m\", factor = 14.4 }".to_owned();
            view.reader.problem(view.place, "the windows of this burn rate do not nest", help);
        }
        if factor.value <= 0.0 {
            view.reader.problem(factor.place, "'factor' must be above 0", None);
        }
        Some(Burn { long, short, factor: factor.value, severity: severity.unwrap_or(Severity::High) })
    };
    items.iter().filter_map(read).collect()
}

/// The rules of an objective: both windows burn, and enough events were bad.
fn rules(objective: &Objective) -> Vec<Rule> {
    let rule = |burn: &Burn| {
        let (long, short, factor) = (label(burn.long), label(burn.short), burn.factor);
        let source =
            format!("burn_{long} > {factor} && burn_{short} > {factor} && bad_{long} >= {}", objective.min_bad);
        let summary = format!(
            "{} burns its error budget {factor} times as fast as it lasts (objective {} % over {})",
            objective.name,
            number(objective.objective * 100.0),
            label(objective.window),
        );
        Some(Rule {
            name: format!("{}: burns {factor}x", objective.name),
            when: Condition::parse(&source).ok()?,
            hold: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            severity: burn.severity,
            services: vec![objective.service.clone()],
            over: Over::Each,
            // A budget without events has nothing to burn; that nothing comes in is told by other rules.
            no_data: NoData::Keep,
            summary: Some(summary),
            runbook: None,
            labels: BTreeMap::new(),
            origin: Origin::Objective(objective.name.clone()),
        })
    };
    objective.burns.iter().filter_map(rule).collect()
}

/// Stands where a service lives elsewhere.
fn nothing() -> Service {
    Service {
        name: String::new(),
        url: None,
        depends_on: Vec::new(),
        probes: Vec::new(),
        debounce: Debounce::default(),
        logs: Vec::new(),
    }
}
