//! Bytes to lines of clean text: UTF-8, the terminal's state machine, and nothing of its powers.
//!
//! Colours and attributes stay as spans; writing over a line, by carriage return, backspace or the cursor, is carried out
//! and badged; everything else a terminal would obey becomes a mark, or nothing if it is harmless and common. A newline
//! ends whatever was open, so that an unterminated sequence swallows its own line at most.

use vte::{Params, Parser, Perform};

use super::{
    line::{Finished, Line},
    sgr,
};
use crate::domain::log::Style;

/// Bytes without a newline after which the line is broken off and the state machine starts afresh: a bound on what an
/// unterminated sequence can collect.
const RAW_LIMIT: usize = 1024 * 1024;

/// Sanitises one stream of bytes. Split-invariant.
#[derive(Default)]
pub struct Sanitiser {
    parser: Parser,
    screen: Screen,
    /// Bytes since the last newline or forced break.
    raw: usize,
    /// The parser may be within a sequence.
    doubtful: bool,
    /// The beginning of a character whose other bytes have not come yet. (vte's own way of waiting for them loses
    /// characters that come together with the rest.)
    partial: Vec<u8>,
}

impl Sanitiser {
    /// Takes bytes in; returns the lines they complete.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Finished> {
        while let Some(first) = bytes.first() {
            if self.raw == RAW_LIMIT && *first != b'\n' {
                self.settle();
                self.screen.line.break_off();
                self.raw = 0;
            }
            let reach = bytes.len().min((RAW_LIMIT - self.raw).max(1));
            if let Some(end) = memchr::memchr(b'\n', &bytes[..reach]) {
                self.take(&bytes[..end]);
                self.settle();
                self.screen.line.end();
                self.raw = 0;
                bytes = &bytes[end + 1..];
            } else {
                self.take(&bytes[..reach]);
                self.raw += reach;
                bytes = &bytes[reach..];
            }
        }
        std::mem::take(&mut self.screen.line.finished)
    }

    /// Whether no line is open.
    pub(super) fn is_settled(&self) -> bool {
        self.raw == 0
    }

    /// The stream has ended: returns the line that had no newline, if there is one.
    pub fn finish(&mut self) -> Vec<Finished> {
        if self.raw > 0 {
            self.settle();
            self.screen.line.end();
            self.raw = 0;
        }
        std::mem::take(&mut self.screen.line.finished)
    }

    /// Takes bytes without a newline in.
    fn take(&mut self, bytes: &[u8]) {
        if self.partial.is_empty() {
            self.take_joined(bytes);
        } else if !bytes.is_empty() {
            let mut joined = std::mem::take(&mut self.partial);
            joined.extend_from_slice(bytes);
            self.take_joined(&joined);
        }
    }

    fn take_joined(&mut self, bytes: &[u8]) {
        let (bytes, partial) = bytes.split_at(bytes.len() - partial_char(bytes));
        self.partial.extend_from_slice(partial);
        let plain = if self.doubtful { 0 } else { bytes.iter().take_while(|byte| matches!(byte, b' '..=b'~')).count() };
        self.screen.line.write_ascii(&bytes[..plain]);
        let rest = &bytes[plain..];
        if rest.is_empty() {
            return;
        }
        self.doubtful = self.doubtful || memchr::memchr(0x1b, rest).is_some();
        self.parser.advance(&mut self.screen, rest);
    }

    /// Ends what is open in the parser: half a character, an unterminated sequence.
    fn settle(&mut self) {
        if !self.partial.is_empty() {
            let partial = std::mem::take(&mut self.partial);
            self.screen.newline_seen = false;
            self.parser.advance(&mut self.screen, &[&partial, &b"\n"[..]].concat());
            self.doubtful |= !self.screen.newline_seen;
        }
        if !self.doubtful {
            return;
        }
        self.screen.newline_seen = false;
        self.parser.advance(&mut self.screen, b"\n");
        if !self.screen.newline_seen {
            self.screen.line.mark("unterminated sequence");
        }
        self.parser = Parser::new();
        self.screen.string_open = false;
        self.doubtful = false;
    }
}

