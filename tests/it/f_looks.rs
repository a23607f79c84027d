//! F73 to F82 as they are configured: whatever the other side does, a look ends on time, within bounds, with its reason.
//!
//! What is of one layer alone is tested beside it: bodies, floods and redirects in `probe::tests`, pages of metrics in
//! `probe::prometheus`, names in `probe::names`, certificates in `looks::tls`.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use quarterdeck::{
    domain::{
        judge::judge,
        probe::{Outcome, Phase},
        time::UnixMs,
        verdict::Verdict,
    },
    probe::{Memory, Prober},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::looks::{assert_fail, assert_pass, fact, look, spec};

/// Every look of these tests is over well before: a machine that is busy is no failure.
const ON_TIME: Duration = Duration::from_secs(30);

/// A server that treats each connection by `serve`.
async fn server<F, S>(serve: F) -> String
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

async fn head(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        last[3] = stream.read_u8().await?;
    }
    Ok(())
}

/// The resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

fn kind(outcome: &Outcome) -> &str {
    outcome.error.as_ref().map_or("none", |error| error.kind.as_str())
}

#[tokio::test]
async fn f73_f74_ten_gigabytes_and_bombs_cost_no_memory() {
    let endless = server(|mut stream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
        let piece = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
        for _ in 0..160_000 {
            stream.write_all(&piece).await?;
        }
        Ok(())
    })
    .await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..512 {
        encoder.write_all(&vec![b'a'; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let bombing = server(move |mut stream| {
        let bomb = bomb.clone();
        async move {
            head(&mut stream).await?;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&bomb).await
        }
    })
    .await;
    let before = resident();
    for (address, page) in [(&endless, "http"), (&endless, "prometheus"), (&bombing, "prometheus")] {
        let judged = look(&format!("{page} = \"http://{address}/\"")).await;
        assert_eq!((judged.says.verdict, kind(&judged.outcome)), (Verdict::Fail, "body_too_large"), "{page}");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 << 20, "512 MiB were offered, {} MiB were taken", grown >> 20);
}

#[tokio::test]
async fn f75_every_kind_that_meets_silence_ends_on_time_and_names_its_phase() {
    let silent = server(|mut stream| async move {
        while stream.read(&mut [0; 1024]).await? > 0 {}
        Ok(())
    })
    .await;
    let lines = |look: &str| format!("{look}\ntimeout = \"300ms\"");
    let begun = Instant::now();
    for (look_at, phase) in [
        (format!("http = \"http://{silent}/\""), Phase::Processing),
        (format!("http = \"https://{silent}/\""), Phase::Tls),
        (format!("http = \"http://{silent}/\"\nversion = \"2\""), Phase::Processing),
        (format!("tls = \"{silent}\""), Phase::Tls),
        (format!("tls = \"{silent}\"\nstarttls = \"smtp\""), Phase::Processing),
        (format!("grpc = \"http://{silent}\""), Phase::Processing),
        (format!("websocket = \"ws://{silent}/\""), Phase::Processing),
        (format!("promql = \"http://{silent}\"\nquery = \"up\""), Phase::Processing),
        (format!("smtp = \"{silent}\""), Phase::Processing),
        (format!("smtp = \"{silent}\"\nencryption = \"implicit\""), Phase::Tls),
        (format!("imap = \"{silent}\"\nauth = {{ user = \"a\", password = \"b\" }}"), Phase::Processing),
    ] {
        let judged = look(&lines(&look_at)).await;
        let error = judged.outcome.error.as_ref().unwrap_or_else(|| panic!("{look_at} came to an answer"));
        assert_eq!((error.phase, error.kind.as_str()), (phase, "timeout"), "{look_at}: {}", error.message);
        assert!(error.message.contains("ms"), "{}", error.message);
    }
    assert!(begun.elapsed() < ON_TIME, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn f79_a_dead_family_falls_back_to_the_other() {
    // `localhost` is both families; only one of them is listened on.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let judged = look(&format!("tcp = \"localhost:{port}\"")).await;
    assert_pass(&judged);
    assert!(judged.outcome.phases.resolve_ms.is_some());
}

/// Answers with a page of metrics made piece by piece.
async fn page(pieces: usize, piece: fn(usize) -> String) -> String {
    server(move |mut stream| async move {
        head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n").await?;
        for number in 0..pieces {
            stream.write_all(piece(number).as_bytes()).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn f80_pages_that_are_too_long_too_wide_or_no_numbers_are_bounded_and_gaps() {
    let record = "record.value = \"value('wanted')\"\nrecord.all = \"sum('series_total')\"";
    let with = |address: &str, rest: &str| format!("prometheus = \"http://{address}/\"\n{record}\n{rest}");
    // A line of 100 MB.
    let long = page(1600, |_| "x".repeat(1 << 16)).await;
    assert_eq!(kind(&look(&with(&long, "")).await.outcome), "body_too_large");
    // Five million series; even where the bytes are allowed, the series are not.
    let wide = page(500, |piece| {
        (0..10_000).map(|line| format!("series_total{{a=\"{}\"}} 1\n", piece * 10_000 + line)).collect()
    })
    .await;
    let judged =
        look(&with(&wide, "timeout = \"60s\"\nlimits.body_bytes = 1000000000\nlimits.inflated_bytes = 1000000000"))
            .await;
    assert_eq!(judged.says.verdict, Verdict::Fail, "{:?}", judged.outcome.values);
    assert!(judged.detail.contains("series"), "{}", judged.detail);
    // What is no number is a gap, never a zero.
    let strange = page(1, |_| "wanted NaN\nseries_total{a=\"\u{fffd}\"} +Inf\n".to_owned()).await;
    let judged = look(&with(&strange, "")).await;
    assert_pass(&judged);
    assert_eq!(judged.outcome.values, [None, None]);
}

#[tokio::test]
async fn f80_bad_utf_8_and_deep_json_are_told_without_harm() {
    let bad = server(|mut stream| async move {
        head(&mut stream).await?;
        let body = b"\xff\xfe\x1b[2J ready \xc3";
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes()).await?;
        stream.write_all(body).await
    })
    .await;
    let judged = look(&format!("http = \"http://{bad}/\"\nexpect = [\"body.contains('ready')\"]")).await;
    assert_pass(&judged);
    let judged = look(&format!("http = \"http://{bad}/\"\nexpect = [\"body == 'ready'\"]")).await;
    assert_eq!(judged.says.verdict, Verdict::Fail);
    assert!(!judged.detail.contains('\u{1b}'), "{:?}", judged.detail);
    let deep = server(|mut stream| async move {
        head(&mut stream).await?;
        let body = "[".repeat(100_000);
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
    })
    .await;
    assert_fail(&look(&format!("json = \"http://{deep}/\"")).await, "not JSON");
}

#[tokio::test]
async fn f82_the_date_of_the_other_side_means_nothing() {
    let before = UnixMs(chrono::Utc::now().timestamp_millis());
    for date in ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday"] {
        let address = server(move |mut stream| async move {
            head(&mut stream).await?;
            let answer = format!("HTTP/1.1 200 OK\r\ndate: {date}\r\nage: 999999\r\ncontent-length: 2\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await
        })
        .await;
        let spec = spec(&format!("http = \"http://{address}/\""));
        let outcome = Prober::new().look(&spec, &mut Memory::default(), &|_| None).await;
        let after = UnixMs(chrono::Utc::now().timestamp_millis());
        assert!(before <= outcome.at && outcome.at <= after, "{date}: {:?}", outcome.at);
        assert_pass(&judge(&spec, outcome));
    }
    // Nor does the time that a page of metrics claims for its samples.
    let old = page(1, |_| "wanted 7 1000\n".to_owned()).await;
    let judged = look(&format!("prometheus = \"http://{old}/\"\nrecord.value = \"value('wanted')\"")).await;
    assert_eq!(judged.outcome.values, [Some(7.0)]);
    assert!(judged.outcome.at >= before);
    assert_eq!(fact(&judged, "status"), 200);
}
