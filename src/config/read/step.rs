//! Steps of pipelines.

use std::{collections::BTreeMap, time::Duration};

use super::{
    kind::{self, request},
    look, soak,
    world::World,
};
use crate::{
    config::{
        names::{Words, check_identifier, check_known},
        options::{HTTP_STEP, RETRY, UNDO},
        reader::At,
        tree::{Node, Value},
        view::View,
    },
    domain::{
        pipeline::{Command, DatabaseAct, Effect, HttpStep, PipelineKind, Retry, Step, StepKind},
        template::Template,
    },
};

/// The keys that say what an entry does.
pub const KINDS: [&str; 15] = [
    "run",
    "shell",
    "http",
    "verify",
    "traffic",
    "soak",
    "wait",
    "ask",
    "checklist",
    "flag",
    "migrate",
    "backup",
    "restore",
    "parallel",
    "pipeline",
];

/// Those of a step beside others: nobody is asked while something else goes on, and traffic moves alone.
pub const MEMBER_KINDS: [&str; 6] = ["run", "shell", "http", "verify", "soak", "wait"];

/// Where a step stands.
pub struct Place<'w, 'a> {
    /// Its environment.
    pub world: &'w World<'a>,
    /// Names its templates may use.
    pub words: &'w Words,
    /// Suites that exist here.
    pub suites: &'w [String],
    /// Pipelines that exist here.
    pub pipelines: &'w [String],
    /// The pipeline's kind.
    pub kind: PipelineKind,
}

/// Reads a step that does what `key` says, with the names it captures.
pub fn step(place: &Place<'_, '_>, view: &View<'_>, key: &'static str) -> (Option<Step<Template>>, Vec<String>) {
    let name = view.text("name");
    let kind = kind(place, view, key);
    let captured = match &kind {
        Some(StepKind::Command(Command::Http(http))) => http.capture.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let timeout = view.duration("timeout", Duration::from_secs(1));
    let required = view.flag("required");
    let command = matches!(key, "run" | "shell" | "http");
    let changes = command || matches!(key, "traffic" | "flag");
    let effect = match key {
        _ if changes => effect(view, key),
        // What was applied is recorded in the database itself; a backup more does no harm.
        "migrate" | "backup" | "restore" => Effect::Idempotent,
        _ => Effect::Read,
    };
    check_verify(place, view, key, effect);
    let mut after = place.words.clone();
    for name in &captured {
        after.add("captures", name);
    }
    let undo = if changes && key != "flag" { undo(&Place { words: &after, ..*place }, view) } else { None };
    let probe = if command { checked_argv(place.words, view, "probe") } else { None };
    let retry = if command || matches!(key, "verify" | "flag") { retry(view) } else { None };
    let env = if changes && key != "http" { environment(place.words, view) } else { BTreeMap::new() };
    view.finish(&format!("a '{key}' step"));
    let step = kind.map(|kind| Step {
        name: name.map_or_else(|| default_name(&kind), |text| text.value.to_owned()),
        kind,
        effect,
        retry,
        timeout,
        undo,
        probe,
        required,
        env,
    });
    (step, captured)
}

fn kind(place: &Place<'_, '_>, view: &View<'_>, key: &'static str) -> Option<StepKind<Template>> {
    Some(match key {
        "run" | "shell" | "http" => StepKind::Command(command(place.words, view, key)?),
        "verify" => {
            let suite = view.text("verify")?;
            check_known(view.reader, "suite", suite.value, suite.place, place.suites.iter().map(String::as_str));
            StepKind::Verify { suite: suite.value.to_owned() }
        }
        "traffic" => soak::traffic(place.world, place.words, view)?,
        "soak" => StepKind::Soak(soak::soak(place.world, view, "soak")?),
        "wait" => StepKind::Wait(soak::wait(place.world, view)?),
        "migrate" | "backup" | "restore" => database(place, view, key)?,
        "checklist" => StepKind::Checklist { items: checklist(place.words, view)? },
        "flag" => flag(place.words, view)?,
        _ => {
            let question = view.template("ask")?;
            place.words.check(view.reader, &question);
            StepKind::Ask { question: question.value }
        }
    })
}

/// Reads what is done with a database, which must have what it takes.
fn database(place: &Place<'_, '_>, view: &View<'_>, key: &'static str) -> Option<StepKind<Template>> {
    let name = view.text(key)?;
    let known = place.world.databases.iter();
    if !check_known(view.reader, "database", name.value, name.place, known.clone().map(|one| one.name.as_str())) {
        let _ = (view.take("to"), view.take("from"), view.take("keep_present"));
        return None;
    }
    let lacks = known.filter(|one| one.name == name.value).any(|one| match key {
        "migrate" => one.migrations.is_none(),
        _ => one.backup.is_none(),
    });
    if lacks {
        let (what, example) =
            if key == "migrate" { ("migrations", "migrations = \"migrations\"") } else { ("backup", "backup = {}") };
        let help = format!("write {example} under [databases.{}]", name.value);
        view.reader.problem(name.place, format!("the database '{}' has no '{what}'", name.value), help);
    }
    let template = |key: &'static str| {
        let found = view.template(key)?;
        place.words.check(view.reader, &found);
        Some(found.value)
    };
    let act = match key {
        "migrate" => DatabaseAct::Migrate { to: template("to"), stays: false },
        "backup" => DatabaseAct::Backup,
        _ => {
            let keep_present = !view.has("keep_present") || view.flag("keep_present");
            DatabaseAct::Restore { from: template("from"), keep_present }
        }
    };
    Some(StepKind::Database { database: name.value.to_owned(), act })
}

