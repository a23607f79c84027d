//! A mailbox over IMAP, and the arrival of a mail in it.

use std::time::{Duration, Instant};

use crate::domain::{
    probe::{ImapLook, MailTls, Outcome, Phase, ProbeError, Provoke, StartTls},
    text::clean_line,
};

use super::{
    dial::{Bounds, Stream, ms_since},
    error::failed,
    lines::{ImapAnswer, Lines},
    lookup::SecretLookup,
    mail::{credentials, in_time, open, refused},
    net::Net,
    provoke::Attempt,
    target::resolve,
};

/// Between two questions whether the mail is there.
const PAUSE: Duration = Duration::from_secs(1);
/// Mails told and deleted at most.
const MOST: usize = 100;

/// What the talk brought.
#[derive(Default)]
struct Said {
    banner: Option<String>,
    messages: Option<u64>,
    found: Option<usize>,
}

/// Opens the mailbox, and waits for the mail if there is one to wait for.
pub(super) async fn look<'a>(
    net: &Net,
    look: &ImapLook,
    bounds: &Bounds<'_>,
    provoke: impl FnOnce(&Provoke) -> Attempt<'a>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let wrong = |why: &str| failed(Phase::Prepare, "bad_auth", format!("nothing was sent: {why}"));
    let known = credentials(&look.server, secrets)?.ok_or_else(|| wrong("a mailbox needs auth"))?;
    let mailbox =
        quoted(&resolve(&look.mailbox, secrets)?).ok_or_else(|| wrong("the mailbox can't be named in IMAP"))?;
    let subject = look.subject.as_ref().map(|subject| resolve(subject, secrets)).transpose()?;
    let subject = match &subject {
        Some(text) => Some(quoted(text).ok_or_else(|| wrong("the subject must be plain ASCII"))?),
        None => None,
    };
    let login = match (quoted(&known.user), quoted(&known.password)) {
        (Some(user), Some(password)) => format!("LOGIN {user} {password}"),
        _ => return Err(wrong("the user and the password must be plain ASCII")),
    };
    let provoked = Instant::now();
    if let Some(deed) = &look.provoke {
        provoke(deed).await?;
    }
    let begun = Instant::now();
    let mut stream = open(net, &look.server, StartTls::Imap, bounds, secrets, outcome).await?;
    let talk = async {
        let mut said = Said::default();
        let mut talk = Talk { lines: Lines::new(&mut stream), count: 0 };
        if look.server.encryption != MailTls::Starttls {
            let greeting = talk.lines.line().await?;
            if !greeting.starts_with("* OK") {
                return Err(refused("the greeting", &greeting));
            }
            said.banner = Some(clean_line(greeting.trim_start_matches("* OK "), 300));
        }
        talk.ask("LOGIN", &login).await?;
        let opened = talk.ask("SELECT", &format!("SELECT {mailbox}")).await?;
        said.messages = opened.untagged.iter().find_map(|line| number(line, "EXISTS"));
        if let Some(subject) = subject {
            let until = (begun + look.wait).min(bounds.deadline);
            let found = talk.await_mail(&subject, until).await?;
            if look.delete && !found.is_empty() {
                let set = found.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
                talk.ask("STORE", &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)")).await?;
                // These only: others may have flagged mails of their own. Where it is refused, ours stay flagged, and are
                // not found again.
                let _ = talk.ask("EXPUNGE", &format!("UID EXPUNGE {set}")).await;
            }
            said.found = Some(found.len());
        }
        // A goodbye that is not answered is no failure of the look.
        let _ = talk.lines.send("z LOGOUT\r\n").await;
        Ok(said)
    };
    let said = in_time(talk, "the talk", bounds, outcome).await;
    outcome.latency_ms = Some(ms_since(begun));
    let said = said?;
    let facts = &mut outcome.facts;
    if look.provoke.is_some() && said.found.is_some_and(|found| found > 0) {
        facts.set("delay_ms", ms_since(provoked));
    }
    facts.set("authenticated", true);
    if let Some(banner) = said.banner {
        facts.set("banner", banner);
    }
    if let Some(messages) = said.messages {
        facts.set("messages", messages);
    }
    match said.found {
        Some(0) => {
            facts.set("found", 0);
            let waited = crate::domain::format::duration(look.wait.min(bounds.timeout));
            facts.set("reason", format!("no mail with that subject arrived within {waited}"));
        }
        Some(found) => facts.set("found", found),
        // Nothing was looked for, so nothing is missing.
        None => facts.set("found", serde_json::Value::Null),
    }
    Ok(())
}

struct Talk<'a, S> {
    lines: Lines<'a, S>,
    count: u32,
}

impl<S: Stream> Talk<'_, S> {
    /// One command and its answer, which must be OK. `what` is for the error: the command may hold a password.
    async fn ask(&mut self, what: &str, command: &str) -> Result<ImapAnswer, ProbeError> {
        self.count += 1;
        let tag = format!("q{}", self.count);
        self.lines.send(&format!("{tag} {command}\r\n")).await?;
        let answer = self.lines.imap(&tag).await?;
        if answer.ok { Ok(answer) } else { Err(refused(what, &answer.text)) }
    }

    /// The numbers of the mails with that subject; asked again until there is one, or the time is over.
    async fn await_mail(&mut self, subject: &str, until: Instant) -> Result<Vec<u64>, ProbeError> {
        loop {
            let answer = self.ask("SEARCH", &format!("UID SEARCH UNDELETED SUBJECT {subject}")).await?;
            let found: Vec<u64> = answer
                .untagged
                .iter()
                .filter_map(|line| line.strip_prefix("* SEARCH"))
                .flat_map(str::split_ascii_whitespace)
                .filter_map(|number| number.parse().ok())
                .take(MOST)
                .collect();
            if !found.is_empty() || Instant::now() + PAUSE > until {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
            // So that the server tells of new mails.
            self.ask("NOOP", "NOOP").await?;
        }
    }
}

/// `* 12 EXISTS`
fn number(line: &str, word: &str) -> Option<u64> {
    line.strip_prefix("* ")?.strip_suffix(word)?.trim().parse().ok()
}

/// A quoted string of IMAP; `None` if it can't be one.
fn quoted(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) && text.len() <= 1000;
    plain.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_can_not_end_its_line() {
        assert_eq!(quoted("a \"b\" \\").unwrap(), "\"a \\\"b\\\" \\\\\"");
        assert!(quoted("a\r\nz LOGOUT").is_none() && quoted("é").is_none());
        assert_eq!(number("* 12 EXISTS", "EXISTS"), Some(12));
    }
}
