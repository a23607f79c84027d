//! A configuration as shipped, put where the simulated world is: the addresses of its environments are changed, and how
//! often is looked; all else is the shipped files, unread.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use quarterdeck::{
    config,
    domain::environment::{Environment, Project, SecretSource},
};
use serde_json::Value;
use tempfile::TempDir;
use toml::Table;

use super::root;
use crate::{
    serve::free_address,
    support::{
        http::ask,
        quarterdeck,
        run::{PATIENCE, wait_for},
    },
};

/// The value that a secret has in the simulation.
pub fn token(secret: &str) -> String {
    format!("{}-of-the-simulation", secret.to_lowercase())
}

/// A copy of a system's configuration, with a directory for its state and one for stub programs.
pub struct Shipped {
    dir: TempDir,
    environment: String,
    /// Where it serves.
    served: String,
    variables: Vec<(String, String)>,
}

impl Shipped {
    /// The configuration of `system`; `place` puts an environment's addresses where the world is.
    pub fn new(system: &str, environment: &str, place: impl Fn(&mut Table)) -> Self {
        Self::without(system, environment, &[], place)
    }

    /// The same without some of its files: those whose servers a test can't play.
    pub fn without(system: &str, environment: &str, files: &[&str], place: impl Fn(&mut Table)) -> Self {
        let (dir, served) = (tempfile::tempdir().unwrap(), free_address());
        let from = root().join("config/systems").join(system);
        let to = dir.path().join("config");
        fs::create_dir_all(&to).unwrap();
        fs::create_dir_all(dir.path().join("bin")).unwrap();
        for name in super::names(&from).into_iter().filter(|name| !files.contains(&name.as_str())) {
            let text = fs::read_to_string(from.join(&name)).unwrap();
            let text = if name == "10-environments.toml" { placed(&text, &served, &place) } else { hurried(&text) };
            fs::write(to.join(&name), text).unwrap();
        }
        let project = config::load(&to).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
        fs::write(to.join("99-elsewhere.toml"), elsewhere(&project, environment)).unwrap();
        let variables = variables(project.environment(environment).unwrap());
        Self { dir, environment: environment.to_owned(), served, variables }
    }

