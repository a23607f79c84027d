//! The clipboard, through the terminal: OSC 52, which also crosses SSH.
//!
//! A terminal never says whether it took the text. Where it surely can't, or where something on the way often swallows it
//! (tmux and screen by default), the text goes into a file as well, and the console says so.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::capabilities::{Capabilities, Clipboard};

/// More than this is cut off by common terminals (100,000 bytes of base64).
const MOST: usize = 74_994;

/// Where copied text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To the terminal's clipboard.
    Terminal,
    /// There, and into a file.
    Both,
    /// Into a file only.
    File,
}

/// Where text of so many bytes goes on this terminal.
pub fn route(terminal: Capabilities, bytes: usize) -> Route {
    match terminal.clipboard {
        Clipboard::None => Route::File,
        _ if bytes > MOST => Route::File,
        Clipboard::Tmux | Clipboard::Screen => Route::Both,
        Clipboard::Plain => Route::Terminal,
    }
}

/// The bytes that put `text` on the clipboard.
pub fn sequence(terminal: Capabilities, text: &str) -> Vec<u8> {
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    let sequence = match terminal.clipboard {
        // Once for tmux itself (`set-clipboard on`), once passed through it (`allow-passthrough on`).
        Clipboard::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        Clipboard::Screen => format!("\x1bP{plain}\x1b\\"),
        Clipboard::Plain | Clipboard::None => plain,
    };
    sequence.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::capabilities::detect;

    fn terminal(variables: &[(&str, &str)]) -> Capabilities {
        detect(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())).unwrap()
    }

    #[test]
    fn text_is_wrapped_for_tmux_with_doubled_escapes() {
        let bytes = sequence(terminal(&[("TMUX", "/tmp/x")]), "hi");
        assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn what_a_terminal_would_cut_goes_into_a_file() {
        let xterm = terminal(&[("TERM", "xterm")]);
        assert_eq!((route(xterm, 10), route(xterm, MOST + 1)), (Route::Terminal, Route::File));
        assert_eq!(route(terminal(&[("TERM", "linux")]), 10), Route::File);
    }
}
