//! PostgreSQL: logging in, how the server is, and a query that reads.
//!
//! The request for TLS, which comes before the protocol, is made here, so that each phase has its time; then the client
//! library speaks over the stream. It is driven by the look itself and by no task of its own.

use std::{
    pin::pin,
    task::{Context, Waker},
    time::Instant,
};

use futures_util::TryStreamExt;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout_at,
};
use tokio_postgres::{
    Client, Config, Error, NoTls, SimpleQueryMessage,
    config::SslMode,
    error::{DbError, SqlState},
    types::Type,
};

use super::{
    budget::{Budget, Budgeted},
    endpoint::{Dialect, Endpoint, Privacy},
    rows::{self, Rows},
    secure,
};
use crate::{
    domain::{
        fact::Facts,
        probe::{Outcome, Phase, Phases, ProbeError, ProbeSpec},
        template::Rendered,
    },
    probe::{
        dial::{self, Bounds, Stream, ms_since},
        driver::{Driver, drive},
        error::{failed, so_far, timed_out},
        lookup::SecretLookup,
        net::Net,
    },
};

/// Its URLs.
pub(super) const DIALECT: Dialect =
    Dialect { schemes: &["postgres", "postgresql"], tls: &[], port: 5432, privacy: Privacy::Prefer };
/// What asks whether the server speaks TLS (`SSLRequest`).
const MAY_WE_ENCRYPT: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// How the server is. Standbys that have replayed all they received are not behind, however long ago that was, as long as
/// they are connected to receive more.
const HOW_ARE_YOU: &str = "SELECT current_setting('server_version') AS version, \
    current_setting('server_version_num') AS server_version_num, pg_is_in_recovery() AS in_recovery, \
    CASE WHEN NOT pg_is_in_recovery() THEN NULL \
         WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() \
              AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) THEN 0 \
         ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS replication_lag_s, \
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections, \
    current_setting('max_connections') AS max_connections";

/// Somebody logged in.
pub(in crate::probe) struct Session {
    client: Client,
    /// Gone once the connection has ended.
    driver: Option<Driver<Result<(), Error>>>,
    endpoint: Endpoint,
    budget: Budget,
}

/// Logs in if need be, and asks the server how it is.
pub(in crate::probe) async fn look(
    url: &Rendered,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    kept: &mut Option<Session>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let endpoint = Endpoint::of(url, &DIALECT, secrets)?;
    let facts = with_session(&endpoint, spec, (net, bounds), kept, outcome, Ask::Health).await?;
    outcome.facts.0.extend(facts.0);
    Ok(())
}

/// Runs one statement that reads.
pub(super) async fn query(
    sql: &str,
    endpoint: &Endpoint,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    kept: &mut Option<Session>,
    outcome: &mut Outcome,
) -> Result<Facts, ProbeError> {
    with_session(endpoint, spec, (net, bounds), kept, outcome, Ask::Query(sql)).await
}

/// What is asked.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Health,
    Query(&'a str),
}

/// Asks over the kept session, or over a new one if that has ended meanwhile, whether that shows before or while asking.
/// After an error none is kept: what state it is in nobody knows.
async fn with_session(
    endpoint: &Endpoint,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    kept: &mut Option<Session>,
    outcome: &mut Outcome,
    ask: Ask<'_>,
) -> Result<Facts, ProbeError> {
    let begun = Instant::now();
    let answer = Box::pin(async {
        let phases = &mut outcome.phases;
        if let Some(mut session) = kept.take().and_then(|session| session.if_alive(endpoint)) {
            match session.answer(ask, spec, bounds, phases, Age::Kept).await {
                Ok(facts) => {
                    *kept = Some(session);
                    return Ok(facts);
                }
                Err(error) if error.kind == "closed" => {}
                Err(error) => return Err(error),
            }
        }
        let mut session = Session::open(endpoint, spec, (net, bounds), phases).await?;
        let facts = session.answer(ask, spec, bounds, phases, Age::New).await?;
        *kept = Some(session);
        Ok(facts)
    })
    .await;
    let mask = endpoint.mask();
    let answer = answer.map_err(|error: ProbeError| ProbeError { message: mask.text(&error.message), ..error });
    let reached = |error: &ProbeError| matches!(error.phase, Phase::Processing | Phase::Transfer | Phase::Decode);
    if answer.as_ref().map_or_else(reached, |_| true) {
        outcome.latency_ms = Some(ms_since(begun));
    }
    answer
}

/// Whether a session is of an earlier look: then it may have ended meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    New,
    Kept,
}

/// Why there is no answer.
enum Wrong {
    Ours(ProbeError),
    Theirs(Error),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Theirs(error)
    }
}

