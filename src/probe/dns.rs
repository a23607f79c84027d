//! A DNS question, put to one server and read as it answers: a name that does not exist is an answer.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use hickory_resolver::{
    proto::{
        op::{Edns, Message, MessageType, OpCode, Query},
        rr::{Name, RecordType},
    },
    system_conf::read_system_conf,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout_at,
};

use crate::domain::{
    probe::{DnsLook, DnsType, Outcome, Phase, Phases, ProbeError},
    text::clean_line,
};

use super::{
    dial::{Allowance, Bounds, ms_since},
    error::{connecting, failed, timed_out},
    lookup::SecretLookup,
    target::resolve,
};

/// Answers told at most.
const MOST: usize = 100;
/// Longest answer told, in characters.
const LONGEST: usize = 4096;
/// What we say a datagram may hold; what is longer comes over TCP.
const DATAGRAM: u16 = 1232;
/// How long an answer is waited for before the question is sent again.
const AGAIN: Duration = Duration::from_millis(600);

/// Asks, and tells what was answered.
pub(super) async fn look(
    look: &DnsLook,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let question = question(&resolve(&look.name, secrets)?, look.record_type)?;
    let servers = match &look.resolver {
        Some(resolver) => vec![server(&resolve(resolver, secrets)?)?],
        None => of_the_system()?,
    };
    let begun = Instant::now();
    let answered = ask_any(&servers, &question, bounds, &outcome.phases).await;
    outcome.latency_ms = Some(ms_since(begun));
    let (server, answer) = answered?;
    outcome.phases.processing_ms = outcome.latency_ms;

    let facts = &mut outcome.facts;
    let rcode = rcode(answer.metadata.response_code.into());
    let wanted = record_type(look.record_type);
    let found: Vec<_> = answer.answers.iter().filter(|record| record.record_type() == wanted).collect();
    facts.set("resolver", server.to_string());
    facts.set("rcode", rcode.as_str());
    facts.set("count", found.len());
    facts.set("authoritative", answer.metadata.authoritative);
    if let Some(ttl) = found.iter().map(|record| record.ttl).min() {
        facts.set("ttl_s", ttl);
    }
    let answers: Vec<_> = found.iter().take(MOST).map(|record| clean_line(&record.data.to_string(), LONGEST)).collect();
    let asked = clean_line(&question.queries[0].name().to_string(), LONGEST);
    let kind = look.record_type.word();
    if rcode == "NXDOMAIN" {
        facts.set("reason", format!("{asked} does not exist (NXDOMAIN from {server})"));
    } else if rcode != "NOERROR" {
        facts.set("reason", format!("{server} answered {rcode} about {asked}"));
    } else if answers.is_empty() {
        facts.set("reason", format!("{asked} has no {kind} record (from {server})"));
    }
    facts.set("answers", Value::from(answers));
    Ok(())
}

fn question(name: &str, kind: DnsType) -> Result<Message, ProbeError> {
    let bad =
        |why: &str| failed(Phase::Prepare, "bad_name", format!("nothing was sent: {} {why}", clean_line(name, 300)));
    let name = match (kind, name.trim().parse::<IpAddr>()) {
        // The address of a PTR question is turned around, as people write it forwards.
        (DnsType::Ptr, Ok(ip)) => Name::from(ip),
        _ => Name::from_utf8(name.trim()).map_err(|error| bad(&format!("is no DNS name: {error}")))?,
    };
    let mut name = name;
    name.set_fqdn(true);
    let mut message = Message::new(fastrand::u16(..), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, record_type(kind)));
    let mut edns = Edns::new();
    edns.set_max_payload(DATAGRAM);
    message.edns = Some(edns);
    Ok(message)
}

fn record_type(kind: DnsType) -> RecordType {
    match kind {
        DnsType::A => RecordType::A,
        DnsType::Aaaa => RecordType::AAAA,
        DnsType::Cname => RecordType::CNAME,
        DnsType::Mx => RecordType::MX,
        DnsType::Txt => RecordType::TXT,
        DnsType::Ns => RecordType::NS,
        DnsType::Soa => RecordType::SOA,
        DnsType::Srv => RecordType::SRV,
        DnsType::Caa => RecordType::CAA,
        DnsType::Ptr => RecordType::PTR,
    }
}

