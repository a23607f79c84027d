//! A block of up to 1,000 lines of a service's log: messages and contexts joined by newlines, and beside them what else is
//! known of each line.

use memchr::memmem;

use crate::domain::{
    service_log::{Level, LogFilter, ServiceLine},
    time::UnixMs,
};

use super::{
    log_block::{FULL, FULL_BYTES},
    pack::{Unpack, put, put_number, put_signed},
};

/// A block being made.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) lines: usize,
    pub(super) text: Vec<u8>,
    pub(super) meta: Vec<u8>,
    /// The earliest and the latest time of a line.
    pub(super) span: Option<(i64, i64)>,
    /// A bit for each level there is: see [`bit`].
    pub(super) levels: u8,
    at: i64,
}

const LEVEL: u8 = 7;
const NOTE: u8 = 8;
const REQUEST: u8 = 16;
const USER: u8 = 32;
const CONTEXT: u8 = 64;
const DURATION: u8 = 128;
/// The level of a line without one.
const NO_LEVEL: u8 = 7;

/// The bit of a level in a block's mask; a note counts as the highest, as it passes every filter by level.
fn bit(level: Option<Level>, note: bool) -> u8 {
    match level {
        _ if note => 1 << 6,
        Some(level) => 1 << level as u8,
        None => 1 << 7,
    }
}

/// The bits of the levels that pass a filter by level.
pub(super) fn bits_from(least: Level) -> u8 {
    Level::ALL.iter().filter(|level| **level >= least).fold(1 << 6, |bits, level| bits | 1 << *level as u8)
}

impl Block {
    pub(super) fn is_full_for(&self, line: &ServiceLine) -> bool {
        self.lines == FULL || (self.lines > 0 && self.text.len() + line.weight() > FULL_BYTES)
    }

