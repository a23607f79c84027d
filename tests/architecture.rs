//! The house, checked: which room may import which, what may be named where, and no knots between the files of a room.
//!
//! We are one package, so no compiler holds the boundaries between rooms; this test does. It reads the sources with a real
//! parser and looks at every path outside test modules.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources should stop loudly")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::visit::{self, Visit};

/// Longest file, in lines.
const LONGEST: usize = 500;

/// Room, and what of ours it may import (a room, or a module of one).
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("probe", &["domain"]),
    ("secret", &["domain"]),
    ("term", &["domain"]),
    ("proc", &["domain"]),
    ("database", &["domain", "probe::login", "proc::crash"]),
    ("watch", &["domain", "store", "probe", "secret", "config", "proc"]),
    ("run", &["domain", "store", "probe", "secret", "config", "proc", "database"]),
    ("export", &["domain", "store", "config", "secret"]),
    ("notify", &["domain", "store", "config", "secret"]),
    ("console::app", &["domain"]),
    ("console::view", &["domain", "console::app"]),
    ("console", &["domain", "store", "config", "term", "run::launch"]),
    ("serve", &["domain", "store", "config", "term", "run::launch"]),
    ("demo", &["domain", "config", "proc", "store::lock", "store::state_dir"]),
    (
        "cli",
        &[
            "domain", "config", "store", "probe", "secret", "term", "proc", "database", "watch", "run", "export",
            "notify", "console", "serve", "demo",
        ],
    ),
];

/// A name, where it may be used, and why nowhere else.
const BANS: &[(&str, &[&str], &str)] = &[
    (
        "rusqlite",
        &["store", "probe::database::sqlite", "database::sqlite", "database::restore"],
        "only the store speaks to SQLite, and looks at and changes of somebody's own",
    ),
    (
        "tokio_postgres",
        &["probe::database::postgres", "database::postgres"],
        "only its look and its session speak to PostgreSQL",
    ),
    ("mysql_async", &["probe::database::mysql", "database::mysql"], "only its look and its session speak to MySQL"),
    (
        "reqwest",
        &["probe", "notify", "run::step", "export::send", "demo"],
        "only looks, channels, steps, the export and the demo send requests",
    ),
    ("crossterm", &["term"], "only term touches the terminal"),
    ("ratatui", &["console::view", "term"], "only the view draws"),
];

/// Names that would let a clock or the world into the pure rooms.
const IMPURE: &[&str] = &["Instant::now", "Utc::now", "Local::now", "SystemTime::now", "std::fs", "tokio", "std::net"];
const PURE: &[&str] = &["domain", "console::app", "console::view"];
const PRINTING: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// One source file: its module path below the crate (`store::lock`), and every path it names.
struct Source {
    module: Vec<String>,
    file: PathBuf,
    paths: Vec<Vec<String>>,
    macros: Vec<String>,
    reexports: BTreeMap<String, Vec<String>>,
    /// Modules that only tests are built with; their files are not looked at.
    tests: Vec<Vec<String>>,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let all: Vec<_> = files.iter().map(|file| read(&root, file)).collect();
    let tests: Vec<_> = all.iter().flat_map(|source| source.tests.clone()).collect();
    all.into_iter().filter(|source| !tests.iter().any(|test| source.module.starts_with(test))).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

fn read(root: &Path, file: &Path) -> Source {
    let text = fs::read_to_string(file).unwrap();
    let relative = file.strip_prefix(root).unwrap().with_extension("");
    let mut module: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    let tree = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut paths = Paths { module: module.clone(), ..Paths::default() };
    paths.visit_file(&tree);
    Source {
        module,
        file: file.to_owned(),
        paths: paths.found,
        macros: paths.macros,
        reexports: paths.reexports,
        tests: paths.tests,
        lines: text.lines().count(),
    }
}

#[derive(Default)]
struct Paths {
    module: Vec<String>,
    found: Vec<Vec<String>>,
    macros: Vec<String>,
    reexports: BTreeMap<String, Vec<String>>,
    tests: Vec<Vec<String>>,
}

impl Paths {
    /// A path as written, made absolute where it is ours: `crate::store::lock` becomes `["crate", "store", "lock"]`.
    fn absolute(&self, segments: &[String]) -> Vec<String> {
        let mut base = self.module.clone();
        let mut rest = segments;
        match rest.first().map(String::as_str) {
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            _ => return segments.to_vec(),
        }
        ["crate".to_owned()].into_iter().chain(base).chain(rest.iter().cloned()).collect()
    }

