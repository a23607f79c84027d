//! Looks at real local servers, most of them hostile.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

mod composite;
mod local;

use super::*;
use crate::domain::{
    condition::Condition,
    probe::{HttpRequest, Limits, Phase, Recording},
    template::{Piece, Rendered},
};

/// A server that treats each connection by `serve`, which gets its number.
async fn server<F, S>(serve: F) -> (String, Arc<AtomicUsize>)
where
    F: Fn(TcpStream, usize) -> S + Send + 'static,
    S: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, counted.fetch_add(1, Ordering::SeqCst)));
        }
    });
    (address, connections)
}

/// Reads one request's head; its text, empty at the end.
async fn request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            break;
        }
        text.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Answers each request with the same bytes.
async fn answering(answer: impl Into<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let answer: Arc<[u8]> = answer.into().into();
    server(move |mut stream, _| {
        let answer = Arc::clone(&answer);
        async move {
            while !request(&mut stream).await?.is_empty() {
                stream.write_all(&answer).await?;
            }
            Ok(())
        }
    })
    .await
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn get(url: &str) -> HttpRequest {
    HttpRequest::get(Rendered::text(url))
}

fn spec(kind: ProbeKind) -> ProbeSpec {
    ProbeSpec {
        name: "look".into(),
        kind,
        every: Duration::from_secs(1),
        timeout: Duration::from_secs(5),
        expect: vec![],
        degraded: vec![],
        record: vec![],
        kpi: vec![],
        limits: Limits::health(),
    }
}

fn plain(address: &str) -> ProbeSpec {
    spec(ProbeKind::Http(get(&format!("http://{address}/"))))
}

fn brief(address: &str, timeout: Duration) -> ProbeSpec {
    ProbeSpec { timeout, ..plain(address) }
}

fn recording(spec: ProbeSpec, records: &[(&str, &str)]) -> ProbeSpec {
    let record = |(name, source): &(&str, &str)| Recording {
        name: (*name).into(),
        value: Condition::parse(source).unwrap(),
        by: Vec::new(),
    };
    ProbeSpec { record: records.iter().map(record).collect(), ..spec }
}

async fn look(spec: &ProbeSpec) -> Outcome {
    Prober::new().look(spec, &mut Memory::default(), &|_| None).await
}

fn error(outcome: &Outcome) -> (Phase, &str, &str) {
    let error = outcome.error.as_ref().unwrap();
    (error.phase, &error.kind, &error.message)
}

#[tokio::test]
async fn an_answer_becomes_facts_phases_and_numbers() {
    let body = r#"{"status":"pass","releaseId":"1.9.2","users":{"new":41}}"#;
    let (address, _) = answering(http("200 OK", "Content-Type: application/health+json\r\n", body)).await;
    let spec = recording(plain(&address), &[("new", "json.users.new"), ("next", "new + 1"), ("none", "json.nothing")]);
    let outcome = look(&spec).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.values, [Some(41.0), Some(42.0), None]);
    let facts = &outcome.facts;
    for (name, value) in [("status", 200.into()), ("health", "pass".into()), ("version", "1.9.2".into())] {
        let value: serde_json::Value = value;
        assert_eq!(facts.get(name), Some(&value), "{name}");
    }
    assert_eq!(facts.get("body_bytes").unwrap().as_u64().unwrap(), body.len() as u64);
    assert!(facts.get("latency_ms").unwrap().as_f64() == outcome.latency_ms && outcome.latency_ms.is_some());
    let phases = outcome.phases;
    assert!(phases.resolve_ms.is_none() && phases.tls_ms.is_none(), "an address needs no resolving, http no TLS");
    assert!(phases.connect_ms.is_some() && phases.processing_ms.is_some() && phases.transfer_ms.is_some());
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_look() {
    let (address, connections) = answering(http("200 OK", "", "fine")).await;
    let (prober, mut memory, spec) = (Prober::new(), Memory::default(), plain(&address));
    for round in 0..5 {
        let outcome = prober.look(&spec, &mut memory, &|_| None).await;
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.phases.connect_ms.is_some(), round == 0);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_without_a_failure() {
    let (address, connections) = server(|mut stream, _| async move {
        // Promises to stay and does not.
        request(&mut stream).await?;
        stream.write_all(http("200 OK", "connection: keep-alive\r\n", "fine").as_bytes()).await
    })
    .await;
    let (prober, mut memory, spec) = (Prober::new(), Memory::default(), plain(&address));
    for _ in 0..3 {
        assert_eq!(prober.look(&spec, &mut memory, &|_| None).await.error, None);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_closed_port_is_refused_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    for kind in [ProbeKind::Tcp { address: Rendered::text(&address) }, plain(&address).kind] {
        let outcome = look(&spec(kind)).await;
        let message = format!("connect refused by {address}: nothing listens there");
        assert_eq!(error(&outcome), (Phase::Connect, "connect_refused", message.as_str()));
        assert_eq!(outcome.latency_ms, None);
        assert_eq!(outcome.facts.get("error").unwrap(), "connect_refused");
    }
}

#[tokio::test]
async fn an_open_port_is_enough_for_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Rendered::text(listener.local_addr().unwrap().to_string());
    let outcome = look(&spec(ProbeKind::Tcp { address })).await;
    assert_eq!(outcome.error, None);
    assert!(outcome.latency_ms.is_some());
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_matter_of_dns() {
    let outcome = look(&spec(ProbeKind::Http(get("http://nowhere.invalid/")))).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind == "dns" || kind == "timeout"), (Phase::Resolve, true), "{message}");
}

#[tokio::test]
async fn a_json_look_wants_success_and_json() {
    for (answer, kind) in [
        (http("200 OK", "", "<html>"), "bad_json"),
        (http("503 Busy", "", "{}"), "bad_status"),
        (http("200 OK", "", &"[".repeat(1000)), "bad_json"),
    ] {
        let (address, _) = answering(answer).await;
        let outcome = look(&spec(ProbeKind::Json(get(&format!("http://{address}/"))))).await;
        assert_eq!((error(&outcome).0, error(&outcome).1), (Phase::Decode, kind));
    }
}

#[tokio::test]
async fn a_scrape_records_rates_from_the_second_look_on() {
    let (address, _) = server(|mut stream, _| async move {
        for round in 1.. {
            if request(&mut stream).await?.is_empty() {
                return Ok(());
            }
            let page = format!("http_requests_total{{status=\"200\"}} {}\nqueue 7\n", round * 1000);
            stream.write_all(http("200 OK", "content-type: text/plain\r\n", &page).as_bytes()).await?;
        }
        Ok(())
    })
    .await;
    let kind = ProbeKind::Prometheus(get(&format!("http://{address}/metrics")));
    let records = [
        ("requests", "rate('http_requests_total')"),
        ("errors", "rate('http_requests_total{status=~\"5..\"}')"),
        ("error_rate", "errors / requests"),
        ("queue", "value('queue')"),
    ];
    let spec = recording(spec(kind), &records);
    let (prober, mut memory) = (Prober::new(), Memory::default());
    let first = prober.look(&spec, &mut memory, &|_| None).await;
    assert_eq!((first.error, first.values), (None, vec![None, None, None, Some(7.0)]));
    let second = prober.look(&spec, &mut memory, &|_| None).await;
    assert!(second.values[0].unwrap() > 0.0);
    assert_eq!(second.values[1..], [Some(0.0), Some(0.0), Some(7.0)]);
}

#[tokio::test]
async fn f73_a_body_without_end_is_cut_off() {
    let (address, _) = server(|mut stream, _| async move {
        request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            stream.write_all(&[b'x'; 8192]).await?;
        }
    })
    .await;
    assert_eq!(error(&look(&plain(&address)).await).1, "body_too_large");
    let (address, _) = answering("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\nx").await;
    assert_eq!(error(&look(&plain(&address)).await).1, "body_too_large", "a promise of 10 GB is enough");
}

