//! What this terminal can do, as its environment says. It is never asked.

/// What is known of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours.
    pub colours: Colours,
    /// It shows characters beyond ASCII.
    pub unicode: bool,
    /// How its clipboard is reached.
    pub clipboard: Clipboard,
}

/// How a terminal's clipboard is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clipboard {
    /// By OSC 52, straight.
    Plain,
    /// Through tmux.
    Tmux,
    /// Through GNU screen.
    Screen,
    /// It is known to have none (the Linux console).
    None,
}

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// `NO_COLOR` is set: none.
    None,
    /// The 16 of its own palette.
    Sixteen,
    /// 256.
    Indexed,
    /// 24 bits.
    True,
}

/// Reads the environment through `variable`; the error is the name of a terminal that can't place text.
pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Result<Capabilities, String> {
    let get = |name: &str| variable(name).unwrap_or_default();
    let term = get("TERM");
    if term == "dumb" {
        return Err(term);
    }
    let colours = if !get("NO_COLOR").is_empty() {
        Colours::None
    } else if matches!(get("COLORTERM").as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
        Colours::True
    } else if term.contains("256color") {
        Colours::Indexed
    } else {
        Colours::Sixteen
    };
    // The first of these that is set decides, as in setlocale.
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(get).find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    Ok(Capabilities {
        colours,
        unicode: !matches!(locale.as_str(), "c" | "posix") && (locale.is_empty() || locale.contains("utf")),
        clipboard: if !get("TMUX").is_empty() {
            Clipboard::Tmux
        } else if !get("STY").is_empty() {
            Clipboard::Screen
        } else if term == "linux" || term.starts_with("vt") {
            Clipboard::None
        } else {
            Clipboard::Plain
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Capabilities, String> {
        detect(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn no_color_beats_everything_else() {
        let found = with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")]).unwrap();
        assert_eq!(found.colours, Colours::None);
    }

    #[test]
    fn an_empty_no_color_says_nothing() {
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]).unwrap().colours, Colours::Indexed);
    }

    #[test]
    fn a_dumb_terminal_is_refused_by_name() {
        assert_eq!(with(&[("TERM", "dumb")]), Err("dumb".into()));
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        assert!(!with(&[("LANG", "de_DE.ISO-8859-1")]).unwrap().unicode);
        assert!(with(&[("LANG", "C"), ("LC_ALL", "C.UTF-8")]).unwrap().unicode);
    }
}
