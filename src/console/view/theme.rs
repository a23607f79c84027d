//! Theme files: names for colours, and a style for each role.
//!
//! ```toml
//! name = "dark"
//! [colours]
//! blue = "#7aa2f7"
//! [roles]
//! accent = { fg = "blue", bold = true }
//! ```
//! A colour is `#rrggbb`, a number of the 256, a name of the 16 (`red`, `bright-red`), or a name under `colours`.
//! A role that is not named looks like ordinary text. No role needs a background: the terminal's own is left alone.

use std::{collections::BTreeMap, str::FromStr};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::role::Role;

/// The embedded themes: name and text.
pub const EMBEDDED: [(&str, &str); 6] = [
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.toml")),
    ("16-colour", include_str!("../../../themes/16-colour.toml")),
    ("mono", include_str!("../../../themes/mono.toml")),
];

/// Why a theme can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No embedded theme is called so.
    #[error("there is no theme '{name}'; there are: {known}")]
    Missing {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It is not TOML of the right shape.
    #[error("the theme can't be read: {0}")]
    Syntax(String),
    /// A role nobody uses.
    #[error("the theme names a role '{name}' that does not exist; there are: {known}")]
    Role {
        /// What it names.
        name: String,
        /// What there is.
        known: String,
    },
    /// Not a colour.
    #[error(
        "'{value}' of the role '{role}' is no colour: write #rrggbb, 0 to 255, a name like red or bright-red, or one under [colours]"
    )]
    Colour {
        /// Where.
        role: String,
        /// What was written.
        value: String,
    },
}

/// A theme, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// It uses no colours: those of commands are left out too.
    pub mono: bool,
    /// One for each role, in the order of [`Role::ALL`].
    pub styles: Vec<Style>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTheme {
    name: String,
    #[serde(default)]
    mono: bool,
    #[serde(default)]
    colours: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<String, RawStyle>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent attributes of a terminal cell")]
struct RawStyle {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

/// The text of an embedded theme.
pub fn source(name: &str) -> Result<&'static str, ThemeError> {
    EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, source)| *source).ok_or_else(|| {
        let known: Vec<_> = EMBEDDED.iter().map(|(known, _)| *known).collect();
        ThemeError::Missing { name: name.to_owned(), known: known.join(", ") }
    })
}

/// Reads a theme file.
pub fn parse(source: &str) -> Result<Theme, ThemeError> {
    let raw: RawTheme = toml::from_str(source).map_err(|error| ThemeError::Syntax(error.to_string()))?;
    if let Some(name) = raw.roles.keys().find(|name| !Role::ALL.iter().any(|role| role.name() == name.as_str())) {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        return Err(ThemeError::Role { name: name.clone(), known: known.join(", ") });
    }
    let nothing = RawStyle::default();
    let styles = Role::ALL
        .iter()
        .map(|role| style(role.name(), raw.roles.get(role.name()).unwrap_or(&nothing), &raw.colours))
        .collect::<Result<_, _>>()?;
    Ok(Theme { name: raw.name, mono: raw.mono, styles })
}

fn style(role: &str, raw: &RawStyle, colours: &BTreeMap<String, String>) -> Result<Style, ThemeError> {
    let colour = |text: &Option<String>| text.as_deref().map(|text| colour(role, text, colours)).transpose();
    let mut style = Style { fg: colour(&raw.fg)?, bg: colour(&raw.bg)?, ..Style::new() };
    for (on, modifier) in [
        (raw.bold, Modifier::BOLD),
        (raw.dim, Modifier::DIM),
        (raw.italic, Modifier::ITALIC),
        (raw.underline, Modifier::UNDERLINED),
        (raw.reverse, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

fn colour(role: &str, text: &str, colours: &BTreeMap<String, String>) -> Result<Color, ThemeError> {
    const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let text = colours.get(text).map_or(text, String::as_str);
    let (bright, name) = text.strip_prefix("bright-").map_or((0, text), |name| (8, name));
    if let Some(index) = NAMES.iter().position(|known| *known == name) {
        return Ok(Color::Indexed(index as u8 + bright));
    }
    if let Ok(index) = text.parse() {
        return Ok(Color::Indexed(index));
    }
    Some(text)
        .filter(|text| text.starts_with('#'))
        .and_then(|text| Color::from_str(text).ok())
        .ok_or_else(|| ThemeError::Colour { role: role.to_owned(), value: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_theme_is_valid_and_bears_its_name() {
        for (name, source) in EMBEDDED {
            let theme = parse(source).unwrap();
            assert_eq!(theme.name, name);
            assert_eq!(theme.styles.len(), Role::ALL.len());
        }
    }

    #[test]
    fn every_theme_says_how_every_role_looks() {
        for (name, source) in EMBEDDED {
            for role in Role::ALL {
                let line = format!("\n{} = ", role.name());
                assert!(source.contains(&line), "{name} does not name {}", role.name());
            }
        }
    }

    #[test]
    fn ordinary_text_and_borders_leave_the_background_alone() {
        for (name, source) in EMBEDDED {
            let theme = parse(source).unwrap();
            for role in [Role::Text, Role::Dim, Role::Border, Role::Curve, Role::Axis] {
                assert_eq!(theme.styles[role as usize].bg, None, "{name}: {}", role.name());
            }
        }
    }

    #[test]
    fn mistakes_are_named_with_what_could_stand_there() {
        let role = parse("name = 'x'\n[roles]\naccnt = { fg = 'red' }").unwrap_err().to_string();
        assert!(role.contains("'accnt'") && role.contains("accent"), "{role}");
        let colour = parse("name = 'x'\n[roles]\naccent = { fg = 'reddish' }").unwrap_err().to_string();
        assert!(colour.contains("'reddish'") && colour.contains("'accent'"), "{colour}");
        let syntax = parse("name = 'x'\n[roles]\naccent = { foreground = 'red' }").unwrap_err().to_string();
        assert!(syntax.contains("foreground"), "{syntax}");
        assert!(source("darc").unwrap_err().to_string().contains("dark"));
    }
}
