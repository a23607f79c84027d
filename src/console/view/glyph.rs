//! The characters that are not text: borders, shapes of states, marks. All of one column in every terminal's opinion
//! (none of ambiguous width but the box lines, none that a font may draw as an emoji), or of ASCII alone.

/// One set of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether charts may use Braille.
    pub braille: bool,
    /// Border: horizontal.
    pub horizontal: &'static str,
    /// Border: vertical.
    pub vertical: &'static str,
    /// Corners: upper left, upper right, lower left, lower right.
    pub corners: [&'static str; 4],
    /// Stands for what was cut off.
    pub cut: &'static str,
    /// Between parts of a title.
    pub dot: &'static str,
    /// Before the selected row.
    pub pointer: &'static str,
    /// Good, done.
    pub good: &'static str,
    /// Worth a look.
    pub warn: &'static str,
    /// Bad, failed.
    pub bad: &'static str,
    /// Not known.
    pub unknown: &'static str,
    /// Not begun, or put aside.
    pub waiting: &'static str,
    /// At work.
    pub running: &'static str,
    /// Passed over.
    pub skipped: &'static str,
    /// Ended by a person.
    pub cancelled: &'static str,
    /// Undone.
    pub undone: &'static str,
    /// Chart: a limit.
    pub limit: &'static str,
    /// Chart: a deploy.
    pub mark: &'static str,
    /// Chart: the axis.
    pub axis: &'static str,
    /// A bar: full part.
    pub full: &'static str,
    /// A bar: empty part.
    pub empty: &'static str,
}

/// For terminals that show Unicode.
pub const UNICODE: Glyphs = Glyphs {
    braille: true,
    horizontal: "─",
    vertical: "│",
    corners: ["┌", "┐", "└", "┘"],
    cut: "›",
    dot: "∙",
    pointer: "▸",
    good: "✓",
    warn: "▴",
    bad: "✗",
    unknown: "?",
    waiting: "◦",
    running: "▸",
    skipped: "-",
    cancelled: "⊘",
    undone: "↺",
    limit: "╌",
    mark: "╎",
    axis: "│",
    full: "━",
    empty: "─",
};

/// For all others (`--ascii`).
pub const ASCII: Glyphs = Glyphs {
    braille: false,
    horizontal: "-",
    vertical: "|",
    corners: ["+", "+", "+", "+"],
    cut: ">",
    dot: "-",
    pointer: ">",
    good: "+",
    warn: "!",
    bad: "x",
    unknown: "?",
    waiting: ".",
    running: ">",
    skipped: "-",
    cancelled: "/",
    undone: "<",
    limit: "-",
    mark: ":",
    axis: "|",
    full: "=",
    empty: ".",
};

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn all(set: &Glyphs) -> Vec<&'static str> {
        let mut all = vec![
            set.cut,
            set.dot,
            set.pointer,
            set.good,
            set.warn,
            set.bad,
            set.unknown,
            set.waiting,
            set.running,
            set.skipped,
            set.cancelled,
            set.undone,
            set.mark,
            set.limit,
        ];
        all.extend([set.horizontal, set.vertical, set.axis, set.full, set.empty]);
        all.extend(set.corners);
        all
    }

    #[test]
    fn shapes_are_one_column_wide_even_where_ambiguous_ones_are_two() {
        let set = UNICODE;
        for glyph in all(&set) {
            let box_line = glyph.chars().all(|c| ('\u{2500}'..='\u{257f}').contains(&c));
            assert!(box_line || glyph.width_cjk() == 1, "{glyph}");
            assert_eq!(glyph.width(), 1, "{glyph}");
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        assert!(all(&ASCII).iter().all(|glyph| glyph.is_ascii()));
    }
}
