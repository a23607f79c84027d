//! Suites of checks.

use super::{kind, look, world::World};
use crate::{
    config::{names::check_known, options::CHECK, view::View},
    domain::{
        probe::{ProbeKind, without_password},
        suite::{Check, CheckKind, Suite},
        template::Template,
    },
};

/// Reads a suite.
pub fn suite(world: &World<'_>, name: &str, view: &View<'_>) -> Suite {
    if !view.has("checks") {
        view.missing("checks", "checks = [{ service = \"...\" }]");
    }
    let items = view.list("checks");
    if items.is_some_and(<[_]>::is_empty) {
        let help = "write checks = [{ service = \"...\" }]".to_owned();
        view.reader.problem(view.place_of("checks"), format!("the suite '{name}' checks nothing"), help);
    }
    let checks = items
        .unwrap_or_default()
        .iter()
        .filter_map(|item| {
            let view = view.as_section("checks", item, &CHECK)?;
            check(world, &view)
        })
        .collect();
    view.finish("a suite");
    Suite { name: name.to_owned(), checks }
}

fn check(world: &World<'_>, view: &View<'_>) -> Option<Check> {
    let name = view.text("name");
    let fix = view.text("fix").map(|text| text.value.to_owned());
    let optional = view.flag("optional");
    let kinds: Vec<_> = look::kinds().chain(["service", "run"]).collect();
    let Some(kind) = view.exactly_one(&kinds, "a check") else {
        view.finish_strange();
        return None;
    };
    let read = kind_of(world, view, kind, name.map(|text| text.value));
    view.finish(&format!("a '{kind}' check"));
    let kind = read?;
    let name = name.map_or_else(|| default_name(&kind), |text| text.value.to_owned());
    Some(Check { name, kind, fix, optional })
}

fn kind_of(world: &World<'_>, view: &View<'_>, kind: &'static str, name: Option<&str>) -> Option<CheckKind<Template>> {
    Some(match kind {
        "service" => {
            let service = view.text("service")?;
            check_known(view.reader, "service", service.value, service.place, world.service_names());
            CheckKind::Service(service.value.to_owned())
        }
        "run" => {
            let words = view.argv("run")?;
            for word in &words {
                world.words.check(view.reader, word);
            }
            CheckKind::Run(words.into_iter().map(|word| word.value).collect())
        }
        _ => {
            let read = look::look(view, name.unwrap_or(kind), &world.words, "a check")?;
            match read.spec.render(&world.context) {
                Ok(spec) => kind::check_target(view.reader, &read.target, &spec.kind),
                Err(error) if view.reader.is_fine() => {
                    view.reader.problem(read.target.place, format!("template: {error}"), None);
                }
                Err(_) => {}
            }
            CheckKind::Probe(Box::new(read.spec))
        }
    })
}

fn default_name(kind: &CheckKind<Template>) -> String {
    match kind {
        CheckKind::Service(name) => format!("{name} is up"),
        CheckKind::Run(words) => format!("{} succeeds", words.first().map_or("command", Template::source)),
        CheckKind::Probe(probe) => {
            let target = probe.kind.target().map_or("", Template::source);
            match &probe.kind {
                ProbeKind::Tcp { .. } => format!("{target} accepts connections"),
                ProbeKind::Tls(_) => format!("the certificate of {target} is trusted"),
                ProbeKind::Dns(_) => format!("{target} resolves"),
                ProbeKind::Icmp(_) => format!("{target} answers pings"),
                ProbeKind::Grpc(_) => format!("{target} is serving"),
                ProbeKind::WebSocket(_) => format!("{target} shakes hands"),
                ProbeKind::Smtp(look) if look.send.is_some() => format!("{target} takes a mail"),
                ProbeKind::Smtp(_) => format!("{target} takes mail"),
                ProbeKind::Imap(look) if look.subject.is_some() => format!("the mail arrives at {target}"),
                ProbeKind::Imap(_) => format!("the mailbox at {target} opens"),
                ProbeKind::Webhook(_) => "the callback comes".to_owned(),
                ProbeKind::Promql(_) => format!("{target} answers the query"),
                ProbeKind::Command(_) => format!("{target} succeeds"),
                ProbeKind::File(_) if probe.expect.is_empty() => format!("{target} exists"),
                ProbeKind::File(_) => format!("{target} is as it should be"),
                ProbeKind::Disk(_) => format!("{target} has room"),
                ProbeKind::Host => "this host is well".to_owned(),
                ProbeKind::Env { name } => format!("{name} is set"),
                ProbeKind::Flow(flow) => format!("a flow of {} requests", flow.steps.len()),
                ProbeKind::Bench(_) => format!("{} holds under load", without_password(target)),
                ProbeKind::Sql(look) => format!("a query of {}", without_password(look.database.source())),
                _ => format!("{} answers", without_password(target)),
            }
        }
    }
}
