//! How a line is written in a spool.
//!
//! | bytes | is |
//! |---|---|
//! | 4 | length of the body, little-endian like all that follows |
//! | 4 | CRC-32 of the body |
//! | 8 | the record's number, from 1 |
//! | 8 | the moment, milliseconds since 1970 |
//! | 1 | stream: 0 out, 1 err, 2 Quarterdeck |
//! | 4 + n | length of the text, the text in UTF-8 |
//! | 17 each | spans, to the end of the body: start 4, length 4, attributes 1, foreground 4, background 4 |

use crate::domain::{
    log::{CleanLine, Colour, Span, Stream, Style},
    time::UnixMs,
};

/// Bytes before the body.
pub const HEAD: usize = 8;
/// No honest body is longer: a line's text is bounded at 64 KiB, and so are its spans.
pub const BODY_LIMIT: usize = 4 << 20;

/// Appends the record to `out`.
pub fn encode(number: u64, line: &CleanLine, out: &mut Vec<u8>) {
    let head = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&line.at.0.to_le_bytes());
    out.push(match line.stream {
        Stream::Out => 0,
        Stream::Err => 1,
        Stream::Deck => 2,
    });
    out.extend_from_slice(&(line.text.len() as u32).to_le_bytes());
    out.extend_from_slice(line.text.as_bytes());
    for span in &line.spans {
        out.extend_from_slice(&span.start.to_le_bytes());
        out.extend_from_slice(&span.len.to_le_bytes());
        let Style { fg, bg, bold, dim, italic, underline, reverse, mark } = span.style;
        let bits = [bold, dim, italic, underline, reverse, mark];
        out.push(bits.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit).sum());
        out.extend_from_slice(&colour_bytes(fg));
        out.extend_from_slice(&colour_bytes(bg));
    }
    let body = &out[head + HEAD..];
    let (len, crc) = (body.len() as u32, crc(body));
    out[head..head + 4].copy_from_slice(&len.to_le_bytes());
    out[head + 4..head + HEAD].copy_from_slice(&crc.to_le_bytes());
}

/// What stands at the beginning of `bytes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// A record, and how many bytes it takes.
    Record(u64, CleanLine, usize),
    /// Not all of one yet.
    Torn,
    /// Something that is no record.
    Damaged(&'static str),
}

/// Reads the record at the beginning of `bytes`.
pub fn decode(bytes: &[u8]) -> Decoded {
    let mut head = Cursor(bytes);
    let (Some(len), Some(sum)) = (head.u32(), head.u32()) else { return Decoded::Torn };
    let len = len as usize;
    if len > BODY_LIMIT {
        return Decoded::Damaged("a record is longer than any can be");
    }
    let Some(body) = head.0.get(..len) else { return Decoded::Torn };
    if crc(body) != sum {
        return if head.0.len() == len { Decoded::Torn } else { Decoded::Damaged("a checksum is wrong") };
    }
    match decode_body(body) {
        Some((number, line)) => Decoded::Record(number, line, HEAD + len),
        None => Decoded::Damaged("a record has a form this version does not know"),
    }
}

fn decode_body(body: &[u8]) -> Option<(u64, CleanLine)> {
    let mut body = Cursor(body);
    let number = u64::from_le_bytes(body.take()?);
    let at = UnixMs(i64::from_le_bytes(body.take()?));
    let stream = match body.take::<1>()? {
        [0] => Stream::Out,
        [1] => Stream::Err,
        [2] => Stream::Deck,
        _ => return None,
    };
    let len = body.u32()? as usize;
    let text = std::str::from_utf8(body.0.get(..len)?).ok()?.to_owned();
    body.0 = &body.0[len..];
    let mut spans = Vec::with_capacity(body.0.len() / 17);
    while !body.0.is_empty() {
        let (start, len) = (body.u32()?, body.u32()?);
        let [bits] = body.take()?;
        let set = |bit: u8| bits & (1 << bit) != 0;
        let (fg, bg) = (colour(body.take()?)?, colour(body.take()?)?);
        let style = Style {
            fg,
            bg,
            bold: set(0),
            dim: set(1),
            italic: set(2),
            underline: set(3),
            reverse: set(4),
            mark: set(5),
        };
        spans.push(Span { start, len, style });
    }
    Some((number, CleanLine { at, stream, text, spans }))
}

fn colour_bytes(colour: Option<Colour>) -> [u8; 4] {
    match colour {
        None => [0; 4],
        Some(Colour::Indexed(number)) => [1, number, 0, 0],
        Some(Colour::Rgb(r, g, b)) => [2, r, g, b],
    }
}

#[expect(clippy::option_option, reason = "no colour is a colour's absence, an unknown tag is an error")]
fn colour(bytes: [u8; 4]) -> Option<Option<Colour>> {
    match bytes {
        [0, ..] => Some(None),
        [1, number, ..] => Some(Some(Colour::Indexed(number))),
        [2, r, g, b] => Some(Some(Colour::Rgb(r, g, b))),
        _ => None,
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> CleanLine {
        let style = Style { fg: Some(Colour::Rgb(1, 2, 3)), bold: true, mark: true, ..Style::default() };
        let indexed = Style { bg: Some(Colour::Indexed(200)), reverse: true, ..Style::default() };
        let spans = vec![Span { start: 0, len: 3, style }, Span { start: 4, len: 2, style: indexed }];
        CleanLine { at: UnixMs(1_700_000_000_123), stream: Stream::Err, text: "abc dé".into(), spans }
    }

    #[test]
    fn a_line_comes_back_as_it_went_in() {
        let mut bytes = Vec::new();
        encode(7, &line(), &mut bytes);
        assert_eq!(decode(&bytes), Decoded::Record(7, line(), bytes.len()));
    }

    #[test]
    fn f10_a_torn_record_is_no_record() {
        let mut bytes = Vec::new();
        encode(7, &line(), &mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Decoded::Torn, "{end}");
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut bytes = Vec::new();
        encode(7, &line(), &mut bytes);
        let len = bytes.len();
        encode(8, &line(), &mut bytes);
        for bit in HEAD * 8..len * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(decode(&flipped), Decoded::Damaged(_)), "{bit}");
        }
    }
}
