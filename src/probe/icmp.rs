//! ICMP echo over a datagram socket, which needs no privilege where the system allows it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::UdpSocket, time::timeout_at};

use crate::domain::probe::{Outcome, Phase, PingLook, ProbeError};

use super::{
    dial::{self, Bounds, Origin, ms_since},
    error::{connecting, failed},
    lookup::SecretLookup,
    net::Net,
    target::resolve,
};

/// Between two packets.
const PAUSE: Duration = Duration::from_millis(200);
/// A packet is waited for at most so long.
const PATIENCE: Duration = Duration::from_secs(1);
const TOKEN: usize = 8;
const HEADER: usize = 8;

/// Pings; the latency is the mean round trip. Without an answer there are facts, too: a loss of 1.
pub(super) async fn look(
    net: &Net,
    look: &PingLook,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let host = resolve(&look.host, secrets)?;
    let host = host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
    let origin = Origin { tls: false, host, port: 0 };
    let addresses = dial::resolve(net, &origin, bounds, &mut outcome.phases).await?;
    // The first family that can be reached at all: there is no handshake to race.
    let mut opened = Err(failed(Phase::Resolve, "dns", "the name has no address"));
    for address in addresses {
        opened = open(address).await;
        if !matches!(&opened, Err(error) if error.kind == "unreachable") {
            break;
        }
    }
    let (socket, address) = opened?;

    let token: [u8; TOKEN] = fastrand::u64(..).to_be_bytes();
    let mut took = Vec::new();
    let mut sent = 0u16;
    for number in 0..u16::from(look.packets) {
        let begun = Instant::now();
        if begun >= bounds.deadline {
            break;
        }
        socket.send(&request(address.is_ipv6(), number, token)).await.map_err(|error| lost(&error, address))?;
        sent += 1;
        let until = (begun + PATIENCE).min(bounds.deadline);
        // An error here (host unreachable) is one more packet lost.
        if let Ok(Ok(())) = timeout_at(until.into(), answer(&socket, number, token)).await {
            took.push(ms_since(begun));
        }
        if number + 1 < u16::from(look.packets) {
            tokio::time::sleep_until((begun + PAUSE).min(bounds.deadline).into()).await;
        }
    }
    let facts = &mut outcome.facts;
    facts.set("sent", sent);
    facts.set("received", took.len());
    facts.set("loss", 1.0 - took.len() as f64 / f64::from(sent.max(1)));
    if took.is_empty() {
        facts.set("reason", format!("no answer to {sent} packets from {}", address.ip()));
        return Ok(());
    }
    let mean = took.iter().sum::<f64>() / took.len() as f64;
    facts.set("min_ms", took.iter().copied().fold(f64::INFINITY, f64::min));
    facts.set("avg_ms", mean);
    facts.set("max_ms", took.iter().copied().fold(0.0, f64::max));
    outcome.latency_ms = Some(mean);
    Ok(())
}

async fn open(address: SocketAddr) -> Result<(UdpSocket, SocketAddr), ProbeError> {
    let (domain, protocol) = match address.ip() {
        IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol)).map_err(|error| not_permitted(&error))?;
    let made = socket.set_nonblocking(true).and_then(|()| UdpSocket::from_std(socket.into()));
    let socket = made.map_err(|error| failed(Phase::Prepare, "icmp", format!("no socket for ICMP: {error}")))?;
    socket.connect(address).await.map_err(|error| lost(&error, address))?;
    Ok((socket, address))
}

/// Nothing was sent, so nothing is known of the other side.
fn not_permitted(error: &io::Error) -> ProbeError {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => "this user may not send pings: allow it with \
             sysctl -w net.ipv4.ping_group_range='0 2147483647', or look at it with tcp"
            .to_owned(),
        _ => format!("no socket for ICMP: {error}"),
    };
    failed(Phase::Prepare, "not_permitted", why)
}

fn lost(error: &io::Error, address: SocketAddr) -> ProbeError {
    let (kind, message) = connecting(error, &address.ip().to_string());
    failed(Phase::Connect, kind, message)
}

/// An echo request. The kernel sets the identifier, and the checksum of IPv6.
fn request(six: bool, number: u16, token: [u8; TOKEN]) -> [u8; HEADER + TOKEN] {
    let mut packet = [0; HEADER + TOKEN];
    packet[0] = if six { 128 } else { 8 };
    packet[6..8].copy_from_slice(&number.to_be_bytes());
    packet[HEADER..].copy_from_slice(&token);
    if !six {
        let sum = checksum(&packet);
        packet[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    packet
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 =
        bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Waits for the answer to one packet; late answers to others are passed over.
async fn answer(socket: &UdpSocket, number: u16, token: [u8; TOKEN]) -> io::Result<()> {
    let mut buffer = [0; 512];
    loop {
        let read = socket.recv(&mut buffer).await?;
        if is_answer(&buffer[..read], number, token) {
            return Ok(());
        }
    }
}

/// Some systems hand over the IPv4 header, too: what counts is at the end.
fn is_answer(packet: &[u8], number: u16, token: [u8; TOKEN]) -> bool {
    let Some(start) = packet.len().checked_sub(HEADER + TOKEN) else { return false };
    let echo = &packet[start..];
    matches!(echo[0], 0 | 129) && echo[6..8] == number.to_be_bytes() && echo[HEADER..] == token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_sums_to_nothing_and_only_its_own_answer_counts() {
        let token = [1, 2, 3, 4, 5, 6, 7, 8];
        let packet = request(false, 3, token);
        assert_eq!(checksum(&packet), 0, "with its checksum in place the sum is zero");
        let mut back = packet;
        back[0] = 0;
        assert!(is_answer(&back, 3, token));
        assert!(is_answer(&[&[0x45; 20][..], &back].concat(), 3, token), "behind an IPv4 header");
        assert!(!is_answer(&packet, 3, token), "our own request is no answer");
        assert!(!is_answer(&back, 4, token) && !is_answer(&back, 3, [0; 8]) && !is_answer(&back[..9], 3, token));
    }

    #[test]
    fn who_may_not_ping_knows_nothing_rather_than_that_it_is_down() {
        let error = not_permitted(&io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!((error.phase, error.kind.as_str()), (Phase::Prepare, "not_permitted"));
        assert!(error.message.contains("net.ipv4.ping_group_range"), "{}", error.message);
    }
}