#[tokio::test]
async fn f74_a_gzip_bomb_is_not_inflated() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b'a'; 64 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let (address, _) = answering([head.as_bytes(), &bomb].concat()).await;
    assert_eq!(error(&look(&plain(&address)).await).1, "body_too_large");
}

#[tokio::test]
async fn f75_silence_names_its_phase_and_ends_on_time() {
    let (address, _) = server(|mut stream, _| async move {
        request(&mut stream).await?;
        std::future::pending().await
    })
    .await;
    let begun = Instant::now();
    let outcome = look(&brief(&address, Duration::from_millis(200))).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Processing, "timeout"));
    assert!(message.starts_with(&format!("no answer from {address} after 200 ms (tcp ok, ")), "{message}");
    assert!(outcome.latency_ms.unwrap() >= 200.0);
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn f75_slowloris_is_given_the_same_time_as_silence() {
    for head in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"] {
        let (address, _) = server(move |mut stream, _| async move {
            request(&mut stream).await?;
            stream.write_all(head.as_bytes()).await?;
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(b"x").await?;
            }
        })
        .await;
        let outcome = look(&brief(&address, Duration::from_millis(200))).await;
        let expected = if head.ends_with("\r\n\r\n") { Phase::Transfer } else { Phase::Processing };
        assert_eq!((error(&outcome).0, error(&outcome).1), (expected, "timeout"));
    }
}

