//! What is known of an environment while its services, suites and pipelines are read.

use serde_json::{Value, json};

use crate::{
    config::names::{Facts, Words},
    domain::{
        database::Database,
        environment::Service,
        template::{Context, Piece, Rendered, Template},
    },
};

/// One environment, as far as it is read.
pub struct World<'a> {
    /// The environment's name.
    pub env: &'a str,
    /// The project's name.
    pub project: &'a str,
    /// Where relative paths start.
    pub root: &'a std::path::Path,
    /// Names that every template may use here.
    pub words: Words,
    /// Their values.
    pub context: Context,
    /// Services configured anywhere.
    pub all_services: Vec<&'a str>,
    /// Services that live here.
    pub services: Vec<Service>,
    /// Databases that are here.
    pub databases: Vec<Database<Template>>,
    /// Suites.
    pub suites: Vec<&'a str>,
}

impl World<'_> {
    /// The figures of a service that conditions may read: its recorded names and `latency_ms`.
    pub fn figures(&self, service: &str) -> Facts {
        let mut names = vec!["latency_ms".to_owned()];
        for service in self.services.iter().filter(|one| one.name == service) {
            for recording in service.probes.iter().flat_map(|probe| &probe.record) {
                names.push(recording.name.clone());
            }
        }
        Facts { names, baseline: None, page: false, of: format!("the service '{service}'") }
    }

    /// The names that templates below a service may use, and their values.
    pub fn below(&self, service: &str, url: Option<&str>, has_url: bool) -> (Words, Context) {
        let mut below = json!({ "name": null });
        // A url that was refused is not called missing as well.
        if url.is_some() || has_url {
            below["url"] = Value::Null;
        }
        let values = json!({ "name": service, "url": url.unwrap_or("https://none.invalid") });
        (self.words.clone().with("service", below), self.context.clone().with("service", values))
    }

    /// Names of the services that live here.
    pub fn service_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.services.iter().map(|service| service.name.as_str())
    }
}

/// The names every template of an environment may use.
pub fn words(url: Option<&str>, vars: &serde_json::Map<String, Value>) -> Words {
    let mut env = json!({ "name": null, "vars": closed(vars) });
    if let (Some(_), Value::Object(map)) = (url, &mut env) {
        map.insert("url".into(), Value::Null);
    }
    Words::default().with("project", json!({ "name": null })).with("env", env)
}

/// Tables stay, so that a name below them that isn't there is found; all else ends a path.
fn closed(vars: &serde_json::Map<String, Value>) -> Value {
    let below = |value: &Value| value.as_object().map_or(Value::Null, closed);
    Value::Object(vars.iter().map(|(key, value)| (key.clone(), below(value))).collect())
}

/// The text of a rendered string, unless it holds a secret or a late value.
pub fn plain(rendered: &Rendered) -> Option<String> {
    rendered
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Secret(_) | Piece::Late(_) | Piece::Quoted(_) => None,
        })
        .collect()
}
