//! What is new for each look: an id that nobody can guess, and texts with it in its place.

use std::convert::Infallible;

use rustix::rand::{GetRandomFlags, getrandom};

use crate::domain::{
    probe::{Phase, ProbeError, ProbeKind},
    template::{Piece, Rendered},
};

use super::error::failed;

/// The name under which templates know the id.
pub(super) const ID: &str = "look.id";
/// The name under which they know where a callback is awaited.
pub(super) const HOOK: &str = "look.hook";

/// A number of so many bytes that nobody can guess, in hexadecimal.
pub(super) fn unguessable<const BYTES: usize>() -> Result<String, ProbeError> {
    let mut bytes = [0; BYTES];
    match getrandom(&mut bytes, GetRandomFlags::empty()) {
        Ok(filled) if filled == BYTES => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => Err(failed(Phase::Prepare, "no_randomness", "nothing was sent: the system gives no random numbers")),
    }
}

/// The look with the values of these names in their places; other names stay as they are.
pub(super) fn fill(kind: &ProbeKind, values: &[(&str, &str)]) -> ProbeKind {
    let Ok(filled) = kind.try_map::<Rendered, Infallible>(&mut |text| Ok(fill_text(text, values)));
    filled
}

/// A text likewise.
pub(super) fn fill_text(text: &Rendered, values: &[(&str, &str)]) -> Rendered {
    Rendered(text.0.iter().map(|piece| fill_piece(piece, values)).collect())
}

fn fill_piece(piece: &Piece, values: &[(&str, &str)]) -> Piece {
    match piece {
        Piece::Late(name) => match values.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Piece::Text((*value).to_owned()),
            None => piece.clone(),
        },
        Piece::Quoted(inner) => Piece::Quoted(inner.iter().map(|piece| fill_piece(piece, values)).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_filled_in() {
        let late = |name: &str| Piece::Late(name.into());
        let text = Rendered(vec![late(ID), Piece::Quoted(vec![late(ID), late("token")])]);
        let filled = fill_text(&text, &[(ID, "7")]);
        let expected = vec![Piece::Text("7".into()), Piece::Quoted(vec![Piece::Text("7".into()), late("token")])];
        assert_eq!(filled.0, expected);
    }

    #[test]
    fn no_two_looks_are_alike() {
        let (one, other) = (unguessable::<16>().unwrap(), unguessable::<16>().unwrap());
        assert_eq!((one.len(), one == other), (32, false));
    }
}
