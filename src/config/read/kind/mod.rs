//! What each kind of look needs beside its target, and whether the target can be looked at: one file for each family.

mod http;
mod tcp;

use crate::{
    config::{
        names::Words,
        reader::{At, Reader},
        view::View,
    },
    domain::{
        probe::ProbeKind,
        template::{Rendered, Template},
    },
};

pub use http::{check_url, request};

/// Reads the kind named by `key`, whose value is `target`.
pub fn read(view: &View<'_>, key: &str, target: Template, words: &Words) -> Option<ProbeKind<Template>> {
    Some(match key {
        "tcp" => ProbeKind::Tcp { address: target },
        "json" => ProbeKind::Json(request(view, target, words)?),
        "prometheus" => ProbeKind::Prometheus(request(view, target, words)?),
        _ => ProbeKind::Http(request(view, target, words)?),
    })
}

/// Notes a rendered target that can't be looked at. Secrets inside count as some text.
pub fn check_target(reader: &Reader<'_>, target: &At<()>, kind: &ProbeKind<Rendered>) {
    let shown = |rendered: &Rendered| rendered.resolve(&|_| Some("x".into()), &|_| Some("x".into())).ok();
    let Some(text) = kind.target().and_then(shown) else { return };
    match kind {
        ProbeKind::Tcp { .. } => tcp::check_address(reader, target.place, &text),
        ProbeKind::Http(_) | ProbeKind::Json(_) | ProbeKind::Prometheus(_) => check_url(reader, target.place, &text),
    }
}
