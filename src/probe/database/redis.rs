//! Redis and its kin: logging in, PING, INFO.
//!
//! The protocol (RESP 2) is spoken here: four kinds of answers are all a look needs, and each of them is read within
//! bounds, whatever length the server announces.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout_at,
};

use super::{
    endpoint::{Dialect, Endpoint, Privacy},
    rows, secure,
};
use crate::{
    domain::{
        fact::Facts,
        probe::{Outcome, Phase, Phases, ProbeError, ProbeSpec},
        template::Rendered,
    },
    probe::{
        dial::{self, Bounds, Stream, ms_since},
        error::{failed, so_far, timed_out},
        lookup::SecretLookup,
        net::Net,
    },
};

const DIALECT: Dialect = Dialect {
    schemes: &["redis", "rediss", "valkey", "valkeys"],
    tls: &["rediss", "valkeys"],
    port: 6379,
    privacy: Privacy::Off,
};
/// Bytes of a line at most.
const LONGEST_LINE: usize = 4 << 10;
/// A connection that was idle for longer is not used again: many servers close them.
const IDLE: Duration = Duration::from_secs(240);

/// A connection that has logged in.
pub(in crate::probe) struct Session {
    stream: Box<dyn Stream>,
    /// What was read and not yet used.
    unread: Vec<u8>,
    endpoint: Endpoint,
    used: Instant,
}

/// Logs in if need be, then PING and INFO.
pub(in crate::probe) async fn look(
    url: &Rendered,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    kept: &mut Option<Session>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let endpoint = Endpoint::of(url, &DIALECT, secrets)?;
    let begun = Instant::now();
    let limit = spec.limits.body_bytes;
    let phases = &mut outcome.phases;
    let answer = Box::pin(async {
        let pooled = kept.take().filter(|one| one.endpoint == endpoint && one.used.elapsed() < IDLE);
        if let Some(session) = pooled {
            match ask(session, spec, bounds, phases).await {
                // It ended while it was idle: that is no failure of the server. Once more, over a new one.
                Err(error) if error.kind == "closed" => phases.processing_ms = None,
                asked => return asked,
            }
        }
        let session = Session::open(&endpoint, spec, (net, bounds), phases).await?;
        ask(session, spec, bounds, phases).await
    })
    .await;
    let mask = endpoint.mask();
    let answer = answer.map_err(|error: ProbeError| ProbeError { message: mask.text(&error.message), ..error });
    let reached = |error: &ProbeError| matches!(error.phase, Phase::Processing | Phase::Transfer | Phase::Decode);
    if answer.as_ref().map_or_else(reached, |_| true) {
        outcome.latency_ms = Some(ms_since(begun));
    }
    let (session, info) = answer?;
    if info.len() > limit {
        return Err(rows::too_large(limit));
    }
    tell(&String::from_utf8_lossy(&info), &endpoint, &mut outcome.facts);
    *kept = Some(session);
    Ok(())
}

/// PING, which must be answered, and INFO.
async fn ask(
    mut session: Session,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    phases: &mut Phases,
) -> Result<(Session, Vec<u8>), ProbeError> {
    let begun = Instant::now();
    let asked = async {
        session.command(&["PING"], spec).await?;
        session.command(&["INFO"], spec).await
    };
    let info = timeout_at(bounds.end(), asked).await.map_err(|_| {
        let what = format!("no answer from {}", session.endpoint.origin);
        timed_out(Phase::Processing, &what, spec.timeout, phases)
    })?;
    let info = info.map_err(|error| after(error, phases))?;
    phases.processing_ms = Some(ms_since(begun));
    session.used = Instant::now();
    Ok((session, info))
}

/// Says what went well before, where the connection ended.
fn after(error: ProbeError, phases: &Phases) -> ProbeError {
    let message = if error.kind == "closed" { format!("{}{}", error.message, so_far(phases)) } else { error.message };
    ProbeError { message, ..error }
}

