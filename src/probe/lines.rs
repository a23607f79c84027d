//! Protocols of lines, such as SMTP and IMAP: each line and each answer has a bound.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::domain::{
    probe::{Phase, ProbeError},
    text::clean_line,
};

use super::error::failed;

/// Bytes of one line at most; RFC 5321 allows 512, servers send more.
const LONGEST: usize = 8192;
/// Lines of one answer at most.
const MOST: usize = 200;

/// A connection read line by line.
pub(super) struct Lines<'a, S> {
    stream: &'a mut S,
    buffer: Vec<u8>,
    at: usize,
}

/// An answer of SMTP.
pub(super) struct SmtpAnswer {
    pub(super) code: u16,
    /// Its lines without the code.
    pub(super) lines: Vec<String>,
}

impl SmtpAnswer {
    /// For people: the code and the first line.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.first().map_or("", String::as_str))
    }
}

/// An answer of IMAP.
pub(super) struct ImapAnswer {
    pub(super) ok: bool,
    /// What stands behind `OK`, `NO` or `BAD`.
    pub(super) text: String,
    /// The lines before, with their `*`.
    pub(super) untagged: Vec<String>,
}

impl<'a, S: AsyncRead + AsyncWrite + Send + Unpin> Lines<'a, S> {
    /// Over this connection, from here on.
    pub(super) fn new(stream: &'a mut S) -> Self {
        Self { stream, buffer: Vec::new(), at: 0 }
    }

    /// Sends text that ends its own lines.
    pub(super) async fn send(&mut self, text: &str) -> Result<(), ProbeError> {
        self.stream.write_all(text.as_bytes()).await.map_err(|error| lost(&error))?;
        self.stream.flush().await.map_err(|error| lost(&error))
    }

    /// One line, without its end; what is not UTF-8 is replaced.
    pub(super) async fn line(&mut self) -> Result<String, ProbeError> {
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(end) = memchr::memchr(b'\n', rest) {
                let line = String::from_utf8_lossy(&rest[..end]).trim_end_matches('\r').to_owned();
                self.at += end + 1;
                return Ok(line);
            }
            if rest.len() > LONGEST {
                let why = format!("a line of the answer is longer than {LONGEST} bytes");
                return Err(failed(Phase::Transfer, "line_too_long", why));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            let mut piece = [0; 1024];
            match self.stream.read(&mut piece).await.map_err(|error| lost(&error))? {
                0 => return Err(failed(Phase::Processing, "closed", "the connection was closed in the middle")),
                read => self.buffer.extend_from_slice(&piece[..read]),
            }
        }
    }

    /// An answer of SMTP, all its lines.
    pub(super) async fn smtp(&mut self) -> Result<SmtpAnswer, ProbeError> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok()).filter(|code| (200..600).contains(code));
            let (Some(code), true) = (code, lines.len() < MOST) else {
                let shown = clean_line(&line, 80);
                return Err(failed(Phase::Decode, "bad_smtp", format!("the answer is not SMTP: {shown:?}")));
            };
            lines.push(clean_line(line.get(4..).unwrap_or_default(), 500));
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(SmtpAnswer { code, lines });
            }
        }
    }

    /// The answer of IMAP to the command of this tag.
    pub(super) async fn imap(&mut self, tag: &str) -> Result<ImapAnswer, ProbeError> {
        let mut untagged = Vec::new();
        loop {
            let line = self.line().await?;
            if let Some(rest) = line.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
                let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let ok = word.eq_ignore_ascii_case("OK");
                return Ok(ImapAnswer { ok, text: clean_line(text, 500), untagged });
            }
            if untagged.len() >= MOST || !(line.starts_with('*') || line.starts_with('+')) {
                let shown = clean_line(&line, 80);
                return Err(failed(Phase::Decode, "bad_imap", format!("the answer is not IMAP: {shown:?}")));
            }
            untagged.push(clean_line(&line, LONGEST));
        }
    }

    /// Nothing may come in plain after the last answer: it would be read as if it had come inside TLS.
    pub(super) fn is_drained(&self) -> Result<(), ProbeError> {
        if self.at == self.buffer.len() {
            return Ok(());
        }
        let why = "more came in plain after the answer to STARTTLS: someone may be in between";
        Err(failed(Phase::Processing, "starttls", why))
    }
}

fn lost(error: &std::io::Error) -> ProbeError {
    failed(Phase::Processing, "connection_lost", format!("the connection broke: {error}"))
}
