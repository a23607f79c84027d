//! Bytes of a command to lines that may be stored: mask, sanitise, mask again, bound.

use super::{
    elide::Elision,
    mask::{MaskStream, Masker},
    remask::LineMasker,
    vt::Sanitiser,
};
use crate::domain::{
    log::{CleanLine, Span, Stream, Style},
    time::UnixMs,
};

pub use super::elide::Limits;

/// The way of one command's output. Standard output and standard error have their own state and share the limits.
pub struct LogPipeline {
    masker: Masker,
    out: Way,
    err: Way,
    elision: Elision,
}

impl LogPipeline {
    /// Begins with nothing read.
    pub fn new(masker: Masker, limits: Limits) -> Self {
        Self { out: Way::new(&masker), err: Way::new(&masker), elision: Elision::new(limits), masker }
    }

    /// Takes bytes read from `stream` at `at`; returns the lines that are finished by them.
    pub fn feed(&mut self, bytes: &[u8], stream: Stream, at: UnixMs) -> Vec<CleanLine> {
        let way = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        bounded(&mut self.elision, way.feed(bytes, stream, at))
    }

    /// Adds a line of Quarterdeck's own; what it quotes from the world is masked and sanitised like everything else.
    pub fn note(&mut self, text: &str, at: UnixMs) -> Vec<CleanLine> {
        let text = self.legible(text, 1000);
        let style = Style { mark: true, ..Style::default() };
        let spans = vec![Span { start: 0, len: text.len() as u32, style }];
        bounded(&mut self.elision, vec![CleanLine { at, stream: Stream::Deck, text, spans }])
    }

    /// One line from the world that is not part of the log, masked and sanitised like everything else.
    pub fn legible(&self, text: &str, most: usize) -> String {
        super::clean_line(&self.masker.mask(text), most)
    }

    /// Whether nothing of what was fed is held back.
    pub fn is_settled(&self) -> bool {
        self.out.is_settled() && self.err.is_settled()
    }

    /// `stream` has ended: its last line may lack a newline.
    pub fn finish_stream(&mut self, stream: Stream, at: UnixMs) -> Vec<CleanLine> {
        let way = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        bounded(&mut self.elision, way.finish(stream, at))
    }

    /// Everything has ended: what is left of both streams, and the end of a log that was too long.
    pub fn finish(&mut self, at: UnixMs) -> Vec<CleanLine> {
        let mut lines = self.finish_stream(Stream::Out, at);
        lines.extend(self.finish_stream(Stream::Err, at));
        self.elision.finish(at, &mut lines);
        lines
    }
}

fn bounded(elision: &mut Elision, lines: Vec<CleanLine>) -> Vec<CleanLine> {
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        elision.push(line, &mut kept);
    }
    kept
}

/// One stream's stages.
struct Way {
    raw: MaskStream,
    /// What the first stage let through.
    masked: Vec<u8>,
    sanitiser: Sanitiser,
    lines: LineMasker,
}

impl Way {
    fn new(masker: &Masker) -> Self {
        Self {
            raw: masker.stream(),
            masked: Vec::new(),
            sanitiser: Sanitiser::default(),
            lines: LineMasker::new(masker.clone()),
        }
    }

    fn is_settled(&self) -> bool {
        self.raw.is_settled() && self.sanitiser.is_settled() && self.lines.is_settled()
    }

    fn feed(&mut self, bytes: &[u8], stream: Stream, at: UnixMs) -> Vec<CleanLine> {
        self.masked.clear();
        self.raw.feed(bytes, &mut self.masked);
        self.sanitise(stream, at)
    }

    fn finish(&mut self, stream: Stream, at: UnixMs) -> Vec<CleanLine> {
        self.masked.clear();
        self.raw.finish(&mut self.masked);
        let mut lines = self.sanitise(stream, at);
        for finished in self.sanitiser.finish() {
            let line = CleanLine { at, stream, text: finished.text, spans: finished.spans };
            self.lines.push(line, &mut lines);
        }
        self.lines.finish(&mut lines);
        lines
    }

