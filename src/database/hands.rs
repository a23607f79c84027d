//! Who works: where their sentences go, whether they were told to stop, and the name they sign with.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error::DatabaseError;

/// Where sentences go, and whether to stop.
pub struct Hands<'a> {
    say: &'a mut dyn FnMut(&str),
    stop: &'a AtomicBool,
    /// Never shown, whoever says it: passwords of URLs.
    hidden: Vec<String>,
}

/// Who did it, for the tracking table and for manifests.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// A person.
    pub by: String,
    /// The run, so that its undo finds what it did: never the same for two runs, whatever happens to a history.
    pub run: Option<String>,
}

impl<'a> Hands<'a> {
    /// Hands that say their sentences to `say` until `stop` is set.
    pub fn new(say: &'a mut dyn FnMut(&str), stop: &'a AtomicBool) -> Self {
        Self { say, stop, hidden: Vec::new() }
    }

    /// From now on this is never shown.
    pub fn hide(&mut self, value: &str) {
        if !value.is_empty() && !self.hidden.iter().any(|known| known == value) {
            self.hidden.push(value.to_owned());
        }
    }

    /// A text without what is hidden.
    pub fn clean(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, hidden| text.replace(hidden.as_str(), "••••••"))
    }

    /// One line, or several.
    pub fn say(&mut self, text: &str) {
        let clean = self.clean(text);
        for line in clean.lines() {
            (self.say)(line);
        }
    }

    /// Whether somebody ended it.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The flag itself, for those who wait.
    pub fn stop_flag(&self) -> &'a AtomicBool {
        self.stop
    }

    /// An error if somebody ended it.
    pub fn go_on(&self) -> Result<(), DatabaseError> {
        if self.stopped() { Err(DatabaseError::Stopped(String::new())) } else { Ok(()) }
    }
}
