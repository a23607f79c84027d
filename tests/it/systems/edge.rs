//! What stands before a system: a server of names, a certificate of a certain age, and a WebSocket that answers.

use std::{
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::{SinkExt, StreamExt};
use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{RData, Record, rdata::A},
};
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, UdpSocket},
    runtime::Runtime,
};
use tokio_tungstenite::{accept_async, tungstenite};

use crate::looks::{Authority, serve_tls};

/// All of them, until dropped.
pub struct Edge {
    /// `localhost:PORT`, where the certificate is shown.
    pub tls: String,
    /// `127.0.0.1:PORT`, where names are known.
    pub resolver: String,
    /// `ws://127.0.0.1:PORT`
    pub websocket: String,
    /// The authority to trust.
    pub ca: PathBuf,
    forgotten: Arc<AtomicBool>,
    deaf: Arc<AtomicBool>,
    _dir: TempDir,
    _runtime: Runtime,
}

impl Edge {
    /// With a certificate that ends so many days from now.
    pub fn new(days: i64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let authority = Authority::new();
        let server = authority.issue(&["localhost"], -80, days).server(&[], None);
        let tls = runtime.block_on(serve_tls(server, |mut stream| async move {
            let _ = stream.read(&mut [0; 1]).await;
        }));
        let (forgotten, deaf) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let resolver = runtime.block_on(names(Arc::clone(&forgotten)));
        let websocket = runtime.block_on(socket(Arc::clone(&deaf)));
        let dir = tempfile::tempdir().unwrap();
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, &authority.pem).unwrap();
        Self { tls, resolver, websocket, ca, forgotten, deaf, _dir: dir, _runtime: runtime }
    }

    /// The names are not known any more.
    pub fn forget(&self) {
        self.forgotten.store(true, Ordering::SeqCst);
    }

    /// Whoever speaks to the WebSocket is not heard any more.
    pub fn hear_nothing(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }
}

/// Knows every name, until they are forgotten.
async fn names(forgotten: Arc<AtomicBool>) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((read, from)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..read]) else { continue };
            let answer = resolved(&question, forgotten.load(Ordering::SeqCst));
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

fn resolved(question: &Message, forgotten: bool) -> Message {
    let mut message = Message::new(question.metadata.id, MessageType::Response, question.metadata.op_code);
    message.add_query(question.queries[0].clone());
    if forgotten {
        message.metadata.response_code = ResponseCode::NXDomain;
    } else {
        let address = RData::A(A::from(Ipv4Addr::new(192, 0, 2, 1)));
        message.add_answer(Record::from_rdata(question.queries[0].name().clone(), 300, address));
    }
    message
}

/// Answers `{"type":"ping"}` with a pong, until it is deaf.
async fn socket(deaf: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let deaf = Arc::clone(&deaf);
            tokio::spawn(async move {
                let Ok(mut socket) = accept_async(stream).await else { return };
                while let Some(Ok(tungstenite::Message::Text(text))) = socket.next().await {
                    let asked = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
                    if asked["type"] == "ping" && !deaf.load(Ordering::SeqCst) {
                        let _ = socket.send(tungstenite::Message::text(r#"{"type":"pong"}"#)).await;
                    }
                }
            });
        }
    });
    format!("ws://{address}")
}