    fn sanitise(&mut self, stream: Stream, at: UnixMs) -> Vec<CleanLine> {
        let finished = self.sanitiser.feed(&self.masked);
        let mut lines = Vec::with_capacity(finished.len());
        for finished in finished {
            let line = CleanLine { at, stream, text: finished.text, spans: finished.spans };
            self.lines.push(line, &mut lines);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::text::mask::MASK;

    const SECRET: &str = "hunter2-correct-horse";

    fn run(pieces: &[&[u8]]) -> Vec<CleanLine> {
        let masker = Masker::new([("PASSWORD", SECRET), ("OTHER", "abcabcabc")]).unwrap();
        let mut pipeline = LogPipeline::new(masker, Limits::default());
        let mut lines: Vec<CleanLine> =
            pieces.iter().flat_map(|piece| pipeline.feed(piece, Stream::Out, UnixMs(0))).collect();
        lines.extend(pipeline.finish(UnixMs(0)));
        lines
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        run(&[bytes]).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn f57_a_secret_with_colours_line_ends_or_marks_inside_is_masked() {
        assert_eq!(texts(b"p=hunter2\x1b[31m-correct\x1b[0m-horse ok\n"), ["p=•••••• ok"]);
        assert_eq!(texts(b"p=hunter2-cor\r\nrect-horse ok\n"), ["p=••••••", "•••••• ok"]);
        assert_eq!(texts(b"p=hunter2-cor\nrect\n-horse ok\n"), ["p=••••••", "••••••", "•••••• ok"]);
        assert_eq!(texts(b"p=hunter2-cor\x07rect-horse ok\n"), ["p=•••••• ok"]);
        assert_eq!(texts(b"xxxxxxx-correct-horse\rhunter2\n")[0].matches(MASK).count(), 1);
    }

    #[test]
    fn a_short_beginning_is_shown_at_once_and_the_rest_masked() {
        assert_eq!(texts(b"p=hun\nter2-correct-horse ok\n"), ["p=hun", "•••••• ok"]);
    }

    #[test]
    fn a_mask_has_the_style_of_a_mark_and_neighbours_keep_theirs() {
        let line = &run(&[b"\x1b[31ma hunter2-\x1b[32mcorrect-horse b\n"])[0];
        assert_eq!(line.text, "a •••••• b");
        let marks: Vec<(u32, u32, bool)> =
            line.spans.iter().map(|span| (span.start, span.len, span.style.mark)).collect();
        assert_eq!(marks, [(0, 2, false), (2, MASK.len() as u32, true), (2 + MASK.len() as u32, 2, false)]);
    }

    #[test]
    fn f61_a_secret_cut_off_by_the_end_of_output_is_masked() {
        assert_eq!(texts(b"p=hunter2-co"), ["p=••••••"]);
        assert_eq!(texts(b"p=hunter2-\x1b[1mco\n"), ["p=••••••"]);
    }

    #[test]
    fn lines_are_not_held_back_without_need() {
        let masker = Masker::new([("PASSWORD", SECRET)]).unwrap();
        let mut pipeline = LogPipeline::new(masker, Limits::default());
        for line in ["ends with h\n", "ends with hunt\n", "plain\n"] {
            assert_eq!(pipeline.feed(line.as_bytes(), Stream::Out, UnixMs(0)).len(), 1, "{line}");
        }
    }

    #[test]
    fn empty_lines_after_the_beginning_of_a_secret_are_not_held_for_ever() {
        let masker = Masker::new([("PASSWORD", SECRET)]).unwrap();
        let mut pipeline = LogPipeline::new(masker, Limits::default());
        let mut bytes = b"p=hunter2-cor\n".to_vec();
        bytes.extend([b'\n'; 5_000]);
        let lines = pipeline.feed(&bytes, Stream::Out, UnixMs(0));
        assert!(lines.len() > 3_000, "{}", lines.len());
        assert_eq!(lines[0].text, "p=••••••");
    }

    #[test]
    fn both_streams_keep_their_own_state() {
        let mut pipeline = LogPipeline::new(Masker::default(), Limits::default());
        assert!(pipeline.feed(b"out", Stream::Out, UnixMs(1)).is_empty());
        assert_eq!(pipeline.feed(b"err\n", Stream::Err, UnixMs(2))[0].text, "err");
        let rest = pipeline.feed(b"put\n", Stream::Out, UnixMs(3));
        assert_eq!((rest[0].text.as_str(), rest[0].at, rest[0].stream), ("output", UnixMs(3), Stream::Out));
    }

    proptest! {
        #[test]
        fn f49_any_chunking_gives_the_same_lines_and_no_secret(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "hunter2-correct-horse", "hunter2", "-correct", "-horse", "\x1b[31m", "\n", "\r\n", "\r", "\x08", "abc", "ab", "c", "x ", "é", "\t",
            ]), 0..40),
            cuts in proptest::collection::vec(0_usize..200, 0..10),
        ) {
            let text = parts.concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let whole = run(&[text.as_bytes()]);
            prop_assert_eq!(&run(&pieces), &whole);
            let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            prop_assert_eq!(&run(&single), &whole);
            let shown: Vec<&str> = whole.iter().map(|line| line.text.as_str()).collect();
            prop_assert!(!shown.concat().contains(SECRET), "{:?}", shown);
            prop_assert!(!shown.join("\n").contains(SECRET), "{:?}", shown);
        }
    }
}
