//! Syslog, RFC 5424: one line for each message.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, UdpSocket, UnixDatagram},
    time::timeout,
};

use super::speak::{Action, Parcel, Sent};
use crate::domain::{
    alert::{Notice, Severity},
    channel::{Syslog, SyslogTo},
};

const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a datagram that every receiver must take (RFC 5426).
const MOST: usize = 2_048;

/// Sends one line.
pub async fn send(syslog: &Syslog, parcel: &Parcel) -> Sent {
    let line = line(syslog.facility, &host(), parcel);
    let (sending, whereto) = match &syslog.to {
        SyslogTo::Unix(path) => (timeout(PATIENCE, unix(path, &line)).await, path.display().to_string()),
        SyslogTo::Udp(address) => (timeout(PATIENCE, udp(address, &line)).await, address.clone()),
        SyslogTo::Tcp(address) => (timeout(PATIENCE, tcp(address, &line)).await, address.clone()),
    };
    match sending {
        Ok(Ok(())) => Sent::Delivered { answer: format!("handed to {whereto}") },
        Ok(Err(error)) => Sent::later(format!("{whereto} can't be written to: {error}")),
        Err(_) => Sent::later(format!("{whereto} did not take it in time")),
    }
}

async fn unix(path: &std::path::Path, line: &str) -> std::io::Result<()> {
    UnixDatagram::unbound()?.send_to(line.as_bytes(), path).await.map(|_| ())
}

async fn udp(address: &str, line: &str) -> std::io::Result<()> {
    let peer = tokio::net::lookup_host(address).await?.next();
    let peer = peer.ok_or_else(|| std::io::Error::other("it has no address"))?;
    let socket = UdpSocket::bind(if peer.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await?;
    // Connected, so that a port where nobody listens can be heard of.
    socket.connect(peer).await?;
    socket.send(line.as_bytes()).await.map(|_| ())
}

/// With its length before it (RFC 6587): a line end within a message ends nothing.
async fn tcp(address: &str, line: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{} {line}", line.len()).as_bytes()).await?;
    stream.shutdown().await
}

/// `<PRI>1 TIME HOST APP PID MSGID [SD] MSG`.
fn line(facility: u8, host: &str, parcel: &Parcel) -> String {
    let notice = &parcel.notice;
    let at = parcel.notice.at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let priority = u32::from(facility) * 8 + severity(parcel);
    let first = notice.firing.first().or(notice.resolved.first());
    let data: String = [
        ("project", notice.project.as_str()),
        ("env", notice.env.as_deref().unwrap_or_default()),
        ("severity", notice.severity.word()),
        ("reason", notice.reason.word()),
        ("service", first.map_or("", |card| &card.key.subject)),
        ("rule", first.map_or("", |card| &card.key.rule)),
    ]
    .into_iter()
    .map(|(name, value)| format!(" {name}=\"{}\"", quoted(value)))
    .collect();
    let text = format!("{} {}", parcel.message.title, parcel.message.body.replace('\n', " | "));
    let mut line = format!(
        "<{priority}>1 {at} {host} quarterdeck {} {} [notice@53595{data}] \u{feff}{}",
        std::process::id(),
        notice.reason.word(),
        text.trim_end()
    );
    let end = (0..=MOST).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    line.truncate(end);
    line
}

/// A resolved is a notice, whatever it resolves.
fn severity(parcel: &Parcel) -> u32 {
    let Notice { severity, .. } = &parcel.notice;
    match (parcel.action(), severity) {
        (Action::Resolve | Action::Acknowledge, _) => 5,
        (Action::Open, Severity::Critical) => 2,
        (Action::Open, Severity::High) => 3,
        (Action::Open, Severity::Medium) => 4,
        (Action::Open, Severity::Low) => 6,
    }
}

/// As the value of a parameter: what would end it is escaped, what is no text is left out.
fn quoted(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars().filter(|c| !c.is_control()).take(100) {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) { "-".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        alert::Reason,
        channel::{Message, sample},
        time::UnixMs,
    };

    fn parcel(reason: Reason) -> Parcel {
        let mut notice = sample(reason, UnixMs(1_700_000_000_123));
        notice.severity = Severity::Critical;
        notice.firing[0].key.rule = "a \"rule\"] <x>\n".into();
        let message = Message { title: "[CRITICAL] it".into(), body: "one\ntwo".into(), ..Message::default() };
        Parcel { id: 1, dedup: "d".into(), notice, message, document: String::new(), recipient: 0, now: UnixMs(0) }
    }

    #[test]
    fn a_line_is_as_rfc_5424_says_and_nothing_in_it_can_begin_another() {
        let line = line(3, "ops1", &parcel(Reason::First));
        let pid = std::process::id();
        let expected = format!(
            "<26>1 2023-11-14T22:13:20.123Z ops1 quarterdeck {pid} first [notice@53595 project=\"Shop\" env=\"production\" \
             severity=\"critical\" reason=\"first\" service=\"api\" rule=\"a \\\"rule\\\"\\] <x>\"] \u{feff}[CRITICAL] it one | two"
        );
        assert_eq!(line, expected);
        assert!(super::line(3, "ops1", &parcel(Reason::AllResolved)).starts_with("<29>1 "));
    }

    #[test]
    fn a_line_fits_into_a_datagram_and_no_letter_is_cut() {
        let mut parcel = parcel(Reason::First);
        parcel.message.body = "ü".repeat(3_000);
        let line = line(16, "h", &parcel);
        assert!(line.len() <= MOST && line.len() > MOST - 4 && line.ends_with('ü'));
    }
}
