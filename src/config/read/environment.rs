//! Environments: each reads the whole configuration again, with its own tables laid over it.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value as Json};

use super::{
    alert, database, entry, pipeline, playbook, service, slo, suite,
    world::{World, words},
};
use crate::{
    config::{
        names::{check_known, check_name},
        options::{DATABASE, PIPELINE, PLAYBOOK, PROTECTION, SECRET, SERVICE, SUITE},
        reader::{At, Reader},
        tree::{Node, Table, Value},
        view::{View, named},
    },
    domain::{
        alert::Rulebook,
        environment::{Confirm, Environment, SecretSource, Service},
        template::Context,
    },
};

/// What an environment says of itself, before the rest is laid out.
struct Own<'a> {
    name: &'a str,
    environment: Environment,
    services: &'a Table,
    suites: &'a Table,
    databases: &'a Table,
    pipelines: &'a Table,
}

/// Reads all environments. With none, the rest is still read once, so that all its problems are told.
pub fn all<'a>(
    top: &View<'a>,
    project: &str,
    environments: &[(At<&'a str>, View<'a>)],
    root: &Path,
) -> Vec<Environment> {
    let shared = Shared {
        reader: top.reader,
        project,
        root,
        secrets: secrets(top, root),
        services: top.map("services"),
        suites: top.map("suites"),
        databases: top.map("databases"),
        pipelines: top.map("pipelines"),
        slos: top.map("slos"),
        playbooks: top.map("playbooks"),
        alerts: top.list("alerts").unwrap_or_default(),
        judge_every: alert::every(top),
        environments: environments.iter().map(|(name, _)| name.value).collect(),
    };
    for (key, what, table) in [
        ("services", "a service", shared.services),
        ("suites", "a suite", shared.suites),
        ("databases", "a database", shared.databases),
        ("pipelines", "a pipeline", shared.pipelines),
        ("playbooks", "a playbook", shared.playbooks),
    ] {
        for entry in &table.entries {
            check_name(shared.reader, what, At { value: entry.key.as_str(), place: entry.place });
        }
        debug_assert!(top.section.key(key).is_some());
    }
    if environments.is_empty() {
        shared.complete(Own::imagined());
        return Vec::new();
    }
    environments.iter().map(|(name, view)| shared.complete(shared.own(name.value, view, root))).collect()
}

/// What all environments share.
struct Shared<'a, 'p> {
    reader: &'a Reader<'a>,
    project: &'p str,
    root: &'p Path,
    secrets: BTreeMap<String, SecretSource>,
    services: &'a Table,
    suites: &'a Table,
    databases: &'a Table,
    pipelines: &'a Table,
    slos: &'a Table,
    playbooks: &'a Table,
    alerts: &'a [Node],
    judge_every: Duration,
    environments: Vec<&'a str>,
}

