//! Roles of colour, and how a theme makes them look. Code names roles, never colours; a theme is a TOML file.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::log;

use super::{
    glyph::{self, Glyphs},
    role::Role,
    theme::{self, ThemeError},
};

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// 24 bits.
    #[default]
    True,
    /// 256 colours.
    Indexed,
    /// 16 colours.
    Sixteen,
    /// None: attributes only.
    Mono,
}

/// How every role looks, and which characters are used.
#[derive(Debug, Clone, PartialEq)]
pub struct Skin {
    name: String,
    styles: Vec<Style>,
    depth: Depth,
    glyphs: &'static Glyphs,
}

impl Skin {
    /// An embedded theme by name, for a terminal of that depth. At [`Depth::Mono`] it is always `mono`.
    ///
    /// # Errors
    /// If there is no such theme; the message names those there are.
    pub fn embedded(name: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        let name = if depth == Depth::Mono { "mono" } else { name };
        let source = theme::source(name)?;
        Self::parse(source, depth, ascii)
    }

    /// A theme from the text of its file.
    ///
    /// # Errors
    /// If it is not a theme: what is wrong, where, and what could stand there.
    pub fn parse(source: &str, depth: Depth, ascii: bool) -> Result<Self, ThemeError> {
        let theme = theme::parse(source)?;
        let depth = if theme.mono { Depth::Mono } else { depth };
        let styles = theme.styles.into_iter().map(|style| at_depth(style, depth)).collect();
        Ok(Self { name: theme.name, styles, depth, glyphs: if ascii { &glyph::ASCII } else { &glyph::UNICODE } })
    }

    /// No styles at all: what is left when even a theme can't be read.
    pub fn plain(ascii: bool) -> Self {
        Self {
            name: "plain".into(),
            styles: vec![Style::new(); Role::ALL.len()],
            depth: Depth::Mono,
            glyphs: if ascii { &glyph::ASCII } else { &glyph::UNICODE },
        }
    }

    /// The theme's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The characters that are not text.
    pub fn glyphs(&self) -> &'static Glyphs {
        self.glyphs
    }

    /// The role of an environment's colour word.
    pub fn environment(colour: Option<&str>) -> Role {
        match colour {
            Some("red") => Role::EnvRed,
            Some("yellow") => Role::EnvYellow,
            Some("green") => Role::EnvGreen,
            Some("blue") => Role::EnvBlue,
            Some("magenta") => Role::EnvMagenta,
            Some("cyan") => Role::EnvCyan,
            _ => Role::EnvPlain,
        }
    }

    /// How a command's own colours look here, over `base`.
    pub fn log(&self, asked: log::Style, base: Style) -> Style {
        if asked.mark {
            return base.patch(self.style(Role::LogMark));
        }
        let mut style = base;
        if let Some(colour) = asked.fg.and_then(|colour| self.colour(colour)) {
            style = style.fg(colour);
        }
        if let Some(colour) = asked.bg.and_then(|colour| self.colour(colour)) {
            style = style.bg(colour);
        }
        for (on, modifier) in [
            (asked.bold, Modifier::BOLD),
            (asked.dim, Modifier::DIM),
            (asked.italic, Modifier::ITALIC),
            (asked.underline, Modifier::UNDERLINED),
            (asked.reverse, Modifier::REVERSED),
        ] {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        style
    }

    fn colour(&self, colour: log::Colour) -> Option<Color> {
        let colour = match colour {
            log::Colour::Indexed(index) => Color::Indexed(index),
            log::Colour::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
        };
        colour_at(colour, self.depth)
    }
}

fn at_depth(style: Style, depth: Depth) -> Style {
    Style {
        fg: style.fg.and_then(|colour| colour_at(colour, depth)),
        bg: style.bg.and_then(|colour| colour_at(colour, depth)),
        ..style
    }
}

/// The nearest colour a terminal of that depth shows; `None` where it shows none.
fn colour_at(colour: Color, depth: Depth) -> Option<Color> {
    match (depth, colour) {
        (Depth::Mono, _) => None,
        (Depth::Indexed, Color::Rgb(red, green, blue)) => Some(Color::Indexed(nearest_256(red, green, blue))),
        (Depth::Sixteen, Color::Rgb(red, green, blue)) => Some(Color::Indexed(nearest_16(red, green, blue))),
        (Depth::Sixteen, Color::Indexed(index)) if index > 15 => {
            let (red, green, blue) = rgb_of(index);
            Some(Color::Indexed(nearest_16(red, green, blue)))
        }
        _ => Some(colour),
    }
}

const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

pub(super) fn rgb_of(index: u8) -> (u8, u8, u8) {
    match index {
        0..=15 => SIXTEEN[usize::from(index)],
        16..=231 => {
            let cube = usize::from(index - 16);
            (CUBE[cube / 36], CUBE[cube / 6 % 6], CUBE[cube % 6])
        }
        _ => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let part = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * part(a.0, b.0) + 4 * part(a.1, b.1) + 3 * part(a.2, b.2)
}

fn nearest_16(red: u8, green: u8, blue: u8) -> u8 {
    (0..16).min_by_key(|index| distance(rgb_of(*index), (red, green, blue))).unwrap_or(7)
}

fn nearest_256(red: u8, green: u8, blue: u8) -> u8 {
    (16..=255).min_by_key(|index| distance(rgb_of(*index), (red, green, blue))).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_move_to_the_nearest_one_a_terminal_has() {
        assert_eq!(colour_at(Color::Rgb(255, 0, 0), Depth::Sixteen), Some(Color::Indexed(9)));
        assert_eq!(colour_at(Color::Rgb(255, 0, 0), Depth::Indexed), Some(Color::Indexed(196)));
        assert_eq!(colour_at(Color::Indexed(196), Depth::Sixteen), Some(Color::Indexed(9)));
        assert_eq!(colour_at(Color::Rgb(255, 0, 0), Depth::Mono), None);
    }

    #[test]
    fn mono_sets_attributes_and_never_a_colour() {
        for depth in [Depth::True, Depth::Mono] {
            let skin = Skin::embedded("mono", depth, false).unwrap();
            for role in Role::ALL {
                let style = skin.style(*role);
                assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
            }
            let asked = log::Style { fg: Some(log::Colour::Indexed(1)), bold: true, ..log::Style::default() };
            assert_eq!(skin.log(asked, Style::new()), Style::new().add_modifier(Modifier::BOLD));
        }
    }
}
