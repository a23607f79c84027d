//! Measuring, cutting and wrapping text by the columns it takes on a screen.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of one grapheme, as [`super::paint::Painter`] draws it.
fn columns(grapheme: &str) -> usize {
    if grapheme.len() == 1 { 1 } else { grapheme.trim_end_matches('\u{fe0f}').width() }
}

/// Columns of a text.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(columns).sum() }
}

/// The text if it fits into `room` columns, else as much of it as leaves one column for `mark`.
pub fn cut<'a>(text: &'a str, room: usize, mark: &str) -> Cow<'a, str> {
    if text.len() <= room || width(text) <= room {
        return Cow::Borrowed(text);
    }
    if room == 0 {
        return Cow::Borrowed("");
    }
    let end = prefix(text, room - 1);
    Cow::Owned(format!("{}{mark}", &text[..end]))
}

/// The longest prefix of at most `room` columns, in bytes.
pub fn prefix(text: &str, room: usize) -> usize {
    let mut taken = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        taken += columns(grapheme);
        if taken > room {
            return start;
        }
    }
    text.len()
}

/// The byte at which column `column` begins, and the columns by which a wide character overhangs it.
pub fn skip(text: &str, column: usize) -> (usize, usize) {
    let mut at = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        if at >= column {
            return (start, at - column);
        }
        at += columns(grapheme);
    }
    (text.len(), at.saturating_sub(column))
}

/// Byte ranges of `text` of at most `room` columns each, broken at spaces where that is possible. At least one range.
pub fn wrap(text: &str, room: usize) -> Vec<Range<usize>> {
    let room = room.max(1);
    let mut rows = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let fits = prefix(rest, room);
        if fits == rest.len() {
            break;
        }
        // A grapheme wider than the room still has to go somewhere.
        let fits = if fits == 0 { rest.graphemes(true).next().map_or(rest.len(), str::len) } else { fits };
        let end = if rest[fits..].starts_with(' ') {
            fits
        } else {
            rest[..fits].rfind(' ').filter(|space| *space > 0).unwrap_or(fits)
        };
        rows.push(start..start + end);
        start += end;
        start += text[start..].len() - text[start..].trim_start_matches(' ').len();
    }
    if start < text.len() || rows.is_empty() {
        rows.push(start..text.len());
    }
    rows
}

/// [`wrap`] as strings.
pub fn wrapped(text: &str, room: usize) -> Vec<&str> {
    wrap(text, room).into_iter().map(|range| &text[range]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cutting_keeps_short_text_and_marks_long_text() {
        assert_eq!(cut("abc", 3, ">"), "abc");
        assert_eq!(cut("abcd", 3, ">"), "ab>");
        assert_eq!(cut("日本語", 5, ">"), "日本>");
        assert_eq!(cut("abc", 0, ">"), "");
    }

    #[test]
    fn wrapping_breaks_at_spaces_where_it_can() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 3), [""]);
    }

    proptest! {
        #[test]
        fn wrapped_rows_fit_and_lose_nothing_but_spaces(text in "\\PC{0,60}", room in 2usize..20) {
            let rows = wrap(&text, room);
            let joined: String = rows.iter().map(|row| text[row.clone()].replace(' ', "")).collect();
            prop_assert_eq!(joined, text.replace(' ', ""));
            for row in rows {
                let row = &text[row];
                prop_assert!(width(row) <= room || row.graphemes(true).count() == 1, "{row:?}");
            }
        }

        #[test]
        fn cut_text_always_fits(text in "\\PC{0,60}", room in 0usize..20) {
            prop_assert!(width(&cut(&text, room, ">")) <= room);
        }
    }
}