#[tokio::test]
async fn f75_a_tls_stall_says_that_tcp_was_fine() {
    let (address, _) = server(|stream, _| async move {
        let _open = stream;
        std::future::pending().await
    })
    .await;
    let mut spec = spec(ProbeKind::Http(get(&format!("https://{address}/"))));
    spec.limits.tls = Duration::from_millis(200);
    let outcome = look(&spec).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Tls, "timeout"));
    assert!(message.starts_with("TLS handshake timed out after 200 ms (tcp ok, "), "{message}");
}

#[tokio::test]
async fn f75_a_black_hole_times_out_connecting() {
    // 192.0.2.0/24 is for documentation. Some machines say "no route" at once: that is an answer, too.
    let mut spec = spec(ProbeKind::Tcp { address: Rendered::text("192.0.2.1:9") });
    spec.limits.connect = Duration::from_millis(200);
    let outcome = look(&spec).await;
    assert_eq!(error(&outcome).0, Phase::Connect);
}

#[tokio::test]
async fn f76_floods_of_headers_and_of_1xx_end() {
    for flood in ["x-flood: 0123456789012345678901234567890123456789\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let (address, _) = server(move |mut stream, _| async move {
            request(&mut stream).await?;
            if flood.starts_with('x') {
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            }
            loop {
                stream.write_all(flood.repeat(100).as_bytes()).await?;
            }
        })
        .await;
        let outcome = look(&brief(&address, Duration::from_millis(500))).await;
        let expected = if flood.starts_with('x') { "headers_too_large" } else { "timeout" };
        assert_eq!((error(&outcome).0, error(&outcome).1), (Phase::Processing, expected));
    }
}

#[tokio::test]
async fn f76_chunks_of_one_byte_are_only_a_slow_body() {
    let (address, _) = server(|mut stream, _| async move {
        request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
        loop {
            stream.write_all("1\r\nx\r\n".repeat(1000).as_bytes()).await?;
        }
    })
    .await;
    let outcome = look(&plain(&address)).await;
    assert_eq!((error(&outcome).0, error(&outcome).1), (Phase::Transfer, "body_too_large"));
}

#[tokio::test]
async fn what_is_not_http_is_said_so_and_shown_without_tricks() {
    let (address, _) = answering("SSH-2.0-\x1b]0;title\x07\r\n").await;
    let outcome = look(&plain(&address)).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Processing, "bad_http"));
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

fn redirecting(address: &str, redirects: u8) -> ProbeSpec {
    spec(ProbeKind::Http(HttpRequest { redirects, ..get(&format!("http://{address}/")) }))
}

#[tokio::test]
async fn redirects_are_followed_only_if_allowed() {
    let (end, _) = answering(http("200 OK", "", "end")).await;
    let (start, _) = answering(http("302 Found", &format!("location: http://{end}/x\r\n"), "")).await;
    assert_eq!(look(&redirecting(&start, 0)).await.facts.get("status").unwrap(), 302);
    assert_eq!(look(&redirecting(&start, 1)).await.facts.get("status").unwrap(), 200);
}

