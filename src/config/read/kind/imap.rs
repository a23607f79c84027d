//! Looks into mailboxes.

use std::time::Duration;

use super::{http::template, mail::server, provoke::provoke};
use crate::{
    config::{names::Words, view::View},
    domain::{
        probe::{ImapLook, ProbeKind},
        template::Template,
    },
};

/// Reads `imap`.
pub fn imap(view: &View<'_>, address: Template, words: &Words) -> Option<ProbeKind<Template>> {
    if !view.has("auth") {
        view.missing("auth", "auth = { user = \"...\", password = \"{{ secret('MAIL') }}\" }");
    }
    let server = server(view, address, words);
    let provoke = if view.has("provoke") { Some(Box::new(provoke(view, &words.looking())?)) } else { None };
    let words = &if provoke.is_some() { words.looking() } else { words.clone() };
    let mailbox = template(view, "mailbox", words).or_else(|| Template::parse("INBOX").ok())?;
    let subject = template(view, "subject", words);
    let wait = view.duration("wait", Duration::ZERO).unwrap_or_default();
    let delete = view.flag("delete");
    for key in ["wait", "delete", "provoke"].iter().filter(|key| subject.is_none() && view.has(key)) {
        let message = format!("'{key}' has no meaning without 'subject'");
        view.reader.problem(view.place_of(key), message, "add subject = \"...\", or remove it".to_owned());
    }
    Some(ProbeKind::Imap(ImapLook { server, mailbox, subject, wait, delete, provoke }))
}
