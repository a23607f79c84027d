//! What can't be shown, and the names it is shown by.

use unicode_width::UnicodeWidthChar;

/// How a character of outside text is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Shown; takes this many columns.
    Shown(u8),
    /// Shown on top of the one before it.
    Combining,
    /// Left out: it only chooses between two looks of the character before it, and shifts the row on many terminals.
    Dropped,
    /// Shown as a mark.
    Marked,
}

/// Treats a character above ASCII.
pub fn treat(c: char) -> Treatment {
    match c {
        '\u{fe0e}' | '\u{fe0f}' => Treatment::Dropped,
        _ if is_invisible(c) => Treatment::Marked,
        _ => match c.width() {
            None => Treatment::Marked,
            Some(0) => Treatment::Combining,
            Some(columns) => Treatment::Shown(u8::try_from(columns).unwrap_or(2)),
        },
    }
}

/// Characters that change how others are read without being seen themselves.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'                                             // C1 controls
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'      // soft hyphen, joiners, Mongolian selectors
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' // blank letters
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'               // zero width, direction, separators
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'  // joiners, isolates, byte order, annotations
        | '\u{fe00}'..='\u{fe0d}' | '\u{fdd0}'..='\u{fdef}'               // variation selectors, noncharacters
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'           // format controls of shorthand and music
        | '\u{e0000}'..='\u{e0fff}'                                      // tags and more selectors
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// The name of a control character of ASCII, DEL included.
pub fn control_name(byte: u8) -> &'static str {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI", "DLE",
        "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ];
    NAMES.get(usize::from(byte)).copied().unwrap_or("DEL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f52_what_deceives_is_marked_and_what_is_read_is_not() {
        for c in
            ['\u{202e}', '\u{200b}', '\u{200d}', '\u{2066}', '\u{e0041}', '\u{feff}', '\u{9b}', '\u{3164}', '\u{ffff}']
        {
            assert_eq!(treat(c), Treatment::Marked, "{:x}", u32::from(c));
        }
        for (c, columns) in [('é', 1), ('漢', 2), ('🚀', 2), ('\u{fffd}', 1), ('█', 1)] {
            assert_eq!(treat(c), Treatment::Shown(columns), "{c}");
        }
        assert_eq!(treat('\u{301}'), Treatment::Combining);
        assert_eq!(treat('\u{fe0f}'), Treatment::Dropped);
    }
}
