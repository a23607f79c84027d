//! Masking of secrets in bytes that come in pieces.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    forms::forms,
    patterns::{LEAST, Patterns},
};

/// What stands where a secret stood.
pub const MASK: &str = "••••••";

/// Values that are too short to be masked without masking half of everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("too short to be masked (at least {LEAST} bytes are needed): {}; use longer values, or don't declare them as secrets", names.join(", "))]
pub struct TooShort {
    /// Names of the secrets concerned.
    pub names: Vec<String>,
}

/// Knows every form of a set of secrets. Cheap to clone; shows nothing.
#[derive(Clone, Default)]
pub struct Masker {
    /// For bytes as they come.
    raw: Arc<Patterns>,
    /// For clean text, which has no line ends: without the forms that have some.
    text: Arc<Patterns>,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").finish_non_exhaustive()
    }
}

impl Masker {
    /// Learns names and values.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, TooShort> {
        let (masker, refused) = Self::of_those_possible(secrets);
        refused.map_or(Ok(masker), Err)
    }

    /// Learns those that can be masked; the error names the others, which are not hidden.
    pub fn of_those_possible<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Option<TooShort>) {
        let mut names = Vec::new();
        let mut all = Vec::new();
        for (name, value) in secrets {
            if value.trim().len() < LEAST {
                names.push(name.to_owned());
            } else {
                all.extend(forms(value));
            }
        }
        let text: Vec<Vec<u8>> = all.iter().filter(|form| !form.iter().any(u8::is_ascii_control)).cloned().collect();
        let as_raw = text.len() == all.len();
        let raw = Arc::new(Patterns::new(all));
        let masker = Self { text: if as_raw { Arc::clone(&raw) } else { Arc::new(Patterns::new(text)) }, raw };
        (masker, (!names.is_empty()).then_some(TooShort { names }))
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Masks a text that is complete; a secret cut off at its end is masked, too.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let hidden = self.hidden(text.as_bytes());
        if hidden.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut shown = 0;
        for (start, end) in hidden {
            out.push_str(&text[shown..start]);
            out.push_str(MASK);
            shown = end;
        }
        out.push_str(&text[shown..]);
        Cow::Owned(out)
    }

    /// The parts of a complete text to be hidden: ascending, overlapping ones joined.
    pub(super) fn hidden(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut joined = Joined::default();
        self.raw.scan_to_end(text, |start, end| joined.add(start, end));
        joined.0
    }

    /// The parts to be hidden of clean text that may go on (of which the first `covered` bytes are to be hidden anyway), and
    /// where what may still become a secret begins.
    pub(super) fn hidden_so_far(&self, text: &[u8], covered: usize) -> (Vec<(usize, usize)>, usize) {
        let mut joined = Joined::beginning_with(covered);
        let live = self.text.scan(text, |start, end| joined.add(start, end));
        (joined.0, live)
    }

    /// As [`hidden_so_far`](Self::hidden_so_far) for a text that has ended.
    pub(super) fn hidden_at_last(&self, text: &[u8], covered: usize) -> Vec<(usize, usize)> {
        let mut joined = Joined::beginning_with(covered);
        self.text.scan_to_end(text, |start, end| joined.add(start, end));
        joined.0
    }

    /// Begins to mask a stream.
    pub fn stream(&self) -> MaskStream {
        MaskStream { masker: self.clone(), held: Vec::new(), covered: 0 }
    }
}

/// Ranges in ascending order of starts, overlapping ones joined: no end of one secret shows behind another.
#[derive(Default)]
struct Joined(Vec<(usize, usize)>);

impl Joined {
    fn beginning_with(covered: usize) -> Self {
        Self(if covered > 0 { vec![(0, covered)] } else { Vec::new() })
    }

    fn add(&mut self, start: usize, end: usize) {
        match self.0.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => self.0.push((start, end)),
        }
    }
}

/// Masks bytes that come in pieces, with the same result however they are cut. Holds back only what may still become a
/// secret, so at most the length of the longest one.
#[derive(Debug)]
pub struct MaskStream {
    masker: Masker,
    held: Vec<u8>,
    /// How many of the held bytes belong to a mask that was put out already.
    covered: usize,
}

