//! The log pane: a window into a log of any length. What it draws is what the model holds; it measures nothing else.

use std::ops::Range;

use ratatui::{layout::Rect, style::Style};

use crate::{
    console::app::log_pane::{LogPane, Position, Search},
    domain::log::{LogLine, Stream},
};

use super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    text,
};

/// The parts of the title of a log pane: what is followed, where it stands, what is searched.
pub fn title(pane: &LogPane, dot: &str) -> String {
    let mut parts = Vec::new();
    if pane.follows() {
        parts.push("follow".to_owned());
        if pane.total > 0 {
            parts.push(format!("{} lines", format::grouped(pane.total)));
        }
    } else {
        parts.push(format!("line {} of {}", format::grouped(pane.cursor()), format::grouped(pane.total)));
    }
    if pane.wrap {
        parts.push("wrap".into());
    }
    if pane.column > 0 {
        parts.push(format!("column {}", pane.column + 1));
    }
    parts.join(&format!(" {dot} "))
}

/// What stands at the right of the title: the search.
pub fn search(pane: &LogPane) -> Option<String> {
    match &pane.search {
        Search::Off => None,
        Search::Typing(input) => Some(format!("/{}_", input.value())),
        Search::Looking { needle, .. } => Some(format!("/{needle} looking")),
        Search::Done { needle, hit: None } => Some(format!("/{needle} not found")),
        Search::Done { needle, hit: Some(hit) } => {
            let more = if hit.more { "+" } else { "" };
            Some(format!("/{needle} {} of {}{more}", format::grouped(hit.number), format::grouped(hit.of)))
        }
    }
}

/// Draws the lines; `focus`: the pane has the keys, so that the marked line is shown.
pub fn paint(painter: &mut Painter<'_>, pane: &LogPane, clock: &Clock<'_>, focus: bool) {
    let (width, height) = (painter.width(), usize::from(painter.height()));
    if width == 0 || height == 0 {
        return;
    }
    if pane.total == 0 && pane.held.is_empty() {
        painter.text(1, 0, "no output yet", Role::Dim);
        return;
    }
    let lead = if pane.timestamps { 10 } else { 1 };
    let room = usize::from(width.saturating_sub(lead).max(1));
    let rows = lay_out(pane, height, room);
    let needle = pane.search.needle().map(Needle::new);
    for (y, row) in rows.iter().enumerate() {
        let y = y as u16;
        let here = row.line.seq == pane.cursor();
        if row.first && pane.timestamps {
            painter.text(1, y, &clock.second(row.line.at), Role::LogTime);
        }
        draw_row(&mut painter.sub(Rect::new(lead, y, width - lead.min(width), 1)), row, pane, needle.as_ref(), here);
        if here && focus && !pane.follows() {
            painter.tint(Rect::new(0, y, width, 1), Role::Selected);
        }
    }
}

struct Row<'a> {
    line: &'a LogLine,
    /// The part of the text in this row.
    part: Range<usize>,
    /// It is the first row of its line.
    first: bool,
}

/// Which parts of which lines stand in which row. Following, the last line ends at the bottom; else the first begins at
/// the top, unless that would push the marked line out of the pane.
fn lay_out(pane: &LogPane, height: usize, room: usize) -> Vec<Row<'_>> {
    let lines = pane.shown(height);
    if !pane.wrap {
        return lines.iter().take(height).map(|line| Row { line, part: 0..line.text.len(), first: true }).collect();
    }
    let mut rows = Vec::new();
    let mut cursor_end = 0;
    for line in lines {
        for (index, part) in text::wrap(&line.text, room).into_iter().enumerate() {
            rows.push(Row { line, part, first: index == 0 });
        }
        if line.seq <= pane.cursor() {
            cursor_end = rows.len();
        }
    }
    let skip = match pane.position {
        Position::Follow => rows.len().saturating_sub(height),
        Position::At { .. } => cursor_end.saturating_sub(height),
    };
    rows.drain(..skip);
    rows.truncate(height);
    rows
}