#[tokio::test]
async fn f77_loops_files_and_metadata_addresses_are_refused() {
    for (location, kind) in [
        ("/again", "too_many_redirects"),
        ("file:///etc/passwd", "redirect_refused"),
        ("http://169.254.169.254/latest/meta-data/", "redirect_refused"),
        ("gopher://x/", "redirect_refused"),
    ] {
        let (address, _) = answering(http("302 Found", &format!("location: {location}\r\n"), "")).await;
        let outcome = look(&redirecting(&address, 3)).await;
        assert_eq!(error(&outcome).1, kind, "{location}");
    }
}

#[tokio::test]
async fn f77_secrets_do_not_follow_to_another_host() {
    let (end, _) = server(|mut stream, _| async move {
        let seen = request(&mut stream).await?;
        let status = if seen.contains("hunter2-hunter2") { "500 Leaked" } else { "200 OK" };
        stream.write_all(http(status, "", "").as_bytes()).await
    })
    .await;
    let (start, _) = answering(http("307 Moved", &format!("location: http://{end}/\r\n"), "")).await;
    let secret = || Rendered(vec![Piece::Text("Bearer ".into()), Piece::Secret("TOKEN".into())]);
    let mut spec = redirecting(&start, 1);
    if let ProbeKind::Http(request) = &mut spec.kind {
        request.headers = vec![("authorization".into(), secret()), ("x-api-key".into(), secret())];
    }
    let lookup = |name: &str| (name == "TOKEN").then(|| "hunter2-hunter2".to_owned());
    let outcome = Prober::new().look(&spec, &mut Memory::default(), &lookup).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.facts.get("status").unwrap(), 200);
}

#[tokio::test]
async fn secrets_are_sent_but_never_told() {
    let (address, _) = server(|mut stream, _| async move {
        let seen = request(&mut stream).await?;
        let status = if seen.contains("key=hunter2-hunter2") { "200 OK" } else { "401 No" };
        stream.write_all(http(status, "", "").as_bytes()).await
    })
    .await;
    let url = |host: &str| Rendered(vec![Piece::Text(format!("http://{host}/?key=")), Piece::Secret("KEY".into())]);
    let lookup = |_: &str| Some("hunter2-hunter2".to_owned());
    let fine = spec(ProbeKind::Http(HttpRequest { url: url(&address), ..get("") }));
    let outcome = Prober::new().look(&fine, &mut Memory::default(), &lookup).await;
    assert_eq!(outcome.facts.get("status").unwrap(), 200);
    let in_host =
        Rendered(vec![Piece::Text("http://".into()), Piece::Secret("KEY".into()), Piece::Text(".invalid/".into())]);
    let outcome = Prober::new()
        .look(&spec(ProbeKind::Http(HttpRequest { url: in_host, ..get("") })), &mut Memory::default(), &lookup)
        .await;
    assert!(!error(&outcome).2.contains("hunter2"), "{}", error(&outcome).2);
}

#[tokio::test]
async fn f66_a_line_break_in_a_header_is_refused_before_connecting() {
    let mut spec = plain("127.0.0.1:1");
    if let ProbeKind::Http(request) = &mut spec.kind {
        request.headers = vec![("x-user".into(), Rendered::text("a\r\nx-admin: yes"))];
    }
    let outcome = look(&spec).await;
    assert_eq!((error(&outcome).0, error(&outcome).1), (Phase::Prepare, "bad_header"));
    assert_eq!(outcome.latency_ms, None);
}

#[tokio::test]
async fn a_missing_secret_is_named_and_nothing_is_sent() {
    let spec = spec(ProbeKind::Tcp { address: Rendered(vec![Piece::Secret("DB".into())]) });
    let outcome = look(&spec).await;
    assert_eq!(error(&outcome).0, Phase::Prepare);
    assert!(error(&outcome).2.contains("'DB'"));
}
