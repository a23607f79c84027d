//! Who gets a message: mail addresses, numbers, sockets.

use std::path::PathBuf;

use crate::{
    config::{reader::At, view::View},
    domain::channel::SyslogTo,
};

/// `Name <user@host>` or `user@host`.
pub fn mail_address(view: &View<'_>, text: At<&str>) -> Option<String> {
    match text.value.parse::<lettre::message::Mailbox>() {
        Ok(_) if !text.value.contains(['\r', '\n']) => Some(text.value.to_owned()),
        _ => {
            let help = "write it as \"ops@example.com\" or \"Ops <ops@example.com>\"".to_owned();
            view.reader.problem(text.place, format!("'{}' is not a mail address", text.value), help);
            None
        }
    }
}

/// E.164: a plus, and up to 15 digits.
pub fn phone_number(view: &View<'_>, text: At<&str>) -> Option<String> {
    let digits = text.value.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.value.to_owned());
    }
    let help = "write it with its country and without blanks: \"+491701234567\"".to_owned();
    view.reader.problem(
        text.place,
        format!("'{}' is not a number that can be reached from anywhere", text.value),
        help,
    );
    None
}

/// A list of them, which must not be empty.
pub fn list(
    view: &View<'_>,
    key: &'static str,
    example: &str,
    one: fn(&View<'_>, At<&str>) -> Option<String>,
) -> Option<Vec<String>> {
    if !view.has(key) {
        view.missing(key, example);
        return None;
    }
    let found: Vec<_> = view.texts(key).into_iter().filter_map(|text| one(view, text)).collect();
    if found.is_empty() && view.reader.is_fine() {
        view.reader.problem(view.place_of(key), format!("'{key}' names nobody"), format!("write {example}"));
    }
    (!found.is_empty()).then_some(found)
}

/// `host:port`.
pub fn host_and_port(view: &View<'_>, text: At<&str>) -> Option<String> {
    if is_address(text.value) {
        return Some(text.value.to_owned());
    }
    let help = "write it as \"mail.example.com:587\"".to_owned();
    view.reader.problem(text.place, format!("'{}' is not host:port", text.value), help);
    None
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(['/', ' ', '@']) && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// `unix:/dev/log`, `udp://host:514`, `tcp://host:601`.
pub fn syslog(view: &View<'_>, text: Option<At<&str>>) -> Option<SyslogTo> {
    let Some(text) = text else { return Some(SyslogTo::Unix(PathBuf::from("/dev/log"))) };
    let found = match text.value.split_once(':') {
        Some(("unix", path)) if path.starts_with('/') => Some(SyslogTo::Unix(PathBuf::from(path))),
        Some((scheme @ ("udp" | "tcp"), rest)) => {
            let address = rest.trim_start_matches('/').to_owned();
            is_address(&address).then(|| if scheme == "udp" { SyslogTo::Udp(address) } else { SyslogTo::Tcp(address) })
        }
        _ => None,
    };
    if found.is_none() {
        let help = "write to = \"unix:/dev/log\", \"udp://host:514\" or \"tcp://host:601\"".to_owned();
        view.reader.problem(text.place, format!("'{}' is no place of a syslog", text.value), help);
    }
    found
}
