//! A small database: keys and values over a line protocol, kept in an append-only file.
//!
//! `PING` · `COUNT` · `GET key` · `SET key value`; one answer line each.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::DemoError;

const LONGEST_LINE: u64 = 4096;
const COMPACT_ABOVE: u64 = 1 << 20;

/// The data and its file.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    rows: Mutex<(BTreeMap<String, String>, File)>,
    /// Refuses every connection.
    pub down: AtomicBool,
}

impl Database {
    /// Opens the file, reading what an earlier fleet wrote.
    pub fn open(path: &Path) -> Result<Arc<Self>, DemoError> {
        let fail = |doing| move |source| DemoError::File { doing, path: path.to_owned(), source };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fail("can't read")(error)),
        };
        let rows = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(fail("can't open"))?;
        Ok(Arc::new(Self { path: path.to_owned(), rows: Mutex::new((rows, file)), down: AtomicBool::new(false) }))
    }

    /// Serves until the listener fails.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of descriptors: wait for some to come back.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            if self.down.load(Ordering::Relaxed) {
                continue;
            }
            let database = Arc::clone(&self);
            tokio::spawn(async move { database.talk(stream).await });
        }
    }

    async fn talk(&self, stream: TcpStream) {
        let (reading, mut writing) = stream.into_split();
        let mut reading = BufReader::new(reading);
        let mut line = String::new();
        while !self.down.load(Ordering::Relaxed) {
            line.clear();
            match (&mut reading).take(LONGEST_LINE).read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let answer = self.answer(line.trim_end());
            if writing.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, line: &str) -> String {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("PING"), None, None) => "PONG\n".into(),
            (Some("COUNT"), None, None) => format!("{}\n", self.count()),
            (Some("GET"), Some(key), None) => {
                let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
                rows.0.get(key).map_or_else(|| "-\n".into(), |value| format!("{value}\n"))
            }
            (Some("SET"), Some(key), Some(value)) => match self.set(key, value) {
                Ok(()) => "OK\n".into(),
                Err(error) => format!("ERROR {error}\n"),
            },
            _ => "ERROR unknown command\n".into(),
        }
    }

    /// Keys stored.
    pub fn count(&self) -> usize {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    fn set(&self, key: &str, value: &str) -> std::io::Result<()> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.0.insert(key.to_owned(), value.to_owned());
        writeln!(rows.1, "{key} {value}")?;
        if rows.1.metadata()?.len() > COMPACT_ABOVE {
            let whole = dump(&rows.0);
            std::fs::write(&self.path, whole)?;
        }
        Ok(())
    }

    /// Copies all rows to `to`; returns how many.
    pub fn back_up(&self, to: &Path) -> Result<usize, DemoError> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = dump(&rows.0);
        std::fs::write(to, whole).map_err(|source| DemoError::File {
            doing: "can't write",
            path: to.to_owned(),
            source,
        })?;
        Ok(rows.0.len())
    }
}

/// All rows as they stand in the file.
fn dump(rows: &BTreeMap<String, String>) -> String {
    rows.iter().fold(String::new(), |mut text, (key, value)| {
        text.extend([key, " ", value, "\n"]);
        text
    })
}

/// One question to the database at `address`, within 500 ms.
pub async fn ask(address: std::net::SocketAddr, question: &str) -> Result<String, String> {
    let whole = async {
        let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.write_all(format!("{question}\n").as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = String::new();
        BufReader::new(stream).take(LONGEST_LINE).read_line(&mut answer).await.map_err(|error| error.to_string())?;
        if answer.is_empty() { Err("the database hung up".into()) } else { Ok(answer.trim_end().to_owned()) }
    };
    tokio::time::timeout(Duration::from_millis(500), whole)
        .await
        .unwrap_or_else(|_| Err("the database did not answer within 500 ms".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_a_restart_and_a_backup_holds_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.log");
        let database = Database::open(&path).unwrap();
        assert_eq!(database.answer("SET a 1"), "OK\n");
        assert_eq!(database.answer("SET a 2"), "OK\n");
        drop(database);
        let database = Database::open(&path).unwrap();
        assert_eq!(database.answer("GET a"), "2\n");
        assert_eq!(database.back_up(&dir.path().join("copy")).unwrap(), 1);
        assert_eq!(database.answer("DROP TABLE"), "ERROR unknown command\n");
    }
}
