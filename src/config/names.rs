//! Names in templates and conditions, checked at load: a typo is found today, not in the middle of a deploy.

use serde_json::{Map, Value};

use super::{
    reader::{At, Reader},
    source::Place,
};
use crate::domain::{
    condition::Condition,
    nearest::{hint, nearest},
    template::Template,
};

/// Names that templates of a place may use: a map is closed, anything else ends the path.
#[derive(Debug, Clone, Default)]
pub struct Words {
    shape: Map<String, Value>,
}

impl Words {
    /// With one more name.
    #[must_use]
    pub fn with(mut self, name: &str, below: Value) -> Self {
        self.shape.insert(name.to_owned(), below);
        self
    }

    /// Adds one more name below a table.
    pub fn add(&mut self, table: &str, name: &str) {
        if let Value::Object(map) = self.shape.entry(table).or_insert_with(|| Value::Object(Map::new())) {
            map.insert(name.to_owned(), Value::Null);
        }
    }

    /// The names that stand alone or before a dot.
    pub fn roots(&self) -> Vec<String> {
        self.shape.keys().cloned().collect()
    }

    /// With the id that is new for each look.
    #[must_use]
    pub fn looking(&self) -> Self {
        let mut words = self.clone();
        words.add("look", "id");
        words
    }

    /// Notes each name of a template that is not known here.
    pub fn check(&self, reader: &Reader<'_>, template: &At<Template>) {
        for path in reader.names(&template.value).iter() {
            if let Some((bad, message, help)) = self.refuse(path) {
                let source = template.value.source();
                let offset = find_word(source, bad).unwrap_or(0);
                let text = At { value: source, place: template.place };
                reader.problem_inside(text, offset, bad.len(), message, Some(help));
            }
        }
    }

    /// What is wrong with a dotted path, if anything: the part that is, the message, the help.
    fn refuse<'p>(&self, path: &'p str) -> Option<(&'p str, String, String)> {
        let mut here = &self.shape;
        let mut upto = 0;
        for part in path.split('.') {
            upto += part.len() + usize::from(upto > 0);
            let bad = &path[..upto];
            match here.get(part) {
                Some(Value::Object(below)) => here = below,
                Some(_) => return None,
                None if matches!(bad, "secret" | "loop" | "range" | "dict" | "namespace") => return None,
                None if bad == "env.url" => {
                    let help = "give it one: url = \"https://...\" under [environments.NAME]".to_owned();
                    return Some((bad, "this environment has no url".to_owned(), help));
                }
                None if bad == "service.url" => {
                    let help = "give it one: url = \"...\" under [services.NAME]".to_owned();
                    return Some((bad, "this service has no url".to_owned(), help));
                }
                None => {
                    let near = nearest(part, here.keys().map(String::as_str));
                    let prefix = &bad[..bad.len() - part.len()];
                    let known: Vec<String> = here.keys().map(|key| format!("{prefix}{key}")).collect();
                    let help = match near {
                        Some(near) => format!("did you mean '{prefix}{near}'?"),
                        None if known.is_empty() && prefix.is_empty() => {
                            "only secret('NAME') can be used here".to_owned()
                        }
                        None if known.is_empty() => {
                            format!("nothing is known below '{}'", prefix.trim_end_matches('.'))
                        }
                        None => format!("known here: {}", known.join(", ")),
                    };
                    return Some((bad, format!("the name '{bad}' is not known here"), help));
                }
            }
        }
        None
    }
}

/// Names that conditions of a place may use.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Bare names.
    pub names: Vec<String>,
    /// Names below `baseline`, where there is one.
    pub baseline: Option<Vec<String>>,
    /// `rate`, `value`, `sum`, `quantile` can be asked.
    pub page: bool,
    /// What these names are, for messages: `an http look`.
    pub of: String,
}

