//! Finding many byte strings at once, overlapping ones included.
//!
//! Not Aho-Corasick: its automaton needs tens of bytes for each byte of pattern (ten thousand secrets in twenty forms would
//! fill a gigabyte), and what masking asks for, every occurrence and where a partial one begins, is what it is worst at.
//! Here a bitmap of six-byte windows says at almost every position "no pattern starts here"; only where it says "perhaps"
//! the sorted list of patterns is walked down.

/// The least length of a pattern.
pub const LEAST: usize = 6;

/// A set of byte strings of at least [`LEAST`] bytes.
#[derive(Default)]
pub struct Patterns {
    /// Ascending, distinct.
    sorted: Vec<Box<[u8]>>,
    /// One bit for each hash of a first window.
    windows: Vec<u64>,
    /// Turns a 64-bit hash into a bit's number.
    shift: u32,
}

/// What starts at one position of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    /// Length of the longest pattern that is there in full; 0 if none is.
    longest: usize,
    /// The text ended while a longer pattern was still possible.
    live: bool,
}

impl Patterns {
    /// Shorter ones than [`LEAST`] are left out.
    pub fn new(patterns: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut sorted: Vec<Box<[u8]>> =
            patterns.into_iter().filter(|pattern| pattern.len() >= LEAST).map(Vec::into_boxed_slice).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let bits = (sorted.len() * 64).next_power_of_two().clamp(1 << 16, 1 << 24);
        let mut set = Self { windows: vec![0; bits / 64], shift: 64 - bits.trailing_zeros(), sorted };
        for pattern in &set.sorted {
            let mut window = [0; 8];
            window[..LEAST].copy_from_slice(&pattern[..LEAST]);
            let bit = hash(u64::from_le_bytes(window), set.shift);
            set.windows[bit / 64] |= 1 << (bit % 64);
        }
        set
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Calls `found` with start and end of the longest pattern at each position of `text`, in ascending order of starts;
    /// they may overlap. Stops at the first position where more text could make a longer match, and returns it (the
    /// length of the text if there is none).
    pub fn scan(&self, text: &[u8], mut found: impl FnMut(usize, usize)) -> usize {
        let mut at = 0;
        while let Some(candidate) = self.next_candidate(text, at) {
            let here = self.walk(&text[candidate..]);
            if here.live {
                return candidate;
            }
            if here.longest > 0 {
                found(candidate, candidate + here.longest);
            }
            at = candidate + 1;
        }
        text.len()
    }

    /// As [`scan`](Self::scan) for a text that has ended: a partial pattern of at least [`LEAST`] bytes at its end counts.
    pub fn scan_to_end(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut at = 0;
        while let Some(candidate) = self.next_candidate(text, at) {
            let here = self.walk(&text[candidate..]);
            if here.live && text.len() - candidate >= LEAST {
                found(candidate, text.len());
            } else if here.longest > 0 {
                found(candidate, candidate + here.longest);
            }
            at = candidate + 1;
        }
    }

    /// The next position from `at` where a pattern may start.
    fn next_candidate(&self, text: &[u8], at: usize) -> Option<usize> {
        if self.is_empty() || at >= text.len() {
            return None;
        }
        for (offset, eight) in text[at..].windows(8).enumerate() {
            let Ok(window) = eight.try_into() else { break };
            let bit = hash(u64::from_le_bytes(window) & 0x0000_FFFF_FFFF_FFFF, self.shift);
            if self.windows.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0) {
                return Some(at + offset);
            }
        }
        // The last seven are too near the end for a window: each is looked at.
        Some(at.max(text.len().saturating_sub(7)))
    }

    /// Follows `text` down the sorted list as far as any pattern goes along.
    fn walk(&self, text: &[u8]) -> Found {
        let mut along = self.sorted.as_slice();
        let mut longest = 0;
        for (depth, byte) in text.iter().enumerate() {
            if let [only] = along {
                return Self::compare(only, text, longest);
            }
            let first = along.partition_point(|pattern| pattern.get(depth).is_none_or(|own| own < byte));
            along = &along[first..];
            let behind = along.partition_point(|pattern| pattern.get(depth) == Some(byte));
            along = &along[..behind];
            match along.first() {
                None => return Found { longest, live: false },
                Some(shortest) if shortest.len() == depth + 1 => longest = depth + 1,
                Some(_) => {}
            }
        }
        Found { longest, live: along.last().is_some_and(|last| last.len() > text.len()) }
    }

    /// The end of a walk with one pattern left.
    fn compare(pattern: &[u8], text: &[u8], longest: usize) -> Found {
        if text.len() < pattern.len() {
            Found { longest, live: pattern.starts_with(text) }
        } else {
            Found { longest: if text.starts_with(pattern) { pattern.len() } else { longest }, live: false }
        }
    }
}

/// Multiplicative hashing: the high bits of the product depend on every byte.
fn hash(window: u64, shift: u32) -> usize {
    (window.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&str], text: &str) -> (Vec<(usize, usize)>, usize) {
        let set = Patterns::new(patterns.iter().map(|pattern| pattern.as_bytes().to_vec()));
        let mut all = Vec::new();
        let live = set.scan(text.as_bytes(), |start, end| all.push((start, end)));
        (all, live)
    }

    #[test]
    fn overlapping_patterns_are_all_found() {
        assert_eq!(found(&["abcdef", "defghi"], "..abcdefghi.."), (vec![(2, 8), (5, 11)], 13));
    }

    #[test]
    fn the_longest_at_a_position_wins() {
        assert_eq!(found(&["secret", "secret-long"], "a secret-long b"), (vec![(2, 13)], 15));
        assert_eq!(found(&["secret", "secret-long"], "a secret-lon b"), (vec![(2, 8)], 14));
    }

    #[test]
    fn the_scan_stops_where_a_longer_match_is_still_possible() {
        assert_eq!(found(&["secret", "secret-long"], "a secret-lo"), (vec![], 2));
        assert_eq!(found(&["abcdef"], "xyza"), (vec![], 3));
    }
}
