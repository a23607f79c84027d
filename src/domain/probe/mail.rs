//! Looks at mail servers: their words, their facts, and what each is told.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    http::{Auth, TlsOptions},
    words::KindWords,
};
use crate::domain::{template::Rendered, time::human};

/// `smtp`
pub const SMTP: KindWords = KindWords {
    word: "smtp",
    about: "`host:port` of a mail server that must greet, offer TLS where it is wanted, and know us where `auth` is given. No mail is sent.",
    facts: &[
        ("banner", "the greeting"),
        ("extensions", "what the server offers (`EHLO`), as a list"),
        ("tls", "whether the connection is encrypted"),
        ("tls_days_left", "days until the server's certificate expires"),
        ("authenticated", "whether the server knows us"),
    ],
    passes: "greeted, encrypted where asked, authenticated where `auth` is given",
    success: "",
};

/// `imap`
pub const IMAP: KindWords = KindWords {
    word: "imap",
    about: "`host:port` of a mailbox that must be opened; with `subject`, one in which a mail must arrive.",
    facts: &[
        ("banner", "the greeting"),
        ("tls", "whether the connection is encrypted"),
        ("tls_days_left", "days until the server's certificate expires"),
        ("authenticated", "whether the server knows us"),
        ("messages", "mails in the mailbox"),
        ("found", "with `subject`: mails whose subject holds it; they are deleted with `delete = true`"),
        ("reason", "why the mail is not there"),
    ],
    passes: "opened; with `subject`, such a mail arrived",
    success: "found != 0",
};

/// When the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// After `STARTTLS`, which must be offered.
    #[default]
    Starttls,
    /// From the first byte on.
    Implicit,
    /// Never.
    None,
}

/// Who is spoken to, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailServer<T = Rendered> {
    /// `host:port`.
    pub address: T,
    /// When it is encrypted.
    pub encryption: MailTls,
    /// Who we are.
    pub auth: Option<Auth<T>>,
    /// What TLS is told.
    pub tls: TlsOptions<T>,
}

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
}

impl<T> MailServer<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<MailServer<U>, E> {
        Ok(MailServer {
            address: fill(&self.address)?,
            encryption: self.encryption,
            auth: self.auth.as_ref().map(|auth| auth.try_map(fill)).transpose()?,
            tls: self.tls.try_map(fill)?,
        })
    }
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
        })
    }
}
