//! What is secret about a way out of this machine, and addresses that secrets are sent to.

use super::kind;
use crate::{
    config::{names::Words, reader::At, view::View},
    domain::template::{Context, Piece, Rendered},
};

/// Takes a template in which only secrets may be used.
pub fn any(view: &View<'_>, key: &'static str) -> Option<Rendered> {
    let template = view.template(key)?;
    Words::default().check(view.reader, &template);
    template.value.render(&Context::new()).ok()
}

/// Takes what must be a secret; `name` is one it could have.
pub fn only(view: &View<'_>, key: &'static str, name: &str) -> Option<Rendered> {
    if !view.has(key) {
        view.missing(key, &format!("{key} = \"{{{{ secret('{name}') }}}}\""));
    }
    let place = view.place_of(key);
    let rendered = any(view, key)?;
    if rendered.secrets().is_empty() {
        let help = format!("write {key} = \"{{{{ secret('{name}') }}}}\" and say under [secrets] where it comes from");
        view.reader.problem(place, format!("'{key}' stands in plain text"), help);
    }
    Some(rendered)
}

/// Takes an address that is a secret itself.
pub fn address(view: &View<'_>, key: &'static str) -> Option<Rendered> {
    let rendered = only(view, key, &key.to_uppercase())?;
    check_host(view, key, &rendered);
    Some(rendered)
}

/// Takes an address that may hold a secret, behind its host, or be one.
pub fn url(view: &View<'_>, key: &'static str) -> Option<Rendered> {
    if !view.has(key) {
        view.missing(key, &format!("{key} = \"https://...\""));
    }
    let rendered = any(view, key)?;
    check_host(view, key, &rendered);
    Some(rendered)
}

/// A secret may be the whole address or stand behind the host, never in it: it would say where secrets are sent to.
fn check_host(view: &View<'_>, key: &str, rendered: &Rendered) {
    let place = view.place_of(key);
    match rendered.0.as_slice() {
        [Piece::Secret(_)] => {}
        [Piece::Text(text)] => kind::check_url(view.reader, place, text),
        [Piece::Text(text), ..] if text.splitn(4, '/').count() == 4 => {
            kind::check_url(view.reader, place, text);
            if is_open(text) {
                view.reader.problem(place, "a secret would cross the network unencrypted", "use https://".to_owned());
            }
        }
        _ => {
            let help = format!("put the whole address into the secret: {key} = \"{{{{ secret('NAME') }}}}\"");
            view.reader.problem(place, "a secret stands where the host of the address does", help);
        }
    }
}

/// Takes the address of an API, without a slash at its end. Secrets go there, so it is encrypted.
pub fn base(view: &View<'_>, key: &'static str, default: &str) -> Option<String> {
    let Some(text) = view.text(key) else { return (!view.has(key)).then(|| default.to_owned()) };
    kind::check_url(view.reader, text.place, text.value);
    let At { value, place } = text;
    if is_open(value) {
        view.reader.problem(place, "a secret would cross the network unencrypted", "use https://".to_owned());
    }
    if url::Url::parse(value).is_ok_and(|url| !url.username().is_empty() || url.query().is_some()) {
        let help = "write scheme and host: https://host".to_owned();
        view.reader.problem(place, "this is more than the address of an API", help);
    }
    Some(value.trim_end_matches('/').to_owned())
}

/// Whether what is sent there can be read on the way.
fn is_open(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    url.scheme() == "http" && !loopback
}

/// Takes a table of templates in which only secrets may be used: headers, variables.
pub fn table(view: &View<'_>, key: &'static str) -> Vec<(String, Rendered)> {
    let entries = view.text_map(key);
    entries
        .into_iter()
        .filter_map(|(name, text)| {
            let fine =
                !name.value.is_empty() && name.value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            if !fine {
                let help = "use letters, digits, '-' and '_'".to_owned();
                view.reader.problem(name.place, format!("'{}' is no name for one of '{key}'", name.value), help);
            }
            let template = At { value: view.reader.template(text)?, place: text.place };
            Words::default().check(view.reader, &template);
            let rendered = template.value.render(&Context::new()).ok()?;
            let written =
                rendered.0.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(['\r', '\n', '\0'])));
            if written {
                view.reader.problem(
                    text.place,
                    format!("'{key}.{}' holds a line end", name.value),
                    "remove it".to_owned(),
                );
            }
            Some((name.value.to_owned(), rendered))
        })
        .collect()
}
