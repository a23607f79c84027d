//! Bytes to keys: UTF-8, the usual escape sequences, bracketed paste. Whatever else a terminal sends is swallowed whole, so
//! that no reply and no mouse report ever acts as keys.

use super::event::Event;
use crate::domain::key::Key;

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
/// Longer pastes are cut: they only ever go into one line of text.
const PASTE_MOST: usize = 64 << 10;
/// Longer sequences are no keys.
const SEQUENCE_MOST: usize = 4 << 10;

/// Turns bytes into events; any chunking gives the same events, but for a lone escape, which only time tells from the
/// beginning of a sequence ([`Parser::flush`]).
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    /// The text of a paste whose end has not come yet.
    paste: Option<Vec<u8>>,
}

/// What the beginning of the pending bytes is.
enum Taken {
    /// So many bytes make this key.
    Key(usize, Key),
    /// So many bytes mean nothing here.
    Nothing(usize),
    /// A paste begins.
    Paste,
    /// More bytes are needed to tell.
    More,
}

impl Parser {
    /// Takes bytes in.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Event>) {
        self.pending.extend_from_slice(bytes);
        while !self.pending.is_empty() {
            if self.paste.is_some() {
                if !self.take_paste(out) {
                    return;
                }
                continue;
            }
            match take(&self.pending) {
                Taken::Key(used, key) => {
                    self.pending.drain(..used);
                    out.push(Event::Key(key));
                }
                Taken::Nothing(used) => {
                    self.pending.drain(..used.max(1));
                }
                Taken::Paste => {
                    self.pending.drain(..PASTE_BEGIN.len());
                    self.paste = Some(Vec::new());
                }
                Taken::More => return,
            }
        }
    }

    /// Whether bytes wait that may be the beginning of a sequence.
    pub fn waits(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// Nothing more came for a while: an escape alone is the Esc key, any other beginning is dropped.
    pub fn flush(&mut self, out: &mut Vec<Event>) {
        if self.waits() {
            if self.pending == [0x1b] {
                out.push(Event::Key(Key::Esc));
            }
            self.pending.clear();
        }
    }

    /// Moves pasted bytes; whether the end of the paste was found.
    fn take_paste(&mut self, out: &mut Vec<Event>) -> bool {
        let Some(paste) = &mut self.paste else { return false };
        let end = memchr::memmem::find(&self.pending, PASTE_END);
        // What may be the beginning of the end marker stays.
        let text = end.unwrap_or_else(|| self.pending.len().saturating_sub(PASTE_END.len() - 1));
        let room = PASTE_MOST.saturating_sub(paste.len());
        paste.extend(self.pending.drain(..text).take(room));
        if end.is_none() {
            return false;
        }
        self.pending.drain(..PASTE_END.len());
        if let Some(paste) = self.paste.take() {
            out.push(Event::Paste(String::from_utf8_lossy(&paste).into_owned()));
        }
        true
    }
}

fn take(bytes: &[u8]) -> Taken {
    match bytes {
        [] => Taken::More,
        [0x1b, rest @ ..] => take_escape(rest),
        [b'\r' | b'\n', ..] => Taken::Key(1, Key::Enter),
        [b'\t', ..] => Taken::Key(1, Key::Tab),
        [0x7f | 0x08, ..] => Taken::Key(1, Key::Backspace),
        [control @ 0x01..=0x1a, ..] => Taken::Key(1, Key::Ctrl(char::from(b'a' + control - 1))),
        [0x00..=0x1f, ..] => Taken::Nothing(1),
        _ => take_char(bytes),
    }
}

fn take_char(bytes: &[u8]) -> Taken {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(0x00..=0x7f) => 1,
        _ => return Taken::Nothing(1),
    };
    let Some(one) = bytes.get(..length) else {
        // A broken character is dropped as soon as it is seen to be broken.
        return if bytes.iter().skip(1).all(|byte| (0x80..0xc0).contains(byte)) {
            Taken::More
        } else {
            Taken::Nothing(1)
        };
    };
    match std::str::from_utf8(one).ok().and_then(|text| text.chars().next()) {
        Some(c) if !c.is_control() => Taken::Key(length, Key::Char(c)),
        Some(_) => Taken::Nothing(length),
        None => Taken::Nothing(1),
    }
}

/// After an escape. An escape before a printable character is the Esc key and then that character: Alt is not used, and
/// a quick Esc over a slow link must not swallow the key after it.
fn take_escape(rest: &[u8]) -> Taken {
    match rest {
        [] | [b'O'] => Taken::More,
        [b'[', sequence @ ..] => take_csi(sequence),
        [b'O', last, ..] => match plain(*last) {
            Some(key) => Taken::Key(3, key),
            None => Taken::Nothing(3),
        },
        [b']' | b'P' | b'_' | b'^' | b'X', text @ ..] => take_string(text),
        _ => Taken::Key(1, Key::Esc),
    }
}

