//! Looks into mailboxes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{mail::MailServer, provoke::Provoke, words::KindWords};
use crate::domain::{template::Rendered, time::human};

/// `imap`
pub const IMAP: KindWords = KindWords {
    word: "imap",
    about: "`host:port` of a mailbox that must be opened; with `subject`, one in which a mail must arrive. With `provoke` the mail is \
            one that this look makes somebody send: both know it by `{{ look.id }}`.",
    facts: &[
        ("banner", "the greeting"),
        ("tls", "whether the connection is encrypted"),
        ("tls_days_left", "days until the server's certificate expires"),
        ("authenticated", "whether the server knows us"),
        ("messages", "mails in the mailbox"),
        ("found", "with `subject`: mails whose subject holds it; they are deleted with `delete = true`"),
        ("delay_ms", "with `provoke`: from then until the mail was found"),
        ("look_id", "with `provoke`: what `{{ look.id }}` stood for"),
        ("reason", "why the mail is not there"),
    ],
    passes: "opened; with `subject`, such a mail arrived",
    success: "found != 0",
};

/// A mailbox, and the mail that must arrive in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImapLook<T = Rendered> {
    /// Where.
    pub server: MailServer<T>,
    /// The mailbox.
    pub mailbox: T,
    /// What the subject of the mail holds.
    pub subject: Option<T>,
    /// How long it is waited for; a look without it asks once.
    #[serde(with = "human")]
    pub wait: Duration,
    /// Such mails are deleted.
    pub delete: bool,
    /// What makes somebody send it.
    #[serde(default = "none")]
    pub provoke: Option<Box<Provoke<T>>>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> ImapLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<ImapLook<U>, E> {
        Ok(ImapLook {
            server: self.server.try_map(fill)?,
            mailbox: fill(&self.mailbox)?,
            subject: self.subject.as_ref().map(&mut *fill).transpose()?,
            wait: self.wait,
            delete: self.delete,
            provoke: self.provoke.as_ref().map(|provoke| provoke.try_map(fill).map(Box::new)).transpose()?,
        })
    }
}
