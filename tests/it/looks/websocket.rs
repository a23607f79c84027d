//! `websocket` looks at a real server.

use futures_util::{SinkExt, StreamExt};
use quarterdeck::domain::probe::Phase;
use tokio::net::TcpListener;
use tokio_tungstenite::{accept_async, tungstenite::Message};

use super::{assert_fail, assert_pass, fact, look};

/// Says hello, then answers each text with `{"echo": text}`; `flood` is answered with a message that is too large.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut socket) = accept_async(stream).await else { return };
                while let Some(Ok(message)) = socket.next().await {
                    let answer = match message {
                        Message::Text(text) if text.as_str() == "silence" => continue,
                        Message::Text(text) if text.as_str() == "flood" => Message::text("x".repeat(1 << 20)),
                        Message::Text(text) if text.as_str() == "bye" => Message::Close(None),
                        Message::Text(text) => Message::text(format!("{{\"echo\":\"{text}\"}}")),
                        _ => continue,
                    };
                    if socket.send(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_handshake_is_enough_and_an_answer_is_a_fact() {
    let address = serve().await;
    let judged = look(&format!("websocket = \"ws://{address}/feed\"")).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "status"), 101);
    let judged =
        look(&format!("websocket = \"ws://{address}/feed\"\nsend = \"ping\"\nexpect = [\"json.echo == 'ping'\"]"))
            .await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "message"), "{\"echo\":\"ping\"}");
}

#[tokio::test]
async fn silence_floods_and_ends_are_told_apart() {
    let address = serve().await;
    let sending = |text: &str| format!("websocket = \"ws://{address}/\"\nsend = \"{text}\"\ntimeout = \"500ms\"");
    let judged = look(&sending("silence")).await;
    assert_fail(&judged, "shaken hands, but no message came after 500 ms");
    assert_eq!(judged.outcome.error.unwrap().phase, Phase::Transfer);
    assert_eq!(look(&sending("flood")).await.outcome.error.unwrap().kind, "body_too_large");
    assert_fail(&look(&sending("bye")).await, "closed before a message came");
}

#[tokio::test]
async fn a_server_that_shakes_no_hands_is_down() {
    let address = super::http::serve(|_| super::http::answer("403 Forbidden", "", "")).await;
    assert_fail(&look(&format!("websocket = \"ws://{address}/\"")).await, "the handshake was refused with status 403");
}
