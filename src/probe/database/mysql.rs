//! MySQL and MariaDB: logging in, how the server is, and a query that reads.
//!
//! The client library opens the connection itself, so the time of its handshake and of the login is one: it counts as
//! connecting.

use std::time::{Duration, Instant};

use mysql_async::{
    Conn, DriverError, Error, FromRowError, IoError, Opts, OptsBuilder, Row, SslOpts,
    consts::ColumnType,
    from_row_opt,
    prelude::{FromRow, Queryable},
};
use serde_json::Value;
use tokio::time::timeout_at;

use super::{
    endpoint::{Dialect, Endpoint, Privacy},
    rows::{self, Rows},
    trust,
};
use crate::{
    domain::{
        fact::Facts,
        probe::{Outcome, Phase, Phases, ProbeError, ProbeSpec},
        template::Rendered,
    },
    probe::{
        dial::{self, Allowance, Bounds, ms_since},
        error::{connecting, failed, so_far, timed_out},
        lookup::SecretLookup,
        net::Net,
    },
};

/// Its URLs.
pub(super) const DIALECT: Dialect =
    Dialect { schemes: &["mysql", "mariadb"], tls: &[], port: 3306, privacy: Privacy::Prefer };
/// The least packet the library works with.
const LEAST_PACKET: usize = 64 << 10;

/// Somebody logged in.
pub(in crate::probe) struct Session {
    connection: Conn,
    endpoint: Endpoint,
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
    let facts = with_session(&endpoint, spec, (net, bounds), kept, outcome, None).await?;
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
    with_session(endpoint, spec, (net, bounds), kept, outcome, Some(sql)).await
}

/// Asks over the kept session, or over a new one. A kept one that ended while it was idle is replaced once.
async fn with_session(
    endpoint: &Endpoint,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    kept: &mut Option<Session>,
    outcome: &mut Outcome,
    sql: Option<&str>,
) -> Result<Facts, ProbeError> {
    let begun = Instant::now();
    let phases = &mut outcome.phases;
    let asked = Box::pin(async {
        if let Some(mut session) = kept.take().filter(|session| session.endpoint == *endpoint) {
            match session.ask(sql, spec, bounds, phases, Age::Kept).await {
                Ok(facts) => {
                    *kept = Some(session);
                    return Ok(facts);
                }
                Err(error) if error.kind == "closed" => phases.processing_ms = None,
                Err(error) => return Err(error),
            }
        }
        let mut session = Session::open(endpoint, spec, (net, bounds), phases).await?;
        let facts = session.ask(sql, spec, bounds, phases, Age::New).await?;
        *kept = Some(session);
        Ok(facts)
    });
    let answer = asked.await;
    let mask = endpoint.mask();
    let answer = answer.map_err(|error: ProbeError| ProbeError { message: mask.text(&error.message), ..error });
    let reached = |error: &ProbeError| matches!(error.phase, Phase::Processing | Phase::Transfer | Phase::Decode);
    if answer.as_ref().map_or_else(reached, |_| true) {
        outcome.latency_ms = Some(ms_since(begun));
    }
    answer
}

impl Session {
    async fn open(
        endpoint: &Endpoint,
        spec: &ProbeSpec,
        (net, bounds): (&Net, &Bounds<'_>),
        phases: &mut Phases,
    ) -> Result<Self, ProbeError> {
        let addresses = dial::resolve(net, &endpoint.origin, bounds, phases).await?;
        let options = options(endpoint, spec)
            .resolved_ips(Some(addresses.iter().map(std::net::SocketAddr::ip).collect::<Vec<_>>()));
        let begun = Instant::now();
        let allowed = Allowance::new(bounds.limits.connect + bounds.limits.tls, bounds.deadline);
        let opened = timeout_at(allowed.at(), connect(options, endpoint)).await.map_err(|_| {
            let what = format!("connecting to {} and logging in timed out", endpoint.origin);
            timed_out(Phase::Connect, &what, allowed.limit, phases)
        })?;
        let connection = opened.map_err(|error| refusal(&error, endpoint, spec, phases))?;
        phases.connect_ms = Some(ms_since(begun));
        Ok(Self { connection, endpoint: endpoint.clone() })
    }

    async fn ask(
        &mut self,
        sql: Option<&str>,
        spec: &ProbeSpec,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
        age: Age,
    ) -> Result<Facts, ProbeError> {
        let begun = Instant::now();
        let endpoint = &self.endpoint;
        let connection = &mut self.connection;
        let asked = async {
            match sql {
                None => health(connection).await.map_err(Wrong::Theirs),
                Some(sql) => run(connection, sql, spec, endpoint).await,
            }
        };
        let answer = timeout_at(bounds.end(), asked).await.map_err(|_| {
            let what = format!("no answer from {}", endpoint.origin);
            timed_out(Phase::Processing, &what, spec.timeout, phases)
        })?;
        let facts = answer.map_err(|wrong| match wrong {
            Wrong::Ours(error) => error,
            Wrong::Theirs(error) if age == Age::Kept && is_over(&error) => closed(&endpoint.origin, phases),
            Wrong::Theirs(error) => refusal(&error, endpoint, spec, phases),
        })?;
        phases.processing_ms = Some(ms_since(begun));
        Ok(facts)
    }
}

/// Whether a session is of an earlier look: then it may have ended meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    New,
    Kept,
}