fn rcode(code: u16) -> String {
    let word = match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        9 => "NOTAUTH",
        other => return format!("RCODE{other}"),
    };
    word.to_owned()
}

/// `ip` or `ip:port`: a name would have to be resolved first, by whom?
fn server(text: &str) -> Result<SocketAddr, ProbeError> {
    let text = text.trim();
    text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))).map_err(|_| {
        let shown = clean_line(text, 100);
        failed(
            Phase::Prepare,
            "bad_address",
            format!("nothing was sent: the resolver {shown:?} is neither ip nor ip:port"),
        )
    })
}

fn of_the_system() -> Result<Vec<SocketAddr>, ProbeError> {
    let (config, _) = read_system_conf().map_err(|error| {
        let why =
            format!("nothing was sent: /etc/resolv.conf names no server that can be asked: {error}; set resolver");
        failed(Phase::Prepare, "no_resolver", why)
    })?;
    Ok(config.name_servers().iter().map(|server| SocketAddr::new(server.ip, 53)).take(3).collect())
}

/// The servers in turn, each with its share of the time: the first answer counts, whatever it is.
async fn ask_any(
    servers: &[SocketAddr],
    question: &Message,
    bounds: &Bounds<'_>,
    phases: &Phases,
) -> Result<(SocketAddr, Message), ProbeError> {
    let mut last = None;
    for (index, server) in servers.iter().enumerate() {
        let left = bounds.deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(servers.len() - index).unwrap_or(1);
        let allowed = Allowance::new(bounds.limits.resolve.min(share), bounds.deadline);
        match timeout_at(allowed.at(), ask(*server, question)).await {
            Ok(Ok(answer)) => return Ok((*server, answer)),
            Ok(Err(error)) => last = Some(error),
            Err(_) => {
                last = Some(timed_out(Phase::Resolve, &format!("no answer from {server}"), allowed.limit, phases));
            }
        }
    }
    Err(last.unwrap_or_else(|| failed(Phase::Prepare, "no_resolver", "there is no server to ask; set resolver")))
}

async fn ask(server: SocketAddr, question: &Message) -> Result<Message, ProbeError> {
    let lost = |error: std::io::Error| {
        let (kind, message) = connecting(&error, &server.to_string());
        failed(Phase::Resolve, kind, message)
    };
    let bytes = question.to_vec().map_err(|error| {
        failed(Phase::Prepare, "bad_name", format!("nothing was sent: the question can't be written: {error}"))
    })?;
    let here: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(here).await.map_err(lost)?;
    // Connected: datagrams of others don't arrive.
    socket.connect(server).await.map_err(lost)?;
    socket.send(&bytes).await.map_err(lost)?;
    let mut again = Instant::now() + AGAIN;
    let mut buffer = [0; 4096];
    let answer = loop {
        let Ok(read) = timeout_at(again.into(), socket.recv(&mut buffer)).await else {
            // A datagram may be lost; whoever waits for the answer bounds how often.
            socket.send(&bytes).await.map_err(lost)?;
            again = Instant::now() + AGAIN;
            continue;
        };
        match Message::from_vec(&buffer[..read.map_err(lost)?]) {
            // What does not belong to the question may be forged, and is as good as nothing.
            Ok(answer) if belongs(&answer, question) => break answer,
            _ => {}
        }
    };
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    let mut stream = TcpStream::connect(server).await.map_err(lost)?;
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    stream.write_all(&[&length[..], &bytes].concat()).await.map_err(lost)?;
    let mut answer = vec![0; usize::from(stream.read_u16().await.map_err(lost)?)];
    stream.read_exact(&mut answer).await.map_err(lost)?;
    match Message::from_vec(&answer) {
        Ok(answer) if belongs(&answer, question) => Ok(answer),
        _ => Err(failed(Phase::Decode, "bad_dns", format!("the answer of {server} can't be read"))),
    }
}

fn belongs(answer: &Message, question: &Message) -> bool {
    answer.metadata.message_type == MessageType::Response
        && answer.metadata.id == question.metadata.id
        && (answer.queries.is_empty() || answer.queries[0] == question.queries[0])
}