fn base(painter: &Painter<'_>, stream: Stream) -> Style {
    painter.skin().style(match stream {
        Stream::Out => Role::Text,
        Stream::Err => Role::LogErr,
        Stream::Deck => Role::LogDeck,
    })
}

fn draw_row(painter: &mut Painter<'_>, row: &Row<'_>, pane: &LogPane, needle: Option<&Needle>, here: bool) {
    let text = &row.line.text;
    let mut part = row.part.clone();
    let mut x = 0;
    if !pane.wrap && pane.column > 0 {
        let (skipped, overhang) = text::skip(text, pane.column);
        part.start = skipped;
        x = overhang as u16;
    }
    // A byte takes at least a quarter of a column: what lies further right can't be seen.
    part.end = part.end.min(ceil_boundary(text, part.start.saturating_add(usize::from(painter.width()) * 16)));
    let base = base(painter, row.line.stream);
    let hits = needle.map(|needle| needle.find(text, &part)).unwrap_or_default();
    let hit = painter.skin().style(if here { Role::HitHere } else { Role::Hit });
    for (range, style) in pieces(row.line, &part) {
        let style = style.map_or(base, |style| painter.skin().log(style, base));
        for (range, is_hit) in split(range, &hits) {
            x = painter.styled(x, 0, &text[range], if is_hit { hit } else { style });
        }
    }
    let too_long = !pane.wrap && (part.end < text.len() || text::width(&text[part]) > usize::from(painter.width()));
    if too_long {
        let style = painter.skin().style(Role::Dim);
        painter.put(painter.width().saturating_sub(1), 0, painter.glyphs().cut, style);
    }
}

