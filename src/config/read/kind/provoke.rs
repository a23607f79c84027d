//! What makes something happen that a look waits for.

use super::{composite, http, local, mail};
use crate::{
    config::{names::Words, options::PROVOKE, view::View},
    domain::{
        probe::{Deed, ProbeKind, Provoke},
        template::Template,
    },
};

/// Reads `provoke`; `words` are those of the look around it.
pub fn provoke(view: &View<'_>, words: &Words) -> Option<Provoke<Template>> {
    let inner = view.section("provoke", &PROVOKE)?;
    let key = inner.exactly_one(&Provoke::<Template>::KINDS, "what provokes it")?;
    let facts = crate::config::read::look::facts(key);
    let expect = crate::config::read::look::conditions(&inner, "expect", &facts);
    let deed = match key {
        "http" => http::template(&inner, key, words).and_then(|url| http::request(&inner, url, words)).map(Deed::Http),
        "smtp" => {
            if !inner.has("send") {
                inner.missing("send", "send = { from = \"...\", to = \"...\" }");
            }
            let address = http::template(&inner, key, words);
            address.and_then(|address| mail::smtp(&inner, address, words)).map(Deed::Smtp)
        }
        "flow" => match composite::flow(&inner, words) {
            Some(ProbeKind::Flow(flow)) => Some(Deed::Flow(flow)),
            _ => None,
        },
        _ => match local::command(&inner, words) {
            Some(ProbeKind::Command(command)) => Some(Deed::Command(command)),
            _ => None,
        },
    };
    inner.finish(&format!("what provokes it by '{key}'"));
    Some(Provoke { deed: deed?, expect })
}