/// Whether the session has ended, rather than the server refused what was asked.
fn is_over(error: &Error) -> bool {
    match error {
        Error::Io(error) => !is_packet_too_large(error),
        Error::Driver(DriverError::ConnectionClosed) => true,
        // Idle for too long, the server shuts down, and somebody ended it.
        Error::Server(told) => matches!(told.code, 4031 | 1053 | 1927),
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => false,
    }
}

/// The library's codec says so within an error of the stream.
fn is_packet_too_large(error: &IoError) -> bool {
    matches!(error, IoError::Io(error) if error.to_string().contains("max_allowed_packet"))
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

fn options(endpoint: &Endpoint, spec: &ProbeSpec) -> OptsBuilder {
    let tls = (endpoint.privacy != Privacy::Off).then(|| {
        let checks = endpoint.authority.is_some() || endpoint.privacy >= Privacy::Authority;
        let authority = endpoint.authority.iter().map(|path| path.clone().into()).collect();
        SslOpts::default()
            .with_root_certs(authority)
            .with_disable_built_in_roots(endpoint.authority.is_some())
            .with_danger_accept_invalid_certs(!checks)
            .with_danger_skip_domain_validation(endpoint.privacy != Privacy::Full)
    });
    OptsBuilder::default()
        .ip_or_hostname(endpoint.origin.host.clone())
        .tcp_port(endpoint.origin.port)
        .user(endpoint.user.clone())
        .pass(endpoint.password.clone())
        .db_name(endpoint.name.clone())
        .ssl_opts(tls)
        // The look is at the address that was written, and no settings need to be asked for.
        .prefer_socket(false)
        .wait_timeout(Some(28_800))
        .max_allowed_packet(Some(spec.limits.body_bytes.max(LEAST_PACKET)))
        .stmt_cache_size(0)
}

/// Where TLS is only preferred, a server that has none is spoken to without.
async fn connect(options: OptsBuilder, endpoint: &Endpoint) -> Result<Conn, Error> {
    match Conn::new(Opts::from(options.clone())).await {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) if endpoint.privacy == Privacy::Prefer => {
            Conn::new(Opts::from(options.ssl_opts(None))).await
        }
        opened => opened,
    }
}

/// A row as the types that were asked for; whatever listens there may send others.
fn typed<T: FromRow>(row: Row) -> Result<T, Error> {
    from_row_opt(row).map_err(|FromRowError(row)| Error::Driver(DriverError::FromRow { row }))
}

async fn health(connection: &mut Conn) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    // MariaDB from 12 on has words for `read_only` where others have numbers.
    let settings: Option<Row> =
        connection.query_first("SELECT VERSION(), @@max_connections, CONCAT(@@read_only, '')").await?;
    if let Some(row) = settings {
        let (version, most, read_only): (String, u64, String) = typed(row)?;
        facts.set("version", version);
        facts.set("max_connections", most);
        facts.set("read_only", !matches!(read_only.as_str(), "0" | "OFF"));
    }
    let status: Vec<Row> =
        connection.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Uptime')").await?;
    for row in status {
        let (name, value): (String, String) = typed(row)?;
        let fact = if name == "Uptime" { "uptime_s" } else { "connections" };
        facts.set(fact, rows::number(&value));
    }
    Ok(facts)
}

/// Prepared, which refuses more than one statement, within a transaction that can't write and is undone.
async fn run(connection: &mut Conn, sql: &str, spec: &ProbeSpec, endpoint: &Endpoint) -> Result<Facts, Wrong> {
    let version: Option<Row> = connection.query_first("SELECT VERSION()").await?;
    let version: String = version.map(typed).transpose()?.unwrap_or_default();
    connection.query_drop(bound(&version, spec.timeout)).await?;
    connection.query_drop("START TRANSACTION READ ONLY").await?;
    let statement = connection.prep(sql).await?;
    if statement.columns().is_empty() {
        let why = "the statement returns no rows: write one that reads, such as SELECT count(*) FROM orders";
        return Err(Wrong::Ours(failed(Phase::Processing, "not_a_query", why)));
    }
    let mut rows = Rows::within(spec.limits.body_bytes);
    let mut found = connection.exec_iter(&statement, ()).await?;
    while let Some(row) = found.next().await? {
        rows.push(columns(row).into_iter()).map_err(Wrong::Ours)?;
    }
    drop(found);
    connection.close(statement).await?;
    connection.query_drop("ROLLBACK").await?;
    let mut facts = Facts::default();
    rows.tell(&endpoint.mask(), &mut facts);
    Ok(facts)
}

