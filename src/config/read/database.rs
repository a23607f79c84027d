//! Databases.

use std::time::Duration;

use super::{step::checked_argv, world::World};
use crate::{
    config::{
        names::Words,
        options::{BACKUP, MIGRATE_WITH},
        reader::At,
        view::View,
    },
    domain::{
        database::{BackupSpec, Database, Migrations, Server, Tool},
        migration::Dialect,
        template::Template,
    },
};

const LOCK: Duration = Duration::from_secs(10);
const KEEP: Duration = Duration::from_secs(30 * 86_400);

/// Reads one.
pub fn database(world: &World<'_>, name: &str, view: &View<'_>) -> Database<Template> {
    let late = serde_json::json!({ "path": null, "id": null });
    let own = serde_json::json!({ "name": null, "url": null });
    let words = world.words.clone().with("backup", late).with("database", own);
    let server = server(world, view);
    let with = view.section("migrate_with", &MIGRATE_WITH).and_then(|view| tool(&world.words, &view));
    let migrations = match (view.text("migrations"), with) {
        (Some(text), Some(_)) => {
            let help = "keep one of them".to_owned();
            view.reader.problem(text.place, "'migrations' and 'migrate_with' exclude each other", help);
            None
        }
        (Some(text), None) => {
            if server.is_none() {
                let message = "migrations by files need to know where the database is";
                view.reader.problem(
                    text.place,
                    message,
                    "write postgres = \"...\", mysql = \"...\" or sqlite = \"...\"".to_owned(),
                );
            }
            Some(Migrations::Files { dir: world.root.join(text.value) })
        }
        (None, tool) => tool.map(Migrations::Tool),
    };
    let backup = view.section("backup", &BACKUP).map(|view| backup(world, &words, server.is_some(), &view));
    if migrations.is_none() && backup.is_none() && !view.has("migrations") && !view.has("migrate_with") {
        let help = "write migrations = \"migrations\", migrate_with = { ... } or backup = {}".to_owned();
        view.reader.problem(view.place, format!("nothing is done with the database '{name}'"), help);
    }
    let database = Database {
        name: name.to_owned(),
        server,
        migrations,
        backup,
        lock_timeout: view.duration("lock_timeout", Duration::from_secs(1)).unwrap_or(LOCK),
        statement_timeout: view.duration("statement_timeout", Duration::from_secs(1)),
    };
    view.finish("a database");
    database
}

fn server(world: &World<'_>, view: &View<'_>) -> Option<Server<Template>> {
    const KINDS: [(&str, Dialect); 3] =
        [("postgres", Dialect::Postgres), ("mysql", Dialect::Mysql), ("sqlite", Dialect::Sqlite)];
    let mut found: Option<Server<Template>> = None;
    for (key, dialect) in KINDS {
        let Some(url) = view.template(key) else { continue };
        world.words.check(view.reader, &url);
        if found.is_some() {
            view.reader.problem(
                url.place,
                "a database is in one place",
                "keep one of postgres, mysql, sqlite".to_owned(),
            );
        }
        check_url(view, &url, dialect);
        found = Some(Server { dialect, url: url.value });
    }
    found
}

/// A URL that begins in plain text begins as its kind does.
fn check_url(view: &View<'_>, url: &At<Template>, dialect: Dialect) {
    let source = url.value.source();
    let fine = source.starts_with("{{")
        || match dialect {
            Dialect::Postgres => source.starts_with("postgres://") || source.starts_with("postgresql://"),
            Dialect::Mysql => source.starts_with("mysql://") || source.starts_with("mariadb://"),
            Dialect::Sqlite => !source.contains("://") || source.starts_with("sqlite://"),
        };
    if !fine {
        let help = match dialect {
            Dialect::Sqlite => "write the path of its file: sqlite = \"data/main.db\"".to_owned(),
            _ => format!("write {0} = \"{0}://user:password@host/name\"", dialect.word()),
        };
        view.reader.problem(url.place, format!("that is no URL of {}", dialect.word()), help);
    }
    let plain = url::Url::parse(source).ok().is_some_and(|url| url.password().is_some());
    if plain && !source.contains("{{") {
        let help =
            "write {{ secret('DB_PASSWORD') }} in its place, and say under [secrets] where it comes from".to_owned();
        view.reader.problem(url.place, "the password stands in plain text", help);
    }
}

