//! `[serve]`, `[export]` and the channels: what leaves this machine, and to whom.

use core::net::SocketAddr;
use std::{path::Path, time::Duration};

use super::{channel, environment, heartbeat, kind};
use crate::{
    config::{
        names::Words,
        options::{EXPORT, SERVE},
        reader::At,
        view::View,
    },
    domain::{
        environment::Outlets,
        outlet::{Export, ExportTo, Serve, TlsFiles},
        template::{Context, Rendered},
    },
};

const LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 9464);
const EVERY: Duration = Duration::from_secs(10);
const SELDOM: Duration = Duration::from_mins(1);

/// Reads these tables of the top level.
pub fn outlets(top: &View<'_>, root: &Path) -> Outlets {
    let serve = top.section("serve", &SERVE).and_then(|view| serve(&view, root));
    let export = top.section("export", &EXPORT).and_then(|view| export(&view));
    let channels = channel::channels(top, root);
    let heartbeat = heartbeat::heartbeat(top);
    let summary = heartbeat::summary(top, &channels);
    Outlets { serve, export, channels, heartbeat, summary, secrets: environment::secrets(top, root) }
}

fn serve(view: &View<'_>, root: &Path) -> Option<Serve> {
    let listen = view.text("listen").map_or(Some(LISTEN), |text| address(view, text));
    let token = view.template("token").and_then(|template| {
        Words::default().check(view.reader, &template);
        let rendered = template.value.render(&Context::new()).ok()?;
        if rendered.secrets().is_empty() {
            let help =
                "write token = \"{{ secret('QUARTERDECK_TOKEN') }}\" and say under [secrets] where it comes from";
            view.reader.problem(template.place, "'token' stands in plain text", help.to_owned());
        }
        Some(rendered)
    });
    if let Some(listen) = listen.filter(|listen| !listen.ip().is_loopback() && !view.has("token")) {
        let message = format!("{listen} can be reached from other machines, and there is no token");
        let help = "write token = \"{{ secret('QUARTERDECK_TOKEN') }}\", or listen on 127.0.0.1".to_owned();
        view.reader.problem(view.place_of("listen"), message, help);
    }
    let (cert, key) = (view.text("tls_cert"), view.text("tls_key"));
    let tls = match (cert, key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert: root.join(cert.value), key: root.join(key.value) }),
        (None, None) => None,
        (Some(one), None) => alone(view, one, "tls_key"),
        (None, Some(one)) => alone(view, one, "tls_cert"),
    };
    view.finish("serve");
    Some(Serve { listen: listen?, token, tls })
}

fn alone(view: &View<'_>, one: At<&str>, missing: &str) -> Option<TlsFiles> {
    view.reader.problem(one.place, format!("'{missing}' is missing beside it"), "give both, or neither".to_owned());
    None
}

fn address(view: &View<'_>, text: At<&str>) -> Option<SocketAddr> {
    let help = "write an address and a port: listen = \"127.0.0.1:9464\", or \"[::1]:9464\"".to_owned();
    match text.value.parse::<SocketAddr>() {
        Ok(address) if address.port() > 0 => return Some(address),
        Ok(_) => view.reader.problem(text.place, "port 0 can't be found by those who ask", help),
        Err(_) => view.reader.problem(text.place, format!("'{}' is not an address and a port", text.value), help),
    }
    None
}

fn export(view: &View<'_>) -> Option<Export> {
    let (otlp, remote_write) = (view.text("otlp"), view.text("remote_write"));
    if !view.has("otlp") && !view.has("remote_write") {
        view.missing(
            "otlp",
            "otlp = \"https://collector:4318/v1/metrics\", or remote_write = \"https://.../api/v1/write\"",
        );
    }
    if let (Some(_), Some(second)) = (otlp, remote_write) {
        let help = "remove one: one place at a time is moved".to_owned();
        view.reader.problem(second.place, "'otlp' and 'remote_write' are both there", help);
    }
    // What templates may use here: secrets, and nothing of an environment.
    let headers: Vec<(String, Rendered)> = kind::headers(view, &Words::default())
        .into_iter()
        .filter_map(|(name, template)| Some((name, template.render(&Context::new()).ok()?)))
        .collect();
    for url in [otlp, remote_write].into_iter().flatten() {
        kind::check_url(view.reader, url.place, url.value);
        check_endpoint(view, url, headers.iter().any(|(_, value)| !value.secrets().is_empty()));
    }
    let every = view.duration("every", EVERY).unwrap_or(EVERY);
    if every > SELDOM {
        let help = "write every = \"60s\" or less".to_owned();
        view.reader.problem(view.place_of("every"), "'every' must be at most 60s", help);
    }
    view.finish("export");
    let to = match (otlp, remote_write) {
        (Some(url), _) => ExportTo::Otlp(url.value.to_owned()),
        (None, Some(url)) => ExportTo::RemoteWrite(url.value.to_owned()),
        (None, None) => return None,
    };
    Some(Export { to, headers, every })
}

/// What a URL says is logged and shown; what a header says is not, and goes nowhere unencrypted.
fn check_endpoint(view: &View<'_>, written: At<&str>, has_secret: bool) {
    let Ok(url) = url::Url::parse(written.value) else { return };
    if !url.username().is_empty() || url.password().is_some() {
        let help = "put it into headers: Authorization = \"Basic {{ secret('NAME') }}\"".to_owned();
        view.reader.problem(written.place, "the URL holds a user or a password", help);
    }
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    if url.scheme() == "http" && has_secret && !loopback {
        let message = "a header's secret would cross the network unencrypted";
        view.reader.problem(written.place, message, "use https://".to_owned());
    }
}
