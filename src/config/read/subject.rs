//! Which services a rule is judged of, and whether everything it reads is there: a typo is found at load.

use super::world::World;
use crate::{
    config::{
        names::{check_known, find_word},
        reader::At,
        tree::Value,
        view::View,
    },
    domain::{
        alert::{EVERY_SERVICE, Over, STATES},
        condition::{Condition, OverTime},
        environment::Service,
        nearest::nearest,
    },
};

/// From where a rule looks.
pub enum Seen {
    /// From each of these services; from none if it names its services itself.
    From(Vec<String>),
    /// From services that live only in other environments.
    Elsewhere,
}

/// Takes the services of a rule and checks what it reads of them. `None` if something is wrong.
pub fn subjects(world: &World<'_>, view: &View<'_>, condition: &At<Condition>, over: Over, here: bool) -> Option<Seen> {
    let named = named(world, view)?;
    let check = Check { world, view, condition };
    let paths = check.paths();
    let fine = check.calls() & check.compared() & check.lists(&paths);
    let bare: Vec<&str> = paths.iter().filter(|path| !check.is_absolute(path)).map(String::as_str).collect();
    if !fine || !here {
        return fine.then_some(Seen::Elsewhere);
    }
    if bare.is_empty() {
        if matches!(named, Named::These(_)) && over == Over::Each {
            let help = "remove it: this rule names its services itself, and is judged once".to_owned();
            view.reader.problem(view.place_of("services"), "'services' changes nothing here", help);
        }
        let elsewhere = paths.iter().any(|path| !check.lives_here(path));
        return Some(if elsewhere { Seen::Elsewhere } else { Seen::From(Vec::new()) });
    }
    match named {
        Named::These(names) => {
            let services: Vec<&Service> = names.iter().filter_map(|name| check.service(name)).collect();
            let fine = services.iter().all(|service| bare.iter().all(|path| check.has(service, path, true)));
            let names: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
            fine.then_some(if names.is_empty() { Seen::Elsewhere } else { Seen::From(names) })
        }
        Named::All => check.all_that_have(&bare),
    }
}

/// The services of a rule as written.
enum Named {
    /// All that have what it reads.
    All,
    /// These.
    These(Vec<String>),
}

fn named(world: &World<'_>, view: &View<'_>) -> Option<Named> {
    let Some(node) = view.take("services") else { return Some(Named::All) };
    let texts = match &node.value {
        Value::Text(text) if text == "all" => return Some(Named::All),
        Value::Text(text) => vec![At { value: text.as_str(), place: node.place }],
        _ => view.as_texts("services", node)?,
    };
    if texts.is_empty() {
        let help = "name one, or leave it out: then it is judged of all that have what it reads".to_owned();
        view.reader.problem(node.place, "'services' is empty", help);
        return None;
    }
    let known = |text: &At<&str>| {
        check_known(view.reader, "service", text.value, text.place, world.all_services.iter().copied())
    };
    let fine = texts.iter().filter(|text| known(text)).count() == texts.len();
    fine.then(|| Named::These(texts.iter().map(|text| text.value.to_owned()).collect()))
}

struct Check<'c, 'w> {
    world: &'c World<'w>,
    view: &'c View<'c>,
    condition: &'c At<Condition>,
}

