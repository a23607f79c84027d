//! A bound on the whole: the beginning, the end, and an explicit row between them.

use std::collections::VecDeque;

use crate::domain::{
    log::{CleanLine, Span, Stream, Style},
    time::UnixMs,
};

/// How much of a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text passed on at once, from the start.
    pub head: usize,
    /// Bytes of text kept from the end; they wait in memory until the end is known.
    pub tail: usize,
}

impl Default for Limits {
    /// 256 MiB, of which the last 8 are the end.
    fn default() -> Self {
        Self { head: 248 << 20, tail: 8 << 20 }
    }
}

/// Passes the beginning on, holds the end, counts what lies between.
#[derive(Debug)]
pub struct Elision {
    limits: Limits,
    passed: usize,
    tail: VecDeque<CleanLine>,
    tail_bytes: usize,
    left_out: LeftOut,
    full: bool,
}

#[derive(Debug, Default)]
struct LeftOut {
    lines: u64,
    bytes: u64,
}

impl Elision {
    /// Begins with nothing passed.
    pub fn new(limits: Limits) -> Self {
        Self { limits, passed: 0, tail: VecDeque::new(), tail_bytes: 0, left_out: LeftOut::default(), full: false }
    }

    /// Takes a line in; passes it on while there is room.
    pub fn push(&mut self, line: CleanLine, out: &mut Vec<CleanLine>) {
        let cost = cost(&line);
        if !self.full && self.passed + cost <= self.limits.head {
            self.passed += cost;
            out.push(line);
            return;
        }
        if !self.full {
            self.full = true;
            let tail = bytes(self.limits.tail as u64);
            let why =
                format!("⟨the log is full at {}: only its last {tail} follow, at the end⟩", bytes(self.passed as u64));
            out.push(row(line.at, why));
        }
        self.tail_bytes += cost;
        self.tail.push_back(line);
        while self.tail_bytes > self.limits.tail
            && let Some(oldest) = self.tail.pop_front()
        {
            self.tail_bytes -= self::cost(&oldest);
            self.left_out.lines += 1;
            self.left_out.bytes += oldest.text.len() as u64 + 1;
        }
    }

    /// The end: the row that says what was left out, and the last lines.
    pub fn finish(&mut self, at: UnixMs, out: &mut Vec<CleanLine>) {
        let LeftOut { lines, bytes: count } = std::mem::take(&mut self.left_out);
        if lines > 0 {
            out.push(row(at, format!("⟨{lines} lines ({}) left out⟩", bytes(count))));
        }
        out.extend(self.tail.drain(..));
        self.tail_bytes = 0;
    }
}

/// What a line takes in memory, about.
fn cost(line: &CleanLine) -> usize {
    size_of::<CleanLine>() + line.text.capacity() + line.spans.capacity() * size_of::<Span>()
}

fn row(at: UnixMs, text: String) -> CleanLine {
    let style = Style { mark: true, ..Style::default() };
    let spans = vec![Span { start: 0, len: text.len() as u32, style }];
    CleanLine { at, stream: Stream::Deck, text, spans }
}

/// `1.2 GiB`.
fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    UNITS
        .iter()
        .find(|(size, _)| count >= *size)
        .map_or_else(|| format!("{count} bytes"), |(size, unit)| format!("{:.1} {unit}", count as f64 / *size as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_tail_stay_around_a_row_that_says_what_is_missing() {
        let line = |n: usize| CleanLine { at: UnixMs(0), stream: Stream::Out, text: format!("{n:08}"), spans: vec![] };
        let one = cost(&line(0));
        let mut elision = Elision::new(Limits { head: one * 3, tail: one * 2 });
        let mut out = Vec::new();
        (0..10).for_each(|n| elision.push(line(n), &mut out));
        elision.finish(UnixMs(0), &mut out);
        let texts: Vec<&str> = out.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts[..3], ["00000000", "00000001", "00000002"]);
        assert!(texts[3].contains("full"), "{}", texts[3]);
        assert_eq!(texts[4], "⟨5 lines (45 bytes) left out⟩");
        assert_eq!(texts[5..], ["00000008", "00000009"]);
    }
}