fn ceil_boundary(text: &str, at: usize) -> usize {
    (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

type Piece = (Range<usize>, Option<crate::domain::log::Style>);

/// The part in runs of one style.
fn pieces(line: &LogLine, part: &Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = part.start;
    for span in &line.spans {
        let start = span.start as usize;
        let end = start.saturating_add(span.len as usize);
        let (start, end) = (start.clamp(at, part.end), end.clamp(at, part.end));
        // Spans come from the store: one that cuts a character is ignored rather than trusted.
        if start >= end || !line.text.is_char_boundary(start) || !line.text.is_char_boundary(end) {
            continue;
        }
        if at < start {
            pieces.push((at..start, None));
        }
        pieces.push((start..end, Some(span.style)));
        at = end;
    }
    if at < part.end {
        pieces.push((at..part.end, None));
    }
    pieces
}

/// A range split where hits begin and end.
fn split(range: Range<usize>, hits: &[Range<usize>]) -> Vec<(Range<usize>, bool)> {
    let mut parts = Vec::new();
    let mut at = range.start;
    for hit in hits {
        let (start, end) = (hit.start.clamp(at, range.end), hit.end.clamp(at, range.end));
        if start >= end {
            continue;
        }
        if at < start {
            parts.push((at..start, false));
        }
        parts.push((start..end, true));
        at = end;
    }
    if at < range.end {
        parts.push((at..range.end, false));
    }
    parts
}

/// What is searched: ASCII case does not matter if it has no upper case, as in the store.
struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), exact: text.bytes().any(|byte| byte.is_ascii_uppercase()) }
    }

    /// Where it stands, looking no further than a little beyond the visible part.
    fn find(&self, text: &str, part: &Range<usize>) -> Vec<Range<usize>> {
        let length = self.text.len();
        if length == 0 {
            return Vec::new();
        }
        let from = part.start.saturating_sub(length);
        let to = part.end.saturating_add(length).min(text.len());
        let (hay, needle) = (text.as_bytes(), self.text.as_bytes());
        let mut hits = Vec::new();
        let mut at = from;
        while at + length <= to {
            let window = &hay[at..at + length];
            let same = if self.exact { window == needle } else { window.eq_ignore_ascii_case(needle) };
            if same && text.is_char_boundary(at) && text.is_char_boundary(at + length) {
                hits.push(at..at + length);
                at += length;
            } else {
                at += 1;
            }
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use ratatui::buffer::Buffer;

    use crate::domain::{
        id::RunId,
        log::{Span, Style as LogStyle},
        time::UnixMs,
    };

    use super::{super::skin::Skin, *};

    fn line(seq: u64, text: &str) -> LogLine {
        LogLine {
            seq,
            at: UnixMs(0),
            step: 0,
            undo: false,
            attempt: 1,
            stream: Stream::Out,
            text: text.into(),
            spans: Vec::new(),
        }
    }

    fn pane(lines: &[&str]) -> LogPane {
        let lines: Vec<_> = lines.iter().enumerate().map(|(index, text)| line(index as u64 + 1, text)).collect();
        let mut pane = LogPane::new(RunId(1));
        pane.take(lines.len() as u64, Arc::new(lines));
        pane
    }

    fn draw(pane: &LogPane, width: u16, height: u16) -> Vec<String> {
        let skin = Skin::embedded("dark", super::super::skin::Depth::True, false).unwrap();
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        paint(&mut Painter::new(&mut buffer, area, &skin), pane, &Clock::new(None, true), true);
        let rows = buffer.content().chunks(usize::from(width.max(1)));
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn following_the_newest_line_is_at_the_bottom_even_when_lines_wrap() {
        let mut pane = pane(&["one", "two two two", "three"]);
        assert_eq!(draw(&pane, 8, 2), [" two tw›", " three"]);
        pane.toggle_wrap();
        assert_eq!(draw(&pane, 9, 3), [" two two", " two", " three"]);
    }

    #[test]
    fn wrapping_never_pushes_the_marked_line_out() {
        let mut pane = pane(&["long long long long long", "two", "three", "four"]);
        pane.toggle_wrap();
        pane.position = Position::At { top: 1, cursor: 3 };
        assert!(draw(&pane, 6, 3).contains(&" three".to_owned()));
    }

    #[test]
    fn columns_are_columns_of_the_screen_also_beside_wide_characters() {
        let mut pane = pane(&["日本語abc"]);
        pane.column = 1;
        assert_eq!(draw(&pane, 20, 1), ["  本 語 abc"]);
    }

    #[test]
    fn a_hit_is_marked_across_styles() {
        let mut pane = pane(&["an Error here"]);
        let style = LogStyle { bold: true, ..LogStyle::default() };
        Arc::make_mut(&mut pane.held)[0].spans = vec![Span { start: 5, len: 3, style }];
        pane.search = Search::Done { needle: "error".into(), hit: None };
        let skin = Skin::embedded("dark", super::super::skin::Depth::True, false).unwrap();
        let area = Rect::new(0, 0, 20, 1);
        let mut buffer = Buffer::empty(area);
        paint(&mut Painter::new(&mut buffer, area, &skin), &pane, &Clock::new(None, true), true);
        let hit = skin.style(Role::HitHere);
        assert!((4..9).all(|x| Some(buffer[(x, 0)].bg) == hit.bg));
        assert_ne!(Some(buffer[(9, 0)].bg), hit.bg);
    }

    proptest! {
        #[test]
        fn any_text_spans_and_place_never_panic(
            texts in proptest::collection::vec("\\PC{0,40}", 0..6),
            spans in proptest::collection::vec((0u32..50, 0u32..50), 0..4),
            width in 1u16..30, height in 1u16..8, column in 0usize..50, wrap: bool, needle in "\\PC{0,3}",
            top in 0u64..9, cursor in 0u64..9, timestamps: bool,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut pane = pane(&texts);
            for line in Arc::make_mut(&mut pane.held) {
                line.spans = spans.iter().map(|(start, len)| Span { start: *start, len: *len, style: LogStyle::default() }).collect();
            }
            pane.wrap = wrap;
            pane.column = column;
            pane.timestamps = timestamps;
            pane.position = Position::At { top, cursor };
            pane.search = Search::Done { needle, hit: None };
            draw(&pane, width, height);
            title(&pane, "-");
        }
    }
}
