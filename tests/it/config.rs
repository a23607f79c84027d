//! The configuration language: what loads, and how what doesn't is told.

use std::{fs, path::Path, time::Duration};

use quarterdeck::config;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn loads(path: &Path) -> quarterdeck::domain::environment::Project {
    config::load(path).unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{}", diagnostics.render(false)))
}

#[test]
fn the_example_with_every_option_loads() {
    let project = loads(&root().join("config/example.toml"));
    assert_eq!(project.environments.len(), 2);
    let names: Vec<_> = project.environments[1].services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["db", "api", "host", "edge"], "in order of appearance");
}

#[test]
fn the_demo_loads() {
    let text = fs::read_to_string(root().join("src/demo/quarterdeck.toml")).unwrap();
    let text = ["GATEWAY", "WORKER", "DATABASE"]
        .iter()
        .fold(text, |text, port| text.replace(&format!("@{port}@"), "4000"))
        .replace("@DIR@", "/tmp/demo")
        .replace("@BINARY@", "/usr/bin/quarterdeck");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quarterdeck.toml");
    fs::write(&path, text).unwrap();
    let project = loads(&path);
    assert_eq!(project.environments[0].services.len(), 5);
    assert_eq!(project.environments[0].pipelines["deploy"].steps.len(), 6);
}

#[test]
fn the_starter_loads_whatever_the_directory_is_called() {
    for name in ["Shop", "with \"quotes\" and \\", "日本"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarterdeck.toml");
        fs::write(&path, config::starter(name)).unwrap();
        assert_eq!(loads(&path).name, name);
    }
}

/// What is said about a file, without where it lies.
fn told(path: &Path) -> String {
    let shown = format!("{}/", path.parent().unwrap().display());
    match config::load(path) {
        Ok(_) => panic!("{} is not refused", path.display()),
        Err(diagnostics) => format!("{}\n\n{diagnostics}", diagnostics.render(false)).replace(&shown, ""),
    }
}

#[test]
fn every_invalid_file_is_told_with_its_place_and_what_to_write_instead() {
    let mut files: Vec<_> = fs::read_dir(root().join("tests/invalid"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "only {} files", files.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../invalid/told");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let failed: Vec<_> = files
        .iter()
        .filter(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let told = told(file);
            let check = std::panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, told)));
            std::panic::catch_unwind(check).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "told differently than before: {failed:?}");
}

#[test]
fn a_file_with_ten_errors_tells_all_ten_in_order_of_place() {
    let diagnostics = config::load(&root().join("tests/invalid/ten_errors.toml")).unwrap_err();
    let lines: Vec<_> = diagnostics.items.iter().map(|item| item.line).collect();
    assert_eq!(diagnostics.items.len(), 10, "{}", diagnostics.render(false));
    assert!(lines.is_sorted(), "{lines:?}");
}

