//! The bell: a sound, or what the terminal makes of one, and a notification where the terminal has them (OSC 9).

use super::capabilities::{Capabilities, Clipboard};

/// Characters of a notification at most.
const MOST: usize = 200;

/// The bytes that ring for `text`. They change no cell; a terminal that knows no notifications swallows it.
pub fn sequence(terminal: Capabilities, text: &str) -> Vec<u8> {
    // Nothing of it may end the sequence or begin another. The name before it keeps a text from being read as `4;...`, which
    // is a progress bar to some.
    let text: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    let plain = format!("\x1b]9;Quarterdeck: {text}\x07");
    let notify = match terminal.clipboard {
        Clipboard::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        Clipboard::Screen => format!("\x1bP{plain}\x1b\\"),
        Clipboard::Plain => plain,
        Clipboard::None => String::new(),
    };
    format!("\x07{notify}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::capabilities::detect;

    fn ring(variables: &[(&str, &str)], text: &str) -> String {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        String::from_utf8(sequence(detect(find).unwrap(), text)).unwrap()
    }

    #[test]
    fn it_rings_and_notifies_also_through_tmux() {
        assert_eq!(ring(&[("TERM", "xterm-256color")], "api is down"), "\x07\x1b]9;Quarterdeck: api is down\x07");
        let tmux = ring(&[("TERM", "tmux"), ("TMUX", "/tmp/x")], "hi");
        assert_eq!(tmux, "\x07\x1bPtmux;\x1b\x1b]9;Quarterdeck: hi\x07\x1b\\");
    }

    #[test]
    fn f47_a_text_can_not_end_the_sequence() {
        let bytes = ring(&[("TERM", "xterm")], "a\x07\x1b]52;c;AAAA\x1b\\\u{9c}b");
        assert_eq!(bytes, "\x07\x1b]9;Quarterdeck: a]52;c;AAAA\\b\x07");
    }
}
