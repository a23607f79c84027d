//! Looks at mail servers: their words, their facts, and what each is told.

use serde::{Deserialize, Serialize};

use super::{
    http::{Auth, TlsOptions},
    words::KindWords,
};
use crate::domain::template::Rendered;

/// `smtp`
pub const SMTP: KindWords = KindWords {
    word: "smtp",
    about: "`host:port` of a mail server that must greet, offer TLS where it is wanted, and know us where `auth` is given. A mail is \
            sent only where `send` says so.",
    facts: &[
        ("banner", "the greeting"),
        ("extensions", "what the server offers (`EHLO`), as a list"),
        ("tls", "whether the connection is encrypted"),
        ("tls_days_left", "days until the server's certificate expires"),
        ("authenticated", "whether the server knows us"),
        ("sent", "with `send`: whether the server took the mail"),
        ("accepted", "with `send`: what it said to it"),
        ("look_id", "with `send`: what `{{ look.id }}` stood for"),
    ],
    passes: "greeted, encrypted where asked, authenticated where `auth` is given, and took the mail where `send` is",
    success: "",
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

/// A mail server, and the mail it must take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmtpLook<T = Rendered> {
    /// Where.
    #[serde(flatten)]
    pub server: MailServer<T>,
    /// What is sent; without it the look stops where a mail could be sent.
    #[serde(default = "none")]
    pub send: Option<Letter<T>>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter<T = Rendered> {
    /// The sender's address.
    pub from: T,
    /// The recipient's.
    pub to: T,
    /// Its subject.
    pub subject: T,
    /// Its text.
    pub body: Option<T>,
}

fn none<T>() -> Option<T> {
    None
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

impl<T> SmtpLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<SmtpLook<U>, E> {
        let letter = |letter: &'t Letter<T>, fill: &mut dyn FnMut(&'t T) -> Result<U, E>| {
            Ok(Letter {
                from: fill(&letter.from)?,
                to: fill(&letter.to)?,
                subject: fill(&letter.subject)?,
                body: letter.body.as_ref().map(&mut *fill).transpose()?,
            })
        };
        Ok(SmtpLook {
            server: self.server.try_map(fill)?,
            send: self.send.as_ref().map(|send| letter(send, fill)).transpose()?,
        })
    }
}
