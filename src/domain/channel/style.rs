//! How the other side reads text: what has a meaning there is taken from what the world wrote.

use crate::domain::text::clean_text;

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Slack's mrkdwn.
    Mrkdwn,
    /// Discord's Markdown.
    Discord,
    /// HTML.
    Html,
}

/// Keeps a mention from being one: nothing is shown, and the word is no name any more.
const APART: &str = "\u{200b}";

impl Style {
    /// Text from the world, without powers: cleaned, at most `most` characters, and what has a meaning escaped.
    pub fn text(self, text: &str, most: usize) -> String {
        let clean = clean_text(text, most);
        match self {
            Self::Plain => clean,
            // Slack knows three entities; with them `<!channel>`, `<@U1>` and `<https://evil|bank>` are just text.
            Self::Mrkdwn => clean.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            Self::Discord => {
                let mut out = String::with_capacity(clean.len());
                for c in clean.chars() {
                    if "\\*_~`|>[]()#<".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                    if c == '@' {
                        out.push_str(APART);
                    }
                }
                out
            }
            Self::Html => html(&clean),
        }
    }

    /// The same for what stands between [`Style::code`] marks.
    pub fn code_text(self, text: &str, most: usize) -> String {
        match self {
            Self::Discord => clean_text(text, most).replace('`', "'").replace('@', &format!("@{APART}")),
            Self::Mrkdwn => self.text(text, most).replace('`', "'"),
            Self::Plain | Self::Html => self.text(text, most),
        }
    }

    /// What stands before and after something important.
    pub fn strong(self) -> &'static str {
        match self {
            Self::Mrkdwn => "*",
            Self::Discord => "**",
            Self::Plain | Self::Html => "",
        }
    }

    /// What stands before and after something to type.
    pub fn code(self) -> &'static str {
        match self {
            Self::Mrkdwn | Self::Discord => "`",
            Self::Plain | Self::Html => "",
        }
    }
}

/// Text in HTML, in an attribute too.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// At most `most` characters, by leaving out whole lines at the end; a single line that is longer is cut at a word.
pub fn fit(text: &str, most: usize) -> String {
    const CUT: &str = "…";
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(2);
    let mut kept = 0;
    let mut used = 0;
    for line in text.split_inclusive('\n') {
        used += line.chars().count();
        if used > room {
            break;
        }
        kept += line.len();
    }
    if kept > 0 {
        return format!("{}\n{CUT}", text[..kept].trim_end());
    }
    // A word is kept whole, so that nothing escaped is cut in two; what has no blanks at all is left out.
    let end = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let kept = text[..end].rfind(' ').unwrap_or(0);
    format!("{}{CUT}", text[..kept].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_by_what_the_world_wrote() {
        let slack = Style::Mrkdwn.text("<!channel> <@U123> <https://evil|bank> a & b", 200);
        assert_eq!(slack, "&lt;!channel&gt; &lt;@U123&gt; &lt;https://evil|bank&gt; a &amp; b");
        let discord = Style::Discord.text("@everyone <@&1> **x** [a](http://b)", 200);
        assert!(!discord.contains("@everyone") && !discord.contains("<@&") || discord.contains("\\<@"), "{discord}");
        assert!(discord.contains("\\*\\*x\\*\\*") && discord.contains("\\[a\\]\\("), "{discord}");
        assert!(!Style::Discord.code_text("`@here`", 50).contains("@here"));
    }

    #[test]
    fn html_is_text() {
        assert_eq!(Style::Html.text("<b onx=\"1\">'&", 50), "&lt;b onx=&quot;1&quot;&gt;&#39;&amp;");
    }

    #[test]
    fn f53_controls_become_marks_in_every_style() {
        for style in [Style::Plain, Style::Mrkdwn, Style::Discord, Style::Html] {
            let text = style.text("a\x1b[2J\u{202e}b\x07", 200);
            assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }

    #[test]
    fn what_is_too_long_loses_whole_lines() {
        assert_eq!(fit("one\ntwo", 7), "one\ntwo");
        assert_eq!(fit("one\ntwo\nthree", 10), "one\ntwo\n…");
        assert_eq!(fit("one two three", 10), "one two…");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_longer_than_asked(text in "(?s).{0,80}", most in 4_usize..60) {
            proptest::prop_assert!(fit(&text, most).chars().count() <= most);
        }
    }
}
