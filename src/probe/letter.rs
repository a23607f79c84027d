//! A mail as it goes over the wire (RFC 5322): nothing of it can become a header or a command that was not meant.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::domain::{
    probe::{Letter, Phase, ProbeError},
    text::clean_line,
};

use super::{error::failed, lookup::SecretLookup, target::resolve};

/// Bytes of a text at most.
const LONGEST_BODY: usize = 64 << 10;
/// Bytes of a subject at most.
const LONGEST_SUBJECT: usize = 500;
/// Bytes of an encoded line, so that no server cuts it.
const LINE: usize = 76;
/// Bytes of text in one encoded word of a header, a multiple of three.
const WORD: usize = 39;

/// A mail with its secrets, checked.
pub(super) struct Mail {
    /// The sender's bare address.
    pub(super) from: String,
    /// The recipient's.
    pub(super) to: String,
    text: String,
}

/// Makes the mail of a letter.
pub(super) fn write(letter: &Letter, id: &str, secrets: SecretLookup<'_>) -> Result<Mail, ProbeError> {
    let wrong = |why: String| failed(Phase::Prepare, "bad_mail", format!("nothing was sent: {why}"));
    let address = |which: &str, text: String| {
        let text = text.trim();
        let fine = text.len() <= 254
            && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&byte));
        // It is not shown: it may be a secret.
        if fine {
            Ok(text.to_owned())
        } else {
            Err(wrong(format!("'{which}' of send is no plain address (user@host)")))
        }
    };
    let from = address("from", resolve(&letter.from, secrets)?)?;
    let to = address("to", resolve(&letter.to, secrets)?)?;
    let subject = clean_line(&resolve(&letter.subject, secrets)?, LONGEST_SUBJECT);
    let body = match &letter.body {
        Some(body) => resolve(body, secrets)?,
        None => format!("A mail of a look that Quarterdeck takes to see whether mail arrives.\nlook: {id}\n"),
    };
    if body.len() > LONGEST_BODY {
        return Err(wrong(format!("the body of send is longer than {LONGEST_BODY} bytes")));
    }
    let host = from.rsplit_once('@').map_or("localhost", |(_, host)| host);
    let date = chrono::Utc::now().to_rfc2822();
    let mut text = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {}\r\nDate: {date}\r\nMessage-ID: <{id}@{host}>\r\n\
         X-Quarterdeck-Look: {id}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n",
        header(&subject)
    );
    put_body(&mut text, &body);
    Ok(Mail { from, to, text })
}

impl Mail {
    /// What follows `DATA`: lines that begin with a dot have one more, and the last line is a dot alone.
    pub(super) fn data(&self) -> String {
        let mut data = String::with_capacity(self.text.len() + 16);
        for line in self.text.split_terminator("\r\n") {
            if line.starts_with('.') {
                data.push('.');
            }
            data.push_str(line);
            data.push_str("\r\n");
        }
        data.push_str(".\r\n");
        data
    }
}

/// A header's value: as it is if that is allowed, else in encoded words (RFC 2047).
fn header(text: &str) -> String {
    if text.len() <= LINE && text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for letter in text.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > WORD) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let words: Vec<_> = words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

/// Plain if every server takes it so, else in base 64.
fn put_body(text: &mut String, body: &str) {
    let plain = body
        .lines()
        .all(|line| line.len() <= LINE * 10 && line.bytes().all(|byte| (b' '..0x7f).contains(&byte) || byte == b'\t'));
    if plain {
        text.push_str("Content-Transfer-Encoding: 7bit\r\n\r\n");
        for line in body.lines() {
            // Writing to a string does not fail.
            let _ = write!(text, "{line}\r\n");
        }
        return;
    }
    text.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let encoded = BASE64_STANDARD.encode(body);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, later) = rest.split_at(rest.len().min(LINE));
        let _ = write!(text, "{line}\r\n");
        rest = later;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Rendered;

    fn letter(from: &str, subject: &str, body: Option<&str>) -> Letter {
        let text = |text: &str| Rendered::text(text);
        Letter { from: text(from), to: text("ops@example.com"), subject: text(subject), body: body.map(text) }
    }

    fn data(subject: &str, body: Option<&str>) -> String {
        write(&letter("qd@example.org", subject, body), "7", &|_| None).unwrap_or_else(|_| panic!("refused")).data()
    }

    #[test]
    fn a_mail_says_whose_look_it_is() {
        let data = data("Hello", None);
        for line in ["From: <qd@example.org>", "To: <ops@example.com>", "Subject: Hello", "X-Quarterdeck-Look: 7"] {
            assert!(data.contains(&format!("{line}\r\n")), "{line}: {data}");
        }
        assert!(data.ends_with("look: 7\r\n.\r\n"), "{data}");
    }

    #[test]
    fn nothing_in_it_ends_it_or_adds_a_header() {
        let data = data("a\r\nBcc: all@example.com", Some("one\r\n.\r\nMAIL FROM:<x>\n..two"));
        assert_eq!(data.lines().filter(|line| *line == ".").count(), 1, "{data}");
        assert!(!data.contains("\r\nBcc:") && data.contains("\r\n..\r\nMAIL FROM:<x>\r\n...two\r\n.\r\n"), "{data}");
        for wrong in ["a@b>\r\nRCPT TO:<c@d", "nobody", "@b", "a@b c", "<a@b>", "é@b"] {
            let refused = write(&letter(wrong, "s", None), "7", &|_| None).err().map(|error| error.kind);
            assert_eq!(refused.as_deref(), Some("bad_mail"), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_ascii_is_encoded_and_no_line_is_long() {
        let data = data(&"é".repeat(100), Some(&"ü".repeat(200)));
        assert!(data.is_ascii() && data.lines().all(|line| line.len() <= LINE), "{data}");
        assert!(data.contains("=?utf-8?B?") && data.contains("Content-Transfer-Encoding: base64"));
    }
}
