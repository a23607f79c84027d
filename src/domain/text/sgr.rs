//! Colours and attributes, as far as they help reading.

use vte::Params;

use crate::domain::log::{Colour, Style};

/// Takes the parameters of `CSI … m` into `pen`. Concealment, blinking and the like are ignored.
pub fn apply(pen: &mut Style, params: &Params) {
    let mut groups = params.iter();
    while let Some(group) = groups.next() {
        let Some(code) = group.first() else { continue };
        match code {
            0 => *pen = Style::default(),
            1 => pen.bold = true,
            2 => pen.dim = true,
            3 => pen.italic = true,
            4 => pen.underline = group.get(1) != Some(&0),
            7 => pen.reverse = true,
            21 => pen.underline = true,
            22 => (pen.bold, pen.dim) = (false, false),
            23 => pen.italic = false,
            24 => pen.underline = false,
            27 => pen.reverse = false,
            30..=37 => pen.fg = indexed(code - 30),
            38 => pen.fg = extended(group, &mut groups).or(pen.fg),
            39 => pen.fg = None,
            40..=47 => pen.bg = indexed(code - 40),
            48 => pen.bg = extended(group, &mut groups).or(pen.bg),
            49 => pen.bg = None,
            58 => drop(extended(group, &mut groups)),
            90..=97 => pen.fg = indexed(code - 90 + 8),
            100..=107 => pen.bg = indexed(code - 100 + 8),
            _ => {}
        }
    }
}

/// What `pen` is shown as: where foreground and background can hardly be told apart, the background goes.
pub fn readable(pen: Style) -> Style {
    match (pen.fg, pen.bg) {
        (Some(fg), Some(bg)) if distance(fg, bg) < 48 => Style { bg: None, ..pen },
        _ => pen,
    }
}

fn indexed(number: u16) -> Option<Colour> {
    u8::try_from(number).ok().map(Colour::Indexed)
}

/// `38;5;n`, `38;2;r;g;b`, `38:5:n`, `38:2::r:g:b`.
fn extended<'a>(group: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<Colour> {
    let mut next = || rest.next().and_then(|group| group.first().copied());
    let (kind, values) = if let [_, kind, values @ ..] = group {
        (*kind, values.to_vec())
    } else {
        match next()? {
            5 => (5, vec![next()?]),
            2 => (2, vec![next()?, next()?, next()?]),
            _ => return None,
        }
    };
    match (kind, values.as_slice()) {
        (5, [number]) => indexed(*number),
        (2, [r, g, b] | [_, r, g, b]) => {
            Some(Colour::Rgb(u8::try_from(*r).ok()?, u8::try_from(*g).ok()?, u8::try_from(*b).ok()?))
        }
        _ => None,
    }
}

/// How far two colours are apart, at most 765.
fn distance(one: Colour, other: Colour) -> u32 {
    let ((r1, g1, b1), (r2, g2, b2)) = (rgb(one), rgb(other));
    u32::from(r1.abs_diff(r2)) + u32::from(g1.abs_diff(g2)) + u32::from(b1.abs_diff(b2))
}

/// About what terminals show.
fn rgb(colour: Colour) -> (u8, u8, u8) {
    match colour {
        Colour::Rgb(r, g, b) => (r, g, b),
        Colour::Indexed(n @ 0..=15) => {
            let level = if n == 7 {
                192
            } else if n < 8 {
                128
            } else {
                255
            };
            let part = |bit: u8| if n & bit != 0 { level } else { u8::from(n == 8) * 128 };
            (part(1), part(2), part(4))
        }
        Colour::Indexed(n @ 16..=231) => {
            let step = |part: u8| if part == 0 { 0 } else { 55 + part * 40 };
            let n = n - 16;
            (step(n / 36), step(n / 6 % 6), step(n % 6))
        }
        Colour::Indexed(n) => {
            let grey = 8 + (n - 232) * 10;
            (grey, grey, grey)
        }
    }
}
