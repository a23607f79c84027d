//! `tls` looks, and what every look over TLS says of bad certificates.

use quarterdeck::domain::{probe::Phase, verdict::Verdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{Authority, Identity, assert_fail, assert_pass, fact, look, look_with, serve_tls};

/// A server that shows this and says nothing.
async fn showing(identity: &Identity) -> String {
    serve_tls(identity.server(&[], None), |mut stream| async move {
        let _ = stream.read(&mut [0; 1]).await;
    })
    .await
}

fn tls(address: &str, rest: &str) -> String {
    format!("tls = \"{address}\"\nca = \"{{{{ secret('CA') }}}}\"\n{rest}")
}

#[tokio::test]
async fn a_chain_that_is_trusted_passes_with_its_facts() {
    let authority = Authority::new();
    let address = showing(&authority.issue(&["localhost", "shop.example", "127.0.0.1"], -1, 30)).await;
    let judged = look_with(&tls(&address, ""), &[("CA", &authority.pem)]).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "trusted"), true);
    assert_eq!(fact(&judged, "host_matches"), true);
    assert_eq!(fact(&judged, "names"), serde_json::json!(["localhost", "shop.example", "127.0.0.1"]));
    assert_eq!(fact(&judged, "issuer"), "CN=Test Authority");
    assert_eq!(fact(&judged, "protocol"), "TLSv1.3");
    let days = fact(&judged, "days_left").as_f64().unwrap();
    assert!((28.5..=30.5).contains(&days), "{days}");
    assert!(judged.outcome.phases.tls_ms.is_some() && judged.outcome.latency_ms.is_some());
    let judged =
        look_with(&tls(&address, "expect = [\"trusted\", \"days_left > 60\"]"), &[("CA", &authority.pem)]).await;
    assert_fail(&judged, "days_left");
}

#[tokio::test]
async fn f81_bad_certificates_are_down_with_the_reason() {
    let authority = Authority::new();
    let cases = [
        (authority.issue(&["localhost"], -30, -3), "the certificate expired 3 days ago"),
        (authority.issue(&["localhost"], 5, 30), "the certificate is not valid for another"),
        (
            authority.issue(&["other.example"], -1, 30),
            "wrong host: the certificate is for other.example, not for localhost",
        ),
        (Authority::named("Another").issue(&["localhost"], -1, 30), "signed by an unknown issuer"),
        (Identity::self_signed(&["localhost"]), "the certificate is self-signed"),
    ];
    for (identity, reason) in cases {
        let address = showing(&identity).await;
        let secrets = [("CA", authority.pem.as_str())];
        let judged = look_with(&tls(&address, ""), &secrets).await;
        assert_fail(&judged, reason);
        assert_eq!(fact(&judged, "trusted"), false);
        assert!(fact(&judged, "days_left").is_number(), "the facts are there all the same");
        // What `expect` says counts alone.
        assert_pass(&look_with(&tls(&address, "expect = [\"days_left > -100\"]"), &secrets).await);
        // An https look says why, too.
        let https = format!("http = \"https://{address}/\"\nca = \"{{{{ secret('CA') }}}}\"");
        let judged = look_with(&https, &secrets).await;
        let error = judged.outcome.error.as_ref().unwrap();
        assert_eq!((judged.says.verdict, error.phase, error.kind.as_str()), (Verdict::Fail, Phase::Tls, "tls"));
        let reason = if reason.contains("self-signed") { "unknown issuer" } else { reason };
        assert!(judged.detail.contains(reason), "{}", judged.detail);
    }
}

#[tokio::test]
async fn another_name_can_be_asked_for_than_the_host() {
    let authority = Authority::new();
    let address = showing(&authority.issue(&["shop.example"], -1, 30)).await;
    let secrets = [("CA", authority.pem.as_str())];
    assert_fail(&look_with(&tls(&address, ""), &secrets).await, "wrong host");
    assert_pass(&look_with(&tls(&address, "server_name = \"shop.example\""), &secrets).await);
}

#[tokio::test]
async fn what_is_not_tls_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"220 not tls at all\r\n").await;
            let _ = stream.read(&mut [0; 512]).await;
        }
    });
    assert_fail(&look(&format!("tls = \"{address}\"")).await, "the answer is not TLS");
}

#[tokio::test]
async fn a_ca_file_that_is_not_there_says_nothing_of_the_other_side() {
    let address = showing(&Identity::self_signed(&["localhost"])).await;
    for (ca, words) in
        [("/nowhere/ca.pem", "can't be read"), ("ca.pem", "not a whole path"), ("/dev/null", "no certificate")]
    {
        let judged = look(&format!("tls = \"{address}\"\nca = \"{ca}\"")).await;
        assert_eq!(judged.says.verdict, Verdict::Unknown, "{}", judged.detail);
        assert!(judged.detail.contains(words), "{}", judged.detail);
    }
}

/// A mail server's beginning: STARTTLS is offered, and `extra` follows its answer in plain.
async fn smtp(identity: &Identity, extra: &'static str) -> String {
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(identity.server(&[], None)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let talk = async {
                let mut buffer = [0; 512];
                stream.write_all(b"220-mail.example\r\n220 ready\r\n").await?;
                let read = stream.read(&mut buffer).await?;
                assert!(buffer[..read].starts_with(b"EHLO "));
                stream.write_all(b"250-mail.example\r\n250 STARTTLS\r\n").await?;
                let read = stream.read(&mut buffer).await?;
                assert_eq!(&buffer[..read], b"STARTTLS\r\n");
                stream.write_all(format!("220 go ahead\r\n{extra}").as_bytes()).await?;
                let mut stream = acceptor.accept(stream).await?;
                stream.read(&mut buffer).await
            };
            let _ = talk.await;
        }
    });
    format!("localhost:{port}")
}

#[tokio::test]
async fn starttls_leads_to_the_certificate_and_lets_nobody_slip_in_between() {
    let authority = Authority::new();
    let identity = authority.issue(&["localhost"], -1, 30);
    let secrets = [("CA", authority.pem.as_str())];
    let judged = look_with(&tls(&smtp(&identity, "").await, "starttls = \"smtp\""), &secrets).await;
    assert_pass(&judged);
    let injected = smtp(&identity, "250 injected\r\n").await;
    assert_fail(&look_with(&tls(&injected, "starttls = \"smtp\""), &secrets).await, "someone may be in between");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_by_its_own_word() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            let _ = stream.read_exact(&mut request).await;
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
            let _ = stream.write_all(b"N").await;
        }
    });
    assert_fail(&look(&format!("tls = \"{address}\"\nstarttls = \"postgres\"")).await, "it has no TLS");
}
