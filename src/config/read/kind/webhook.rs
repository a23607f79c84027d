//! Looks that wait to be called back.

use std::time::Duration;

use super::{http::template, provoke::provoke};
use crate::{
    config::{names::Words, options::SIGNATURE, view::View},
    domain::{
        probe::{ProbeKind, Signature, SignatureScheme, WebhookLook},
        template::Template,
    },
};

/// Unless it is said otherwise.
const WITHIN: Duration = Duration::from_mins(1);

/// Reads `webhook`.
pub fn webhook(view: &View<'_>, base: Template, words: &Words) -> Option<ProbeKind<Template>> {
    let token = template(view, "token", words);
    let within = view.duration("within", Duration::from_millis(100)).unwrap_or(WITHIN);
    let signature = if view.has("signature") { Some(Box::new(signature(view, words)?)) } else { None };
    if !view.has("provoke") {
        view.missing(
            "provoke",
            "provoke = { http = \"https://...\", method = \"POST\", body = { url = \"{{ look.hook }}\" } }",
        );
    }
    let mut words = words.looking();
    words.add("look", "hook");
    let holds = template(view, "holds", &words);
    let provoke = Box::new(provoke(view, &words)?);
    Some(ProbeKind::Webhook(WebhookLook { base, token, provoke, within, holds, signature }))
}

/// How long a look may take that waits so long, unless it is said.
pub fn timeout(view: &View<'_>) -> Duration {
    view.duration("within", Duration::ZERO).unwrap_or(WITHIN) + Duration::from_secs(5)
}

fn signature(view: &View<'_>, words: &Words) -> Option<Signature<Template>> {
    let inner = view.section("signature", &SIGNATURE)?;
    let (header, secret) = (inner.text("header"), template(&inner, "secret", words));
    for (key, example) in
        [("header", "header = \"X-Hub-Signature-256\""), ("secret", "secret = \"{{ secret('NAME') }}\"")]
    {
        if !inner.has(key) {
            inner.missing(key, example);
        }
    }
    let scheme = match inner.word("scheme").map(|word| word.value) {
        Some("base64") => SignatureScheme::Base64,
        Some("stripe") => SignatureScheme::Stripe,
        _ => SignatureScheme::Hex,
    };
    inner.finish("a signature");
    Some(Signature { header: header?.value.to_owned(), secret: secret?, scheme })
}
