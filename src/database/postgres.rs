//! A login to PostgreSQL.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    time::timeout,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, Error, NoTls, SimpleQueryMessage, config::SslMode, tls::NoTlsStream,
};

use super::{
    error::DatabaseError,
    session::{Bounds, Lock, MOST_ROWS, Row, Session},
};
use crate::{
    domain::migration::{Dialect, Statement},
    probe::login::Login,
};

/// Until the server has let us in.
const PATIENCE: Duration = Duration::from_secs(15);
/// What asks whether the server speaks TLS (`SSLRequest`).
const MAY_WE_ENCRYPT: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// The advisory locks, in each database its own: "quarterd" as a number, and the next.
const fn key(lock: Lock) -> i64 {
    0x7175_6172_7465_7264 + lock as i64
}

/// Remarks of the server that are kept.
const NOTICES: usize = 200;

/// A stream, private or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

type Notices = Arc<Mutex<VecDeque<String>>>;

/// Somebody logged in.
pub struct Postgres<'a> {
    runtime: Runtime,
    client: Client,
    notices: Notices,
    stop: &'a AtomicBool,
}

impl<'a> Postgres<'a> {
    /// Logs in.
    pub fn open(login: &Login, bounds: Bounds, stop: &'a AtomicBool) -> Result<Self, DatabaseError> {
        let at = format!("{}:{}", login.host(), login.port());
        let failed = |why: String| DatabaseError::Connect { at: at.clone(), why };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let notices = Notices::default();
        let client = runtime.block_on(async {
            let (client, connection) = timeout(PATIENCE, connect(login))
                .await
                .map_err(|_| failed("no login within 15 s".into()))?
                .map_err(failed)?;
            tokio::spawn(listen(connection, Arc::clone(&notices)));
            Ok::<_, DatabaseError>(client)
        })?;
        let mut session = Self { runtime, client, notices, stop };
        let lock = bounds.lock.as_millis().clamp(1, 86_400_000);
        let statement = bounds.statement.map_or(0, |bound| bound.as_millis().clamp(1, 86_400_000));
        session.execute(&format!("SET lock_timeout = {lock}"))?;
        session.execute(&format!("SET statement_timeout = {statement}"))?;
        // From version 14 on: a server whose client is gone gives up the statement, and with it the locks.
        let _ = session.execute("SET client_connection_check_interval = '1s'");
        Ok(session)
    }

    fn wait<T>(&self, asked: impl Future<Output = Result<T, Error>>, sql: &str) -> Result<T, DatabaseError> {
        let stop = self.stop;
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                answer = asked => answer.map_err(|error| refusal(&error, sql)),
                // The server notices that we are gone, and takes back what was not committed.
                () = stopped => Err(DatabaseError::Stopped(String::new())),
            }
        })
    }
}

async fn connect(login: &Login) -> Result<(Client, Connection<Box<dyn Stream>, NoTlsStream>), String> {
    let stream = TcpStream::connect((login.host(), login.port())).await.map_err(|error| error.to_string())?;
    let _ = stream.set_nodelay(true);
    let stream = encrypt(stream, login).await?;
    let mut config = Config::new();
    config.application_name("quarterdeck").ssl_mode(SslMode::Disable);
    config.user(login.user().unwrap_or("postgres"));
    if let Some(password) = login.password() {
        config.password(password);
    }
    if let Some(name) = login.database() {
        config.dbname(name);
    }
    config.connect_raw(stream, NoTls).await.map_err(|error| said(&error))
}

async fn encrypt(mut stream: TcpStream, login: &Login) -> Result<Box<dyn Stream>, String> {
    let wants = login.wants();
    if !wants.encrypt {
        return Ok(Box::new(stream));
    }
    let mut answer = [0];
    stream.write_all(&MAY_WE_ENCRYPT).await.map_err(|error| error.to_string())?;
    stream.read_exact(&mut answer).await.map_err(|error| format!("is it PostgreSQL? ({error})"))?;
    match answer {
        [b'S'] => {
            let connector = login.connector()?;
            let name = ServerName::try_from(login.host().to_owned())
                .map_err(|_| format!("{} is no name for a certificate", login.host()))?;
            let stream = connector.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
            Ok(Box::new(stream))
        }
        _ if wants.must => Err("it speaks no TLS, and the URL's sslmode needs it".into()),
        _ => Ok(Box::new(stream)),
    }
}

/// Drives the connection, and keeps what the server remarks.
async fn listen(mut connection: Connection<Box<dyn Stream>, NoTlsStream>, notices: Notices) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notice(notice) = message {
            let mut kept = notices.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < NOTICES {
                kept.push_back(format!("{}: {}", notice.severity().to_lowercase(), notice.message()));
            }
        }
    }
}

impl Session for Postgres<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let asked = async {
            let messages = self.client.simple_query_raw(sql).await?;
            // What a statement returns is not kept: it may be much.
            messages.try_for_each(|_| async { Ok(()) }).await
        };
        self.wait(asked, sql)
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Row>, DatabaseError> {
        let asked = async {
            let messages = self.client.simple_query_raw(sql).await?;
            let rows = messages.try_filter_map(|message| async move {
                let SimpleQueryMessage::Row(row) = message else { return Ok(None) };
                Ok(Some((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect::<Row>()))
            });
            rows.take(MOST_ROWS).try_collect().await
        };
        self.wait(asked, sql)
    }

    fn try_lock(&mut self, lock: Lock) -> Result<bool, DatabaseError> {
        let rows = self.query(&format!("SELECT pg_try_advisory_lock({})", key(lock)))?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
    }

    fn holder(&mut self, lock: Lock) -> Option<String> {
        let sql = format!(
            "SELECT a.usename || ' as ' || coalesce(a.application_name, '') || ', process ' || a.pid FROM pg_locks l \
             JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted AND a.datname = \
             current_database() AND (l.classid::bigint << 32) + l.objid::bigint = {} AND a.pid <> pg_backend_pid()",
            key(lock)
        );
        self.query(&sql).ok()?.into_iter().next()?.into_iter().next()?
    }

    fn notices(&mut self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let name = super::session::literal(name, Dialect::Postgres);
        let sql = format!(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE lower(c.relname) = lower({name}) \
             AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
        );
        Ok(!self.query(&sql)?.is_empty())
    }
}

fn said(error: &Error) -> String {
    let Some(told) = error.as_db_error() else {
        return std::error::Error::source(error).map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
    };
    let mut text = format!("{} ({})", told.message(), told.code().code());
    for more in [told.detail(), told.hint()].into_iter().flatten() {
        text = format!("{text}; {more}");
    }
    text
}

fn refusal(error: &Error, sql: &str) -> DatabaseError {
    let statement = Statement { text: sql.to_owned(), line: 0 }.head();
    DatabaseError::Statement { statement, why: said(error) }
}