    pub(super) fn push(&mut self, line: &ServiceLine) {
        if self.lines > 0 {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(line.message.as_bytes());
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        self.meta.push(
            line.level.map_or(NO_LEVEL, |level| level as u8)
                | flag(line.note, NOTE)
                | flag(line.request.is_some(), REQUEST)
                | flag(line.user.is_some(), USER)
                | flag(!line.context.is_empty(), CONTEXT)
                | flag(line.duration_ms.is_some(), DURATION),
        );
        put_signed(&mut self.meta, line.at.0.wrapping_sub(self.at));
        put(&mut self.meta, line.message.len() as u64);
        for id in [&line.request, &line.user].into_iter().flatten() {
            put(&mut self.meta, id.len() as u64);
            self.meta.extend_from_slice(id.as_bytes());
        }
        if !line.context.is_empty() {
            self.text.push(b' ');
            self.text.extend_from_slice(line.context.as_bytes());
            put(&mut self.meta, line.context.len() as u64);
        }
        if line.duration_ms.is_some() {
            put_number(&mut self.meta, line.duration_ms);
        }
        let (first, last) = self.span.unwrap_or((line.at.0, line.at.0));
        self.span = Some((first.min(line.at.0), last.max(line.at.0)));
        self.levels |= bit(line.level, line.note);
        self.at = line.at.0;
        self.lines += 1;
    }
}

/// Whether a block may hold a line that passes: ids and text are looked for in the bytes, without unpacking.
pub(super) fn may_pass(text: &[u8], meta: &[u8], filter: &LogFilter) -> bool {
    let has_id = |id: &Option<String>| id.as_ref().is_none_or(|id| memmem::find(meta, id.as_bytes()).is_some());
    let has_text = || match &filter.text {
        None => true,
        Some(wanted) if wanted.chars().any(char::is_uppercase) => memmem::find(text, wanted.as_bytes()).is_some(),
        Some(wanted) => memmem::find(&text.to_ascii_lowercase(), wanted.to_ascii_lowercase().as_bytes()).is_some(),
    };
    has_id(&filter.request) && has_id(&filter.user) && has_text()
}

/// Hands out the lines of a block in order, each with its number; `None` if it is damaged.
pub(super) fn lines(text: &[u8], meta: &[u8], first: u64, mut each: impl FnMut(u64, ServiceLine)) -> Option<()> {
    let (mut read, mut at, mut start, mut seq) = (Unpack(meta), 0_i64, 0_usize, first);
    while !read.is_empty() {
        let flags = read.byte()?;
        at = at.wrapping_add(read.signed()?);
        let end = start.checked_add(usize::try_from(read.number()?).ok()?)?;
        let message = string(text.get(start..end)?)?;
        let mut id = |flag: u8| -> Option<Option<String>> {
            if flags & flag == 0 {
                return Some(None);
            }
            let len = usize::try_from(read.number()?).ok()?;
            Some(Some(string(read.bytes(len)?)?))
        };
        let (request, user) = (id(REQUEST)?, id(USER)?);
        start = end;
        let mut context = String::new();
        if flags & CONTEXT != 0 {
            let end = (start + 1).checked_add(usize::try_from(read.number()?).ok()?)?;
            context = string(text.get(start + 1..end)?)?;
            start = end;
        }
        let duration_ms = if flags & DURATION != 0 { read.maybe()? } else { None };
        let level = Level::ALL.get(usize::from(flags & LEVEL)).copied();
        let note = flags & NOTE != 0;
        each(seq, ServiceLine { at: UnixMs(at), level, message, request, user, context, duration_ms, note });
        (start, seq) = (start + 1, seq + 1);
    }
    Some(())
}

fn string(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line() -> impl Strategy<Value = ServiceLine> {
        let id = || proptest::option::of("[a-zé0-9-]{1,9}");
        let level = proptest::option::of(proptest::sample::select(Level::ALL.to_vec()));
        (
            any::<i32>(),
            level,
            "[ -~é⟨]{0,30}",
            id(),
            id(),
            "[{}a-z\":]{0,20}",
            proptest::option::of(0_u32..9_999),
            any::<bool>(),
        )
            .prop_map(|(at, level, message, request, user, context, duration, note)| ServiceLine {
                at: UnixMs(i64::from(at)),
                level,
                message,
                request,
                user,
                context,
                duration_ms: duration.map(|tenths| f64::from(tenths) / 10.0),
                note,
            })
    }

    proptest! {
        #[test]
        fn a_block_gives_back_its_lines_and_never_hides_one_that_passes(
            lines_in in proptest::collection::vec(line(), 1..30), wanted in 0_usize..30,
        ) {
            let mut block = Block::default();
            for line in &lines_in {
                block.push(line);
            }
            let mut found = Vec::new();
            lines(&block.text, &block.meta, 7, |seq, line| found.push((seq, line))).unwrap();
            prop_assert_eq!(found.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>(), lines_in.clone());
            prop_assert_eq!(found[0].0, 7);
            let wanted = &lines_in[wanted % lines_in.len()];
            let text = wanted.message.to_lowercase();
            let filter = LogFilter {
                request: wanted.request.clone(), user: wanted.user.clone(),
                text: Some(text).filter(|text| text.is_ascii()), ..LogFilter::default()
            };
            prop_assert!(may_pass(&block.text, &block.meta, &filter));
            let least = wanted.level.unwrap_or(Level::Trace);
            if wanted.level.is_some() || wanted.note {
                prop_assert!(block.levels & bits_from(least) != 0);
            }
            let (first, last) = block.span.unwrap();
            prop_assert!(first <= wanted.at.0 && wanted.at.0 <= last);
        }
    }

    #[test]
    fn a_block_without_the_level_or_the_id_is_passed_over_and_damage_is_seen() {
        let mut block = Block::default();
        for request in ["r-1", "r-2"] {
            let level = Some(Level::Info);
            block.push(&ServiceLine {
                level,
                request: Some(request.into()),
                message: "Hello".into(),
                ..ServiceLine::default()
            });
        }
        assert_eq!(block.levels & bits_from(Level::Warn), 0);
        let by = |filter: LogFilter| may_pass(&block.text, &block.meta, &filter);
        assert!(by(LogFilter { request: Some("r-2".into()), ..LogFilter::default() }));
        assert!(!by(LogFilter { request: Some("r-3".into()), ..LogFilter::default() }));
        assert!(by(LogFilter { text: Some("hello".into()), ..LogFilter::default() }));
        assert!(!by(LogFilter { text: Some("HELLO".into()), ..LogFilter::default() }));
        assert!(lines(&block.text[..3], &block.meta, 1, |_, _| ()).is_none());
        assert!(lines(&block.text, &block.meta[..block.meta.len() - 1], 1, |_, _| ()).is_none());
    }
}