impl Session {
    async fn open(
        endpoint: &Endpoint,
        spec: &ProbeSpec,
        (net, bounds): (&Net, &Bounds<'_>),
        phases: &mut Phases,
    ) -> Result<Self, ProbeError> {
        let stream = dial::connect(net, &endpoint.origin, bounds, false, phases).await?;
        let stream: Box<dyn Stream> = match endpoint.privacy {
            // It has no way to ask whether TLS is spoken: preferring it means doing without.
            Privacy::Off | Privacy::Prefer => Box::new(stream),
            _ => secure::encrypt(stream, endpoint, bounds, phases).await?,
        };
        let mut session = Self { stream, unread: Vec::new(), endpoint: endpoint.clone(), used: Instant::now() };
        let logged_in = timeout_at(bounds.end(), session.log_in(spec)).await.map_err(|_| {
            let what = format!("no answer from {}", endpoint.origin);
            timed_out(Phase::Processing, &what, spec.timeout, phases)
        })?;
        logged_in.map_err(|error| after(error, phases))?;
        Ok(session)
    }

    async fn log_in(&mut self, spec: &ProbeSpec) -> Result<(), ProbeError> {
        let Endpoint { user, password, name, .. } = self.endpoint.clone();
        if let Some(password) = &password {
            let words: Vec<&str> = ["AUTH"].into_iter().chain(user.as_deref()).chain([password.as_str()]).collect();
            self.command(&words, spec).await?;
        }
        if let Some(name) = name.filter(|name| name != "0") {
            self.command(&["SELECT", &name], spec).await?;
        }
        Ok(())
    }

    /// Sends a command and reads its answer: the text of a line or of a bulk.
    async fn command(&mut self, words: &[&str], spec: &ProbeSpec) -> Result<Vec<u8>, ProbeError> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.stream.write_all(request.as_bytes()).await.map_err(|_| self.closed())?;
        self.answer(spec.limits.body_bytes).await
    }

    async fn answer(&mut self, limit: usize) -> Result<Vec<u8>, ProbeError> {
        let line = self.line().await?;
        let text = String::from_utf8_lossy(&line);
        let strange = || {
            let why = format!("what listens at {} does not speak the protocol of Redis", self.endpoint.origin);
            failed(Phase::Processing, "bad_protocol", why)
        };
        let (kind, rest) = text.split_at_checked(1).ok_or_else(strange)?;
        match kind {
            "+" | ":" => Ok(rest.as_bytes().to_vec()),
            "-" => Err(self.refusal(rest)),
            "$" => {
                let length: usize = rest.parse().map_err(|_| strange())?;
                if length > limit {
                    return Err(rows::too_large(limit));
                }
                self.bulk(length).await
            }
            _ => Err(strange()),
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, ProbeError> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.unread[..end].to_vec();
                self.unread.drain(..end + 2);
                return Ok(line);
            }
            if self.unread.len() > LONGEST_LINE {
                let why =
                    format!("{} sends a line longer than {LONGEST_LINE} bytes: is it Redis?", self.endpoint.origin);
                return Err(failed(Phase::Processing, "bad_protocol", why));
            }
            self.more().await?;
        }
    }

    /// So many bytes and a line break.
    async fn bulk(&mut self, length: usize) -> Result<Vec<u8>, ProbeError> {
        while self.unread.len() < length + 2 {
            self.more().await?;
        }
        let bytes = self.unread[..length].to_vec();
        self.unread.drain(..length + 2);
        Ok(bytes)
    }

    async fn more(&mut self) -> Result<(), ProbeError> {
        let mut buffer = vec![0; 8 << 10];
        let read = self.stream.read(&mut buffer).await.map_err(|_| self.closed())?;
        if read == 0 {
            return Err(self.closed());
        }
        self.unread.extend_from_slice(&buffer[..read]);
        Ok(())
    }

    fn closed(&self) -> ProbeError {
        let hint = if self.endpoint.privacy == Privacy::Off { " (if it wants TLS, write rediss://)" } else { "" };
        let why = format!("{} closed the connection before it answered{hint}", self.endpoint.origin);
        failed(Phase::Processing, "closed", why)
    }

    /// The first word of an error is its kind.
    fn refusal(&self, said: &str) -> ProbeError {
        let (origin, who) = (&self.endpoint.origin, self.endpoint.who());
        let (kind, message) = match said.split(' ').next().unwrap_or_default() {
            "NOAUTH" => ("auth", format!("{origin} wants a password: redis://:{{{{ secret('NAME') }}}}@host")),
            "WRONGPASS" => ("auth", format!("{origin} refused the password of {who}")),
            "NOPERM" => ("forbidden", format!("{origin}: {who} may not do this: {said}")),
            "LOADING" => ("not_ready", format!("{origin} is still loading its data")),
            "MASTERDOWN" => ("not_ready", format!("{origin} is a replica without its master: {said}")),
            _ if said.contains("without any password configured") => {
                ("auth", format!("{origin} has no password, and the URL has one"))
            }
            _ if said.contains("invalid password") => ("auth", format!("{origin} refused the password")),
            _ if said.contains("DB index") => {
                ("no_database", format!("{origin} has no database {}", self.endpoint.name.as_deref().unwrap_or("0")))
            }
            _ => ("server", format!("{origin} says: {said}")),
        };
        failed(Phase::Processing, kind, message)
    }
}