impl<'a> Shared<'a, '_> {
    /// Reads what the environment says of itself.
    fn own(&self, name: &'a str, view: &View<'a>, root: &Path) -> Own<'a> {
        let url = view.text("url").map(|text| {
            super::kind::check_url(view.reader, text.place, text.value);
            text.value.trim_end_matches('/').to_owned()
        });
        let mut all_secrets = self.secrets.clone();
        all_secrets.extend(secrets(view, root));
        let vars: Map<String, Json> =
            view.map("vars").entries.iter().map(|entry| (entry.key.clone(), entry.node.value.to_json())).collect();
        let environment = Environment {
            name: name.to_owned(),
            url,
            color: view.word("color").map(|text| text.value.to_owned()),
            confirm: view.section("protection", &PROTECTION).map_or(Confirm::Enter, |view| confirm(&view)),
            vars,
            services: Vec::new(),
            suites: BTreeMap::new(),
            databases: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            playbooks: BTreeMap::new(),
            secrets: all_secrets,
            rulebook: Rulebook::default(),
        };
        let own = Own {
            name,
            environment,
            services: view.map("services"),
            suites: view.map("suites"),
            databases: view.map("databases"),
            pipelines: view.map("pipelines"),
        };
        self.check_overrides(&own);
        for (what, table) in [("a suite", own.suites), ("a database", own.databases), ("a pipeline", own.pipelines)] {
            for entry in &table.entries {
                check_name(self.reader, what, At { value: entry.key.as_str(), place: entry.place });
            }
        }
        view.finish("an environment");
        own
    }

    /// An override of a service that doesn't exist is a typo; probes, suites and pipelines of one environment are fine.
    fn check_overrides(&self, own: &Own<'a>) {
        for entry in &own.services.entries {
            if self.services.get(&entry.key).is_none() {
                check_known(self.reader, "service", &entry.key, entry.place, self.services.keys());
            }
        }
    }

    /// Reads services, suites and pipelines with the environment's tables laid over them.
    fn complete(&self, own: Own<'a>) -> Environment {
        let mut environment = own.environment;
        let mut world = World {
            env: own.name,
            project: self.project,
            root: self.root,
            words: words(environment.url.as_deref(), &environment.vars),
            context: context(&environment, self.project),
            all_services: self.services.keys().collect(),
            services: Vec::new(),
            suites: Vec::new(),
            databases: Vec::new(),
        };
        let mut overrides = own.services.clone();
        overrides.entries.retain(|entry| self.services.get(&entry.key).is_some());
        let services = lay_over(self.services, &overrides);
        world.services = self.services_here(&world, &services, own.services);
        let suites = lay_over(self.suites, own.suites);
        let suite_names: Vec<String> = suites.keys().map(str::to_owned).collect();
        world.suites = self.suites.keys().chain(own.suites.keys()).collect();
        self.in_names(&suites, "suites", &SUITE, |name, view| {
            let suite = suite::suite(&world, name, view);
            environment.suites.insert(suite.name.clone(), suite);
        });
        environment.rulebook = alert::rulebook(&world, self.reader, self.alerts, &self.environments, self.judge_every);
        let databases = lay_over(self.databases, own.databases);
        self.in_names(&databases, "databases", &DATABASE, |name, view| {
            let database = database::database(&world, name, view);
            environment.databases.insert(database.name.clone(), database);
        });
        world.databases = environment.databases.values().cloned().collect();
        let book = &mut environment.rulebook;
        slo::objectives(&world, self.reader, &services, self.slos, &self.environments, book);
        let pipelines = lay_over(self.pipelines, own.pipelines);
        let pipeline_names: Vec<String> = pipelines.keys().map(str::to_owned).collect();
        let names = pipeline::Names { suites: &suite_names, pipelines: &pipeline_names };
        let mut places = BTreeMap::new();
        self.in_names(&pipelines, "pipelines", &PIPELINE, |name, view| {
            places.insert(name.to_owned(), view.place_of("steps"));
            if let Some(pipeline) = pipeline::pipeline(&world, name, view, names) {
                environment.pipelines.insert(pipeline.name.clone(), pipeline);
            }
        });
        self.in_names(self.playbooks, "playbooks", &PLAYBOOK, |name, view| {
            playbook::playbook(&world, name, view, names, &mut environment);
        });
        entry::check_nested(self.reader, &environment.pipelines, &places);
        environment.services = world.services;
        environment
    }

    fn in_names(
        &self,
        table: &Table,
        key: &str,
        section: &'static crate::config::options::Section,
        mut read: impl FnMut(&str, &View<'_>),
    ) {
        for (name, view) in named(self.reader, key, table, section) {
            read(name.value, &view);
        }
    }

    /// The services that live here. One that lives only elsewhere is read there, where the names of its templates are
    /// known, unless this environment says something of it all the same.
    fn services_here(&self, world: &World<'_>, table: &Table, own: &Table) -> Vec<Service> {
        let mut services = Vec::new();
        let mut places = Vec::new();
        for (name, view) in named(self.reader, "services", table, &SERVICE) {
            if own.get(name.value).is_none() && service::lives_elsewhere(world, &view, &self.environments) {
                continue;
            }
            let (service, here) = service::service(world, name.value, &view, &self.environments);
            if here {
                services.push(service);
                places.push(view.place_of("depends_on"));
            }
        }
        service::check_cycles(self.reader, &services, &places);
        let here: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
        for service in &mut services {
            service.depends_on.retain(|needed| here.contains(needed));
        }
        services
    }
}

impl Own<'_> {
    /// Stands in where none is configured.
    fn imagined() -> Self {
        let environment = Environment {
            name: "none".into(),
            url: Some("https://none.invalid".into()),
            color: None,
            confirm: Confirm::Enter,
            vars: Map::new(),
            services: Vec::new(),
            suites: BTreeMap::new(),
            databases: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            playbooks: BTreeMap::new(),
            secrets: BTreeMap::new(),
            rulebook: Rulebook::default(),
        };
        let nothing = &crate::config::reader::NOTHING;
        Self { name: "none", environment, services: nothing, suites: nothing, databases: nothing, pipelines: nothing }
    }
}

fn context(environment: &Environment, project: &str) -> Context {
    environment.context(project)
}

fn confirm(view: &View<'_>) -> Confirm {
    let word = view.word("confirm").map(|text| text.value);
    view.finish("protection");
    if word == Some("type-name") { Confirm::TypeName } else { Confirm::Enter }
}

/// The table with another laid over it; borrowed where nothing is.
fn lay_over<'t>(below: &'t Table, above: &Table) -> Cow<'t, Table> {
    if above.entries.is_empty() {
        return Cow::Borrowed(below);
    }
    let mut merged = below.clone();
    merged.merge(above, &mut |_, _| {});
    Cow::Owned(merged)
}

/// The `secrets` of a table.
pub fn secrets(view: &View<'_>, root: &Path) -> BTreeMap<String, SecretSource> {
    let mut sources = BTreeMap::new();
    for (name, view) in view.named("secrets", &SECRET) {
        check_name(view.reader, "a secret", name);
        let source = match view.exactly_one(&["env", "file", "command"], "a secret") {
            Some("env") => view.text("env").map(|text| SecretSource::Env(text.value.to_owned())),
            Some("file") => view.text("file").map(|text| SecretSource::File(root.join(PathBuf::from(text.value)))),
            Some("command") => {
                let words: Vec<String> = view.texts("command").iter().map(|word| word.value.to_owned()).collect();
                if words.is_empty()
                    && matches!(view.take("command").map(|node| &node.value), Some(Value::List(list)) if list.is_empty())
                {
                    view.reader.problem(view.place_of("command"), "'command' names no program", None);
                }
                Some(SecretSource::Command(words))
            }
            _ => None,
        };
        view.finish("a secret");
        if let Some(source) = source {
            sources.insert(name.value.to_owned(), source);
        }
    }
    sources
}