    /// A directory that lasts as long as this.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program that is found before the real one: a script for `sh`.
    pub fn stub(&self, program: &str, script: &str) {
        let path = self.path("bin").join(program);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A variable of the environment, such as a secret with a value that matters.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has it trust the authorities of this file, as a machine would.
    pub fn trusting(self, authorities: &Path) -> Self {
        self.variable("SSL_CERT_FILE", authorities.to_str().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.path("config")).arg("--state").arg(self.path("state"));
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.path("bin").display()));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// `config check` finds nothing to say against it.
    pub fn check(&self) {
        let output = self.command(&["config", "check"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// What it prints as JSON.
    pub fn prints(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.command(arguments).args(["--env", &self.environment, "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>().map(Result::unwrap);
        // A list, or one document a line.
        documents.flat_map(|document| document.as_array().cloned().unwrap_or_else(|| vec![document])).collect()
    }

    /// Begins to watch.
    pub fn watch(&self) -> Watching<'_> {
        let child = self.command(&["watch"]).stdout(Stdio::null()).spawn().unwrap();
        Watching { shipped: self, child }
    }

    /// The services as `status --json` tells them.
    fn status(&self) -> Vec<Value> {
        let output = self.command(&["status", "--env", &self.environment, "--json"]).output().unwrap();
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        status["services"].as_array().cloned().unwrap_or_default()
    }

    /// Each recorded number of each look, as `service/probe/name`.
    fn recorded(&self) -> Vec<String> {
        let project = config::load(&self.path("config")).unwrap();
        let environment = project.environment(&self.environment).unwrap();
        let of = |service: &str, probe: &str, name: &str| format!("{service}/{probe}/{name}");
        let services = environment.services.iter();
        let probes = services.flat_map(|service| service.probes.iter().map(move |probe| (service, probe)));
        let names = probes.flat_map(|(service, probe)| {
            probe.record.iter().map(move |record| of(&service.name, &probe.name, &record.name))
        });
        names.collect()
    }
}

/// The file with the environments, its addresses changed.
fn placed(text: &str, served: &str, place: &impl Fn(&mut Table)) -> String {
    let mut table: Table = toml::from_str(text).unwrap();
    table["serve"]["listen"] = served.into();
    let environments = table["environments"].as_table_mut().unwrap();
    for (_, environment) in environments.iter_mut() {
        place(environment.as_table_mut().unwrap());
    }
    toml::to_string(&table).unwrap()
}

/// Looks often.
fn hurried(text: &str) -> String {
    let line =
        |line: &str| if line.starts_with("every = ") { "every = \"500ms\"\n".into() } else { format!("{line}\n") };
    text.lines().map(line).collect()
}

/// Looks once where the test does not look.
fn elsewhere(project: &Project, watched: &str) -> String {
    let mut text = String::new();
    for environment in project.environments.iter().filter(|environment| environment.name != watched) {
        for service in &environment.services {
            for probe in &service.probes {
                let table =
                    format!("environments.{}.services.{}.probes.{}", environment.name, service.name, probe.name);
                text += &format!("[{table}]\nevery = \"1h\"\n");
            }
        }
    }
    text
}

/// A value for each secret that comes from a variable.
fn variables(environment: &Environment) -> Vec<(String, String)> {
    let secrets = environment.secrets.iter().filter_map(|(name, source)| match source {
        SecretSource::Env(variable) => Some((variable.clone(), token(name))),
        _ => None,
    });
    secrets.collect()
}

/// A watcher, ended when dropped.
pub struct Watching<'a> {
    shipped: &'a Shipped,
    child: Child,
}

impl Watching<'_> {
    /// Waits until every service is up and every series of every look has a value.
    pub fn all_is_well(&self) {
        let wanted = self.shipped.recorded();
        self.wait(|services| {
            let unwell = unwell(services);
            if !unwell.is_empty() {
                return Err(format!("{unwell:#?}"));
            }
            let there = values(services);
            let missing: Vec<_> = wanted.iter().filter(|name| !there.contains(name)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("without a value: {missing:?}")) }
        });
        self.serves();
    }

    /// Waits until whoever asks over HTTP is told the same.
    fn serves(&self) {
        let (address, environment) = (&self.shipped.served, &self.shipped.environment);
        let status = wait_for("the endpoints", || {
            let ready = ask(address, "GET", "/health/ready", &[])?.status == 200;
            let status = ask(address, "GET", &format!("/api/status?env={environment}"), &[])?;
            (ready && status.status == 200).then(|| status.json())
        });
        let told = status["services"].as_array().map_or(0, Vec::len);
        assert_eq!(told, self.shipped.status().len(), "{status}");
    }

    /// Waits until exactly these services are not up: name, state, and a part of the sentence that says why.
    pub fn exactly(&self, expected: &[(&str, &str, &str)]) {
        self.wait(|services| {
            let unwell = unwell(services);
            let same = unwell.len() == expected.len()
                && expected.iter().all(|(service, state, why)| {
                    let found = unwell.iter().find(|one| one.service == *service && one.state == *state);
                    found.is_some_and(|one| one.why.iter().any(|said| said.contains(why)))
                });
            if same { Ok(()) } else { Err(format!("{unwell:#?} instead of {expected:#?}")) }
        });
    }

    /// The newest value of a series.
    pub fn value(&self, service: &str, name: &str) -> Option<f64> {
        let services = self.shipped.status();
        let service = services.iter().find(|one| one["service"] == service)?;
        let looks = service["looks"].as_array()?.iter();
        let mut values = looks.filter_map(|look| look["values"].as_array()).flatten();
        values.find(|value| value[0] == name)?[1].as_f64()
    }

    fn wait(&self, right: impl Fn(&[Value]) -> Result<(), String>) {
        let began = Instant::now();
        loop {
            let services = self.shipped.status();
            let found = if services.is_empty() { Err("no service".to_owned()) } else { right(&services) };
            let Err(wrong) = found else { return };
            assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?}: {wrong}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service that is not up, and what its looks say.
#[derive(Debug)]
struct Unwell {
    service: String,
    state: String,
    why: Vec<String>,
}

fn unwell(services: &[Value]) -> Vec<Unwell> {
    let services = services.iter().filter(|service| service["health"] != "up");
    let one = |service: &Value| {
        let looks = service["looks"].as_array().into_iter().flatten();
        let why = looks.filter(|look| look["health"] != "up").map(|look| text(&look["detail"])).collect();
        Unwell { service: text(&service["service"]), state: text(&service["health"]), why }
    };
    services.map(one).collect()
}

/// Names of the series that have a value, as `service/probe/name`.
fn values(services: &[Value]) -> Vec<String> {
    let mut names = Vec::new();
    for look in services.iter().flat_map(|service| service["looks"].as_array().into_iter().flatten()) {
        let values = look["values"].as_array().into_iter().flatten().filter(|value| value[1].is_number());
        names.extend(values.map(|value| {
            format!("{}/{}/{}", text(&look["key"]["service"]), text(&look["key"]["probe"]), text(&value[0]))
        }));
    }
    names
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