impl<'c> Check<'c, '_> {
    fn note(&self, word: &str, message: String, help: String) {
        let source = self.condition.value.source();
        let offset = find_word(source, word).unwrap_or(0);
        let text = At { value: source, place: self.condition.place };
        self.view.reader.problem_inside(text, offset, word.len().min(source.len()), message, Some(help));
    }

    /// Every dotted name it reads, at once or over time.
    fn paths(&self) -> Vec<String> {
        let mut paths = self.condition.value.series();
        for call in self.condition.value.windows() {
            if !paths.contains(&call.series) {
                paths.push(call.series);
            }
        }
        paths
    }

    /// The service of that name; `_` stands for `-`, which subtracts.
    fn service(&self, name: &str) -> Option<&'c Service> {
        let services = &self.world.services;
        let direct = services.iter().find(|service| service.name == name);
        direct.or_else(|| services.iter().find(|service| service.name.replace('-', "_") == name))
    }

    fn is_service(&self, name: &str) -> bool {
        self.world.all_services.iter().any(|known| *known == name || known.replace('-', "_") == name)
    }

    /// Whether it names its service itself.
    fn is_absolute(&self, path: &str) -> bool {
        path.split_once('.').is_some_and(|(head, _)| self.is_service(head))
    }

    fn lives_here(&self, path: &str) -> bool {
        path.split_once('.').is_none_or(|(head, _)| self.service(head).is_some())
    }

    /// Functions of metrics pages have no page here.
    fn calls(&self) -> bool {
        let calls = self.condition.value.calls();
        for call in &calls {
            let help = "use it under 'record' of a prometheus probe, and the recorded name here".to_owned();
            let message = format!("{}() reads a page of Prometheus text, which is not here", call.function);
            self.note(&call.function, message, help);
        }
        for call in self.condition.value.windows() {
            let last = call.series.rsplit('.').next().unwrap_or_default();
            if matches!(last, "health" | "state") && call.function != OverTime::Changes {
                let word = call.function.word();
                let help = format!("of a state only changes({}, '10m') can be counted", call.series);
                self.note(word, format!("a state has no {word}()"), help);
                return false;
            }
        }
        calls.is_empty()
    }

    /// A state that is misspelt is never true.
    fn compared(&self) -> bool {
        let mut fine = true;
        for path in self.paths() {
            let last = path.rsplit('.').next().unwrap_or_default();
            if !matches!(last, "health" | "state") {
                continue;
            }
            for text in self.condition.value.compared_texts(&path) {
                if STATES.contains(&text.as_str()) {
                    continue;
                }
                fine = false;
                let help = match nearest(&text, STATES.into_iter()) {
                    _ if text == "unknown" => "what is unknown has an alert of its own: see no_data".to_owned(),
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("states are: {}", STATES.join(", ")),
                };
                self.note(&text, format!("no service is ever '{text}' here"), help);
            }
        }
        fine
    }

    /// Checks the names that say their service themselves.
    fn lists(&self, paths: &[String]) -> bool {
        let mut fine = true;
        for path in paths {
            let Some((head, below)) = path.split_once('.').filter(|_| self.is_absolute(path)) else { continue };
            if let Some(service) = self.service(head) {
                fine &= self.has(service, below, true);
            }
        }
        fine
    }

    /// Whether a service has what a name means; if it should, a problem is noted where it hasn't.
    fn has(&self, service: &Service, path: &str, should: bool) -> bool {
        let recorded = |probe: Option<&str>| -> Vec<&str> {
            let probes = service.probes.iter().filter(|one| probe.is_none_or(|name| one.name == name));
            let names = probes.flat_map(|probe| &probe.record).map(|recording| recording.name.as_str());
            EVERY_SERVICE.into_iter().chain(names).collect()
        };
        let probes = || service.probes.iter().map(|probe| probe.name.as_str());
        let (of, known, name) = match path.split_once('.') {
            None => (format!("the service '{}'", service.name), recorded(None), path),
            Some((probe, name)) if probes().any(|known| known == probe) => {
                (format!("the probe '{}/{probe}'", service.name), recorded(Some(probe)), name)
            }
            Some((head, _)) => {
                if should {
                    let services = self.world.all_services.iter().copied();
                    let near = nearest(head, services.chain(probes()));
                    let help = near.map_or_else(
                        || {
                            format!(
                                "services: {}; probes: {}",
                                self.world.all_services.join(", "),
                                probes().collect::<Vec<_>>().join(", ")
                            )
                        },
                        |near| format!("did you mean '{near}'?"),
                    );
                    let message = format!("'{head}' is neither a service nor a probe of '{}'", service.name);
                    self.note(head, message, help);
                }
                return false;
            }
        };
        if known.contains(&name) {
            return true;
        }
        if should {
            let help = nearest(name, known.iter().copied())
                .map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean '{near}'?"));
            self.note(name, format!("{of} has no '{name}'"), help);
        }
        false
    }

    /// All services that have what it reads; none is a typo, unless some live elsewhere.
    fn all_that_have(&self, bare: &[&str]) -> Option<Seen> {
        let services = &self.world.services;
        let fitting = services.iter().filter(|service| bare.iter().all(|path| self.has(service, path, false)));
        let names: Vec<String> = fitting.map(|service| service.name.clone()).collect();
        if !names.is_empty() {
            return Some(Seen::From(names));
        }
        if services.len() < self.world.all_services.len() {
            return Some(Seen::Elsewhere);
        }
        let missing = bare.iter().find(|path| !services.iter().any(|service| self.has(service, path, false)));
        let Some(missing) = missing else {
            let help = "name the services in full, as in api.error_rate > 2 * db.errors".to_owned();
            self.note(bare[0], format!("no service has all of: {}", bare.join(", ")), help);
            return None;
        };
        let recorded = || {
            let probes = services.iter().flat_map(|service| &service.probes);
            let names = probes.flat_map(|probe| &probe.record).map(|recording| recording.name.as_str());
            names.chain(EVERY_SERVICE)
        };
        let head = missing.split('.').next().unwrap_or(missing);
        let names = recorded().chain(self.world.all_services.iter().copied());
        let help = nearest(head, names).map_or_else(
            || "write the name of a recorded series, or health, state, latency_ms, availability".to_owned(),
            |near| format!("did you mean '{near}'?"),
        );
        self.note(head, format!("no service has '{missing}'"), help);
        None
    }
}
