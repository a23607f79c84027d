//! What `http` looks can be told: who we are, whom to trust, which version to speak; and what the body says.

use hyper::body::Bytes;
use quarterdeck::domain::verdict::Verdict;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};

use super::{Authority, assert_fail, assert_pass, fact, look, look_with, serve_tls};

/// Answers each request with what `answer` makes of its head.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: impl Fn(&str) -> String) {
    let mut head = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).await.is_ok_and(|read| read == 1) {
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&head).into_owned();
            if stream.write_all(answer(&text).as_bytes()).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            head.clear();
        }
    }
}

/// A plain server.
pub async fn serve(answer: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, answer.clone()));
        }
    });
    address
}

pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn the_body_can_be_read_as_text() {
    let address = serve(|_| answer("200 OK", "", "<title>Shop</title> build 1.9.2 ready")).await;
    let with = |expect: &str| format!("http = \"http://{address}/\"\nexpect = [\"{expect}\"]");
    for fine in [
        "body.contains('ready')",
        "body.matches('build [0-9.]+ ready$')",
        "body.startsWith('<title>')",
        "size(body) > 10",
    ] {
        assert_pass(&look(&with(fine)).await);
    }
    assert_fail(&look(&with("body.contains('broken')")).await, "broken");
    let judged = look(&format!("http = \"http://{address}/\"")).await;
    assert!(judged.outcome.facts.get("body").is_none(), "nobody asked for it");
    assert_eq!(fact(&judged, "http_version"), "1.1");
}

#[tokio::test]
async fn who_we_are_is_said_in_a_header_and_never_told() {
    let address = serve(|head| {
        let known = ["authorization: basic c2hvcDpodW50ZXIyLWh1bnRlcjI=", "authorization: bearer hunter2-hunter2"];
        let head = head.replace("c2hvcDpodW50ZXIyLWh1bnRlcjI=", "C2HV").to_lowercase();
        let known = known.map(|line| line.replace("c2hvcDpodW50ZXIyLWh1bnRlcjI=", "c2hv"));
        let status = if known.iter().any(|line| head.contains(line)) { "200 OK" } else { "401 Who" };
        answer(status, "", "")
    })
    .await;
    let secrets = [("TOKEN", "hunter2-hunter2")];
    let with = |auth: &str| format!("http = \"http://{address}/\"\nauth = {{ {auth} }}");
    assert_pass(&look_with(&with("bearer = \"{{ secret('TOKEN') }}\""), &secrets).await);
    assert_pass(&look_with(&with("user = \"shop\", password = \"{{ secret('TOKEN') }}\""), &secrets).await);
    assert_fail(&look_with(&with("bearer = \"wrong\""), &secrets).await, "status 401");
    let judged = look_with(&with("bearer = \"{{ secret('GONE') }}\""), &secrets).await;
    assert_eq!(judged.says.verdict, Verdict::Unknown, "nothing was sent");
}

#[tokio::test]
async fn f77_auth_and_our_certificate_do_not_follow_to_another_host() {
    let end = serve(|head| {
        answer(if head.to_lowercase().contains("authorization") { "500 Leaked" } else { "200 OK" }, "", "")
    })
    .await;
    let start = serve(move |_| answer("307 Moved", &format!("location: http://{end}/\r\n"), "")).await;
    let lines =
        format!("http = \"http://{start}/\"\nredirects = 1\nauth = {{ bearer = \"{{{{ secret('TOKEN') }}}}\" }}");
    assert_pass(&look_with(&lines, &[("TOKEN", "hunter2-hunter2")]).await);
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let authority = Authority::new();
    let server = authority.issue(&["localhost"], -1, 30);
    let client = authority.issue(&["client"], -1, 30);
    let config = server.server(&[], Some(&authority));
    let address = serve_tls(config, |stream| talk(stream, |_| answer("200 OK", "", "fine"))).await;
    let secrets = [("CA", authority.pem.as_str()), ("CERT", client.pem.as_str()), ("KEY", client.key_pem.as_str())];
    let bare = format!("http = \"https://{address}/\"\nca = \"{{{{ secret('CA') }}}}\"\n");
    let ours = "client_cert = \"{{ secret('CERT') }}\"\nclient_key = \"{{ secret('KEY') }}\"\n";
    let judged = look_with(&format!("{bare}{ours}"), &secrets).await;
    assert_pass(&judged);
    assert!(fact(&judged, "tls_days_left").as_f64().unwrap() > 20.0);
    assert_eq!(look_with(&bare, &secrets).await.says.verdict, Verdict::Fail);
    // A key that is none is found before anything is sent, and not shown.
    let swapped = [("CA", authority.pem.as_str()), ("CERT", client.pem.as_str()), ("KEY", client.pem.as_str())];
    let judged = look_with(&format!("{bare}{ours}"), &swapped).await;
    assert_eq!(judged.says.verdict, Verdict::Unknown, "{}", judged.detail);
    assert!(judged.detail.contains("no private key") && !judged.detail.contains("BEGIN"), "{}", judged.detail);
}

