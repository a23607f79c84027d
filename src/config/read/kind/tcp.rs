//! `host:port`.

use crate::config::{reader::Reader, source::Place};

/// Notes an address that is not `host:port`.
pub fn check_address(reader: &Reader<'_>, place: Place, text: &str, key: &str) {
    let fine = text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !fine {
        let help = match url::Url::parse(text)
            .ok()
            .and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)))
        {
            Some((host, port)) => format!("write {key} = \"{host}:{port}\""),
            None => format!("write {key} = \"host:port\", as in \"db.internal:5432\""),
        };
        reader.problem(place, format!("'{text}' is not host:port"), help);
    }
}
