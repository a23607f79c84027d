//! Steps that judge live figures: `soak`, `traffic`, `wait`.

use std::time::Duration;

use serde_json::Value as Json;

use super::world::World;
use crate::{
    config::{
        names::{Words, check_known},
        view::View,
    },
    domain::{
        condition::Condition,
        pipeline::{Baseline, SoakSpec, StepKind, Trust, WaitSpec},
        template::Template,
        window::Window,
    },
};

const SECOND: Duration = Duration::from_secs(1);
const DEFAULT_EVERY: Duration = Duration::from_secs(10);
const LEAST_EVERY: Duration = Duration::from_millis(200);

/// Reads a soak whose length stands under `key`: `soak`, or `soak_each` of a traffic step.
pub fn soak(world: &World<'_>, view: &View<'_>, key: &'static str) -> Option<SoakSpec> {
    let duration = view.duration(key, SECOND);
    let every = view.duration("every", LEAST_EVERY);
    let service = service(world, view);
    if !view.has("service") {
        view.missing("service", "service = \"...\": the one whose figures are judged");
    }
    let baseline = match view.word("baseline").map(|word| word.value) {
        Some("none") => Baseline::None,
        _ => Baseline::BeforeRun,
    };
    let trust = match view.word("trust").map(|word| word.value) {
        Some("ask") => Trust::Ask,
        _ => Trust::Act,
    };
    let fail_when = conditions(world, view, "fail_when", service.as_deref(), baseline == Baseline::BeforeRun);
    if !view.has("fail_when") {
        view.missing("fail_when", "fail_when = [\"error_rate > 0.05\"]; to let time pass without judging, use 'wait'");
    }
    let fail_after = view.integer("fail_after").and_then(|number| u16::try_from(number).ok());
    let min_requests = view.integer("min_requests").and_then(|number| u64::try_from(number).ok());
    let duration = duration?;
    let every = every.unwrap_or(DEFAULT_EVERY.min(duration));
    if every > duration {
        let message = format!("'every' is longer than '{key}', so nothing would be judged");
        view.reader.problem(view.place_of("every"), message, "make it a fraction of it".to_owned());
    }
    Some(SoakSpec {
        service: service?,
        duration,
        every,
        fail_when,
        fail_after: fail_after.unwrap_or(3),
        min_requests: min_requests.unwrap_or(30),
        baseline,
        trust,
    })
}

/// Reads a traffic step.
pub fn traffic(world: &World<'_>, words: &Words, view: &View<'_>) -> Option<StepKind<Template>> {
    let weights = weights(view);
    let words = words.clone().with("weight", Json::Null);
    let set = view.argv("set");
    if !view.has("set") {
        view.missing("set", "set = [\"program\", \"{{ weight }}\"]: the command that sets one percentage");
    }
    if let Some(set) = &set {
        for word in set {
            words.check(view.reader, word);
        }
        if !set.iter().any(|word| view.reader.names(&word.value).iter().any(|name| name == "weight")) {
            let help = "put {{ weight }} where the percentage belongs".to_owned();
            view.reader.problem(view.place_of("set"), "'set' never uses {{ weight }}", help);
        }
    }
    let soak = if view.has("soak_each") {
        Some(soak(world, view, "soak_each"))
    } else {
        // Judging without time to judge in would never happen.
        if view.has("fail_when") {
            let help = "write soak_each = \"2m\"".to_owned();
            view.reader.problem(view.place_of("fail_when"), "'fail_when' of traffic needs 'soak_each'", help);
            soak_keys_are_told(view);
        }
        None
    };
    let soak = match soak {
        Some(read) => Some(read?),
        None => None,
    };
    let set = set?.into_iter().map(|word| word.value).collect();
    Some(StepKind::Traffic { weights: weights?, set, soak })
}

/// Their one problem is told already.
fn soak_keys_are_told(view: &View<'_>) {
    for key in ["fail_when", "service", "every", "fail_after", "min_requests", "baseline", "trust"] {
        view.take(key);
    }
}

fn weights(view: &View<'_>) -> Option<Vec<u8>> {
    let items = view.list("traffic")?;
    let weights: Vec<u8> = items
        .iter()
        .filter_map(|item| view.as_integer("traffic", item, (0, 100)).and_then(|number| u8::try_from(number).ok()))
        .collect();
    if weights.len() == items.len() && (weights.is_empty() || !weights.is_sorted_by(|a, b| a < b)) {
        let help = "write traffic = [10, 50, 100]".to_owned();
        view.reader.problem(view.place_of("traffic"), "'traffic' must be percentages in ascending order", help);
    }
    Some(weights)
}

/// Reads a wait step.
pub fn wait(world: &World<'_>, view: &View<'_>) -> Option<WaitSpec> {
    let at_most = view.duration("wait", SECOND);
    let service = service(world, view);
    if view.has("until") && !view.has("service") {
        view.missing("service", "service = \"...\": the one whose figures 'until' reads");
    }
    let until = conditions(world, view, "until", service.as_deref(), false);
    let window = view.section.key("window").and_then(|_| view.text("window")).and_then(|text| {
        let window = Window::parse(text.value, chrono_tz::UTC);
        let help = "write window = \"Mon-Fri 09:00-17:00 Europe/Berlin\"".to_owned();
        window.map_err(|why| view.reader.problem(text.place, format!("'window': {why}"), help)).ok()
    });
    Some(WaitSpec { at_most: at_most?, until, service, window })
}

/// Takes the name of a service that lives here.
fn service(world: &World<'_>, view: &View<'_>) -> Option<String> {
    let name = view.text("service")?;
    check_known(view.reader, "service", name.value, name.place, world.service_names()).then(|| name.value.to_owned())
}

/// Takes conditions over the figures of a service; their names can't be checked if there is none.
fn conditions(
    world: &World<'_>,
    view: &View<'_>,
    key: &'static str,
    service: Option<&str>,
    baseline: bool,
) -> Vec<Condition> {
    let read = view.conditions(key);
    if let Some(service) = service {
        let mut facts = world.figures(service);
        facts.baseline = baseline.then(|| facts.names.clone());
        for condition in &read {
            facts.check(view.reader, condition);
        }
    }
    read.into_iter().map(|condition| condition.value).collect()
}
