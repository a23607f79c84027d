//! From the bytes of a source to lines, and how far into the bytes those lines reach.
//!
//! A source that can be read again (a file) remembers a position, and it must be one at which nothing is held back: the masks
//! hold a line that ends with the beginning of a secret until they know more. So lines and position are handed out together,
//! whenever nothing is held.

use super::{
    Fields, Format, ServiceLine,
    lines::{LineReader, ReadLine},
};
use crate::domain::{
    log::{CleanLine, Stream},
    text::{Limits, LogPipeline, Masker},
    time::UnixMs,
};

/// Longest line, in bytes as they come; what is longer is cut, and says by how much.
pub const LINE_BYTES: usize = 32 * 1024;

/// Takes the bytes of one source in.
pub struct Intake {
    pipeline: LogPipeline,
    lines: LineReader,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// Bytes of that line that were left out.
    left_out: u64,
    /// Bytes of whole lines taken in since the last [`take`](Self::take).
    whole: u64,
    ready: Vec<ReadLine>,
}

/// What was taken in.
#[derive(Debug, Default, PartialEq)]
pub struct Taken {
    /// The lines, in order.
    pub lines: Vec<ReadLine>,
    /// Bytes of the source they are made of, line ends included.
    pub bytes: u64,
    /// The journal's cursor of the last of them.
    pub cursor: Option<String>,
}

impl Intake {
    /// For a source of `service`.
    pub fn new(service: &str, format: Format, fields: Fields, journal: bool, masker: Masker) -> Self {
        Self {
            // What is kept of a service's log is bounded by the store, not here.
            pipeline: LogPipeline::new(masker.clone(), Limits { head: usize::MAX, tail: 0 }),
            lines: LineReader::new(service, format, fields, journal, masker),
            partial: Vec::new(),
            left_out: 0,
            whole: 0,
            ready: Vec::new(),
        }
    }

    /// Takes bytes in that were read at `at`.
    pub fn feed(&mut self, mut bytes: &[u8], at: UnixMs) {
        if !self.partial.is_empty() || self.left_out > 0 {
            let Some(end) = memchr::memchr(b'\n', bytes) else {
                self.hold(bytes);
                return;
            };
            self.hold(&bytes[..end]);
            self.end_partial(at);
            self.whole += 1;
            bytes = &bytes[end + 1..];
        }
        let Some(end) = memchr::memrchr(b'\n', bytes).map(|end| end + 1) else {
            self.hold(bytes);
            return;
        };
        let (whole, rest) = bytes.split_at(end);
        let (mut fine, mut start) = (0, 0);
        for end in memchr::memchr_iter(b'\n', whole).filter(|_| whole.len() > LINE_BYTES) {
            if end - start > LINE_BYTES {
                self.pass(&whole[fine..start], at);
                self.hold(&whole[start..end]);
                self.end_partial(at);
                self.whole += 1;
                fine = end + 1;
            }
            start = end + 1;
        }
        self.pass(&whole[fine..], at);
        self.hold(rest);
    }

    /// Takes whole lines in, none of which is too long.
    fn pass(&mut self, lines: &[u8], at: UnixMs) {
        self.whole += lines.len() as u64;
        let clean = self.pipeline.feed(lines, Stream::Out, at);
        self.read(clean, at);
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES - self.partial.len();
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.left_out += bytes.len().saturating_sub(room) as u64;
    }

    /// Ends the line that was held.
    fn end_partial(&mut self, at: UnixMs) {
        let partial = std::mem::take(&mut self.partial);
        let left_out = std::mem::take(&mut self.left_out);
        self.whole += partial.len() as u64 + left_out;
        let mut clean = self.pipeline.feed(&partial, Stream::Out, at);
        if left_out > 0 {
            // As at an end of output: a secret that was cut here is masked.
            clean.extend(self.pipeline.finish_stream(Stream::Out, at));
            if let Some(last) = clean.last_mut() {
                last.text.push_str(&format!("⟨{left_out} more bytes of this line were left out⟩"));
            }
        } else {
            clean.extend(self.pipeline.feed(b"\n", Stream::Out, at));
        }
        self.read(clean, at);
    }

    /// The source is silent: what the masks hold back comes, what may be the beginning of a secret as a mask.
    pub fn flush(&mut self, at: UnixMs) {
        if !self.pipeline.is_settled() {
            let clean = self.pipeline.finish_stream(Stream::Out, at);
            self.read(clean, at);
        }
    }

    /// The source has ended: its last line may lack a line end.
    pub fn end(&mut self, at: UnixMs) {
        if !self.partial.is_empty() || self.left_out > 0 {
            self.end_partial(at);
        }
        self.flush(at);
    }

    /// Forgets the line whose end has not come, and what is held: the source begins anew.
    pub fn forget(&mut self, at: UnixMs) {
        self.flush(at);
        self.partial.clear();
        self.left_out = 0;
    }

    /// Bytes of the line whose end has not come yet.
    pub fn pending(&self) -> u64 {
        self.partial.len() as u64 + self.left_out
    }

    /// What was taken in since the last time, if nothing is held back.
    pub fn take(&mut self) -> Option<Taken> {
        if self.whole == 0 || !self.pipeline.is_settled() {
            return None;
        }
        let cursor = self.lines.cursor().map(str::to_owned);
        Some(Taken { lines: std::mem::take(&mut self.ready), bytes: std::mem::take(&mut self.whole), cursor })
    }

    fn read(&mut self, clean: Vec<CleanLine>, at: UnixMs) {
        for line in clean {
            self.ready.extend(self.lines.read(&line.text, at));
        }
    }