/// The facts of `INFO`.
fn tell(info: &str, endpoint: &Endpoint, facts: &mut Facts) {
    let database = format!("db{}", endpoint.name.as_deref().unwrap_or("0"));
    facts.set("keys", 0);
    for (name, value) in info.lines().filter_map(|line| line.trim_end().split_once(':')) {
        let number = |fact: &str, facts: &mut Facts| facts.set(fact, rows::number(value));
        match name {
            // Valkey says which version of Redis it is like, and its own.
            "valkey_version" => facts.set("version", value),
            "redis_version" if facts.get("version").is_none() => facts.set("version", value),
            "role" => facts.set("role", value),
            "used_memory" => number("used_memory_bytes", facts),
            "maxmemory" => number("max_memory_bytes", facts),
            "connected_clients" => number("connected_clients", facts),
            "connected_slaves" => number("replicas", facts),
            "evicted_keys" => number("evicted_keys", facts),
            "uptime_in_seconds" => number("uptime_s", facts),
            "master_link_status" => facts.set("master_link_up", value == "up"),
            _ if name == database => {
                let keys = value.split(',').find_map(|part| part.strip_prefix("keys="));
                facts.set("keys", rows::number(keys.unwrap_or("0")));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::probe::ProbeKind;

    fn endpoint(name: Option<&str>) -> Endpoint {
        let url = format!("redis://:p@127.0.0.1/{}", name.unwrap_or_default());
        Endpoint::of(&Rendered::text(url), &DIALECT, &|_| None).unwrap()
    }

    /// What a session makes of these bytes, after which nothing more comes.
    async fn answer(bytes: &[u8], limit: usize) -> Result<Vec<u8>, ProbeError> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        let session =
            Session { stream: Box::new(ours), unread: vec![], endpoint: endpoint(None), used: Instant::now() };
        { session }.answer(limit).await
    }

    #[tokio::test]
    async fn answers_are_read_within_bounds() {
        assert_eq!(answer(b"+PONG\r\n", 10).await.unwrap(), b"PONG");
        assert_eq!(answer(b"$5\r\na\r\nb!\r\n", 10).await.unwrap(), b"a\r\nb!");
        assert_eq!(answer(b"$99999999999\r\n", 10).await.unwrap_err().kind, "body_too_large");
        assert_eq!(answer(&vec![b'x'; 100_000], 10).await.unwrap_err().kind, "bad_protocol");
        assert_eq!(answer(b"$5\r\nabc", 10).await.unwrap_err().kind, "closed");
        for strange in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", "$-1\r\n", "*2\r\n", "$x\r\n", "\u{fc}\r\n"] {
            assert_eq!(answer(strange.as_bytes(), 10).await.unwrap_err().kind, "bad_protocol", "{strange:?}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_said_in_words_that_help() {
        let said = |text: &'static str| async move { answer(text.as_bytes(), 10).await.unwrap_err() };
        assert!(said("-NOAUTH Authentication required.\r\n").await.message.contains("wants a password"));
        assert_eq!(said("-WRONGPASS invalid username-password pair\r\n").await.kind, "auth");
        assert_eq!(said("-LOADING Redis is loading\r\n").await.kind, "not_ready");
        assert_eq!(said("-ERR DB index is out of range\r\n").await.kind, "no_database");
    }

    #[test]
    fn keys_are_those_of_the_database_that_is_named() {
        let info = "# Keyspace\r\ndb0:keys=12,expires=1\r\ndb3:keys=7,expires=0\r\nmaster_link_status:down\r\n";
        let mut facts = Facts::default();
        tell(info, &endpoint(Some("3")), &mut facts);
        assert_eq!((facts.get("keys").unwrap(), facts.get("master_link_up").unwrap()), (&7.into(), &false.into()));
        let mut facts = Facts::default();
        tell("redis_version:7.2.4\r\nvalkey_version:8.0.1\r\n", &endpoint(None), &mut facts);
        assert_eq!((facts.get("keys").unwrap(), facts.get("version").unwrap()), (&0.into(), &"8.0.1".into()));
    }

    #[tokio::test]
    async fn f75_silence_ends_in_time_and_names_its_phase() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Rendered::text(format!("redis://{}", listener.local_addr().unwrap()));
        let kind = ProbeKind::Redis { url: url.clone() };
        let spec = ProbeSpec { timeout: Duration::from_millis(100), ..ProbeSpec::plain("cache", kind) };
        let outcome = crate::probe::Prober::new().look(&spec, &mut crate::probe::Memory::default(), &|_| None).await;
        let error = outcome.error.unwrap();
        assert_eq!((error.phase, error.kind.as_str()), (Phase::Processing, "timeout"));
    }
}
