//! Redis.

use quarterdeck::{
    domain::{
        probe::{Phase, ProbeKind},
        template::Rendered,
    },
    probe::Memory,
};

use super::{
    fails, look,
    machine::{PASSWORD, Place, Server, certificates, free_port},
    passes, spec,
};

pub fn start() -> Server {
    let place = Place::of("redis");
    let port = free_port();
    let mut command = place.command("/usr/bin/redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]);
    place.serve(command, port, None)
}

/// One that speaks only TLS.
fn start_over_tls() -> Server {
    let place = Place::of("redis");
    certificates(&place);
    let port = free_port();
    let mut command = place.command("/usr/bin/redis-server");
    command.args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-auth-clients", "no"]);
    command.args(["--requirepass", PASSWORD]);
    place.serve(command, port, None)
}

/// Where it is, with its password.
pub fn url(server: &Server) -> String {
    format!("redis://:{PASSWORD}@localhost:{}/0", server.port)
}

fn at(url: String) -> ProbeKind {
    ProbeKind::Redis { url: Rendered::text(url) }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: run by .ci/run"]
async fn an_answer_tells_how_the_server_is_and_the_connection_is_kept() {
    let server = start();
    let url = format!("redis://:{PASSWORD}@localhost:{}/2", server.port);
    let expect =
        ["role == 'master'", "keys == 0", "used_memory_bytes > 1000", "connected_clients >= 1", "version != ''"];
    passes(at(url.clone()), &expect).await;
    let spec = spec(at(url), &[]);
    let mut memory = Memory::default();
    assert!(look(&spec, &mut memory).await.phases.connect_ms.is_some());
    let second = look(&spec, &mut memory).await;
    assert_eq!((second.error, second.phases.connect_ms), (None, None), "over the same connection");
    drop(server);
    let gone = look(&spec, &mut memory).await;
    assert_eq!(gone.error.map(|error| (error.phase, error.kind)), Some((Phase::Connect, "connect_refused".into())));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: run by .ci/run"]
async fn what_is_wrong_is_said_in_a_sentence_without_the_password() {
    let server = start();
    let port = server.port;
    fails(at(format!("redis://localhost:{port}")), "auth", "wants a password").await;
    fails(at(format!("redis://:{PASSWORD}X@localhost:{port}")), "auth", "refused the password").await;
    fails(at(format!("redis://:{PASSWORD}@localhost:{port}/99")), "no_database", "no database 99").await;
    fails(at(format!("rediss://:{PASSWORD}@localhost:{port}")), "timeout", "TLS handshake timed out").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: run by .ci/run"]
async fn the_certificate_of_one_behind_tls_is_checked() {
    let server = start_over_tls();
    let authority = server.dir.join("ca.pem").display().to_string();
    let url = |host: &str, rest: &str| at(format!("rediss://:{PASSWORD}@{host}:{}{rest}", server.port));
    let trusting = format!("/0?sslrootcert={authority}");
    passes(url("localhost", &trusting), &["role == 'master'", "keys == 0"]).await;
    fails(url("127.0.0.1", &trusting), "tls_name", "localhost").await;
    fails(url("localhost", ""), "tls_untrusted", "sslrootcert").await;
    fails(at(format!("redis://:{PASSWORD}@localhost:{}", server.port)), "closed", "TLS").await;
}
