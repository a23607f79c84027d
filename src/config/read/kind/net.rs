//! Looks at the network and at what speaks over it.

use super::http::{request, template, tls_options};
use crate::{
    config::{names::Words, reader::Reader, source::Place, view::View},
    domain::{
        probe::{DnsLook, DnsType, GrpcLook, PingLook, ProbeKind, PromqlLook, StartTls, TlsLook, WebSocketLook},
        template::Template,
    },
};

/// Packets of a ping unless said otherwise.
const PACKETS: u8 = 3;

/// Reads `tls`.
pub fn tls(view: &View<'_>, address: Template, words: &Words) -> ProbeKind<Template> {
    let word = view.word("starttls");
    let starttls = word.and_then(|word| StartTls::ALL.iter().find(|(known, _)| *known == word.value));
    if view.has("insecure") {
        let help = "remove it; facts come of any certificate, and expect says what must hold of it".to_owned();
        view.reader.problem(view.place_of("insecure"), "'insecure' has no meaning in a 'tls' look", help);
    }
    ProbeKind::Tls(TlsLook {
        address,
        server_name: template(view, "server_name", words),
        starttls: starttls.map(|(_, protocol)| *protocol),
        tls: tls_options(view, words),
    })
}

/// Reads `dns`.
pub fn dns(view: &View<'_>, name: Template, words: &Words) -> ProbeKind<Template> {
    let kind = view.word("record_type").and_then(|word| DnsType::from_word(word.value));
    ProbeKind::Dns(DnsLook { name, record_type: kind.unwrap_or_default(), resolver: template(view, "resolver", words) })
}

/// Reads `icmp`.
pub fn icmp(view: &View<'_>, host: Template) -> ProbeKind<Template> {
    let packets = view.integer("packets").and_then(|number| u8::try_from(number).ok());
    ProbeKind::Icmp(PingLook { host, packets: packets.unwrap_or(PACKETS) })
}

/// Reads `grpc`.
pub fn grpc(view: &View<'_>, url: Template, words: &Words) -> Option<ProbeKind<Template>> {
    refuse(view, "grpc", &["method", "body", "redirects", "version"]);
    let service = template(view, "grpc_service", words);
    Some(ProbeKind::Grpc(GrpcLook { request: request(view, url, words)?, service }))
}

/// Reads `websocket`.
pub fn websocket(view: &View<'_>, url: Template, words: &Words) -> Option<ProbeKind<Template>> {
    refuse(view, "websocket", &["method", "body", "redirects", "version"]);
    let send = template(view, "send", words);
    Some(ProbeKind::WebSocket(WebSocketLook { request: request(view, url, words)?, send }))
}

/// Reads `promql`.
pub fn promql(view: &View<'_>, url: Template, words: &Words) -> Option<ProbeKind<Template>> {
    refuse(view, "promql", &["method", "body", "redirects", "version"]);
    if !view.has("query") {
        view.missing("query", "query = \"sum(up)\"");
    }
    let query = template(view, "query", words);
    let request = request(view, url, words)?;
    Some(ProbeKind::Promql(PromqlLook { request, query: query? }))
}

/// Notes keys of a request that this kind sets by itself.
fn refuse(view: &View<'_>, kind: &str, keys: &[&'static str]) {
    for key in keys.iter().filter(|key| view.has(key)) {
        let message = format!("'{key}' has no meaning in a '{kind}' look");
        view.reader.problem(view.place_of(key), message, "remove it".to_owned());
    }
}

/// Notes a name or an address with something beside it.
pub fn check_host(reader: &Reader<'_>, place: Place, text: &str, key: &str) {
    let is_address = text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let is_name = !text.is_empty() && !text.contains(|letter: char| "/:@ ".contains(letter) || letter.is_control());
    if !is_address && !is_name {
        let host = url::Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
        let host = host.or_else(|| text.split_once(':').map(|(host, _)| host.to_owned()));
        let help =
            format!("write {key} = \"{}\"", host.as_deref().filter(|host| !host.is_empty()).unwrap_or("host.example"));
        reader.problem(place, format!("'{text}' is no name and no address"), help);
    }
}
