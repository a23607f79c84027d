//! `grpc` looks at a server made by hand.

use hyper::{HeaderMap, body::Bytes, header::HeaderValue};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use super::{Authority, assert_fail, assert_pass, fact, look, look_with, serve_tls};

/// Knows three services: the whole server serves, `shop.Orders` does not, `shop.Broken` fails; no other is known.
async fn health<S: AsyncRead + AsyncWrite + Unpin>(stream: S) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((mut request, mut respond))) = connection.accept().await {
        assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
        assert_eq!(request.headers()["content-type"], "application/grpc");
        assert_eq!(request.headers()["te"], "trailers");
        let body = loop {
            // The connection moves only while it is polled.
            tokio::select! {
                data = request.body_mut().data() => break data.unwrap().unwrap(),
                _ = connection.accept() => {}
            }
        };
        let service = String::from_utf8_lossy(body.get(7..).unwrap_or_default()).into_owned();
        let (answer, code, message) = match service.as_str() {
            "" => (Some(1), "0", ""),
            "shop.Orders" => (Some(2), "0", ""),
            "shop.Broken" => (None, "13", "disk%20is full"),
            _ => (None, "5", "unknown service"),
        };
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static(code));
        trailers.insert("grpc-message", HeaderValue::from_static(message));
        let mut response = hyper::Response::builder().status(200).header("content-type", "application/grpc");
        if answer.is_none() {
            response.headers_mut().unwrap().extend(trailers.clone());
        }
        let mut send = respond.send_response(response.body(()).unwrap(), answer.is_none()).unwrap();
        if let Some(word) = answer {
            send.send_data(Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, word]), false).unwrap();
            send.send_trailers(trailers).unwrap();
        }
    }
}

async fn plain() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(health(stream));
        }
    });
    address
}

#[tokio::test]
async fn a_server_says_of_itself_whether_it_serves() {
    let address = plain().await;
    let with = |service: &str| format!("grpc = \"http://{address}\"\ngrpc_service = \"{service}\"");
    let judged = look(&format!("grpc = \"http://{address}\"")).await;
    assert_pass(&judged);
    assert_eq!((fact(&judged, "serving"), fact(&judged, "grpc_status")), ("SERVING".into(), 0.into()));
    assert_fail(&look(&with("shop.Orders")).await, "shop.Orders is NOT_SERVING");
    assert_fail(&look(&with("shop.Nothing")).await, "shop.Nothing is not known to the health service");
    let judged = look(&with("shop.Broken")).await;
    assert_fail(&judged, "grpc status 13: disk is full");
    assert_eq!(fact(&judged, "message"), "disk is full");
}

#[tokio::test]
async fn it_goes_over_tls() {
    let authority = Authority::new();
    let identity = authority.issue(&["localhost"], -1, 30);
    let address = serve_tls(identity.server(&["h2"], None), health).await;
    let lines = format!("grpc = \"https://{address}\"\nca = \"{{{{ secret('CA') }}}}\"");
    let judged = look_with(&lines, &[("CA", &authority.pem)]).await;
    assert_pass(&judged);
    assert!(fact(&judged, "tls_days_left").as_f64().unwrap() > 20.0);
}

#[tokio::test]
async fn what_is_not_grpc_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(super::http::talk_h2(stream));
        }
    });
    assert_fail(&look(&format!("grpc = \"http://{address}\"")).await, "the answer is not gRPC (status 200");
}