fn tool(words: &Words, view: &View<'_>) -> Option<Tool<Template>> {
    for (key, example) in [("status", "status = [\"flyway\", \"validate\"]"), ("up", "up = [\"flyway\", \"migrate\"]")]
    {
        if !view.has(key) {
            view.missing(key, example);
        }
    }
    let tool = Tool {
        status: checked_argv(words, view, "status").unwrap_or_default(),
        up: checked_argv(words, view, "up").unwrap_or_default(),
        down: checked_argv(words, view, "down"),
        pending: pattern(view, "pending", 0),
        version: pattern(view, "version", 1),
    };
    view.finish("migrate_with");
    (!tool.status.is_empty() && !tool.up.is_empty()).then_some(tool)
}

fn pattern(view: &View<'_>, key: &'static str, groups: usize) -> Option<String> {
    let text = view.text(key)?;
    match regex::Regex::new(text.value) {
        Ok(regex) if regex.captures_len() <= groups => {
            let help = format!("put what counts into brackets: {key} = 'version (\\S+)'");
            view.reader.problem(text.place, "the expression has no group", help);
        }
        Ok(_) => {}
        Err(error) => view.reader.problem(text.place, format!("this is no regular expression: {error}"), None),
    }
    Some(text.value.to_owned())
}

fn backup(world: &World<'_>, words: &Words, has_server: bool, view: &View<'_>) -> BackupSpec<Template> {
    let command = checked_argv(words, view, "command");
    let restore = checked_argv(words, view, "restore");
    let names = |argv: &Option<Vec<Template>>, wanted: &[&str]| {
        let all = argv.iter().flatten().flat_map(Template::names);
        all.into_iter().any(|name| wanted.contains(&name.as_str()))
    };
    for (key, argv) in [("command", &command), ("restore", &restore)] {
        if argv.is_some() && !names(argv, &["backup.path", "backup.id"]) {
            let help = "name its place: {{ backup.path }}".to_owned();
            view.reader.problem(view.place_of(key), format!("'{key}' does not say where the backup is"), help);
        }
        if argv.is_none() && !has_server {
            let message = format!("without a database of its own kind, 'backup' needs a '{key}'");
            view.reader.problem(view.place, message, format!("write {key} = [\"tool\", \"{{{{ backup.path }}}}\"]"));
        }
    }
    if command.is_some() != restore.is_some() {
        let message = "'command' and 'restore' belong together: one reads what the other writes";
        view.reader.problem(view.place, message, "give both, or neither".to_owned());
    }
    let verify = view.word("verify").is_some_and(|word| word.value == "restore");
    if verify && restore.is_some() && !names(&restore, &["database.name", "database.url"]) {
        let message = "'restore' would write into the real database when a backup is verified";
        let help =
            "let it write to {{ database.name }} or {{ database.url }}: that is the scratch database then".to_owned();
        view.reader.problem(view.place_of("restore"), message, help);
    }
    if verify && !has_server {
        let message = "only a database with postgres, mysql or sqlite can be verified by restoring";
        view.reader.problem(view.place_of("verify"), message, "leave 'verify' out".to_owned());
    }
    let spec = BackupSpec {
        command,
        restore,
        dir: world.root.join(view.text("dir").map_or("backups", |text| text.value)),
        keep: view.duration("keep", Duration::from_secs(3600)).unwrap_or(KEEP),
        verify,
    };
    view.finish("backup");
    spec
}