    /// A remark of Quarterdeck's own among the lines; what it quotes is masked and sanitised.
    pub fn note(&self, text: &str, at: UnixMs) -> ServiceLine {
        ServiceLine::note(self.pipeline.legible(text, 500), at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "hunter2-correct-horse";

    fn intake() -> Intake {
        let masker = Masker::new([("TOKEN", SECRET)]).unwrap();
        Intake::new("api", Format::Auto, Fields::default(), false, masker)
    }

    fn messages(taken: &Taken) -> Vec<&str> {
        taken.lines.iter().map(|line| line.line.message.as_str()).collect()
    }

    #[test]
    fn lines_and_the_bytes_they_are_made_of_come_together() {
        let mut intake = intake();
        intake.feed(b"one\ntwo\nthr", UnixMs(1));
        let taken = intake.take().unwrap();
        assert_eq!((messages(&taken), taken.bytes), (vec!["one", "two"], 8));
        assert_eq!(intake.take(), None);
        intake.feed(b"ee\n", UnixMs(2));
        let taken = intake.take().unwrap();
        assert_eq!((messages(&taken), taken.bytes), (vec!["three"], 6));
        intake.feed(b"end", UnixMs(3));
        assert_eq!(intake.pending(), 3);
        intake.end(UnixMs(3));
        assert_eq!(messages(&intake.take().unwrap()), ["end"]);
    }

    #[test]
    fn while_a_line_is_held_back_no_position_is_handed_out() {
        let mut intake = intake();
        intake.feed(b"first\np=hunter2-cor\n", UnixMs(1));
        assert_eq!(intake.take(), None, "the second line may be the beginning of a secret");
        intake.feed(b"rect-horse\n", UnixMs(2));
        let taken = intake.take().unwrap();
        assert_eq!((messages(&taken), taken.bytes), (vec!["first", "p=••••••", "••••••"], 31));
        intake.feed(b"p=hunter2-cor\n", UnixMs(3));
        intake.flush(UnixMs(4));
        assert_eq!(messages(&intake.take().unwrap()), ["p=••••••"], "silence ends the wait");
    }

    #[test]
    fn f80_a_line_of_100_mb_is_cut_and_says_so_in_bounded_memory() {
        let mut intake = intake();
        intake.feed(b"before\n", UnixMs(1));
        let piece = vec![b'x'; 65_536];
        for _ in 0..1_600 {
            intake.feed(&piece, UnixMs(1));
            assert!(intake.partial.capacity() <= 2 * LINE_BYTES);
        }
        intake.feed(b"\nafter\n", UnixMs(1));
        let taken = intake.take().unwrap();
        assert_eq!(taken.lines.len(), 3);
        assert_eq!(taken.bytes, 7 + 1_600 * 65_536 + 1 + 6);
        assert!(taken.lines[1].line.message.len() < 10_000);
        assert_eq!(taken.lines[2].line.message, "after");
    }

    #[test]
    fn where_a_long_line_is_cut_no_part_of_a_secret_shows() {
        let mut intake =
            Intake::new("api", Format::Plain, Fields::default(), false, Masker::new([("T", SECRET)]).unwrap());
        let mut text = vec![b'\x08'; LINE_BYTES - 16];
        text.extend_from_slice(SECRET.as_bytes());
        text.extend_from_slice(b"\nnext\n");
        intake.feed(&text, UnixMs(1));
        let taken = intake.take().unwrap();
        let shown = messages(&taken).join("\n");
        assert!(!shown.contains("hunter2") && shown.contains("••••••"), "{}", &shown[shown.len() - 200..]);
        assert!(shown.contains("⟨5 more bytes of this line were left out⟩"), "{}", &shown[shown.len() - 200..]);
        assert!(shown.ends_with("next"));
    }

    #[test]
    fn f47_f52_the_forms_of_hostile_lines_come_out_as_marks() {
        let mut intake = intake();
        let bytes = b"a\x1b[2Jb\n\x1b]52;c;aGk=\x07x\nFAILED\rOK\n\x1b]0;open\nlater\n\0\0\xff\n\xe2\x80\xae!\n";
        intake.feed(bytes, UnixMs(1));
        let taken = intake.take().unwrap();
        let expected = [
            "a⟨CSI 2J⟩b",
            "⟨OSC 52 clipboard⟩x",
            "OKILED ⟨overwritten once; before: FAILED⟩",
            "⟨unterminated sequence⟩",
            "later",
            "⟨NUL ×2⟩\u{fffd}",
            "⟨U+202E⟩!",
        ];
        assert_eq!(messages(&taken), expected);
    }

    proptest! {
        #[test]
        fn f49_any_chunking_gives_the_same_lines_once_and_every_byte_is_counted(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "hunter2-correct-horse", "hunter2", "-correct-horse", "\n", "\r\n", "ERROR x", "{\"msg\":\"m\"}", "é", "  ", "\x1b[31m",
            ]), 0..40),
            cuts in proptest::collection::vec(0_usize..300, 0..10),
        ) {
            let text = parts.concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let run = |pieces: &[&[u8]]| {
                let (mut intake, mut lines, mut bytes) = (intake(), Vec::new(), 0);
                for piece in pieces {
                    intake.feed(piece, UnixMs(5));
                    if let Some(taken) = intake.take() {
                        lines.extend(taken.lines);
                        bytes += taken.bytes;
                    }
                }
                intake.end(UnixMs(5));
                if let Some(taken) = intake.take() {
                    lines.extend(taken.lines);
                    bytes += taken.bytes;
                }
                (lines, bytes)
            };
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            let whole = run(&[text.as_bytes()]);
            prop_assert_eq!(whole.1, text.len() as u64);
            prop_assert_eq!(run(&pieces), whole);
        }
    }
}