/// How many bytes at the end are the beginning of a character.
fn partial_char(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(back) = tail.iter().rev().position(|byte| *byte >= 0xc0).map(|position| position + 1) else { return 0 };
    match std::str::from_utf8(&tail[tail.len() - back..]) {
        Err(error) if error.error_len().is_none() => back,
        _ => 0,
    }
}

/// What the parser acts on.
#[derive(Default)]
struct Screen {
    line: Line,
    /// Colours as asked for; `line.style` is what is readable.
    pen: Style,
    newline_seen: bool,
    /// A string (OSC, DCS) was reported and its terminator may follow.
    string_open: bool,
}

impl Perform for Screen {
    fn print(&mut self, c: char) {
        self.line.write(c);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.newline_seen = true,
            b'\r' => self.line.move_to_start(),
            b'\x08' => self.line.back(),
            b'\t' => self.line.tab(),
            // Shift in: back to the usual characters.
            0x0f => {}
            _ => self.line.write(char::from(byte)),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        let first = params.iter().next().and_then(|group| group.first()).copied().unwrap_or(0);
        let count = isize::try_from(first.max(1)).unwrap_or(1);
        match (intermediates, action) {
            _ if ignore => self.line.mark(&csi_name(params, intermediates, action)),
            ([], 'm') => {
                sgr::apply(&mut self.pen, params);
                self.line.style = sgr::readable(self.pen);
            }
            ([], 'K') => self.line.erase(first),
            ([], 'C') => self.line.move_by(count),
            ([], 'D') => self.line.move_by(-count),
            ([], 'G') => self.line.move_to_column(usize::from(first.max(1)) - 1),
            // Cursor shown, blinking, keys, wrapping, bracketed paste, synchronised output: nothing to see.
            ([b'?'], 'h' | 'l') if matches!(first, 1 | 7 | 12 | 25 | 2004 | 2026) => {}
            _ => self.line.mark(&csi_name(params, intermediates, action)),
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        match (intermediates, byte) {
            // ASCII chosen once more, keypad modes.
            ([b'(' | b')'], b'B') | ([], b'=' | b'>') => {}
            ([], b'\\') if self.string_open => {}
            ([], b'\\') => self.line.mark("APC"),
            _ => {
                let name: String = intermediates.iter().chain([&byte]).map(|byte| char::from(*byte)).collect();
                self.line.mark(&format!("ESC {name}"));
            }
        }
        self.string_open = false;
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], bell_terminated: bool) {
        self.string_open = !bell_terminated;
        match params {
            [b"8", _, [], ..] => {}
            [b"8", _, target @ ..] => self.line.mark(&format!("link {}", legible(&target.join(&b';')))),
            [b"52", ..] => self.line.mark("OSC 52 clipboard"),
            [b"0" | b"1" | b"2", ..] => self.line.mark("OSC title"),
            [number, ..] => self.line.mark(&format!("OSC {}", legible(number))),
            [] => self.line.mark("OSC"),
        }
    }

    fn hook(&mut self, _params: &Params, _intermediates: &[u8], _ignore: bool, _action: char) {
        self.line.mark("DCS");
    }

    fn unhook(&mut self) {
        self.string_open = true;
    }
}

/// `CSI ?1049h`, shortened.
fn csi_name(params: &Params, intermediates: &[u8], action: char) -> String {
    let numbers: Vec<String> =
        params.iter().take(5).map(|group| group.iter().map(u16::to_string).collect::<Vec<_>>().join(":")).collect();
    let numbers = numbers.join(";");
    let numbers = if numbers == "0" { "" } else { &numbers };
    let (private, rest): (Vec<char>, Vec<char>) =
        intermediates.iter().map(|byte| char::from(*byte)).partition(|c| matches!(c, '<'..='?'));
    format!("CSI {}{numbers}{}{action}", String::from_iter(private), String::from_iter(rest))
}

