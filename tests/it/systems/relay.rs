//! A mail relay: STARTTLS, a login, and mails that it takes or refuses.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use crate::looks::Authority;

/// It runs until dropped.
pub struct Relay {
    /// `127.0.0.1:PORT`
    pub address: String,
    /// The authority to trust.
    pub ca: PathBuf,
    inner: Arc<Inner>,
    _dir: TempDir,
    _runtime: Runtime,
}

#[derive(Default)]
struct Inner {
    full: AtomicBool,
    subjects: Mutex<Vec<String>>,
}

impl Relay {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let authority = Authority::new();
        let server = authority.issue(&["127.0.0.1"], -1, 60).server(&[], None);
        let (inner, acceptor) = (Arc::new(Inner::default()), TlsAcceptor::from(Arc::new(server)));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::clone(&inner);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, inner) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move { converse(stream, acceptor, &inner).await });
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, &authority.pem).unwrap();
        Self { address, ca, inner, _dir: dir, _runtime: runtime }
    }

    /// It takes no mail any more.
    pub fn is_full(&self) {
        self.inner.full.store(true, Ordering::SeqCst);
    }

    /// The subjects of the mails it took.
    pub fn subjects(&self) -> Vec<String> {
        self.inner.subjects.lock().unwrap().clone()
    }
}

/// In plain until STARTTLS, then inside TLS.
async fn converse(stream: TcpStream, acceptor: TlsAcceptor, inner: &Inner) -> Option<()> {
    let mut plain = BufReader::new(stream);
    let mut line = String::new();
    plain.write_all(b"220 relay ready\r\n").await.ok()?;
    while line != "STARTTLS\r\n" {
        line.clear();
        plain.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let answer = if line.starts_with("EHLO") { "250-relay\r\n250 STARTTLS\r\n" } else { "220 go on\r\n" };
        plain.write_all(answer.as_bytes()).await.ok()?;
    }
    talk(BufReader::new(acceptor.accept(plain.into_inner()).await.ok()?), inner).await
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: BufReader<S>, inner: &Inner) -> Option<()> {
    let (mut line, mut known, mut reading) = (String::new(), false, false);
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let said = line.trim_end();
        if reading {
            if let Some(subject) = said.strip_prefix("Subject: ") {
                inner.subjects.lock().unwrap().push(subject.to_owned());
            }
            reading = said != ".";
            if reading {
                continue;
            }
        }
        let answer = match said.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-relay\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                known = true;
                "235 welcome\r\n"
            }
            "MAIL" | "RCPT" | "DATA" if !known => "530 who are you?\r\n",
            "RCPT" if inner.full.load(Ordering::SeqCst) => "452 4.5.3 quota exceeded\r\n",
            "DATA" => {
                reading = true;
                "354 go on\r\n"
            }
            "QUIT" => return None,
            _ => "250 fine\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}