/// Compares a generated text with its file; with `QUARTERDECK_UPDATE` set the file is written.
fn is_fresh(path: &Path, wanted: &str) {
    if std::env::var_os("QUARTERDECK_UPDATE").is_some() {
        fs::write(path, wanted).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{} is out of date: run the tests with QUARTERDECK_UPDATE=1", path.display());
}

#[test]
fn the_schema_on_disk_is_the_one_of_this_version() {
    let schema = serde_json::to_string_pretty(&config::schema()).unwrap() + "\n";
    is_fresh(&root().join("config/schema.json"), &schema);
}

#[test]
fn the_reference_in_the_documentation_is_the_one_of_this_version() {
    const BEGIN: &str = "<!-- generated: options -->\n";
    const END: &str = "<!-- end generated -->";
    let path = root().join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();
    let begin = page.find(BEGIN).unwrap() + BEGIN.len();
    let end = page.find(END).unwrap();
    is_fresh(&path, &format!("{}\n{}{}", &page[..begin], config::reference(), &page[end..]));
}

/// Walks schema and document together, and notes each option of the schema that the document has.
fn used(schema: &serde_json::Value, document: &toml::Value, at: &str, seen: &mut std::collections::BTreeSet<String>) {
    for option in schema["anyOf"].as_array().into_iter().flatten() {
        used(option, document, at, seen);
    }
    match document {
        toml::Value::Table(table) => {
            for (key, value) in table {
                if schema["properties"].get(key).is_some() {
                    seen.insert(format!("{at}.{key}"));
                    used(&schema["properties"][key], value, &format!("{at}.{key}"), seen);
                } else if schema["additionalProperties"].is_object() {
                    used(&schema["additionalProperties"], value, &format!("{at}.*"), seen);
                }
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| used(&schema["items"], item, at, seen)),
        _ => {}
    }
}

fn all(schema: &serde_json::Value, at: &str, options: &mut Vec<String>) {
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        options.push(format!("{at}.{key}"));
        all(below, &format!("{at}.{key}"), options);
    }
    if schema["additionalProperties"].is_object() {
        all(&schema["additionalProperties"], &format!("{at}.*"), options);
    }
    for below in schema["anyOf"].as_array().into_iter().flatten().chain(schema.get("items")) {
        all(below, at, options);
    }
}

#[test]
fn the_example_shows_every_option() {
    let example: toml::Value =
        toml::from_str(&fs::read_to_string(root().join("config/example.toml")).unwrap()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    used(&config::schema(), &example, "", &mut seen);
    let mut options = Vec::new();
    all(&config::schema(), "", &mut options);
    // What lays over is shown where it is laid over; limits and secrets are shown once, as is what any look may be told.
    // Requests that clean up are written like those of the flow.
    // What provokes a callback is written like the look that it is.
    let shown = |option: &str| {
        let once = |option: &str| seen.contains(option) || seen.contains(&option.replacen(".cleanup.", ".flow.", 1));
        // As is the mail of an smtp look.
        once(option)
            || once(&option.replacen(".provoke.", ".", 1))
            || once(&option.replacen(".send.", ".provoke.send.", 1))
    };
    let at_a_probe = |option: &str| {
        [".suites.*.checks.", ".pipelines.*.steps.http.", ".pipelines.*.steps.undo.http."]
            .iter()
            .filter_map(|place| option.strip_prefix(place))
            .any(|key| shown(&format!(".services.*.probes.*.{key}")))
    };
    let elsewhere = |option: &str| {
        option.starts_with(".environments.*.services.")
            || option.starts_with(".environments.*.suites.")
            || option.starts_with(".environments.*.pipelines.")
            || option.starts_with(".environments.*.databases")
            || option.starts_with(".environments.*.secrets.*.")
            // There is one export: the example has the other in a comment.
            || option == ".export.remote_write"
            || at_a_probe(option)
    };
    // Steps side by side are written like any other, and so are those of playbooks that are not read.
    let options = options.iter().map(|option| option.replacen(".steps.parallel.", ".steps.", 1));
    let options = options.map(|option| match option.strip_prefix(".playbooks.*.steps.") {
        Some(key) if key != "read" => format!(".pipelines.*.steps.{key}"),
        _ => option,
    });
    let missing: Vec<_> = options.filter(|option| !shown(option) && !elsewhere(option)).collect();
    assert!(missing.is_empty(), "config/example.toml does not show {missing:?}");
}

#[test]
fn the_examples_of_the_kinds_of_look_load() {
    let page = fs::read_to_string(root().join("docs/probes.md")).unwrap();
    let examples: Vec<_> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 5, "the page has {} examples", examples.len());
    for example in examples {
        let services: std::collections::BTreeSet<_> = example
            .lines()
            .filter_map(|line| line.strip_prefix("[services.")?.split('.').next())
            .map(|service| format!("[services.{}]\n", service.trim_end_matches(']')))
            .collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarterdeck.toml");
        let services = services.into_iter().collect::<String>();
        fs::write(&path, format!("{SMALL}[serve]\n{services}{example}")).unwrap();
        assert!(!loads(&path).environments[0].services.is_empty());
    }
}

const SMALL: &str = "[project]\nname = 'Shop'\n[environments.production]\nurl = 'https://shop.example'\n";

#[test]
fn the_files_of_a_directory_are_one_configuration() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("10-base.toml"), SMALL).unwrap();
    fs::write(dir.path().join("20-api.toml"), "[services.api.probes.up]\nhttp = '{{ env.url }}/'\n").unwrap();
    fs::write(dir.path().join("notes.txt"), "not TOML").unwrap();
    let project = loads(dir.path());
    assert_eq!(project.environments[0].services[0].probes[0].name, "up");
    assert_eq!(project.root, dir.path().canonicalize().unwrap());
}

