//! A block of up to 1,000 log lines: the texts joined by newlines, and beside them what else is known of each line.

use crate::domain::{
    id::AttemptKey,
    log::{CleanLine, Colour, LogLine, Span, Stream, Style},
    time::UnixMs,
};

use super::pack::{Unpack, put, put_signed};

/// Lines in a full block.
pub(super) const FULL: usize = 1_000;
/// Bytes that make a block full as well: a window of long lines must not unpack tens of megabytes to show some of them.
pub(super) const FULL_BYTES: usize = 512 * 1024;

/// A block being made, or read back from its columns.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) lines: usize,
    pub(super) text: Vec<u8>,
    pub(super) meta: Vec<u8>,
    at: i64,
    key: Option<AttemptKey>,
}

const OUT_MASK: u8 = 3;
const NEW_KEY: u8 = 4;
const STYLED: u8 = 8;

impl Block {
    pub(super) fn push(&mut self, key: AttemptKey, at: UnixMs, stream: Stream, text: &str, spans: &[Span]) {
        if self.lines > 0 {
            self.text.push(b'\n');
        }
        self.text.extend_from_slice(text.as_bytes());
        let mut flags = match stream {
            Stream::Out => 0,
            Stream::Err => 1,
            Stream::Deck => 2,
        };
        flags |= if self.key == Some(key) { 0 } else { NEW_KEY };
        flags |= if spans.is_empty() { 0 } else { STYLED };
        self.meta.push(flags);
        put_signed(&mut self.meta, at.0.wrapping_sub(self.at));
        put(&mut self.meta, text.len() as u64);
        if flags & NEW_KEY != 0 {
            put(&mut self.meta, u64::from(key.step));
            put(&mut self.meta, u64::from(key.attempt) << 1 | u64::from(key.undo));
        }
        if flags & STYLED != 0 {
            put(&mut self.meta, spans.len() as u64);
            for span in spans {
                put_span(&mut self.meta, *span);
            }
        }
        (self.at, self.key) = (at.0, Some(key));
        self.lines += 1;
    }

    pub(super) fn push_clean(&mut self, key: AttemptKey, line: &CleanLine) {
        self.push(key, line.at, line.stream, &line.text, &line.spans);
    }

    pub(super) fn push_line(&mut self, line: &LogLine) {
        let key = AttemptKey { step: line.step, undo: line.undo, attempt: line.attempt };
        self.push(key, line.at, line.stream, &line.text, &line.spans);
    }
}

/// Reads lines `skip..skip + limit` of a block whose first line has number `first`; `None` if it is damaged.
pub(super) fn lines(text: &[u8], meta: &[u8], first: u64, skip: usize, limit: usize) -> Option<Vec<LogLine>> {
    let (mut read, mut at, mut start, mut index) = (Unpack(meta), 0_i64, 0_usize, 0_usize);
    let mut key = AttemptKey { step: 0, undo: false, attempt: 0 };
    let mut found = Vec::with_capacity(limit.min(FULL));
    while !read.is_empty() && index < skip.saturating_add(limit) {
        let flags = read.byte()?;
        at = at.wrapping_add(read.signed()?);
        let end = start.checked_add(usize::try_from(read.number()?).ok()?)?;
        if flags & NEW_KEY != 0 {
            key.step = u16::try_from(read.number()?).ok()?;
            let attempt = read.number()?;
            (key.undo, key.attempt) = (attempt & 1 == 1, u16::try_from(attempt >> 1).ok()?);
        }
        let mut spans = Vec::new();
        if flags & STYLED != 0 {
            for _ in 0..read.number()? {
                spans.push(read_span(&mut read)?);
            }
        }
        if index >= skip {
            let stream = [Stream::Out, Stream::Err, Stream::Deck].get(usize::from(flags & OUT_MASK)).copied()?;
            let text = std::str::from_utf8(text.get(start..end)?).ok()?.to_owned();
            let (AttemptKey { step, undo, attempt }, seq) = (key, first + index as u64);
            found.push(LogLine { seq, at: UnixMs(at), step, undo, attempt, stream, text, spans });
        }
        (start, index) = (end + 1, index + 1);
    }
    Some(found)
}

fn put_span(bytes: &mut Vec<u8>, span: Span) {
    put(bytes, u64::from(span.start));
    put(bytes, u64::from(span.len));
    let style = span.style;
    let marks = [style.bold, style.dim, style.italic, style.underline, style.reverse, style.mark];
    bytes.push(marks.iter().enumerate().fold(0, |byte, (bit, on)| byte | u8::from(*on) << bit));
    put_colour(bytes, style.fg);
    put_colour(bytes, style.bg);
}

fn put_colour(bytes: &mut Vec<u8>, colour: Option<Colour>) {
    match colour {
        None => bytes.push(0),
        Some(Colour::Indexed(index)) => bytes.extend_from_slice(&[1, index]),
        Some(Colour::Rgb(r, g, b)) => bytes.extend_from_slice(&[2, r, g, b]),
    }
}

fn read_span(read: &mut Unpack<'_>) -> Option<Span> {
    let (start, len) = (u32::try_from(read.number()?).ok()?, u32::try_from(read.number()?).ok()?);
    let marks = read.byte()?;
    let on = |bit: u8| marks & (1 << bit) != 0;
    let style = Style {
        fg: read_colour(read)?,
        bg: read_colour(read)?,
        bold: on(0),
        dim: on(1),
        italic: on(2),
        underline: on(3),
        reverse: on(4),
        mark: on(5),
    };
    Some(Span { start, len, style })
}

#[expect(clippy::option_option, reason = "damage and no colour are different things")]
fn read_colour(read: &mut Unpack<'_>) -> Option<Option<Colour>> {
    Some(match read.byte()? {
        0 => None,
        1 => Some(Colour::Indexed(read.byte()?)),
        2 => Some(Colour::Rgb(read.byte()?, read.byte()?, read.byte()?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_its_lines_from_anywhere() {
        let style = Style { fg: Some(Colour::Rgb(1, 2, 3)), bold: true, mark: true, ..Style::default() };
        let mut block = Block::default();
        for index in 0..100_u16 {
            let key = AttemptKey { step: index / 40, undo: index > 90, attempt: 1 };
            let spans = if index % 3 == 0 { vec![Span { start: 0, len: 2, style }] } else { vec![] };
            block.push(
                key,
                UnixMs(1_000_000 - i64::from(index) * 7),
                Stream::Err,
                &format!("ligne né {index}"),
                &spans,
            );
        }
        let all = lines(&block.text, &block.meta, 501, 0, 1_000).unwrap();
        assert_eq!(all.len(), 100);
        assert_eq!((all[99].seq, all[99].text.as_str(), all[99].undo), (600, "ligne né 99", true));
        assert_eq!(all[3].spans[0].style, style);
        assert_eq!(lines(&block.text, &block.meta, 501, 40, 5).unwrap(), all[40..45]);
        assert!(lines(&block.text[..50], &block.meta, 1, 0, 100).is_none(), "damage is seen");
    }
}