impl Facts {
    /// Notes each name of a condition that is not known here.
    pub fn check(&self, reader: &Reader<'_>, condition: &At<Condition>) {
        let source = condition.value.source();
        let note = |word: &str, message: String, help: String| {
            let offset = find_word(source, word).unwrap_or(0);
            reader.problem_inside(
                At { value: source, place: condition.place },
                offset,
                word.len(),
                message,
                Some(help),
            );
        };
        for name in condition.value.names() {
            if name == "baseline" {
                self.check_baseline(&condition.value, &note);
            } else if !self.names.contains(&name) {
                let known = || self.names.iter().map(String::as_str);
                let help = nearest(&name, known()).map_or_else(
                    || format!("known here: {}", known().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean '{near}'?"),
                );
                note(&name, format!("{} has no '{name}'", self.of), help);
            }
        }
        Self::check_windows(&condition.value, &note);
        for call in condition.value.calls() {
            if !self.page {
                let help = "use it under 'record' of a prometheus probe, and the recorded name here".to_owned();
                note(
                    &call.function,
                    format!("{}() reads a page of Prometheus text, which is not here", call.function),
                    help,
                );
            } else if let Err((word, why)) = super::selector::check(&call) {
                let help = "write it as in rate('http_requests_total{status=~\"5..\"}') or quantile(0.95, 'seconds')";
                note(word.as_deref().unwrap_or(&call.function), why, help.to_owned());
            }
        }
    }

    /// Functions over time ask the watcher, which keeps nothing for this.
    fn check_windows(condition: &Condition, note: &dyn Fn(&str, String, String)) {
        for call in condition.windows() {
            let word = call.function.word();
            let help = "use it in the 'when' of an alert".to_owned();
            note(word, format!("{word}() looks back, which can't be done here"), help);
        }
    }

    fn check_baseline(&self, condition: &Condition, note: &dyn Fn(&str, String, String)) {
        let Some(known) = &self.baseline else {
            let help = "a baseline exists only in fail_when of soak and traffic, unless baseline = \"none\"".to_owned();
            note("baseline", "there is no baseline here".to_owned(), help);
            return;
        };
        for path in condition.paths_below("baseline") {
            if !known.contains(&path) {
                let near = hint(&path, known.iter().map(String::as_str));
                let message = format!("'{path}' is not recorded, so it has no baseline{near}");
                note(&format!("baseline.{path}"), message, format!("recorded: {}", known.join(", ")));
            }
        }
    }
}

/// Where `word` stands in `source` as a whole word.
pub fn find_word(source: &str, word: &str) -> Option<usize> {
    let part_of_word = |character: char| character.is_alphanumeric() || character == '_';
    source
        .match_indices(word)
        .find(|(at, _)| {
            !source[..*at].ends_with(|character| part_of_word(character) || character == '.')
                && !source[at + word.len()..].starts_with(part_of_word)
        })
        .map(|(at, _)| at)
}

/// Checks a name that becomes part of keys, series and paths.
pub fn check_name(reader: &Reader<'_>, what: &str, name: At<&str>) -> bool {
    let fine = name.value.len() <= 64
        && name.value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !fine {
        let message = format!("'{}' can't be the name of {what}", name.value);
        reader.problem(name.place, message, "use letters, digits, '-' and '_', at most 64, no other first".to_owned());
    }
    fine
}

/// Checks a name that conditions or templates use.
pub fn check_identifier(reader: &Reader<'_>, what: &str, name: At<&str>) -> bool {
    let fine = name.value.len() <= 64
        && name.value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !fine {
        let help = format!("use letters, digits and '_', no digit first: {}", name.value.replace(['-', '.', ' '], "_"));
        reader.problem(name.place, format!("'{}' can't be the name of {what}", name.value), help);
    }
    fine
}

/// A list with a reference to something that must exist. Notes and returns `false` if it doesn't.
pub fn check_known<'k>(
    reader: &Reader<'_>,
    what: &str,
    name: &str,
    place: Place,
    known: impl Iterator<Item = &'k str> + Clone,
) -> bool {
    if known.clone().any(|one| one == name) {
        return true;
    }
    let help = if let Some(near) = nearest(name, known.clone()) {
        format!("did you mean '{near}'?")
    } else {
        let all: Vec<_> = known.collect();
        if all.is_empty() { format!("no {what} is configured") } else { format!("there are: {}", all.join(", ")) }
    };
    reader.problem(place, format!("there is no {what} '{name}'"), help);
    false
}
