//! Looks at mail servers.

use std::time::Duration;

use super::http::{auth, template, tls_options};
use crate::{
    config::{names::Words, view::View},
    domain::{
        probe::{ImapLook, MailServer, MailTls, ProbeKind},
        template::Template,
    },
};

/// Reads `smtp`.
pub fn smtp(view: &View<'_>, address: Template, words: &Words) -> ProbeKind<Template> {
    ProbeKind::Smtp(server(view, address, words))
}

/// Reads `imap`.
pub fn imap(view: &View<'_>, address: Template, words: &Words) -> Option<ProbeKind<Template>> {
    if !view.has("auth") {
        view.missing("auth", "auth = { user = \"...\", password = \"{{ secret('MAIL') }}\" }");
    }
    let server = server(view, address, words);
    let mailbox = template(view, "mailbox", words).or_else(|| Template::parse("INBOX").ok())?;
    let subject = template(view, "subject", words);
    let wait = view.duration("wait", Duration::ZERO).unwrap_or_default();
    let delete = view.flag("delete");
    for key in ["wait", "delete"].iter().filter(|key| subject.is_none() && view.has(key)) {
        let message = format!("'{key}' has no meaning without 'subject'");
        view.reader.problem(view.place_of(key), message, "add subject = \"...\", or remove it".to_owned());
    }
    Some(ProbeKind::Imap(ImapLook { server, mailbox, subject, wait, delete }))
}

fn server(view: &View<'_>, address: Template, words: &Words) -> MailServer<Template> {
    let encryption = match view.word("encryption").map(|word| word.value) {
        Some("implicit") => MailTls::Implicit,
        Some("none") => MailTls::None,
        None if [":465", ":993"].iter().any(|port| address.source().trim().ends_with(port)) => MailTls::Implicit,
        _ => MailTls::Starttls,
    };
    let place = view.place_of("auth");
    let auth = auth(view, words);
    if matches!(auth, Some(crate::domain::probe::Auth::Bearer(_))) {
        let help = "write auth = { user = \"...\", password = \"...\" }".to_owned();
        view.reader.problem(place, "a mail server wants a user and a password, not a bearer", help);
    }
    if auth.is_some() && encryption == MailTls::None {
        let help = "remove encryption = \"none\", or auth".to_owned();
        view.reader.problem(place, "a password is not sent without encryption", help);
    }
    MailServer { address, encryption, auth, tls: tls_options(view, words) }
}
