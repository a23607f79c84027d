//! A login to MySQL or MariaDB.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mysql_async::{Conn, DriverError, Error, Opts, OptsBuilder, Row as Found, SslOpts, Value, prelude::Queryable};
use tokio::{runtime::Runtime, time::timeout};

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
/// The name of a lock; names of locks are the whole server's.
fn key(lock: Lock) -> &'static str {
    match lock {
        Lock::Change => "CONCAT('quarterdeck.', MD5(DATABASE()))",
        Lock::Scratch => "CONCAT('quarterdeck.scratch.', MD5(DATABASE()))",
    }
}

/// Somebody logged in.
pub struct Mysql<'a> {
    runtime: Runtime,
    connection: Conn,
    stop: &'a AtomicBool,
}

impl<'a> Mysql<'a> {
    /// Logs in.
    pub fn open(login: &Login, bounds: Bounds, stop: &'a AtomicBool) -> Result<Self, DatabaseError> {
        let at = format!("{}:{}", login.host(), login.port());
        let failed = |why: String| DatabaseError::Connect { at: at.clone(), why };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let connection = runtime
            .block_on(async { timeout(PATIENCE, connect(login)).await })
            .map_err(|_| failed("no login within 15 s".into()))?
            .map_err(|error| failed(said(&error)))?;
        let mut session = Self { runtime, connection, stop };
        let lock = bounds.lock.as_secs().clamp(1, 86_400);
        session.execute(&format!("SET SESSION lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}"))?;
        if let Some(bound) = bounds.statement {
            // MySQL bounds only statements that read; MariaDB all.
            let maria = format!("SET SESSION max_statement_time = {}", bound.as_secs_f64());
            if session.execute(&maria).is_err() {
                session.execute(&format!("SET SESSION max_execution_time = {}", bound.as_millis().max(1)))?;
            }
        }
        Ok(session)
    }

    fn wait<T>(&mut self, sql: &str, ask: impl AsyncFnOnce(&mut Conn) -> Result<T, Error>) -> Result<T, DatabaseError> {
        let (stop, connection) = (self.stop, &mut self.connection);
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = ask(connection) => answer.map_err(|error| refusal(&error, sql)),
                () = stopped => Err(DatabaseError::Stopped(String::new())),
            }
        })
    }
}

async fn connect(login: &Login) -> Result<Conn, Error> {
    let wants = login.wants();
    let tls = wants.encrypt.then(|| {
        SslOpts::default()
            .with_root_certs(wants.authority.iter().map(|path| path.clone().into()).collect())
            .with_disable_built_in_roots(wants.authority.is_some())
            .with_danger_accept_invalid_certs(!wants.chain)
            .with_danger_skip_domain_validation(!wants.name)
    });
    let options = OptsBuilder::default()
        .ip_or_hostname(login.host())
        .tcp_port(login.port())
        .user(login.user())
        .pass(login.password())
        .db_name(login.database())
        .ssl_opts(tls)
        .prefer_socket(false)
        .stmt_cache_size(0);
    match Conn::new(Opts::from(options.clone())).await {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) if !wants.must => {
            Conn::new(Opts::from(options.ssl_opts(None))).await
        }
        opened => opened,
    }
}

impl Session for Mysql<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.wait(sql, async |connection| connection.query_drop(sql).await)
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Row>, DatabaseError> {
        self.wait(sql, async |connection| {
            let mut rows = Vec::new();
            let mut found = connection.query_iter(sql).await?;
            while let Some(row) = found.next().await? {
                if rows.len() < MOST_ROWS {
                    rows.push(text(row));
                }
            }
            found.drop_result().await?;
            Ok(rows)
        })
    }

    fn try_lock(&mut self, lock: Lock) -> Result<bool, DatabaseError> {
        let rows = self.query(&format!("SELECT GET_LOCK({}, 0)", key(lock)))?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("1"))
    }

    fn holder(&mut self, lock: Lock) -> Option<String> {
        let sql = format!("SELECT CONCAT('connection ', IS_USED_LOCK({}))", key(lock));
        self.query(&sql).ok()?.into_iter().next()?.into_iter().next()?
    }

    fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let name = super::session::literal(name, Dialect::Mysql);
        let sql = format!(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND LOWER(table_name) = LOWER({name}) LIMIT 1"
        );
        Ok(!self.query(&sql)?.is_empty())
    }
}

fn text(row: Found) -> Row {
    let as_text = |value: Value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    };
    row.unwrap().into_iter().map(as_text).collect()
}

fn said(error: &Error) -> String {
    match error {
        Error::Server(told) => format!("{} ({})", told.message, told.code),
        other => other.to_string(),
    }
}

fn refusal(error: &Error, sql: &str) -> DatabaseError {
    let statement = Statement { text: sql.to_owned(), line: 0 }.head();
    DatabaseError::Statement { statement, why: said(error) }
}
