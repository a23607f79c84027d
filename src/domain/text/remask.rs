//! Masking once more, on clean text: a secret may have been cut by colours, by line ends, or put together by overwriting.

use super::mask::{MASK, Masker};
use crate::domain::log::{CleanLine, Span, Style};

/// The least beginning of a secret at a line's end for which the line is held back. A shorter one is shown, and what
/// follows in the next line masked all the same.
const HOLD_FROM: usize = 6;
/// Held text is let go, its open end masked, when it has grown to this.
const HOLD_LIMIT: usize = 64 * 1024;
/// So it is when so many lines are held: empty ones add nothing to the text.
const HOLD_LINES: usize = 1_000;

/// Masks the lines of one stream, seen as one text without line ends.
#[derive(Debug)]
pub struct LineMasker {
    masker: Masker,
    /// The end of what was put out, then the held lines.
    text: Vec<u8>,
    /// How much of `text` was put out already.
    shown: usize,
    /// How much of `text` is to be hidden whatever follows.
    covered: usize,
    held: Vec<CleanLine>,
}

impl LineMasker {
    /// Begins with nothing held.
    pub fn new(masker: Masker) -> Self {
        Self { masker, text: Vec::new(), shown: 0, covered: 0, held: Vec::new() }
    }

    /// Takes a line in; appends the lines that are certain to `out`.
    pub fn push(&mut self, line: CleanLine, out: &mut Vec<CleanLine>) {
        if self.masker.is_empty() {
            out.push(line);
            return;
        }
        self.text.extend_from_slice(line.text.as_bytes());
        self.held.push(line);
        let (hidden, live) = self.masker.hidden_so_far(&self.text, self.covered);
        if self.text.len() - live < HOLD_FROM {
            self.release(self.held.len(), &hidden, live, out);
        } else if self.text.len() > HOLD_LIMIT || self.held.len() > HOLD_LINES {
            self.finish(out);
        } else {
            let certain = self.lines_before(live);
            self.release(certain, &hidden, live, out);
        }
    }

    /// Whether no line is held back.
    pub fn is_settled(&self) -> bool {
        self.held.is_empty()
    }

    /// The stream has ended, or more of it must not be waited for.
    pub fn finish(&mut self, out: &mut Vec<CleanLine>) {
        let hidden = self.masker.hidden_at_last(&self.text, self.covered);
        self.release(self.held.len(), &hidden, self.text.len(), out);
    }

    /// How many of the held lines end at or before `position`.
    fn lines_before(&self, position: usize) -> usize {
        let mut end = self.shown;
        self.held
            .iter()
            .take_while(|line| {
                end += line.text.len();
                end <= position
            })
            .count()
    }

    /// Puts out the first `count` held lines with `hidden` applied, and keeps of their text what lies behind `live`.
    fn release(&mut self, count: usize, hidden: &[(usize, usize)], live: usize, out: &mut Vec<CleanLine>) {
        let mut start = self.shown;
        for line in self.held.drain(..count) {
            let end = start + line.text.len();
            let own: Vec<(usize, usize)> = hidden
                .iter()
                .filter(|range| range.0 < end && range.1 > start)
                .map(|range| (range.0.max(start) - start, range.1.min(end) - start))
                .collect();
            out.push(finish_line(line, own, &self.masker));
            start = end;
        }
        let keep = live.min(start);
        // Ranges that begin in the kept text are found again; of those that reach into it, the reach is remembered.
        if keep > 0 {
            let reach = hidden.iter().filter(|range| range.0 < keep).map(|range| range.1).max();
            self.covered = reach.unwrap_or(0).saturating_sub(keep);
        }
        self.text.drain(..keep);
        self.shown = start - keep;
    }
}

/// Hides ranges of a line; also looks for secrets that marks stand in the middle of, and styles masks as marks.
fn finish_line(line: CleanLine, mut hidden: Vec<(usize, usize)>, masker: &Masker) -> CleanLine {
    if line.spans.iter().any(|span| span.style.mark) {
        hidden.extend(hidden_between_marks(&line, masker));
        hidden.sort_unstable();
        hidden.dedup_by(|later, earlier| {
            let joins = later.0 < earlier.1;
            if joins {
                earlier.1 = earlier.1.max(later.1);
            }
            joins
        });
    }
    let line = if hidden.is_empty() { line } else { hide(&line, &hidden) };
    if line.text.is_ascii() { line } else { style_masks(line) }
}

/// The ranges of secrets in the text without its marks, as ranges of the whole text.
fn hidden_between_marks(line: &CleanLine, masker: &Masker) -> Vec<(usize, usize)> {
    let mut positions = Vec::with_capacity(line.text.len());
    let mut plain = Vec::with_capacity(line.text.len());
    let mut at = 0;
    let marks = line.spans.iter().filter(|span| span.style.mark).map(|span| (span.start as usize, span.len as usize));
    for (start, len) in marks.chain([(line.text.len(), 0)]) {
        positions.extend(at..start);
        plain.extend_from_slice(&line.text.as_bytes()[at..start]);
        at = start + len;
    }
    let ranges = masker.hidden(&plain);
    ranges.into_iter().filter_map(|(start, end)| Some((*positions.get(start)?, positions.get(end - 1)? + 1))).collect()
}

/// Replaces ranges of the text by masks and moves the spans along.
fn hide(line: &CleanLine, hidden: &[(usize, usize)]) -> CleanLine {
    let mut text = String::with_capacity(line.text.len());
    let mut spans = Vec::with_capacity(line.spans.len());
    let mut at = 0;
    for (start, end) in hidden.iter().copied().chain([(line.text.len(), line.text.len())]) {
        copy_spans(&line.spans, at, start, text.len(), &mut spans);
        text.push_str(line.text.get(at..start).unwrap_or_default());
        if start < end {
            text.push_str(MASK);
        }
        at = end;
    }
    CleanLine { text, spans, ..line.clone() }
}

/// Copies the parts of spans within `from..to`, moved so that `from` comes to lie at `target`.
fn copy_spans(spans: &[Span], from: usize, to: usize, target: usize, out: &mut Vec<Span>) {
    for span in spans {
        let start = (span.start as usize).max(from);
        let end = ((span.start + span.len) as usize).min(to);
        if start < end {
            out.push(Span { start: (start - from + target) as u32, len: (end - start) as u32, style: span.style });
        }
    }
}

/// Gives every mask in the text the style of a mark, whatever pen it was written with.
fn style_masks(mut line: CleanLine) -> CleanLine {
    let masks: Vec<usize> = line.text.match_indices(MASK).map(|(start, _)| start).collect();
    if masks.is_empty() {
        return line;
    }
    let mut spans = Vec::with_capacity(line.spans.len() + masks.len());
    let mut at = 0;
    for start in masks {
        copy_spans(&line.spans, at, start, at, &mut spans);
        at = start + MASK.len();
        let style = Style { mark: true, ..Style::default() };
        spans.push(Span { start: start as u32, len: MASK.len() as u32, style });
    }
    copy_spans(&line.spans, at, line.text.len(), at, &mut spans);
    line.spans = spans;
    line
}
