//! Trends of a few cells: two values in a cell, four heights.

use super::{glyph::Glyphs, text};

/// The last values as `cells` cells, the newest at the right. The middle height is twice the median's share, so that a
/// steady trend is flat and low, and a spike stands out.
pub fn spark(values: &[Option<f64>], cells: usize, glyphs: &Glyphs) -> String {
    let shown = &values[values.len().saturating_sub(cells * 2)..];
    let mut known: Vec<f64> = shown.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let median = known.get(known.len() / 2).copied().unwrap_or(0.0);
    let top = known.last().copied().unwrap_or(0.0).max(median * 2.0);
    let height = |value: Option<f64>| match value.filter(|value| value.is_finite()) {
        None => 0,
        Some(_) if top <= 0.0 => 1,
        Some(value) => ((value / top * 4.0).ceil() as usize).clamp(1, 4),
    };
    let mut heights: Vec<usize> = shown.iter().map(|value| height(*value)).collect();
    let missing = (cells * 2).saturating_sub(heights.len());
    heights.splice(0..0, std::iter::repeat_n(0, missing));
    let spark: String =
        heights.chunks(2).map(|pair| glyph(pair[0], pair.get(1).copied().unwrap_or(0), glyphs)).collect();
    debug_assert!(text::width(&spark) <= cells);
    spark
}

fn glyph(left: usize, right: usize, glyphs: &Glyphs) -> char {
    const LEFT: [u32; 5] = [0, 0x40, 0x44, 0x46, 0x47];
    const RIGHT: [u32; 5] = [0, 0x80, 0xa0, 0xb0, 0xb8];
    const ASCII: [char; 5] = [' ', '_', '.', '-', '^'];
    if !glyphs.braille {
        return ASCII[left.max(right)];
    }
    match LEFT[left] | RIGHT[right] {
        0 => ' ',
        dots => char::from_u32(0x2800 + dots).unwrap_or(' '),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::glyph::{ASCII, UNICODE},
        *,
    };

    #[test]
    fn a_steady_trend_is_flat_and_low_and_a_spike_stands_out() {
        assert_eq!(spark(&[Some(5.0); 8], 4, &UNICODE), "⣤⣤⣤⣤");
        let mut values = [Some(5.0); 8];
        values[7] = Some(50.0);
        assert_eq!(spark(&values, 4, &UNICODE), "⣀⣀⣀⣸");
        assert_eq!(spark(&values, 4, &ASCII), "___^");
    }

    #[test]
    fn few_values_stand_at_the_right_and_unknown_ones_are_empty() {
        assert_eq!(spark(&[Some(1.0), None], 3, &UNICODE), "  ⡄");
        assert_eq!(spark(&[], 3, &UNICODE), "   ");
    }
}
