//! Services.

use std::collections::BTreeMap;

use super::{
    kind, log, look,
    world::{World, plain},
};
use crate::{
    config::{
        names::{check_known, check_name},
        options::{DEBOUNCE, PROBE},
        reader::{At, Reader},
        source::Place,
        view::View,
    },
    domain::{
        environment::Service,
        health::Debounce,
        probe::{ProbeSpec, Recording},
    },
};

/// Reads a service, and whether it lives in this environment.
pub fn service(world: &World<'_>, name: &str, view: &View<'_>, environments: &[&str]) -> (Service, bool) {
    let here = lives_here(world, view, environments);
    let url = view.template("url").and_then(|template| {
        world.words.check(view.reader, &template);
        let text = plain(&template.value.render(&world.context).ok()?);
        if let Some(url) = &text {
            kind::check_url(view.reader, template.place, url);
        } else {
            let help = "put it into a header of the probe instead".to_owned();
            view.reader.problem(template.place, "the url of a service can't hold a secret", help);
        }
        text.map(|url| url.trim_end_matches('/').to_owned())
    });
    let depends_on: Vec<String> = view
        .texts("depends_on")
        .into_iter()
        .filter(|needed| {
            if needed.value == name {
                view.reader.problem(needed.place, format!("'{name}' can't depend on itself"), "remove it".to_owned());
                return false;
            }
            check_known(view.reader, "service", needed.value, needed.place, world.all_services.iter().copied())
        })
        .map(|needed| needed.value.to_owned())
        .collect();
    let debounce = view.section("debounce", &DEBOUNCE).map_or_else(Debounce::default, |view| debounce(&view));
    let probes = probes(world, name, url.as_deref(), view);
    let logs = log::logs(world, name, url.as_deref(), view);
    // Read once all services are known.
    view.take("slo");
    view.finish("a service");
    (Service { name: name.to_owned(), url, depends_on, probes, debounce, logs }, here)
}

/// Whether it lives in some environment, but not in this one.
pub fn lives_elsewhere(world: &World<'_>, view: &View<'_>, environments: &[&str]) -> bool {
    let listed = view.texts("environments");
    listed.iter().all(|one| one.value != world.env) && listed.iter().any(|one| environments.contains(&one.value))
}

fn lives_here(world: &World<'_>, view: &View<'_>, environments: &[&str]) -> bool {
    let listed = view.texts("environments");
    for one in &listed {
        if !environments.is_empty() {
            check_known(view.reader, "environment", one.value, one.place, environments.iter().copied());
        }
    }
    !view.has("environments") || listed.iter().any(|one| one.value == world.env)
}

fn debounce(view: &View<'_>) -> Debounce {
    let default = Debounce::default();
    let number = |key, default: u8| view.integer(key).and_then(|number| u8::try_from(number).ok()).unwrap_or(default);
    let bad = number("bad", default.bad);
    let of = number("of", default.of.max(bad));
    let debounce = Debounce { bad, of, recover: number("recover", default.recover) };
    if bad > of {
        view.reader.problem(
            view.place_of("bad"),
            format!("{bad} bad looks of {of} can never be"),
            format!("write of = {bad} or more"),
        );
    }
    view.finish("debounce");
    debounce
}

fn probes(world: &World<'_>, service: &str, url: Option<&str>, view: &View<'_>) -> Vec<ProbeSpec> {
    let (words, context) = world.below(service, url, view.has("url"));
    let mut recorded: BTreeMap<String, Place> = BTreeMap::new();
    let mut probes = Vec::new();
    for (name, view) in view.named("probes", &PROBE) {
        check_name(view.reader, "a probe", name);
        let Some(read) = look::look(&view, name.value, &words, "a probe") else {
            view.finish_strange();
            continue;
        };
        check_unique(&view, service, &read.spec.record, &mut recorded);
        match read.spec.render(&context) {
            Ok(spec) => {
                kind::check_target(view.reader, &read.target, &spec.kind);
                probes.push(spec);
            }
            Err(error) if view.reader.is_fine() => {
                view.reader.problem(read.target.place, format!("template: {error}"), None);
            }
            Err(_) => {}
        }
        view.finish(&format!("a '{}' probe", read.spec.kind.word()));
    }
    probes
}

/// Bare names are unique within a service, so that conditions can use them.
fn check_unique(view: &View<'_>, service: &str, record: &[Recording], recorded: &mut BTreeMap<String, Place>) {
    let table = view.map("record");
    for recording in record {
        let Some(entry) = table.get(&recording.name) else { continue };
        let name = At { value: entry.key.as_str(), place: entry.place };
        match recorded.get(name.value) {
            Some(first) if *first != name.place => {
                let message = format!(
                    "'{}' is recorded twice in the service '{service}': first at {}",
                    name.value,
                    view.reader.spoken(*first)
                );
                view.reader.problem(name.place, message, "give one of them another name".to_owned());
            }
            _ => drop(recorded.insert(name.value.to_owned(), name.place)),
        }
    }
}

/// Notes a circle of dependencies. `places` holds where each service says what it needs.
pub fn check_cycles(reader: &Reader<'_>, services: &[Service], places: &[Place]) {
    let index = |name: &str| services.iter().position(|service| service.name == name);
    for (start, service) in services.iter().enumerate() {
        let mut path = vec![start];
        if let Some(circle) = circle(services, start, start, &mut path, &index) {
            // Told once, at the first service of the circle.
            if circle.iter().min() == Some(&start) {
                let names: Vec<_> = circle.iter().chain([&start]).map(|one| services[*one].name.as_str()).collect();
                let message = format!("services depend on each other in a circle: {}", names.join(" -> "));
                reader.problem(places[start], message, format!("remove one of them, perhaps from '{}'", service.name));
            }
        }
    }
}

/// A way from `at` back to `start`.
fn circle(
    services: &[Service],
    start: usize,
    at: usize,
    path: &mut Vec<usize>,
    index: &dyn Fn(&str) -> Option<usize>,
) -> Option<Vec<usize>> {
    let mut waiting = vec![(at, 0)];
    let mut seen = vec![false; services.len()];
    while let Some((here, next)) = waiting.pop() {
        let Some(needed) = services[here].depends_on.get(next) else {
            path.pop();
            continue;
        };
        waiting.push((here, next + 1));
        match index(needed) {
            Some(needed) if needed == start => return Some(path.clone()),
            Some(needed) if !seen[needed] => {
                seen[needed] = true;
                path.push(needed);
                waiting.push((needed, 0));
            }
            _ => {}
        }
    }
    None
}