#[tokio::test]
async fn insecure_trusts_anybody_and_says_so() {
    let identity = Authority::new().issue(&["other.example"], -30, -3);
    let address = serve_tls(identity.server(&[], None), |stream| talk(stream, |_| answer("200 OK", "", "x"))).await;
    let lines = format!("http = \"https://{address}/\"");
    assert_fail(&look(&lines).await, "TLS with localhost");
    let judged = look(&format!("{lines}\ninsecure = true")).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "insecure"), true);
}

/// Answers HTTP/2 requests with 200 and a body.
pub async fn talk_h2<S: AsyncRead + AsyncWrite + Unpin>(stream: S) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let body = format!("{} {}", request.method(), request.uri());
        let response = hyper::Response::builder().status(200).body(()).unwrap();
        let mut send = respond.send_response(response, false).unwrap();
        send.send_data(Bytes::from(body), true).unwrap();
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_wanted() {
    let authority = Authority::new();
    let identity = authority.issue(&["localhost"], -1, 30);
    let secrets = [("CA", authority.pem.as_str())];
    let both = serve_tls(identity.server(&["h2", "http/1.1"], None), |stream| async move {
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            talk_h2(stream).await;
        } else {
            talk(stream, |_| answer("200 OK", "", "old")).await;
        }
    })
    .await;
    let with = |version: &str, rest: &str| {
        format!("http = \"https://{both}/x?y=1\"\nca = \"{{{{ secret('CA') }}}}\"\n{version}\n{rest}")
    };
    for (version, spoken) in [("", "1.1"), ("version = \"2\"", "2"), ("version = \"auto\"", "2")] {
        let judged = look_with(&with(version, ""), &secrets).await;
        assert_pass(&judged);
        assert_eq!(fact(&judged, "http_version"), spoken, "{version}");
    }
    let address = both.clone();
    let expect = format!("expect = [\"body == 'GET https://{address}/x?y=1'\"]");
    assert_pass(&look_with(&with("version = \"2\"", &expect), &secrets).await);

    let old =
        serve_tls(identity.server(&["http/1.1"], None), |stream| talk(stream, |_| answer("200 OK", "", ""))).await;
    let lines = format!("http = \"https://{old}/\"\nca = \"{{{{ secret('CA') }}}}\"\nversion = \"2\"");
    let judged = look_with(&lines, &secrets).await;
    assert_eq!(judged.says.verdict, Verdict::Fail, "{:?}", judged.outcome);
}

#[tokio::test]
async fn http_2_goes_over_plain_http_too_and_its_connection_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (count, counted) = (std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)), 1);
    let connections = std::sync::Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::spawn(talk_h2(stream));
        }
    });
    let spec = super::spec(&format!("http = \"http://{address}/\"\nversion = \"2\""));
    let (prober, mut memory) = (quarterdeck::probe::Prober::new(), quarterdeck::probe::Memory::default());
    for _ in 0..4 {
        let outcome = prober.look(&spec, &mut memory, &|_| None).await;
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.facts.get("http_version").unwrap(), "2");
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), counted);
}

#[tokio::test]
async fn methods_beyond_the_usual_ones_are_sent_as_they_are() {
    let address =
        serve(|head| answer(if head.starts_with("PURGE / HTTP/1.1\r\n") { "200 OK" } else { "405 No" }, "", "")).await;
    assert_pass(&look(&format!("http = \"http://{address}/\"\nmethod = \"PURGE\"")).await);
    assert_fail(&look(&format!("http = \"http://{address}/\"\nmethod = \"DELETE\"")).await, "status 405");
}