fn checklist(words: &Words, view: &View<'_>) -> Option<Vec<Template>> {
    let texts = view.texts("checklist");
    if texts.is_empty() {
        let help = "write checklist = [\"Backups were restored somewhere\"]".to_owned();
        view.reader.problem(view.place_of("checklist"), "'checklist' has no items", help);
    }
    let read = |text: At<&str>| {
        let template = At { value: view.reader.template(text)?, place: text.place };
        words.check(view.reader, &template);
        Some(template.value)
    };
    texts.into_iter().map(read).collect()
}

fn flag(words: &Words, view: &View<'_>) -> Option<StepKind<Template>> {
    let flag = view.text("flag");
    let percent = view.integer("percent").and_then(|percent| u8::try_from(percent).ok());
    for (key, example) in [
        ("percent", "percent = 25"),
        ("get", "get = [\"flagctl\", \"get\", \"{{ flag }}\"]: its last line is the part now"),
        ("set", "set = [\"flagctl\", \"set\", \"{{ flag }}\", \"{{ percent }}\"]"),
    ] {
        if !view.has(key) {
            view.missing(key, example);
        }
    }
    let named = words.clone().with("flag", serde_json::Value::Null);
    let get = if view.has("get") { checked_argv(&named, view, "get") } else { None };
    let named = named.with("percent", serde_json::Value::Null);
    let set = if view.has("set") { checked_argv(&named, view, "set") } else { None };
    let uses = |word: &Template| view.reader.names(word).iter().any(|name| name == "percent");
    if set.as_ref().is_some_and(|set| !set.iter().any(uses)) {
        let help = "put {{ percent }} where the part belongs".to_owned();
        view.reader.problem(view.place_of("set"), "'set' never uses {{ percent }}", help);
    }
    Some(StepKind::Flag { flag: flag?.value.to_owned(), percent: percent?, get: get?, set: set? })
}

/// Reads a command under `run`, `shell` or `http`.
fn command(words: &Words, view: &View<'_>, key: &'static str) -> Option<Command<Template>> {
    match key {
        "run" => checked_argv(words, view, "run").map(Command::Run),
        "shell" => shell(words, view).map(Command::Shell),
        _ => http(words, view).map(Command::Http),
    }
}

