//! Looks at mail servers.

use super::http::{auth, template, tls_options};
use crate::{
    config::{names::Words, options::LETTER, view::View},
    domain::{
        probe::{Letter, MailServer, MailTls, SmtpLook},
        template::Template,
    },
};

/// Reads `smtp`.
pub fn smtp(view: &View<'_>, address: Template, words: &Words) -> Option<SmtpLook<Template>> {
    let server = server(view, address, words);
    let send = if view.has("send") { Some(letter(&view.section("send", &LETTER)?, words)?) } else { None };
    Some(SmtpLook { server, send })
}

/// Reads `send`.
fn letter(view: &View<'_>, words: &Words) -> Option<Letter<Template>> {
    let words = &words.looking();
    let required = |key: &'static str| {
        let found = template(view, key, words);
        if !view.has(key) {
            view.missing(key, &format!("{key} = \"somebody@example.com\""));
        }
        found
    };
    let (from, to) = (required("from"), required("to"));
    let subject = template(view, "subject", words);
    let subject = subject.or_else(|| Template::parse("Quarterdeck look {{ look.id }}").ok());
    let body = template(view, "body", words);
    view.finish("a mail");
    Some(Letter { from: from?, to: to?, subject: subject?, body })
}

/// Reads what stands beside the address.
pub fn server(view: &View<'_>, address: Template, words: &Words) -> MailServer<Template> {
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
