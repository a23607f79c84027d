//! Short texts from the world: an error, a header, a version, a commit message.

use super::vt::Sanitiser;

/// One line that is safe to print, at most `most` characters: line ends become ` ⏎ `, what is cut off an ellipsis.
/// Secrets are not masked: that is the caller's [`Masker`](super::Masker)'s work.
pub fn clean_line(text: &str, most: usize) -> String {
    let joined =
        if is_plain(text) { text.trim().to_owned() } else { lines(text, most).join(" ⏎ ").trim().to_owned() };
    shorten(joined, most)
}

/// Lines that are safe to print, joined by newlines, at most `most` characters.
pub fn clean_text(text: &str, most: usize) -> String {
    shorten(lines(text, most).join("\n"), most)
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Nothing beyond what could be shown is looked at: each shown character takes at most some bytes of input.
fn lines(text: &str, most: usize) -> Vec<String> {
    let mut end = text.len().min(most.saturating_mul(64).saturating_add(1024));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut sanitiser = Sanitiser::default();
    let mut lines = sanitiser.feed(&text.as_bytes()[..end]);
    lines.extend(sanitiser.finish());
    lines.into_iter().map(|line| line.text).collect()
}

fn shorten(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f53_one_line_stays_one_line_without_tricks() {
        assert_eq!(clean_line("refused\n\x1b[2Jby \u{202e}peer\x07", 100), "refused ⏎ ⟨CSI 2J⟩by ⟨U+202E⟩peer⟨BEL⟩");
        assert_eq!(clean_line("abcdefgh", 5), "abcd…");
        assert_eq!(clean_line(" v1.2.3\r\n", 50), "v1.2.3");
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(clean_text("one\r\ntwo\t!\n", 100), "one\ntwo     !");
    }
}