/// Takes a list of templates whose names are known.
pub fn checked_argv(words: &Words, view: &View<'_>, key: &'static str) -> Option<Vec<Template>> {
    let argv = view.argv(key)?;
    for word in &argv {
        words.check(view.reader, word);
    }
    Some(argv.into_iter().map(|word| word.value).collect())
}

fn shell(words: &Words, view: &View<'_>) -> Option<Template> {
    let script = view.template("shell")?;
    words.check(view.reader, &script);
    if script.value.has_unquoted_values() {
        let help = "pass each value through the filter: {{ version | sh }}, without quotes around it".to_owned();
        view.reader.problem(script.place, "a value in 'shell' is not quoted, so it could run as a command", help);
    }
    Some(script.value)
}

/// Reads a request: a URL with its options beside it, or a table.
fn http(words: &Words, view: &View<'_>) -> Option<HttpStep<Template>> {
    let node = view.take("http")?;
    if let Value::Table(_) = node.value {
        let inner = view.as_section("http", node, &HTTP_STEP)?;
        if !inner.has("url") {
            inner.missing("url", "url = \"https://...\"");
        }
        let step = inner.template("url").and_then(|url| http_of(words, &inner, url));
        inner.finish("http");
        return step;
    }
    let text = view.as_text("http", node)?;
    let url = At { value: view.reader.template(text)?, place: text.place };
    if view.section.key("method").is_none() {
        return Some(HttpStep { request: bare(words, view, url)?, expect: Vec::new(), capture: BTreeMap::new() });
    }
    http_of(words, view, url)
}

/// A request that is a URL and nothing else.
fn bare(words: &Words, view: &View<'_>, url: At<Template>) -> Option<crate::domain::probe::HttpRequest<Template>> {
    check_step_url(words, view, &url);
    let nothing = View::new(view.reader, &HTTP_STEP, &crate::config::reader::NOTHING, url.place);
    request(&nothing, url.value, words)
}

fn http_of(words: &Words, view: &View<'_>, url: At<Template>) -> Option<HttpStep<Template>> {
    check_step_url(words, view, &url);
    let facts = look::answer();
    let expect = view.conditions("expect");
    for condition in &expect {
        facts.check(view.reader, condition);
    }
    let mut capture = BTreeMap::new();
    for (name, text) in view.text_map("capture") {
        check_identifier(view.reader, "a captured value", name);
        if let Some(value) = view.reader.condition(text) {
            let value = At { value, place: text.place };
            facts.check(view.reader, &value);
            capture.insert(name.value.to_owned(), value.value);
        }
    }
    let request = request(view, url.value, words)?;
    Some(HttpStep { request, expect: expect.into_iter().map(|condition| condition.value).collect(), capture })
}

/// A URL whose beginning is known already must be absolute.
fn check_step_url(words: &Words, view: &View<'_>, url: &At<Template>) {
    words.check(view.reader, url);
    let source = url.value.source();
    if !source.trim_start().starts_with("{{") && !source.contains("{%") {
        let filled = source.split("{{").next().unwrap_or_default();
        let shown = if filled.len() == source.len() { source.to_owned() } else { format!("{filled}x") };
        kind::check_url(view.reader, url.place, &shown);
    }
}

fn effect(view: &View<'_>, key: &str) -> Effect {
    match view.word("effect").map(|word| word.value) {
        Some("read") => Effect::Read,
        Some("idempotent") => Effect::Idempotent,
        None if matches!(key, "traffic" | "flag") => Effect::Idempotent,
        _ => Effect::Once,
    }
}