/// `ESC [` parameters, intermediates, one final byte.
fn take_csi(sequence: &[u8]) -> Taken {
    let Some(length) = sequence.iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return if sequence.len() > SEQUENCE_MOST { Taken::Nothing(sequence.len() + 2) } else { Taken::More };
    };
    let (parameters, last) = (&sequence[..length], sequence[length]);
    let used = length + 3;
    let first = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    let key = match (first, last) {
        (b"200", b'~') => return Taken::Paste,
        (b"1" | b"7", b'~') => Key::Home,
        (b"3", b'~') => Key::Delete,
        (b"4" | b"8", b'~') => Key::End,
        (b"5", b'~') => Key::PageUp,
        (b"6", b'~') => Key::PageDown,
        (b"" | b"1", last) => match plain(last) {
            Some(key) => key,
            None => return Taken::Nothing(used),
        },
        // A control character inside a sequence ends it; it stays to be read by itself.
        (_, 0x00..=0x1f) => return Taken::Nothing(used - 1),
        _ => return Taken::Nothing(used),
    };
    Taken::Key(used, key)
}

/// The last byte of the sequences of arrows and their like.
fn plain(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter,
        b'Z' => Key::BackTab,
        _ => return None,
    })
}

/// A reply of the terminal, up to BEL or `ESC \`.
fn take_string(text: &[u8]) -> Taken {
    let bell = text.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
    let terminator = memchr::memmem::find(text, b"\x1b\\").map(|at| at + 2);
    match bell.into_iter().chain(terminator).min() {
        Some(end) => Taken::Nothing(end + 2),
        None if text.len() > SEQUENCE_MOST => Taken::Nothing(text.len() + 2),
        None => Taken::More,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Event> {
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        parser.feed(bytes, &mut out);
        parser.flush(&mut out);
        out
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let only_keys = |event| match event {
            Event::Key(key) => key,
            other => panic!("{other:?} is no key"),
        };
        read(bytes).into_iter().map(only_keys).collect()
    }

    #[test]
    fn letters_arrows_and_control_keys_are_read() {
        assert_eq!(
            keys(b"d\x1b[A\x1bOB\x1b[5~\x03\r\t\x1b[Z\x7f"),
            [
                Key::Char('d'),
                Key::Up,
                Key::Down,
                Key::PageUp,
                Key::Ctrl('c'),
                Key::Enter,
                Key::Tab,
                Key::BackTab,
                Key::Backspace,
            ]
        );
    }

    #[test]
    fn arrows_with_modifiers_are_arrows() {
        assert_eq!(keys(b"\x1b[1;5C\x1b[1;2D"), [Key::Right, Key::Left]);
    }

    #[test]
    fn an_escape_alone_is_esc_once_nothing_follows() {
        let (mut parser, mut out) = (Parser::default(), Vec::new());
        parser.feed(b"\x1b", &mut out);
        assert!(out.is_empty() && parser.waits());
        parser.flush(&mut out);
        assert_eq!(out, [Event::Key(Key::Esc)]);
    }

    #[test]
    fn a_key_right_after_esc_is_not_lost() {
        assert_eq!(keys(b"\x1bq"), [Key::Esc, Key::Char('q')]);
    }

    #[test]
    fn a_paste_is_text_and_never_keys() {
        assert_eq!(read(b"\x1b[200~q\rY\x1b[201~j"), [Event::Paste("q\rY".into()), Event::Key(Key::Char('j'))]);
    }

    #[test]
    fn a_long_paste_is_cut() {
        let mut bytes = PASTE_BEGIN.to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 3 * PASTE_MOST));
        bytes.extend(PASTE_END);
        assert_eq!(read(&bytes), [Event::Paste("x".repeat(PASTE_MOST))]);
    }

    #[test]
    fn replies_and_mouse_reports_are_swallowed() {
        assert_eq!(
            keys(b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;c\x1b[<0;10;10M\x1bP1+r\x1b\\\x1b[12;40Rj"),
            [Key::Char('j')]
        );
    }

    #[test]
    fn characters_beyond_ascii_are_read_whole() {
        assert_eq!(keys("ü日".as_bytes()), [Key::Char('ü'), Key::Char('日')]);
        assert_eq!(keys(b"\xff\xc3x"), [Key::Char('x')]);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_events(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let cut = cut.min(bytes.len());
            let (mut parser, mut out) = (Parser::default(), Vec::new());
            parser.feed(&bytes[..cut], &mut out);
            parser.feed(&bytes[cut..], &mut out);
            parser.flush(&mut out);
            prop_assert_eq!(out, read(&bytes));
        }

        #[test]
        fn any_paste_stays_one_paste(text in "[a-zA-Z0-9\r\n]{0,80}") {
            let bytes = [PASTE_BEGIN, text.as_bytes(), PASTE_END].concat();
            prop_assert_eq!(read(&bytes), [Event::Paste(text)]);
        }
    }
}