/// How to bound a statement on the server: the two have different words for it.
fn bound(version: &str, timeout: Duration) -> String {
    if version.contains("MariaDB") {
        format!("SET SESSION max_statement_time = {}", timeout.as_secs_f64().max(0.001))
    } else {
        format!("SET SESSION max_execution_time = {}", timeout.as_millis().max(1))
    }
}

fn columns(row: Row) -> Vec<(String, Value)> {
    let columns = row.columns();
    let values = row.unwrap();
    columns
        .iter()
        .zip(values)
        .map(|(column, found)| (column.name_str().into_owned(), value(found, column.column_type())))
        .collect()
}

fn value(found: mysql_async::Value, kind: ColumnType) -> Value {
    use mysql_async::Value as Found;
    match found {
        Found::NULL => Value::Null,
        Found::Int(number) => number.into(),
        Found::UInt(number) => number.into(),
        Found::Float(number) => f64::from(number).into(),
        Found::Double(number) => number.into(),
        Found::Bytes(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match kind {
                ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => rows::number(&text),
                ColumnType::MYSQL_TYPE_JSON => serde_json::from_str(&text).unwrap_or_else(|_| text.into()),
                _ => text.into(),
            }
        }
        dated => dated.as_sql(true).trim_matches('\'').into(),
    }
}

/// What the server, or the way to it, says no with.
fn refusal(error: &Error, endpoint: &Endpoint, spec: &ProbeSpec, phases: &Phases) -> ProbeError {
    let origin = &endpoint.origin;
    match error {
        Error::Server(told) => {
            let said = &told.message;
            let name = endpoint.name.as_deref().unwrap_or_default();
            let (kind, message) = match told.code {
                1045 | 1698 => (
                    "auth",
                    format!("{origin} refused user {}: wrong password, or no such user from here", endpoint.who()),
                ),
                1049 => ("no_database", format!("{origin} has no database '{name}'")),
                1044 | 1142 | 1143 | 1227 => ("forbidden", format!("user {} may not do this: {said}", endpoint.who())),
                1040 | 1203 => ("too_many_connections", format!("{origin} has no connection left: {said}")),
                1129 | 1130 => ("auth", format!("{origin} lets nobody in from here: {said}")),
                1792 => ("read_only", format!("the statement writes, and a look only reads: {said}")),
                1969 | 3024 => ("timeout", format!("{origin} gave the statement up: {said}")),
                code => ("server", format!("{origin} says: {said} ({code})")),
            };
            failed(Phase::Processing, kind, message)
        }
        Error::Io(IoError::Tls(mysql_async::TlsError::Tls(error))) => {
            let (kind, why) = trust::why(error);
            failed(Phase::Tls, kind, format!("TLS with {origin} failed: {why}"))
        }
        Error::Io(IoError::Tls(error)) => failed(Phase::Tls, "tls", format!("TLS with {origin} failed: {error}")),
        Error::Io(IoError::Io(error))
            if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
        {
            let (kind, why) = trust::why_io(error);
            failed(Phase::Tls, kind, format!("TLS with {origin} failed: {why}"))
        }
        Error::Io(error) if is_packet_too_large(error) => rows::too_large(spec.limits.body_bytes.max(LEAST_PACKET)),
        Error::Io(IoError::Io(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => closed(origin, phases),
        Error::Io(IoError::Io(error)) if phases.connect_ms.is_none() => {
            let (kind, message) = connecting(error, &origin.to_string());
            failed(Phase::Connect, kind, message)
        }
        Error::Io(_) | Error::Driver(DriverError::ConnectionClosed) => closed(origin, phases),
        Error::Driver(DriverError::PacketTooLarge) => rows::too_large(spec.limits.body_bytes.max(LEAST_PACKET)),
        Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            failed(Phase::Tls, "tls_missing", format!("{origin} speaks no TLS, and the URL's sslmode needs it"))
        }
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            let why = format!("the answer of {origin} can't be understood: {error}; is it MySQL or MariaDB?");
            failed(Phase::Processing, "bad_protocol", why)
        }
    }
}

fn closed(origin: &dial::Origin, phases: &Phases) -> ProbeError {
    let why = format!("{origin} closed the connection before it answered{}", so_far(phases));
    failed(Phase::Processing, "closed", why)
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;

    use super::*;

    #[test]
    fn what_ends_a_session_is_told_from_what_is_refused() {
        let server = |code| Error::Server(ServerError { code, message: String::new(), state: String::new() });
        let stream = |kind| Error::Io(IoError::Io(std::io::Error::new(kind, "x")));
        for error in [server(4031), server(1053), server(1927), Error::Driver(DriverError::ConnectionClosed)] {
            assert!(is_over(&error), "{error}");
        }
        assert!(
            is_over(&stream(std::io::ErrorKind::ConnectionReset)) && is_over(&stream(std::io::ErrorKind::BrokenPipe))
        );
        let too_large = Error::Io(IoError::Io(std::io::Error::other("packet is larger than max_allowed_packet")));
        assert!(!is_over(&too_large) && !is_over(&server(1045)));
    }
}
