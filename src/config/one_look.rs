//! One look from words of a command line: written as the configuration that would hold it, and read as one. Thus every
//! kind and every key works without a second parser, and mistakes are told in the same words.

use std::{fmt::Write, path::Path};

use super::{
    diagnostic::Diagnostics,
    load,
    options::{Key, PROBE, Section, Shape},
    source::Source,
};
use crate::domain::{
    environment::Project,
    probe::{KINDS, ProbeSpec},
};

/// What its configuration is called in messages.
const NAME: &str = "command-line";

/// A look in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneLook {
    /// Its kind: `http`.
    pub kind: String,
    /// What it looks at: one word, or for a list as many as there are.
    pub target: Vec<String>,
    /// Keys and values; a key that stands twice makes a list, `limits.body_bytes` is a key of a table.
    pub options: Vec<(String, String)>,
    /// Conditions.
    pub expect: Vec<String>,
    /// Names and expressions.
    pub record: Vec<(String, String)>,
}

impl OneLook {
    /// Reads it. The project has one environment, with one service, with one probe.
    pub fn read(&self) -> Result<(Project, ProbeSpec), Diagnostics> {
        let source = Source { path: NAME.into(), text: self.to_string().into() };
        let project = load::understand(Path::new(NAME), std::slice::from_ref(&source), Vec::new())?;
        let services = project.environments.iter().flat_map(|environment| &environment.services);
        let found = services.flat_map(|service| &service.probes).next().cloned();
        match found {
            Some(spec) => Ok((project, spec)),
            None => {
                Err(Diagnostics { path: NAME.into(), items: Vec::new(), sources: [(source.path, source.text)].into() })
            }
        }
    }

    /// Whether there is such a kind of look.
    pub fn is_kind(word: &str) -> bool {
        KINDS.iter().any(|kind| kind.word == word)
    }
}

impl std::fmt::Display for OneLook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "[project]\nname = \"look\"\n[environments.here]\n[services.look.probes.{}]", quoted(&self.kind))?;
        let target: Vec<&str> = self.target.iter().map(String::as_str).collect();
        writeln!(f, "{} = {}", quoted(&self.kind), value(PROBE.key(&self.kind), &target))?;
        let mut told: Vec<&str> = Vec::new();
        for (name, _) in &self.options {
            if told.contains(&name.as_str()) {
                continue;
            }
            told.push(name);
            let texts: Vec<&str> =
                self.options.iter().filter(|(other, _)| other == name).map(|(_, text)| text.as_str()).collect();
            writeln!(f, "{} = {}", dotted(name), value(key(name), &texts))?;
        }
        if !self.expect.is_empty() {
            let conditions: Vec<_> = self.expect.iter().map(|text| quoted(text)).collect();
            writeln!(f, "expect = [{}]", conditions.join(", "))?;
        }
        for (name, expression) in &self.record {
            writeln!(f, "record.{} = {}", quoted(name), quoted(expression))?;
        }
        Ok(())
    }
}

/// The option of a dotted name: `limits.body_bytes`. What is below a table of free names is like its values.
fn key(name: &str) -> Option<&'static Key> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let key = PROBE.key(&first.replace('-', "_"))?;
    match (rest, key.shape) {
        (Some(rest), Shape::Section(section)) => below(section, rest),
        (Some(_), Shape::Map(_)) => None,
        _ => Some(key),
    }
}

fn below(section: &'static Section, name: &str) -> Option<&'static Key> {
    section.key(&name.replace('-', "_"))
}

/// The name as TOML. Command lines write `body-bytes`, the configuration `body_bytes`; names below are free.
fn dotted(name: &str) -> String {
    let is_table = |part: &str| matches!(PROBE.key(part).map(|key| key.shape), Some(Shape::Map(_)));
    let mut parts = name.splitn(2, '.');
    let first = parts.next().unwrap_or_default().replace('-', "_");
    match parts.next() {
        Some(rest) if is_table(&first) => format!("{}.{}", quoted(&first), quoted(rest)),
        Some(rest) => format!("{}.{}", quoted(&first), quoted(&rest.replace('-', "_"))),
        None => quoted(&first),
    }
}

/// The value as TOML, by what the option takes. What is none of that is written as text, and refused as such.
fn value(key: Option<&Key>, texts: &[&str]) -> String {
    let text = texts.last().copied().unwrap_or_default();
    let as_written = |text: &str| format!("v = {text}").parse::<toml::Table>().is_ok();
    match key.map(|key| key.shape) {
        Some(Shape::Integer(..) | Shape::Bool) if as_written(text) => text.to_owned(),
        Some(Shape::List(_) | Shape::Section(_) | Shape::Map(_) | Shape::Any | Shape::Either(_))
            if texts.len() == 1 && text.trim_start().starts_with(['[', '{']) && as_written(text) =>
        {
            text.to_owned()
        }
        Some(Shape::List(_)) => {
            let items: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => quoted(text),
    }
}

/// As a TOML string on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::probe::ProbeKind;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    fn of(kind: &str, target: &[&str]) -> OneLook {
        OneLook { kind: kind.into(), target: target.iter().map(|word| (*word).into()).collect(), ..OneLook::default() }
    }

    #[test]
    fn words_become_the_look_that_a_configuration_would_hold() {
        let look = OneLook {
            options: vec![
                pair("timeout", "2s"),
                pair("redirects", "3"),
                pair("headers.x-trace", "\"a\"\n"),
                pair("limits.body-bytes", "99"),
                pair("body", "{ a = 1 }"),
            ],
            expect: vec!["status == 204".into(), "latency_ms < 5".into()],
            record: vec![pair("took", "latency_ms * 2")],
            ..of("http", &["http://127.0.0.1/x?y=\"z\""])
        };
        let Err(refused) = look.read() else { panic!("a line break in a header was taken") };
        assert!(refused.render(false).contains("line breaks"), "{refused}");
        let fine = OneLook { options: [&look.options[..2], &look.options[3..]].concat(), ..look };
        let (_, spec) = fine.read().unwrap();
        let ProbeKind::Http(request) = &spec.kind else { panic!("{spec:?}") };
        assert_eq!((request.redirects, spec.limits.body_bytes, spec.expect.len(), spec.record.len()), (3, 99, 2, 1));
        assert_eq!(request.body.as_ref().unwrap().shown(), r#"{ "a":1 }"#);
    }

    #[test]
    fn a_list_takes_all_words_and_mistakes_are_told_as_in_a_file() {
        let (_, spec) = of("command", &["sh", "-c", "echo 'a b'"]).read().unwrap();
        let ProbeKind::Command(command) = &spec.kind else { panic!("{spec:?}") };
        assert_eq!(command.words.len(), 3);
        let wrong =
            OneLook { options: vec![pair("timout", "2s"), pair("redirects", "many")], ..of("http", &["http://h/"]) };
        let told = wrong.read().unwrap_err().render(false);
        assert!(told.contains("timout") && told.contains("'redirects' must be an integer"), "{told}");
        assert!(of("http", &["nothing"]).read().is_err());
    }
}