/// At most 100 characters of printable ASCII; the rest is dots.
fn legible(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(100).map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' });
    shown.chain((bytes.len() > 100).then_some('…')).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        log::Colour,
        text::marks::{Treatment, treat},
    };

    fn texts(bytes: &[u8]) -> Vec<String> {
        lines(&[bytes]).into_iter().map(|line| line.text).collect()
    }

    fn lines(pieces: &[&[u8]]) -> Vec<Finished> {
        let mut sanitiser = Sanitiser::default();
        let mut lines: Vec<Finished> = pieces.iter().flat_map(|piece| sanitiser.feed(piece)).collect();
        lines.extend(sanitiser.finish());
        lines
    }

    #[test]
    fn f47_every_power_of_the_terminal_becomes_a_mark() {
        for (bytes, shown) in [
            (&b"a\x1b[2Jb"[..], "a⟨CSI 2J⟩b"),
            (b"a\x1b[6nb\x1b[c", "a⟨CSI 6n⟩b⟨CSI c⟩"),
            (b"\x1b]0;title\x07x", "⟨OSC title⟩x"),
            (b"\x1b]52;c;aGk=\x1b\\x", "⟨OSC 52 clipboard⟩x"),
            (b"\x1b]8;;http://x/\x1b\\y\x1b]8;;\x1b\\", "⟨link http://x/⟩y"),
            (b"\x1bPq#0\x1b\\x", "⟨DCS⟩x"),
            (b"\x1b_secret\x1b\\x", "⟨APC⟩x"),
            (b"\x1b[?1049hx", "⟨CSI ?1049h⟩x"),
            (b"\x1bcx", "⟨ESC c⟩x"),
            (b"\x9b31mx", "⟨U+009B⟩31mx"),
            ("\u{9d}x".as_bytes(), "⟨U+009D⟩x"),
            (b"\0\0\0\x07", "⟨NUL ×3⟩⟨BEL⟩"),
            (b"a\x7fb", "a⟨DEL⟩b"),
            (b"\x1b[?25l\x1b(B\x1b[mx\x1b[K", "x"),
            (b"\xff\xc3(", "\u{fffd}\u{fffd}("),
        ] {
            assert_eq!(texts(bytes), [shown], "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn f48_an_unterminated_sequence_swallows_its_own_line_at_most() {
        for start in ["\x1b]0;", "\x1bP", "\x1b_", "\x1b[3", "\x1b"] {
            let text = format!("a{start}evil\nlater\n");
            let shown = texts(text.as_bytes());
            assert_eq!(shown[1], "later", "{start:?}");
            assert_eq!(shown.len(), 2);
        }
        assert_eq!(texts(b"a\x1b]0;evil\n"), ["a⟨unterminated sequence⟩"]);
    }

    #[test]
    fn f50_what_was_overwritten_is_badged_and_kept() {
        assert_eq!(texts(b"FAILED\rOK: all\n"), ["OK: all ⟨overwritten once; before: FAILED⟩"]);
        assert_eq!(texts(b"BAD\x08\x08\x08OK!\n"), ["OK! ⟨overwritten once; before: BAD⟩"]);
        assert_eq!(texts(b"FAILED\r\x1b[KOK\n"), ["OK ⟨overwritten once; before: FAILED⟩"]);
        assert_eq!(texts(b"FAILED\x1b[2K\rOK\n"), ["OK ⟨overwritten once; before: FAILED⟩"]);
        assert_eq!(texts(b"FAILED\x1b[1GOK\n"), ["OKILED ⟨overwritten once; before: FAILED⟩"]);
    }

    #[test]
    fn a_progress_bar_shows_its_last_state_and_how_often_it_changed() {
        let mut bar = Vec::new();
        (0..=100)
            .for_each(|percent| bar.extend(format!("\rloading {percent:3}% {}", "#".repeat(percent / 10)).bytes()));
        bar.extend(b"\r\n");
        assert_eq!(texts(&bar), ["loading 100% ########## ⟨overwritten 100 times⟩"]);
    }

    #[test]
    fn windows_line_ends_and_man_pages_are_no_overwriting() {
        assert_eq!(texts(b"one\r\ntwo\r\n"), ["one", "two"]);
        let page = lines(&[b"N\x08NA\x08A _\x08x\n"]);
        assert_eq!(page[0].text, "NA x");
        assert!(page[0].spans[0].style.bold && page[0].spans[1].style.underline);
    }

    #[test]
    fn colours_stay_and_go_on_into_the_next_line() {
        let shown = lines(&[b"a\x1b[1;31mred\nstill\x1b[0m no\n"]);
        assert_eq!((shown[0].spans[0].start, shown[0].spans[0].len), (1, 3));
        assert_eq!(shown[0].spans[0].style, Style { bold: true, fg: Some(Colour::Indexed(1)), ..Style::default() });
        assert_eq!((shown[1].spans[0].start, shown[1].spans[0].len), (0, 5));
        let exact = lines(&[b"\x1b[38;2;1;2;3mx\x1b[38:5:200my\n"]);
        assert_eq!(exact[0].spans[0].style.fg, Some(Colour::Rgb(1, 2, 3)));
        assert_eq!(exact[0].spans[1].style.fg, Some(Colour::Indexed(200)));
    }

    #[test]
    fn f51_concealed_and_same_coloured_text_stays_readable() {
        let shown = lines(&[b"\x1b[8mhidden\x1b[0m \x1b[31;41mred on red\x1b[0m \x1b[38;5;16;48;2;0;0;1mblack\n"]);
        assert_eq!(shown[0].text, "hidden red on red black");
        assert!(shown[0].spans.iter().all(|span| span.style.bg.is_none()));
    }

    #[test]
    fn f52_a_combining_flood_is_bounded_whatever_way_it_was_written() {
        let flood = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(texts(flood.as_bytes()), [format!("a{}⟨496 more combining⟩b", "\u{301}".repeat(4))]);
    }

    #[test]
    fn f80_a_line_without_end_is_broken_into_bounded_ones() {
        let mut sanitiser = Sanitiser::default();
        let mut shown = 0;
        for _ in 0..300 {
            for line in sanitiser.feed(&[b'x'; 10_000]) {
                assert!(line.text.len() <= super::super::line::LINE_LIMIT + 32);
                shown += line.text.len();
            }
        }
        assert!(shown > 2_900_000);
        // A string that never ends is cut as well.
        sanitiser.feed(b"\n\x1b]0;");
        let cut: usize = (0..300).map(|_| sanitiser.feed(&[b'x'; 10_000]).len()).sum();
        assert!(cut >= 2);
    }

    /// Pieces that mean something to a terminal.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let pieces = [
            "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\\", "\x07", "m", "31", ";", "K", "2K", "\r", "\n", "\x08",
            "\t", "\x7f", "é", "漢", "e\u{301}", "\u{202e}", "\u{fe0f}", "\0", "text", " ", "G", "D", "?25l", "\u{9b}",
        ];
        let piece = prop_oneof![
            8 => proptest::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 1..4),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn f49_any_chunking_gives_the_same_lines(bytes in hostile(), cuts in proptest::collection::vec(0_usize..300, 0..12)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(lines(&pieces), lines(&[&bytes]));
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(lines(&single), lines(&[&bytes]));
        }

        #[test]
        fn f47_nothing_but_visible_characters_comes_out(bytes in hostile()) {
            for line in lines(&[&bytes]) {
                for c in line.text.chars() {
                    let safe = matches!(c, ' '..='~') || (!c.is_ascii() && !matches!(treat(c), Treatment::Marked | Treatment::Dropped));
                    prop_assert!(safe, "{:x} in {:?}", u32::from(c), line.text);
                }
                let mut end = 0;
                for span in &line.spans {
                    prop_assert!(span.start >= end && span.len > 0);
                    end = span.start + span.len;
                    prop_assert!(line.text.is_char_boundary(span.start as usize) && line.text.is_char_boundary(end as usize));
                }
            }
        }
    }
}
