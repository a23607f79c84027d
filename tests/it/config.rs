//! The configuration language: what loads, and how what doesn't is told.

use std::{fs, path::Path};

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
    assert_eq!(names, ["db", "api"], "in order of appearance");
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