    fn tree(&mut self, prefix: &[String], tree: &syn::UseTree, public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                let next = [prefix, &[path.ident.to_string()]].concat();
                self.tree(&next, &path.tree, public);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(prefix, item, public)),
            syn::UseTree::Name(name) => self.import(prefix, &name.ident.to_string(), &name.ident.to_string(), public),
            syn::UseTree::Rename(rename) => {
                self.import(prefix, &rename.ident.to_string(), &rename.rename.to_string(), public);
            }
            syn::UseTree::Glob(_) => self.found.push(self.absolute(prefix)),
        }
    }

    fn import(&mut self, prefix: &[String], name: &str, alias: &str, public: bool) {
        let mut segments = prefix.to_vec();
        if name != "self" {
            segments.push(name.to_owned());
        }
        let absolute = self.absolute(&segments);
        if public {
            let target = if absolute[0] == "crate" {
                absolute
            } else {
                // `pub use child::Name`: relative to this module.
                ["crate".to_owned()].into_iter().chain(self.module.clone()).chain(absolute).collect()
            };
            self.reexports.insert(alias.to_owned(), target);
        } else {
            self.found.push(absolute);
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = module.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test")
        });
        if test {
            self.tests.push([self.module.clone(), vec![module.ident.to_string()]].concat());
        } else {
            visit::visit_item_mod(self, module);
        }
    }

    // `pub(super)` says who may look in, not where one looks.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&[], &item.tree, public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.push(self.absolute(&segments));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, one: &'ast syn::Macro) {
        if let Some(name) = one.path.segments.last() {
            self.macros.push(name.ident.to_string());
        }
        visit::visit_macro(self, one);
    }
}

fn starts_with(path: &[String], prefix: &str) -> bool {
    let prefix: Vec<_> = prefix.split("::").collect();
    path.len() >= prefix.len() && path.iter().zip(&prefix).all(|(one, other)| one == other)
}

/// The most precise row of [`ARROWS`] for a module.
fn room(module: &[String]) -> Option<&'static (&'static str, &'static [&'static str])> {
    ARROWS.iter().filter(|(room, _)| starts_with(module, room)).max_by_key(|(room, _)| room.len())
}

fn name(module: &[String]) -> String {
    module.join("::")
}

fn report(what: &str, wrong: &BTreeSet<String>) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.iter().cloned().collect::<Vec<_>>().join("\n  "));
}

#[test]
fn rooms_import_only_downward() {
    let mut wrong = BTreeSet::new();
    for source in sources().iter().filter(|source| !source.module.is_empty()) {
        let Some((room, allowed)) = room(&source.module) else {
            wrong.insert(format!("{} belongs to no room", source.file.display()));
            continue;
        };
        let reexported = source.reexports.values();
        for path in source.paths.iter().chain(reexported).filter(|path| path.first().is_some_and(|one| one == "crate"))
        {
            let path = &path[1..];
            let own = starts_with(path, room.split("::").next().unwrap_or(room));
            let inside_console = own && room.starts_with("console");
            let fine = allowed.iter().any(|one| starts_with(path, one))
                || starts_with(path, room)
                || (own && !inside_console)
                || (*room == "console" && own);
            if !fine && !path.is_empty() {
                wrong.insert(format!("{} may not import {}", name(&source.module), name(path)));
            }
        }
    }
    report("imports against the plan of docs/architecture.md", &wrong);
}