impl Session {
    async fn open(
        endpoint: &Endpoint,
        spec: &ProbeSpec,
        (net, bounds): (&Net, &Bounds<'_>),
        phases: &mut Phases,
    ) -> Result<Self, ProbeError> {
        let stream = dial::connect(net, &endpoint.origin, bounds, false, phases).await?;
        let budget = Budget::default();
        budget.grant(spec.limits.body_bytes);
        let stream = encrypt(stream, endpoint, spec, bounds, phases).await?;
        let stream = Budgeted { stream, budget: budget.clone() };
        let mut config = Config::new();
        config.application_name("quarterdeck").ssl_mode(SslMode::Disable);
        // Without a user the library would take that of this process, and quietly.
        config.user(endpoint.user.as_deref().unwrap_or("postgres"));
        if let Some(password) = &endpoint.password {
            config.password(password);
        }
        if let Some(name) = &endpoint.name {
            config.dbname(name);
        }
        let logged_in = timeout_at(bounds.end(), config.connect_raw(stream, NoTls)).await;
        let logged_in = logged_in.map_err(|_| {
            let what = format!("no login at {}", endpoint.origin);
            timed_out(Phase::Processing, &what, spec.timeout, phases)
        })?;
        let (client, connection) = logged_in.map_err(|error| refusal(&error, endpoint, phases))?;
        Ok(Self { client, driver: Some(Box::pin(connection)), endpoint: endpoint.clone(), budget })
    }

    /// The session, unless it leads elsewhere or has ended while nobody looked.
    fn if_alive(mut self, endpoint: &Endpoint) -> Option<Self> {
        // Some bytes may have come meanwhile, such as the news that the server shuts down.
        self.budget.grant(64 << 10);
        let driver = self.driver.as_mut()?;
        let ended = driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        (!ended && !self.client.is_closed() && self.endpoint == *endpoint).then_some(self)
    }

    /// Asks within what is left of the look's time and bytes.
    async fn answer(
        &mut self,
        ask: Ask<'_>,
        spec: &ProbeSpec,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
        age: Age,
    ) -> Result<Facts, ProbeError> {
        let limit = spec.limits.body_bytes;
        self.budget.grant(limit);
        let begun = Instant::now();
        let answer = timeout_at(bounds.end(), self.ask(ask, spec)).await;
        let origin = &self.endpoint.origin;
        let answer = answer
            .map_err(|_| timed_out(Phase::Processing, &format!("no answer from {origin}"), spec.timeout, phases))?;
        let facts = answer.map_err(|wrong| match wrong {
            Wrong::Ours(error) => error,
            Wrong::Theirs(_) if self.budget.is_spent() => rows::too_large(limit),
            // The connection broke, and nobody had noticed.
            Wrong::Theirs(error) if age == Age::Kept && error.as_db_error().is_none() => closed(origin, phases),
            Wrong::Theirs(error) => refusal(&error, &self.endpoint, phases),
        })?;
        phases.processing_ms = Some(ms_since(begun));
        Ok(facts)
    }

    async fn ask(&mut self, ask: Ask<'_>, spec: &ProbeSpec) -> Result<Facts, Wrong> {
        let (client, driver) = (&self.client, &mut self.driver);
        match ask {
            Ask::Health => drive(driver, health(client, spec)).await,
            Ask::Query(sql) => drive(driver, run(client, sql, spec, &self.endpoint)).await,
        }
    }
}

/// Plain, or encrypted if the endpoint wants that and the server can.
async fn encrypt(
    mut stream: TcpStream,
    endpoint: &Endpoint,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    phases: &mut Phases,
) -> Result<Box<dyn Stream>, ProbeError> {
    if endpoint.privacy == Privacy::Off {
        return Ok(Box::new(stream));
    }
    let origin = &endpoint.origin;
    let mut answer = [0];
    let asked = async {
        stream.write_all(&MAY_WE_ENCRYPT).await?;
        stream.read_exact(&mut answer).await
    };
    let what = format!("{origin} does not say whether it speaks TLS: is it PostgreSQL? No answer");
    timeout_at(bounds.end(), asked).await.map_err(|_| timed_out(Phase::Tls, &what, spec.timeout, phases))?.map_err(
        |error| {
            let why = format!("{origin} closed the connection when asked for TLS: is it PostgreSQL? ({error})");
            failed(Phase::Tls, "closed", format!("{why}{}", so_far(phases)))
        },
    )?;
    match answer {
        [b'S'] => secure::encrypt(stream, endpoint, bounds, phases).await,
        [b'N' | b'E'] if endpoint.privacy == Privacy::Prefer => Ok(Box::new(stream)),
        [b'N' | b'E'] => {
            let why = format!("{origin} speaks no TLS, and the URL's sslmode needs it (ssl = on in postgresql.conf)");
            Err(failed(Phase::Tls, "tls_missing", why))
        }
        _ => Err(failed(Phase::Tls, "bad_protocol", format!("what listens at {origin} is not PostgreSQL"))),
    }
}

async fn health(client: &Client, spec: &ProbeSpec) -> Result<Facts, Wrong> {
    let asked = client.simple_query(&read_only(HOW_ARE_YOU, spec)).await?;
    let mut facts = Facts::default();
    for message in asked {
        let SimpleQueryMessage::Row(row) = message else { continue };
        for (index, column) in row.columns().iter().enumerate() {
            let Some(text) = row.get(index) else { continue };
            facts.set(
                column.name(),
                match column.name() {
                    "version" => text.into(),
                    "in_recovery" => (text == "t").into(),
                    _ => rows::number(text),
                },
            );
        }
    }
    Ok(facts)
}

/// Prepared first, which tells the types and refuses more than one statement; then run as text, of which every type has
/// one.
async fn run(client: &Client, sql: &str, spec: &ProbeSpec, endpoint: &Endpoint) -> Result<Facts, Wrong> {
    let statement = client.prepare(sql).await?;
    let types: Vec<Type> = statement.columns().iter().map(|column| column.type_().clone()).collect();
    if types.is_empty() {
        let why = "the statement returns no rows: write one that reads, such as SELECT count(*) FROM orders";
        return Err(Wrong::Ours(failed(Phase::Processing, "not_a_query", why)));
    }
    let mut rows = Rows::within(spec.limits.body_bytes);
    let mut messages = pin!(client.simple_query_raw(&read_only(sql, spec)).await?);
    while let Some(message) = messages.try_next().await? {
        let SimpleQueryMessage::Row(row) = message else { continue };
        let columns = row.columns().iter().zip(&types).enumerate();
        let values = columns.map(|(index, (column, kind))| {
            (column.name().to_owned(), row.get(index).map_or(Value::Null, |text| value(text, kind)))
        });
        rows.push(values).map_err(Wrong::Ours)?;
    }
    let mut facts = Facts::default();
    rows.tell(&endpoint.mask(), &mut facts);
    Ok(facts)
}

/// A statement within a transaction that can't write, is bounded on the server, and is undone.
fn read_only(sql: &str, spec: &ProbeSpec) -> String {
    let timeout = spec.timeout.as_millis().clamp(1, 86_400_000);
    // The line break ends a comment that the statement may end with.
    format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {timeout}; {sql}\n; ROLLBACK")
}

fn value(text: &str, kind: &Type) -> Value {
    match *kind {
        Type::BOOL => (text == "t").into(),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => {
            rows::number(text)
        }
        Type::JSON | Type::JSONB => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

/// What the server, or the way to it, says no with.
fn refusal(error: &Error, endpoint: &Endpoint, phases: &Phases) -> ProbeError {
    if let Some(told) = error.as_db_error() {
        let (kind, message) = told_no(told, endpoint);
        return failed(Phase::Processing, kind, message);
    }
    let origin = &endpoint.origin;
    let inner = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let (kind, message) = if error.is_closed() || inner.contains("unexpected end of file") {
        return closed(origin, phases);
    } else if inner.contains("password missing") {
        ("auth", format!("{origin} wants a password of user {}, and the URL has none", endpoint.who()))
    } else {
        ("bad_protocol", format!("the answer of {origin} can't be understood: {inner}; is it PostgreSQL?"))
    };
    failed(Phase::Processing, kind, message)
}

fn closed(origin: &dial::Origin, phases: &Phases) -> ProbeError {
    let why = format!("{origin} closed the connection before it answered{}", so_far(phases));
    failed(Phase::Processing, "closed", why)
}

fn told_no(told: &DbError, endpoint: &Endpoint) -> (&'static str, String) {
    let (origin, said) = (&endpoint.origin, told.message());
    let name = endpoint.name.as_deref().or(endpoint.user.as_deref()).unwrap_or_default();
    match *told.code() {
        SqlState::INVALID_PASSWORD => (
            "auth",
            format!("{origin} refused user {}: the password is wrong, or there is no such user", endpoint.who()),
        ),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            ("auth", format!("{origin} refused user {}: {said}", endpoint.who()))
        }
        SqlState::INVALID_CATALOG_NAME => ("no_database", format!("{origin} has no database '{name}'")),
        SqlState::TOO_MANY_CONNECTIONS => ("too_many_connections", format!("{origin} has no connection left: {said}")),
        SqlState::CANNOT_CONNECT_NOW => ("not_ready", format!("{origin} takes no logins now: {said}")),
        SqlState::QUERY_CANCELED => ("timeout", format!("{origin} gave the statement up: {said}")),
        SqlState::READ_ONLY_SQL_TRANSACTION => {
            ("read_only", format!("the statement writes, and a look only reads: {said}"))
        }
        SqlState::INSUFFICIENT_PRIVILEGE => ("forbidden", format!("user {} may not do this: {said}", endpoint.who())),
        _ => ("server", format!("{origin} says: {said} ({})", told.code().code())),
    }
}