impl MaskStream {
    /// Takes bytes in and appends what is certain to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.masker.is_empty() {
            out.extend_from_slice(bytes);
        } else if self.held.is_empty() {
            self.pass(bytes, false, out);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(bytes);
            self.pass(&held, false, out);
        }
    }

    /// Whether nothing is held back.
    pub(super) fn is_settled(&self) -> bool {
        self.held.is_empty()
    }

    /// The stream has ended: what was held back goes out, a cut-off secret of at least six bytes as a mask.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        self.pass(&held, true, out);
        self.covered = 0;
    }

    fn pass(&mut self, text: &[u8], ended: bool, out: &mut Vec<u8>) {
        let mut covered = self.covered;
        let mut copied = 0;
        let hide = |start: usize, end: usize| {
            if start < covered {
                covered = covered.max(end);
                return;
            }
            out.extend_from_slice(&text[copied.max(covered)..start]);
            out.extend_from_slice(MASK.as_bytes());
            copied = start;
            covered = end;
        };
        let live = if ended {
            self.masker.raw.scan_to_end(text, hide);
            text.len()
        } else {
            self.masker.raw.scan(text, hide)
        };
        let shown = copied.max(covered).min(live);
        out.extend_from_slice(&text[shown..live]);
        self.held.clear();
        self.held.extend_from_slice(&text[live..]);
        self.covered = covered.saturating_sub(live);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masker(secrets: &[&str]) -> Masker {
        Masker::new(secrets.iter().map(|secret| ("NAME", *secret))).unwrap()
    }

    fn streamed(masker: &Masker, pieces: &[&[u8]]) -> Vec<u8> {
        let mut stream = masker.stream();
        let mut out = Vec::new();
        for piece in pieces {
            stream.feed(piece, &mut out);
        }
        stream.finish(&mut out);
        out
    }

    #[test]
    fn f56_a_secret_split_at_every_byte_leaks_no_prefix() {
        let masker = masker(&["hunter2-hunter2"]);
        let text = b"password=hunter2-hunter2 ok";
        for cut in 0..text.len() {
            let mut stream = masker.stream();
            let mut out = Vec::new();
            stream.feed(&text[..cut], &mut out);
            assert!(!out.windows(2).any(|pair| pair == b"hu"), "leaked before {cut}");
            stream.feed(&text[cut..], &mut out);
            stream.finish(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), "password=•••••• ok");
        }
    }

    #[test]
    fn f58_encoded_forms_are_masked() {
        let masker = masker(&["s3cr3t/value+1"]);
        for text in [
            "s3cr3t%2Fvalue%2B1",
            "czNjcjN0L3ZhbHVlKzE=",
            "733363723374 no",
            "Basic dXNlcjpzM2NyM3QvdmFsdWUrMQ==",
            "7333637233742f76616c75652b31",
            "7333637233742F76616C75652B31",
            r"s3cr3t\/value+1",
        ] {
            let masked = masker.mask(text);
            assert_eq!(masked.contains(MASK), text != "733363723374 no", "{text}: {masked}");
        }
        let basic = masker.mask("Basic dXNlcjpzM2NyM3QvdmFsdWUrMQ==").into_owned();
        assert!(!basic.contains("zM2NyM3QvdmFsdWUrM"), "{basic}");
    }

    #[test]
    fn overlapping_secrets_are_one_mask_and_no_end_shows() {
        let masker = masker(&["abcdefgh", "efghijkl"]);
        assert_eq!(masker.mask("-abcdefghijkl-"), "-••••••-");
        assert_eq!(streamed(&masker, &[b"-abcdefgh", b"ijkl-"]), "-••••••-".as_bytes());
    }

    #[test]
    fn a_flood_that_repeats_a_secret_is_not_held_back() {
        let masker = masker(&["aaaaaaaa"]);
        let mut stream = masker.stream();
        let mut out = Vec::new();
        for _ in 0..100 {
            stream.feed(&[b'a'; 1000], &mut out);
        }
        assert!(stream.held.len() < 8);
        stream.feed(b"!", &mut out);
        stream.finish(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "••••••!");
    }

    #[test]
    fn f60_a_short_secret_is_refused_by_name() {
        let secrets = [("GOOD", "long enough"), ("PIN", " 1234 ")];
        let error = Masker::new(secrets).unwrap_err();
        assert_eq!(error.names, ["PIN"]);
        assert!(error.to_string().contains("PIN"));
        let (masker, refused) = Masker::of_those_possible(secrets);
        assert_eq!(refused, Some(error));
        assert_eq!(masker.mask("1234 long enough"), format!("1234 {MASK}"), "the others are hidden all the same");
    }

    #[test]
    fn f61_a_secret_cut_off_at_the_end_is_masked() {
        let masker = masker(&["correct-horse-battery"]);
        assert_eq!(streamed(&masker, &[b"key: correct-ho"]), "key: ••••••".as_bytes());
        assert_eq!(streamed(&masker, &[b"key: corr"]), b"key: corr");
    }

    #[test]
    fn f59_ten_thousand_secrets_leak_nothing() {
        let secrets: Vec<String> = (0..10_000).map(|n| format!("sk_live_{n:08}_{}", n * 7919)).collect();
        let masker = Masker::new(secrets.iter().map(|secret| ("S", secret.as_str()))).unwrap();
        for secret in secrets.iter().step_by(617) {
            let masked = masker.mask(&format!("a {secret} b")).into_owned();
            assert_eq!(masked, "a •••••• b");
        }
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_result(
            text in proptest::collection::vec(prop_oneof![Just("a"), Just("ab"), Just("abcabc"), Just("c"), Just("xyz\n"), Just("YWJjYWJj")], 0..60),
            secrets in proptest::collection::vec("[abc]{6,9}", 1..4),
            cuts in proptest::collection::vec(0_usize..200, 0..12),
        ) {
            let text = text.concat();
            let masker = Masker::new(secrets.iter().map(|secret| ("S", secret.as_str()))).unwrap();
            let whole = streamed(&masker, &[text.as_bytes()]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(&streamed(&masker, &pieces), &whole);
            prop_assert_eq!(masker.mask(&text).into_owned().into_bytes(), whole.clone());
            let shown = String::from_utf8(whole).unwrap();
            for secret in &secrets {
                prop_assert!(!shown.contains(secret.as_str()));
            }
        }
    }
}
