//! What all readers share: the files, the problems found so far, and what was parsed already.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    source::{Place, Source, line_and_column, offset_as_written},
    tree::Table,
};
use crate::domain::{
    condition::{Condition, ConditionError},
    template::{Template, TemplateError},
};

/// A value with the place it was written at.
#[derive(Debug, Clone, Copy)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// More problems than this are not told one by one: nobody reads them, and finding their places takes time.
const MOST_PROBLEMS: usize = 200;

/// One reading of a configuration. Problems are collected, never returned: reading goes on with what is understood.
pub struct Reader<'s> {
    sources: &'s [Source],
    problems: RefCell<Vec<Diagnostic>>,
    /// There were more than [`MOST_PROBLEMS`].
    more: Cell<bool>,
    conditions: RefCell<HashMap<String, Result<Condition, ConditionError>>>,
    templates: RefCell<HashMap<String, Result<Template, TemplateError>>>,
    names: RefCell<HashMap<String, Rc<[String]>>>,
}

impl<'s> Reader<'s> {
    /// Before reading.
    pub fn new(sources: &'s [Source]) -> Self {
        Self {
            sources,
            problems: RefCell::default(),
            more: Cell::default(),
            conditions: RefCell::default(),
            templates: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// Notes a problem at a place.
    pub fn problem(&self, place: Place, message: impl Into<String>, help: impl Into<Option<String>>) {
        let Some(source) = self.sources.get(place.file) else { return };
        let (range, message) = (place.start..place.end.max(place.start), message.into());
        // The same text is read once for each environment; its problem is one.
        let mut problems = self.problems.borrow_mut();
        if problems.iter().any(|known| known.range == range && known.message == message && known.file == source.path) {
            return;
        }
        if problems.len() == MOST_PROBLEMS {
            self.more.set(true);
            return;
        }
        let (line, column) = line_and_column(&source.text, place.start);
        problems.push(Diagnostic { file: source.path.clone(), line, column, range, message, help: help.into() });
    }

    /// Notes a problem inside a string: `offset` and `length` count bytes of its value.
    pub fn problem_inside(
        &self,
        text: At<&str>,
        offset: usize,
        length: usize,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problem(self.inside(text.place, offset, length), message, help);
    }

    /// The place of a part of a string's value.
    fn inside(&self, place: Place, offset: usize, length: usize) -> Place {
        let Some(written) = self.sources.get(place.file).and_then(|source| source.text.get(place.start..place.end))
        else {
            return place;
        };
        let start = place.start + offset_as_written(written, offset);
        let end = place.start + offset_as_written(written, offset + length);
        Place { file: place.file, start: start.min(place.end), end: end.max(start + 1).min(place.end) }
    }

    /// `file:line`, for naming a second place in a message.
    pub fn spoken(&self, place: Place) -> String {
        let Some(source) = self.sources.get(place.file) else { return String::new() };
        format!("{}:{}", source.path.display(), line_and_column(&source.text, place.start).0)
    }

    /// The directory of the file that a place is in, absolute.
    pub fn dir(&self, place: Place) -> PathBuf {
        let file = self.sources.get(place.file).map_or(Path::new(""), |source| source.path.as_path());
        let absolute = file.canonicalize().or_else(|_| std::path::absolute(file)).unwrap_or_default();
        absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned)
    }

    /// Whether nothing was wrong so far.
    pub fn is_fine(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// Parses a template; syntax errors are noted with a caret inside the string.
    pub fn template(&self, text: At<&str>) -> Option<Template> {
        let mut known = self.templates.borrow_mut();
        let parsed = known.entry(text.value.to_owned()).or_insert_with(|| Template::parse(text.value));
        match parsed {
            Ok(template) => Some(template.clone()),
            Err(error) => {
                let help = "a template is text with {{ name }}, as in \"{{ env.url }}/api\"".to_owned();
                self.problem_inside(text, error.offset, 1, format!("template: {}", error.message), Some(help));
                None
            }
        }
    }

    /// The dotted names a template reads; found once for each source, as each environment asks again.
    pub fn names(&self, template: &Template) -> Rc<[String]> {
        let mut known = self.names.borrow_mut();
        if let Some(names) = known.get(template.source()) {
            return Rc::clone(names);
        }
        let names: Rc<[String]> = template.names().into();
        known.insert(template.source().to_owned(), Rc::clone(&names));
        names
    }

    /// Parses a condition; syntax errors are noted with a caret inside the string.
    pub fn condition(&self, text: At<&str>) -> Option<Condition> {
        let mut known = self.conditions.borrow_mut();
        let parsed = known.entry(text.value.to_owned()).or_insert_with(|| Condition::parse(text.value));
        match parsed {
            Ok(condition) => Some(condition.clone()),
            Err(error) => {
                let help = "a condition is an expression as in \"status == 200\" or \"latency_ms > 500\"".to_owned();
                self.problem_inside(text, error.offset, 1, format!("condition: {}", error.message), Some(help));
                None
            }
        }
    }

    /// Everything found, in order of place, with what could not be read at all.
    pub fn into_diagnostics(self, path: &Path, unreadable: Vec<(PathBuf, String)>) -> Diagnostics {
        let mut items: Vec<Diagnostic> = unreadable
            .into_iter()
            .map(|(file, message)| Diagnostic { file, line: 1, column: 1, range: 0..0, message, help: None })
            .collect();
        items.extend(self.problems.into_inner());
        items.sort_by(|a, b| (&a.file, a.range.start, &a.message).cmp(&(&b.file, b.range.start, &b.message)));
        if self.more.get()
            && let Some(last) = items.last()
        {
            let message = "and more: these come first, then check again".to_owned();
            items.push(Diagnostic { message, help: None, ..last.clone() });
        }
        let sources: BTreeMap<_, _> =
            self.sources.iter().map(|source| (source.path.clone(), source.text.clone())).collect();
        Diagnostics { path: path.to_owned(), items, sources }
    }
}

/// A table that is not there, so that reading can go on.
pub static NOTHING: Table = Table { entries: Vec::new() };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_of_problems_the_first_are_told_and_that_there_are_more() {
        let sources = [Source { path: "a.toml".into(), text: "x".repeat(1_000).into() }];
        let reader = Reader::new(&sources);
        for start in (0..500).chain(0..500) {
            reader.problem(Place { file: 0, start, end: start + 1 }, "wrong", None);
        }
        let items = reader.into_diagnostics(Path::new("a.toml"), Vec::new()).items;
        assert_eq!(items.len(), MOST_PROBLEMS + 1);
        assert!(items.last().unwrap().message.starts_with("and more"));
    }
}
