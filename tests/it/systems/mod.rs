//! The shipped configurations of five real systems, each run as shipped against a simulated world: one run in which all
//! is well, and what goes wrong told at its place and nowhere else.

mod candlefish;
mod continuity_bridge;
mod digital_manager;
mod edge;
mod relay;
mod sam_ai;
mod shipped;
mod world;
mod xswarm_boss;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use quarterdeck::config;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names in a directory.
fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_file_of_every_system_loads_and_stands_on_the_page_of_its_system() {
    let systems = names(&root().join("config/systems"));
    assert!(systems.len() >= 5, "{systems:?}");
    let index = fs::read_to_string(root().join("docs/systems/README.md")).unwrap();
    for system in systems {
        let directory = root().join("config/systems").join(&system);
        let project = config::load(&directory).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
        assert!(project.outlets.serve.is_some_and(|serve| serve.listen.ip().is_loopback()), "{system} serves nothing");
        assert!(index.contains(&format!("({system}.md)")), "docs/systems/README.md does not list {system}");
        let page = fs::read_to_string(root().join("docs/systems").join(format!("{system}.md"))).unwrap();
        for file in names(&directory) {
            assert!(page.contains(&format!("config/systems/{system}/{file}")), "{system}.md does not list {file}");
        }
    }
}

#[test]
fn every_test_that_a_page_of_a_system_names_exists() {
    let folders = ["tests/it/systems", "tests/it/notify"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| names(folder).into_iter().map(|file| folder.join(file)));
    let sources: Vec<String> =
        files.filter(|file| file.is_file()).map(|file| fs::read_to_string(file).unwrap()).collect();
    for page in names(&root().join("docs/systems")) {
        let text = fs::read_to_string(root().join("docs/systems").join(&page)).unwrap();
        // A table's last column names tests as `file::test`.
        let named = text.split('`').skip(1).step_by(2).filter_map(|code| code.rsplit_once("::")).map(|(_, test)| test);
        let named: Vec<&str> = named.collect();
        assert!(page == "README.md" || !named.is_empty(), "{page} names no test");
        for test in named {
            let there = sources.iter().any(|source| source.contains(&format!("fn {test}()")));
            assert!(there, "docs/systems/{page} names the test {test}, which is not there");
        }
    }
}
