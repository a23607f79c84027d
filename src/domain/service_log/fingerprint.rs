//! Telling errors apart: what differs from one occurrence to the next is taken out, and what remains is hashed.

use sha2::{Digest, Sha256};

/// Longest normal form that counts, in bytes.
const COUNTED: usize = 400;
/// Bytes of a message that are looked at.
const LOOKED_AT: usize = 2_000;
/// From here on hexadecimal digits in a row are an id.
const HEX_ID: usize = 8;
/// From here on letters mixed with digits are an id.
const MIXED_ID: usize = 16;

/// The fingerprint of an error of `service`: twelve hexadecimal digits over what its message and the top frame of its stack
/// always have in common. Numbers, ids and quoted texts don't count.
pub fn fingerprint(service: &str, message: &str, frame: Option<&str>) -> String {
    let mut hash = Sha256::new();
    for part in [service, &normal(message), &frame.map(normal).unwrap_or_default()] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(6).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A message without what differs from one occurrence to the next: numbers become `#`, ids `<id>`, quoted texts `<text>`.
pub fn normal(message: &str) -> String {
    let message = &message[..message.floor_char_boundary(LOOKED_AT)];
    let mut out = String::with_capacity(message.len().min(COUNTED));
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        if out.len() >= COUNTED {
            break;
        }
        let before = out.chars().next_back();
        let len = match first {
            '"' | '\'' | '`' if !before.is_some_and(char::is_alphanumeric) && closed(rest, first).is_some() => {
                out.push_str("<text>");
                closed(rest, first).unwrap_or(1)
            }
            _ if first.is_alphanumeric() => {
                let len = word(rest);
                put_word(&rest[..len], &mut out);
                len
            }
            _ if first.is_whitespace() => {
                if before.is_some_and(|before| before != ' ') {
                    out.push(' ');
                }
                first.len_utf8()
            }
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[len..];
    }
    out.truncate(out.floor_char_boundary(COUNTED));
    out.truncate(out.trim_end().len());
    out
}

/// The length of the quoted text that begins here, both quotes included.
fn closed(text: &str, quote: char) -> Option<usize> {
    let inner = &text[1..];
    let end = inner.find(quote)?;
    // An apostrophe is followed by a letter, a closing quote is not.
    let after = inner[end + 1..].chars().next();
    (!after.is_some_and(char::is_alphanumeric)).then_some(end + 2)
}

/// The length of the word that begins here: letters and digits, and `-` and `_` between them.
fn word(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(text.len());
    text[..end].trim_end_matches(['-', '_']).len().max(1)
}

fn put_word(word: &str, out: &mut String) {
    if is_id(word) {
        out.push_str("<id>");
        return;
    }
    for part in word.split_inclusive(['-', '_']) {
        let bare = part.trim_end_matches(['-', '_']);
        if is_id(bare) {
            out.push_str("<id>");
        } else {
            put_digits(bare, out);
        }
        out.push_str(&part[bare.len()..]);
    }
}

/// Each row of digits as one `#`, also across a decimal point: `1.5` and `2` are the same.
fn put_digits(word: &str, out: &mut String) {
    for c in word.chars() {
        if !c.is_numeric() {
            out.push(c);
        } else if out.ends_with("#.") || out.ends_with("#,") {
            out.pop();
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
}

/// Whether it looks like an id: a UUID, a long row of hexadecimal digits, a long mixture of letters and digits.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || digits == word.len() {
        return false;
    }
    let word = word.strip_prefix("0x").unwrap_or(word);
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mixed = word.bytes().all(|byte| byte.is_ascii_alphanumeric()) && digits >= 3 && word.len() >= MIXED_ID;
    (hex && word.bytes().filter(u8::is_ascii_hexdigit).count() >= HEX_ID) || mixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_differs_from_one_occurrence_to_the_next_is_taken_out() {
        for (message, expected) in [
            ("timeout after 1500 ms", "timeout after # ms"),
            ("timeout after 1.5 ms", "timeout after # ms"),
            ("user 3f2504e0-4f89-11d3-9a0c-0305e82c3301 not found", "user <id> not found"),
            ("order 0xdeadbeef01 is gone", "order <id> is gone"),
            ("no such key: \"basket:17\"", "no such key: <text>"),
            ("can't open '/var/x 1'", "can't open <text>"),
            ("GET /users/42/orders/9f8e7d6c5b4a failed", "GET /users/#/orders/<id> failed"),
            ("req-7f3a9b2c1d  took  2s", "req-<id> took #s"),
            ("connect ECONNREFUSED 10.0.0.7:5432", "connect ECONNREFUSED #:#"),
            ("it's 3 o'clock", "it's # o'clock"),
            ("don't \"do", "don't \"do"),
        ] {
            assert_eq!(normal(message), expected, "{message}");
        }
    }

    #[test]
    fn words_without_digits_are_never_ids() {
        assert_eq!(normal("deadbeef facade defaced accede"), "deadbeef facade defaced accede");
    }

    #[test]
    fn another_service_or_another_frame_is_another_error() {
        let one = fingerprint("api", "boom", None);
        assert_eq!(one.len(), 12);
        assert_ne!(one, fingerprint("web", "boom", None));
        assert_ne!(one, fingerprint("api", "boom", Some("at pay (pay.js:10:2)")));
        assert_eq!(
            fingerprint("api", "boom", Some("at pay (pay.js:10:2)")),
            fingerprint("api", "boom", Some("at pay (pay.js:11:7)")),
        );
    }

    proptest! {
        #[test]
        fn numbers_and_uuids_never_make_a_new_error(
            a in 0_u64..1_000_000, b in 0_u64..1_000_000, one: u128, other: u128, words in "[a-z ]{0,20}",
        ) {
            let uuid = |id: u128| {
                let hex = format!("{id:032x}");
                format!("{}-{}-{}-{}-{}1", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..31])
            };
            let said = |number: u64, id: u128| format!("{words} order {number} of {} failed in {number}ms", uuid(id));
            prop_assert_eq!(fingerprint("s", &said(a, one), None), fingerprint("s", &said(b, other), None));
        }

        #[test]
        fn any_message_has_a_bounded_normal_form(message in ".{0,600}") {
            prop_assert!(normal(&message).len() <= COUNTED);
        }

        #[test]
        fn words_do_make_another_error(one in "[a-z]{3,10}", other in "[a-z]{3,10}") {
            prop_assume!(one != other);
            prop_assert_ne!(fingerprint("s", &one, None), fingerprint("s", &other, None));
        }
    }
}
