//! Errors of services, grouped: first and last seen, how often, and what people said about them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ServiceLine, lines::ReadLine};
use crate::domain::time::UnixMs;

/// Different errors that are told apart for each service.
pub const MOST_GROUPS: usize = 500;
/// What stands for all errors beyond [`MOST_GROUPS`].
pub const OVERFLOW: &str = "other";
/// Longest title, in characters.
const TITLE: usize = 200;

/// An error that was seen in a batch of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// Which.
    pub fingerprint: String,
    /// How often.
    pub count: u64,
    /// The first line of the batch that says so.
    pub first: UnixMs,
    /// The last one, in full.
    pub sample: ServiceLine,
}

/// One error of a service, as often as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorGroup {
    /// What tells it apart: twelve hexadecimal digits.
    pub fingerprint: String,
    /// The service.
    pub service: String,
    /// The message when it first came, shortened.
    pub title: String,
    /// Where it stands.
    pub state: ErrorState,
    /// First seen.
    pub first_seen: UnixMs,
    /// Last seen.
    pub last_seen: UnixMs,
    /// How often.
    pub count: u64,
    /// The line that said it last.
    pub sample: ServiceLine,
    /// What was said about it last, by whom and when.
    pub note: Option<ErrorNote>,
}

/// What a person said about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorNote {
    /// When.
    pub at: UnixMs,
    /// Who.
    pub by: String,
    /// What; may be empty.
    pub text: String,
}

/// Where an error stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorState {
    /// Nobody has looked at it.
    New,
    /// Somebody knows about it.
    Triaged,
    /// It should not come again.
    Resolved,
    /// It came again after it was resolved.
    Regressed,
}

/// What a person says about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorWord {
    /// "I know about it."
    Triage,
    /// "It is gone."
    Resolve,
}

impl ErrorState {
    /// All.
    pub const ALL: [Self; 4] = [Self::New, Self::Regressed, Self::Triaged, Self::Resolved];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triaged => "triaged",
            Self::Resolved => "resolved",
            Self::Regressed => "regressed",
        }
    }
}

impl ErrorGroup {
    /// Of an error that was never seen before.
    pub fn begin(service: &str, sighting: Sighting) -> Self {
        let title = match sighting.fingerprint.as_str() {
            OVERFLOW => format!("more than {MOST_GROUPS} different errors: these are not told apart"),
            _ => title(&sighting.sample.message),
        };
        Self {
            service: service.to_owned(),
            title,
            state: ErrorState::New,
            first_seen: sighting.first,
            last_seen: sighting.sample.at,
            count: sighting.count,
            fingerprint: sighting.fingerprint,
            sample: sighting.sample,
            note: None,
        }
    }

    /// It was seen again. One that was resolved before it came is regressed.
    pub fn see(&mut self, sighting: Sighting) {
        let resolved_at = self.note.as_ref().map_or(self.last_seen, |note| note.at);
        if self.state == ErrorState::Resolved && sighting.sample.at > resolved_at {
            self.state = ErrorState::Regressed;
        }
        self.count += sighting.count;
        self.first_seen = self.first_seen.min(sighting.first);
        if sighting.sample.at >= self.last_seen {
            self.last_seen = sighting.sample.at;
            self.sample = sighting.sample;
        }
    }

    /// A person said something about it.
    pub fn hear(&mut self, word: ErrorWord, note: ErrorNote) {
        self.state = match word {
            ErrorWord::Triage => ErrorState::Triaged,
            ErrorWord::Resolve => ErrorState::Resolved,
        };
        self.note = Some(note);
    }
}

/// The errors among lines that were read, each once.
pub fn sightings(lines: &[ReadLine]) -> Vec<Sighting> {
    let mut found: BTreeMap<&str, Sighting> = BTreeMap::new();
    for ReadLine { line, fingerprint } in lines {
        let Some(fingerprint) = fingerprint else { continue };
        found
            .entry(fingerprint)
            .and_modify(|sighting| {
                sighting.count += 1;
                sighting.first = sighting.first.min(line.at);
                if line.at >= sighting.sample.at {
                    sighting.sample = line.clone();
                }
            })
            .or_insert_with(|| Sighting {
                fingerprint: fingerprint.clone(),
                count: 1,
                first: line.at,
                sample: line.clone(),
            });
    }
    found.into_values().collect()
}

fn title(message: &str) -> String {
    let message = message.trim();
    match message.char_indices().nth(TITLE) {
        None => message.to_owned(),
        Some((end, _)) => format!("{}…", &message[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Level, *};

    fn seen(at: i64, count: u64) -> Sighting {
        let sample = ServiceLine {
            at: UnixMs(at),
            level: Some(Level::Error),
            message: format!("boom {at}"),
            ..ServiceLine::default()
        };
        Sighting { fingerprint: "f".into(), count, first: UnixMs(at), sample }
    }

    fn said(at: i64) -> ErrorNote {
        ErrorNote { at: UnixMs(at), by: "ann".into(), text: "fixed in 1.2".into() }
    }

    #[test]
    fn what_is_seen_adds_up_and_the_last_context_stays() {
        let mut group = ErrorGroup::begin("api", seen(10, 2));
        group.see(seen(20, 3));
        group.see(seen(15, 1));
        assert_eq!((group.count, group.first_seen, group.last_seen), (6, UnixMs(10), UnixMs(20)));
        assert_eq!((group.sample.message.as_str(), group.title.as_str()), ("boom 20", "boom 10"));
        assert_eq!(group.state, ErrorState::New);
    }

    #[test]
    fn a_resolved_error_that_comes_again_is_regressed_and_a_late_line_from_before_is_no_return() {
        let mut group = ErrorGroup::begin("api", seen(10, 1));
        group.hear(ErrorWord::Resolve, said(100));
        group.see(seen(90, 1));
        assert_eq!(group.state, ErrorState::Resolved);
        group.see(seen(101, 1));
        assert_eq!(group.state, ErrorState::Regressed);
        group.hear(ErrorWord::Triage, said(110));
        group.see(seen(120, 1));
        assert_eq!(group.state, ErrorState::Triaged, "somebody knows about it");
    }

    #[test]
    fn a_batch_is_grouped_before_it_is_told() {
        let lines: Vec<ReadLine> = [("a", 1), ("b", 2), ("a", 3)]
            .map(|(fingerprint, at)| ReadLine { line: seen(at, 1).sample, fingerprint: Some(fingerprint.into()) })
            .into();
        let found = sightings(&lines);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].count, found[0].first, found[0].sample.at), (2, UnixMs(1), UnixMs(3)));
    }
}
