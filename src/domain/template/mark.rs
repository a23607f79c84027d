//! Marks: how a secret, a late value or a quoted part travels through the template engine's output.

use std::{fmt, sync::Arc};

use minijinja::value::{Object, ObjectRepr};

use super::Piece;

/// Begins a mark. A Unicode noncharacter: no text has a reason to hold it, and values that do are refused.
const OPEN: char = '\u{FDD0}';
/// Ends a mark.
const CLOSE: char = '\u{FDD1}';
/// Quoting within quoting beyond this is refused.
const MAX_DEPTH: usize = 4;

/// A piece as a value of the engine: opaque, so that arithmetic, lengths and lookups on it are errors.
#[derive(Debug)]
pub(super) struct Mark(pub(super) Piece);

impl Object for Mark {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

/// Whether a text holds a mark, whole or in part.
pub(super) fn is_in(text: &str) -> bool {
    text.contains([OPEN, CLOSE])
}

/// The letters are of both cases, so that changing the case breaks the mark; names carry a check sum, so that
/// replacing within them does.
fn encode(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(name) => format!("{OPEN}sQ{name}:{}{CLOSE}", sum(name)),
        Piece::Late(name) => format!("{OPEN}lQ{name}:{}{CLOSE}", sum(name)),
        Piece::Quoted(pieces) => {
            let inner: String = pieces.iter().map(encode).collect();
            format!("{OPEN}qQ{}:{inner}{CLOSE}", sum(&inner))
        }
    }
}

/// FNV-1a: not against people, only against filters.
fn sum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Splits marked text into pieces; `None` if a mark is not whole.
pub(super) fn split(text: &str) -> Option<Vec<Piece>> {
    split_at_depth(text, 0)
}

fn split_at_depth(text: &str, depth: usize) -> Option<Vec<Piece>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find([OPEN, CLOSE]) {
        let (before, marked) = rest.split_at(at);
        push_text(&mut pieces, before);
        let body = marked.strip_prefix(OPEN)?;
        let end = closing(body)?;
        pieces.push(decode(&body[..end], depth)?);
        rest = &body[end + CLOSE.len_utf8()..];
    }
    push_text(&mut pieces, rest);
    Some(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Where the mark that was opened just before `body` ends.
fn closing(body: &str) -> Option<usize> {
    let mut open = 1;
    for (at, sign) in body.char_indices() {
        match sign {
            OPEN => open += 1,
            CLOSE => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

fn decode(body: &str, depth: usize) -> Option<Piece> {
    if let Some(rest) = body.strip_prefix("qQ") {
        let (check, inner) = rest.split_once(':')?;
        return (check.parse() == Ok(sum(inner))).then(|| split_at_depth(inner, depth + 1).map(Piece::Quoted))?;
    }
    let (name, check) = body.get(2..)?.rsplit_once(':')?;
    if check.parse() != Ok(sum(name)) {
        return None;
    }
    match body.get(..2)? {
        "sQ" => Some(Piece::Secret(name.to_owned())),
        "lQ" => Some(Piece::Late(name.to_owned())),
        _ => None,
    }
}