#[test]
fn outside_libraries_stay_in_their_room() {
    let mut wrong = BTreeSet::new();
    for source in sources() {
        for (library, rooms, why) in BANS {
            let used = source.paths.iter().any(|path| path.first().is_some_and(|one| one == library));
            if used && !rooms.iter().any(|room| starts_with(&source.module, room)) {
                wrong.insert(format!("{} names {library}: {why}", source.file.display()));
            }
        }
    }
    report("libraries outside their room", &wrong);
}

#[test]
fn pure_rooms_read_no_clock_and_do_no_io() {
    let mut wrong = BTreeSet::new();
    for source in sources().iter().filter(|source| PURE.iter().any(|room| starts_with(&source.module, room))) {
        for path in &source.paths {
            let joined = path.join("::");
            if let Some(name) = IMPURE.iter().find(|name| joined.starts_with(**name) || joined.ends_with(**name)) {
                wrong.insert(format!("{} names {name}", source.file.display()));
            }
        }
    }
    report("clocks or I/O in pure rooms", &wrong);
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = BTreeSet::new();
    for source in sources().iter().filter(|source| !starts_with(&source.module, "cli")) {
        for name in source.macros.iter().filter(|name| PRINTING.contains(&name.as_str())) {
            wrong.insert(format!("{} uses {name}!", source.file.display()));
        }
    }
    report("printing outside cli", &wrong);
}

#[test]
fn files_stay_small() {
    let long: BTreeSet<_> = sources()
        .iter()
        .filter(|source| source.lines > LONGEST)
        .map(|source| format!("{} has {} lines", source.file.display(), source.lines))
        .collect();
    report("files over 500 lines", &long);
}

#[test]
fn no_two_files_of_a_room_import_each_other_in_a_circle() {
    let sources = sources();
    let modules: BTreeMap<_, _> = sources.iter().map(|source| (source.module.clone(), source)).collect();
    let mut edges: BTreeMap<&[String], BTreeSet<&[String]>> = BTreeMap::new();
    for source in &sources {
        for path in source.paths.iter().filter(|path| path.first().is_some_and(|one| one == "crate")) {
            if let Some(target) = home(&modules, &path[1..]) {
                // A parent that calls its children is how a room is entered; only siblings and children count.
                if target != source.module && target.first() == source.module.first() {
                    edges.entry(&source.module).or_default().insert(target);
                }
            }
        }
    }
    let mut wrong = BTreeSet::new();
    for start in edges.keys() {
        if let Some(circle) = circle_from(start, &edges) {
            wrong.insert(circle);
        }
    }
    report("circles between files", &wrong);
}

/// The module whose file defines what `path` names, through re-exports.
fn home<'a>(modules: &BTreeMap<Vec<String>, &'a Source>, path: &[String]) -> Option<&'a [String]> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
        let source = modules[&path[..length]];
        match path.get(length).and_then(|name| source.reexports.get(name)) {
            Some(target) => path = target[1..].iter().chain(&path[length + 1..]).cloned().collect(),
            None => return Some(&source.module),
        }
    }
    None
}

fn circle_from(start: &[String], edges: &BTreeMap<&[String], BTreeSet<&[String]>>) -> Option<String> {
    let mut way = vec![(start, vec![name(start)])];
    let mut seen = BTreeSet::new();
    while let Some((at, trail)) = way.pop() {
        for next in edges.get(at).into_iter().flatten() {
            if *next == start {
                let smallest = trail.iter().min().cloned();
                // Each circle is reported once, from its smallest name.
                return (smallest == Some(name(start))).then(|| [trail.join(" -> "), name(start)].join(" -> "));
            }
            if seen.insert(*next) {
                way.push((next, [trail.clone(), vec![name(next)]].concat()));
            }
        }
    }
    None
}
