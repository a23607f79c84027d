//! The log of a service on the Watch screen: the newest lines that pass what a person asked for, in a log pane.

use std::sync::Arc;

use crate::domain::{
    id::RunId,
    log::{Colour, LogLine, Span, Stream, Style},
    service_log::{Level, LogFilter, ServiceLine, StoredLine},
};

use super::log_pane::{LogPane, Position};

/// The log of a service, or of all.
#[derive(Debug, Clone)]
pub struct ServiceLog {
    /// What is asked for now.
    pub wanted: LogInterest,
    /// The lines that answer it, the newest at the end.
    pub lines: Arc<Vec<StoredLine>>,
    /// The number of the first of them, counted since they were asked for.
    pub first: u64,
    /// They were read.
    pub loaded: bool,
    /// Where the pane looks; it holds the lines as they are drawn.
    pub pane: LogPane,
    /// Lines of all services are asked for.
    pub all: bool,
}

/// Which lines of services' logs are on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogInterest {
    /// The service; all if none.
    pub service: Option<String>,
    /// What lines must have.
    pub filter: LogFilter,
    /// How many times lines were asked for: who comes back to what was asked for before asks anew.
    pub turn: u64,
}

impl Default for ServiceLog {
    fn default() -> Self {
        let mut pane = LogPane::new(RunId(0));
        pane.timestamps = true;
        Self { wanted: LogInterest::default(), lines: Arc::default(), first: 1, loaded: false, pane, all: false }
    }
}

impl ServiceLog {
    /// A log that was just opened; `turn` is greater than of any before.
    pub fn opened(turn: u64) -> Self {
        Self { wanted: LogInterest { turn, ..LogInterest::default() }, ..Self::default() }
    }

    /// Asks for other lines, if they are others: those before are gone from the screen at once.
    pub fn want(&mut self, wanted: LogInterest) {
        if (&self.wanted.service, &self.wanted.filter) != (&wanted.service, &wanted.filter) {
            self.wanted = LogInterest { turn: self.wanted.turn + 1, ..wanted };
            (self.lines, self.first, self.loaded) = (Arc::default(), 1, false);
            (self.pane.held, self.pane.total, self.pane.position) = (Arc::default(), 0, Position::Follow);
        }
    }

    /// Takes in lines that were read.
    pub fn take(&mut self, first: u64, lines: Arc<Vec<StoredLine>>) {
        let width = match self.wanted.service {
            Some(_) => 0,
            None => lines.iter().map(|line| line.service.chars().count()).max().unwrap_or(0).min(16),
        };
        let drawn = lines.iter().zip(first..).map(|(line, seq)| draw(line, seq, width)).collect();
        self.pane.total = (first + lines.len() as u64).saturating_sub(1);
        self.pane.held = Arc::new(drawn);
        // What the pane looked at may be gone by now.
        if let Position::At { top, cursor } = self.pane.position {
            self.pane.position = Position::At { top: top.max(first), cursor: cursor.max(first) };
        }
        (self.lines, self.first, self.loaded) = (lines, first, true);
    }

    /// The line that is marked; while following, the newest.
    pub fn marked(&self) -> Option<&StoredLine> {
        let index = self.pane.cursor().checked_sub(self.first)?;
        self.lines.get(usize::try_from(index).ok()?)
    }

    /// The next line at least so bad behind the marked one; while following, the first.
    pub fn next_error(&self) -> Option<u64> {
        let from = if self.pane.follows() { self.first } else { self.pane.cursor() + 1 };
        self.lines
            .iter()
            .zip(self.first..)
            .find(|(line, seq)| *seq >= from && line.line.level.is_some_and(Level::is_error))
            .map(|(_, seq)| seq)
    }

    /// The next level to ask for: all, info, warn, error, and all again.
    pub fn next_level(&self) -> Option<Level> {
        match self.wanted.filter.level {
            None => Some(Level::Info),
            Some(Level::Info) => Some(Level::Warn),
            Some(Level::Warn) => Some(Level::Error),
            Some(_) => None,
        }
    }

    /// What is asked for, in words: `warn and worse`, `request r-1`.
    pub fn asked(&self) -> Vec<String> {
        let filter = &self.wanted.filter;
        let level = filter.level.map(|level| match level {
            Level::Error => "errors".to_owned(),
            level => format!("{} and worse", level.word()),
        });
        let request = filter.request.as_ref().map(|id| format!("request {id}"));
        let user = filter.user.as_ref().map(|id| format!("user {id}"));
        [level, request, user].into_iter().flatten().collect()
    }
}

/// A line as it is drawn: the service where there are several, the level, what it says, what else it holds.
fn draw(stored: &StoredLine, seq: u64, width: usize) -> LogLine {
    let StoredLine { service, line, .. } = stored;
    let mut drawn = LogLine {
        seq,
        at: line.at,
        step: 0,
        undo: false,
        attempt: 1,
        stream: if line.note { Stream::Deck } else { Stream::Out },
        text: String::new(),
        spans: Vec::new(),
    };
    let dim = Style { dim: true, ..Style::default() };
    if width > 0 {
        let name: String = service.chars().take(width).collect();
        add(&mut drawn, &format!("{name:<width$} "), Some(dim));
    }
    let level = line.level.map_or("", |level| level.word());
    add(&mut drawn, &format!("{level:<5} "), line.level.and_then(style));
    add(&mut drawn, &line.message, None);
    let more = more(line);
    if !more.is_empty() {
        add(&mut drawn, &more, Some(dim));
    }
    drawn
}

/// What stands behind the message.
fn more(line: &ServiceLine) -> String {
    let mut more = String::new();
    for (name, id) in [("request", &line.request), ("user", &line.user)] {
        if let Some(id) = id.as_ref().filter(|id| !line.message.contains(id.as_str())) {
            more += &format!("  {name}={id}");
        }
    }
    if let Some(ms) = line.duration_ms {
        more += &format!("  {ms} ms");
    }
    if !line.context.is_empty() {
        more += &format!("  {}", line.context);
    }
    more
}

fn style(level: Level) -> Option<Style> {
    let coloured = |index, bold| Some(Style { fg: Some(Colour::Indexed(index)), bold, ..Style::default() });
    match level {
        Level::Error => coloured(1, false),
        Level::Fatal => coloured(1, true),
        Level::Warn => coloured(3, false),
        Level::Trace | Level::Debug => Some(Style { dim: true, ..Style::default() }),
        Level::Info => None,
    }
}

fn add(line: &mut LogLine, text: &str, style: Option<Style>) {
    let start = line.text.len();
    line.text.push_str(text);
    if let Some(style) = style
        && !text.trim().is_empty()
    {
        line.spans.push(Span { start: start as u32, len: text.len() as u32, style });
    }
}