/// A verify pipeline takes no lock, so nothing in it may change anything.
fn check_verify(place: &Place<'_, '_>, view: &View<'_>, key: &str, effect: Effect) {
    if place.kind == PipelineKind::Verify && effect != Effect::Read {
        let message = "a step of a verify pipeline changes nothing, as it takes no lock";
        let help = if matches!(key, "run" | "shell" | "http") {
            "say effect = \"read\" if it only looks, or make the pipeline kind = \"task\"".to_owned()
        } else {
            "move it to a pipeline of kind \"task\"".to_owned()
        };
        view.reader.problem(view.place_of(if view.has("effect") { "effect" } else { key }), message, help);
    }
}

fn undo(place: &Place<'_, '_>, view: &View<'_>) -> Option<Command<Template>> {
    let node: &Node = view.take("undo")?;
    if let Value::Table(_) = node.value {
        let inner = view.as_section("undo", node, &UNDO)?;
        let Some(key) = inner.exactly_one(&["run", "shell", "http"], "an undo") else {
            inner.finish_strange();
            return None;
        };
        let command = command(place.words, &inner, key);
        inner.finish("undo");
        return command;
    }
    let words = view.as_argv("undo", node)?;
    for word in &words {
        place.words.check(view.reader, word);
    }
    Some(Command::Run(words.into_iter().map(|word| word.value).collect()))
}

fn retry(view: &View<'_>) -> Option<Retry> {
    let view = view.section("retry", &RETRY)?;
    let times = view.integer("times");
    if !view.has("times") {
        view.missing("times", "times = 2");
    }
    let exits = view.list("exits").unwrap_or_default();
    let exits = exits.iter().filter_map(|node| view.as_integer("exits", node, (0, 255))).collect::<Vec<_>>();
    let retry = Retry {
        times: times.and_then(|times| u16::try_from(times).ok()).unwrap_or(1),
        backoff: view.duration("backoff", Duration::ZERO).unwrap_or(Duration::from_secs(2)),
        exits: exits.into_iter().filter_map(|exit| i32::try_from(exit).ok()).collect(),
    };
    view.finish("retry");
    Some(retry)
}

fn environment(words: &Words, view: &View<'_>) -> BTreeMap<String, Template> {
    let mut env = BTreeMap::new();
    for (name, text) in view.text_map("env") {
        if name.value.is_empty() || name.value.contains(['=', '\0']) {
            view.reader.problem(
                name.place,
                format!("'{}' can't be the name of an environment variable", name.value),
                None,
            );
        }
        if let Some(value) = view.reader.template(text) {
            let value = At { value, place: text.place };
            words.check(view.reader, &value);
            env.insert(name.value.to_owned(), value.value);
        }
    }
    env
}

fn default_name(kind: &StepKind<Template>) -> String {
    let first = |words: &[Template]| words.first().map(|word| word.source().to_owned()).unwrap_or_default();
    match kind {
        StepKind::Command(Command::Run(words)) => {
            let program = first(words);
            format!("Run {}", program.rsplit('/').next().unwrap_or(&program))
        }
        StepKind::Command(Command::Shell(_)) => "Run a script".to_owned(),
        StepKind::Command(Command::Http(http)) => format!("{} {}", http.request.method, http.request.url.source()),
        StepKind::Verify { suite } => format!("Verify {suite}"),
        StepKind::Traffic { .. } => "Shift traffic".to_owned(),
        StepKind::Soak(soak) => format!("Soak {}", soak.service),
        StepKind::Wait(wait) => format!("Wait {}", humantime::format_duration(wait.at_most)),
        StepKind::Ask { .. } => "Ask".to_owned(),
        StepKind::Database { database, act } => match act {
            DatabaseAct::Migrate { .. } => format!("Migrate {database}"),
            DatabaseAct::Backup => format!("Back up {database}"),
            DatabaseAct::Restore { .. } => format!("Restore {database}"),
        },
        StepKind::Checklist { .. } => "Checklist".to_owned(),
        StepKind::Flag { flag, percent, .. } => format!("Flag {flag} {percent} %"),
    }
}