#[test]
fn a_key_in_two_files_is_an_error_that_names_both() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.toml"), SMALL).unwrap();
    fs::write(dir.path().join("b.toml"), "[project]\nname = 'Other'\n").unwrap();
    let diagnostics = config::load(dir.path()).unwrap_err();
    assert_eq!(diagnostics.items.len(), 1);
    let item = &diagnostics.items[0];
    assert!(item.file.ends_with("b.toml") && item.message.contains("a.toml:2"), "{item:?}");
}

#[test]
fn an_environment_lays_its_own_tables_over_those_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quarterdeck.toml");
    let text = format!(
        "{SMALL}[environments.staging]\nurl = 'https://staging.example'\n\
         [environments.staging.services.api.probes.up]\nevery = '1m'\n\
         [services.db]\nenvironments = ['production']\n\
         [services.api]\ndepends_on = ['db']\n\
         [services.api.probes.up]\nhttp = '{{{{ env.url }}}}/'\nevery = '5s'\n"
    );
    fs::write(&path, text).unwrap();
    let project = loads(&path);
    let every: Vec<_> = ["production", "staging"]
        .map(|env| project.environment(env).unwrap().service("api").unwrap().probes[0].every)
        .into();
    assert_eq!(every, [Duration::from_secs(5), Duration::from_secs(60)]);
    let staging = project.environment("staging").unwrap();
    assert!(staging.service("db").is_none(), "it lives in production only");
    assert!(staging.service("api").unwrap().depends_on.is_empty(), "what does not live here does not count here");
}

#[test]
fn a_service_needs_the_names_of_the_environments_it_lives_in_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quarterdeck.toml");
    let lives = |environments: &str| {
        let text = format!(
            "{SMALL}vars = {{ pay = 'https://pay.example' }}\n[environments.staging]\nurl = 'https://staging.example'\n\
             [services.pay]\nenvironments = {environments}\n[services.pay.probes.up]\nhttp = '{{{{ env.vars.pay }}}}/'\n"
        );
        fs::write(&path, text).unwrap();
        config::load(&path).map_err(|diagnostics| diagnostics.render(false))
    };
    let project = lives("['production']").unwrap();
    assert!(project.environment("production").unwrap().service("pay").is_some());
    assert!(project.environment("staging").unwrap().service("pay").is_none());
    let told = lives("['production', 'staging']").unwrap_err();
    assert!(told.contains("'env.vars.pay' is not known here"), "{told}");
}

#[test]
fn a_wrong_configuration_never_replaces_a_right_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quarterdeck.toml");
    fs::write(&path, SMALL).unwrap();
    let mut reloader = config::Reloader::start(&path).unwrap();
    assert!(matches!(reloader.poll(), config::Reload::Unchanged));

    fs::write(&path, SMALL.replace("name", "nmae")).unwrap();
    let touched = fs::File::options().append(true).open(&path).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(matches!(reloader.poll(), config::Reload::Invalid(_)));
    assert_eq!(reloader.project().name, "Shop", "the one before stays in force");
    assert!(matches!(reloader.poll(), config::Reload::Unchanged), "told once");

    fs::write(&path, SMALL.replace("'Shop'", "'Other shop'")).unwrap();
    match reloader.poll() {
        config::Reload::Changed(project) => assert_eq!(project.name, "Other shop"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_can_not_be_read_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let told = |path: &Path| config::load(path).unwrap_err().render(false);
    assert!(told(&dir.path().join("missing.toml")).contains("quarterdeck init"));
    assert!(told(dir.path()).contains("no .toml file"), "{}", told(dir.path()));
    let path = dir.path().join("latin1.toml");
    fs::write(&path, b"[project]\nname = \"caf\xe9\"\n").unwrap();
    assert!(told(&path).contains("not valid UTF-8"));
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_control() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("quarterdeck.toml");
    fs::write(&path, format!("{SMALL}\"\\u001b]0;title\\u0007\" = 1 # \u{202e}\n\u{1b}[31m\n")).unwrap();
    let told = config::load(&path).unwrap_err().render(false);
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told:?}");
}
