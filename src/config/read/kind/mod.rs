//! What each kind of look needs beside its target, and whether the target can be looked at: one file for each family.

mod composite;
mod database;
mod http;
mod imap;
mod local;
mod mail;
mod net;
mod provoke;
mod tcp;
mod webhook;

use std::time::Duration;

use crate::{
    config::{
        names::Words,
        reader::{At, Reader},
        view::View,
    },
    domain::{
        probe::ProbeKind,
        template::{Piece, Rendered, Template},
    },
};

pub use http::{check_url, headers, request};

/// Reads the kind named by `key` with its target, and what stands beside it even if the target itself is wrong.
pub fn read(view: &View<'_>, key: &'static str, words: &Words) -> Option<ProbeKind<Template>> {
    match key {
        "command" => return local::command(view, words),
        "flow" => return composite::flow(view, words),
        "host" => return view.word(key).map(|_| ProbeKind::Host),
        "env" => return Some(ProbeKind::Env { name: view.text(key)?.value.to_owned() }),
        _ => {}
    }
    let target = view.template(key);
    if let Some(target) = &target {
        words.check(view.reader, target);
    }
    let known = target.is_some();
    let target = target.map_or_else(|| Template::parse("").ok(), |target| Some(target.value))?;
    let kind = match key {
        "tcp" => ProbeKind::Tcp { address: target },
        "json" => ProbeKind::Json(request(view, target, words)?),
        "prometheus" => ProbeKind::Prometheus(request(view, target, words)?),
        "file" => ProbeKind::File(local::file(view, target)),
        "disk" => ProbeKind::Disk(local::file(view, target)),
        "tls" => net::tls(view, target, words),
        "dns" => net::dns(view, target, words),
        "icmp" => net::icmp(view, target),
        "grpc" => net::grpc(view, target, words)?,
        "websocket" => net::websocket(view, target, words)?,
        "smtp" => ProbeKind::Smtp(mail::smtp(view, target, words)?),
        "imap" => imap::imap(view, target, words)?,
        "webhook" => webhook::webhook(view, target, words)?,
        "promql" => net::promql(view, target, words)?,
        "postgres" => ProbeKind::Postgres { url: target },
        "mysql" => ProbeKind::Mysql { url: target },
        "redis" => ProbeKind::Redis { url: target },
        "sql" => database::sql(view, target, words)?,
        "bench" => composite::bench(view, target, words)?,
        _ => ProbeKind::Http(request(view, target, words)?),
    };
    known.then_some(kind)
}

/// The bound on a look of this kind whose `timeout` is not given.
pub fn timeout(view: &View<'_>, key: &str, usual: Duration) -> Duration {
    if key == "webhook" { webhook::timeout(view) } else { usual }
}

/// Notes a rendered target that can't be looked at. Secrets inside count as some text.
pub fn check_target(reader: &Reader<'_>, target: &At<()>, kind: &ProbeKind<Rendered>) {
    let shown = |rendered: &Rendered| rendered.resolve(&|_| Some("x".into()), &|_| Some("x".into())).ok();
    let Some(text) = kind.target().and_then(shown) else { return };
    match kind {
        ProbeKind::Tcp { .. } | ProbeKind::Tls(_) | ProbeKind::Smtp(_) | ProbeKind::Imap(_) => {
            tcp::check_address(reader, target.place, &text, kind.word());
        }
        ProbeKind::Dns(_) | ProbeKind::Icmp(_) => net::check_host(reader, target.place, &text, kind.word()),
        ProbeKind::WebSocket(_) => http::check_url_of(reader, target.place, &text, ["ws", "wss"]),
        ProbeKind::Http(_)
        | ProbeKind::Json(_)
        | ProbeKind::Prometheus(_)
        | ProbeKind::Grpc(_)
        | ProbeKind::Promql(_)
        | ProbeKind::Webhook(_)
        | ProbeKind::Bench(_) => check_url(reader, target.place, &text),
        ProbeKind::Postgres { .. } | ProbeKind::Mysql { .. } | ProbeKind::Redis { .. } => {
            database::check_url(reader, target.place, kind.word(), &text);
        }
        ProbeKind::Flow(flow) => {
            for step in flow.steps.iter().chain(&flow.cleanup) {
                // One that is captured, or begins with what is, can be told only when it is used.
                let is_known = !matches!(step.request.url.0.first(), None | Some(Piece::Late(_) | Piece::Secret(_)));
                if let Some(url) = shown(&step.request.url).filter(|_| is_known) {
                    check_url(reader, target.place, &url);
                }
            }
        }
        ProbeKind::Sql(look) => {
            if let Some(url) = shown(&look.database) {
                database::check_url(reader, target.place, "sql", &url);
            }
        }
        _ => {}
    }
}
