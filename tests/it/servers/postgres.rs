//! PostgreSQL.

use std::{fs, path::PathBuf};

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
    passes, spec, sql,
};

/// Where Debian keeps the programs of the newest version.
fn programs() -> PathBuf {
    let mut versions: Vec<_> =
        fs::read_dir("/usr/lib/postgresql").expect("postgresql is installed").flatten().collect();
    versions.sort_by_key(fs::DirEntry::path);
    versions.pop().unwrap().path().join("bin")
}

pub fn start() -> Server {
    let place = Place::of("postgres");
    let data = place.path().join("data");
    let password = place.write("password", PASSWORD);
    let (data, password) = (data.to_str().unwrap().to_owned(), password.to_str().unwrap().to_owned());
    place.run(
        programs().join("initdb"),
        &["-D", &data, "-U", "watcher", "--auth=scram-sha-256", "--pwfile", &password, "--no-sync"],
    );
    certificates(&place);
    let port = free_port();
    let mut command = place.command(programs().join("postgres"));
    let dir = place.path().display().to_string();
    command.args(["-D", &data, "-p", &port.to_string(), "-c", "listen_addresses=localhost,127.0.0.1"]);
    command.args(["-c", &format!("unix_socket_directories={dir}"), "-c", "ssl=on", "-c", "fsync=off"]);
    command.args(["-c", &format!("ssl_cert_file={dir}/server.pem"), "-c", &format!("ssl_key_file={dir}/server.key")]);
    let mut ready = place.command(programs().join("pg_isready"));
    ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
    place.serve(command, port, Some(ready))
}

pub fn url(server: &Server, options: &str) -> String {
    format!("postgres://watcher:{PASSWORD}@localhost:{}/postgres{options}", server.port)
}

/// Runs statements there.
pub fn run(server: &Server, statements: &str) {
    let url = url(server, "?sslmode=disable");
    let mut command = std::process::Command::new(programs().join("psql"));
    let status = command.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statements, &url]).status().unwrap();
    assert!(status.success(), "{statements}: {status}");
}

fn at(url: &str) -> ProbeKind {
    ProbeKind::Postgres { url: Rendered::text(url) }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: run by .ci/run"]
async fn a_login_tells_how_the_server_is_and_is_kept() {
    let server = start();
    let expect =
        ["!in_recovery", "connections >= 1", "max_connections == 100", "server_version_num > 90000", "version != ''"];
    passes(at(&url(&server, "?sslmode=disable")), &expect).await;
    let spec = spec(at(&url(&server, "?sslmode=require")), &[]);
    let mut memory = Memory::default();
    let first = look(&spec, &mut memory).await;
    assert_eq!(first.error, None);
    assert!(first.phases.connect_ms.is_some() && first.phases.tls_ms.is_some() && first.phases.processing_ms.is_some());
    let second = look(&spec, &mut memory).await;
    assert_eq!(
        (second.error, second.phases.connect_ms, second.phases.tls_ms),
        (None, None, None),
        "over the same login"
    );
    // The server throws everybody out; the next look logs in again and is no failure.
    let killing = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'quarterdeck'";
    passes(sql(killing, &url(&server, "")), &["value >= 1"]).await;
    let third = look(&spec, &mut memory).await;
    assert!(third.error.is_none() && third.phases.connect_ms.is_some(), "{:?}", third.error);
    drop(server);
    let gone = look(&spec, &mut memory).await;
    assert_eq!(gone.error.map(|error| (error.phase, error.kind)), Some((Phase::Connect, "connect_refused".into())));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: run by .ci/run"]
async fn what_is_wrong_is_said_in_a_sentence_without_the_password() {
    let server = start();
    let port = server.port;
    let wrong = format!("postgres://watcher:{PASSWORD}X@localhost:{port}/postgres");
    fails(at(&wrong), "auth", "refused user 'watcher'").await;
    fails(at(&format!("postgres://watcher@localhost:{port}/postgres")), "auth", "the URL has none").await;
    fails(
        at(&url(&server, "").replace("/postgres?", "/nowhere?").replace("/postgres", "/nowhere")),
        "no_database",
        "no database 'nowhere'",
    )
    .await;
    fails(at(&format!("postgres://watcher:{PASSWORD}@localhost:{}/x", free_port())), "connect_refused", "").await;
    fails(at(&url(&server, "?sslmode=verify-full")), "tls_untrusted", "sslrootcert").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: run by .ci/run"]
async fn the_certificate_is_checked_as_far_as_the_url_wants() {
    let server = start();
    let authority = server.dir.join("ca.pem").display().to_string();
    passes(at(&url(&server, &format!("?sslmode=verify-full&sslrootcert={authority}"))), &[]).await;
    let by_address =
        url(&server, &format!("?sslmode=verify-full&sslrootcert={authority}")).replace("localhost", "127.0.0.1");
    fails(at(&by_address), "tls_name", "another name").await;
    passes(at(&by_address.replace("verify-full", "verify-ca")), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: run by .ci/run"]
async fn a_query_has_a_value_a_row_and_their_count_and_never_writes() {
    let server = start();
    let url = url(&server, "");
    let all =
        "SELECT 7.5::numeric AS n, 'x' AS t, true AS b, NULL AS nothing, '{\"a\":[1]}'::jsonb AS j, now() AS at -- all";
    let expect = ["value == 7.5", "rows == 1", "row.t == 'x'", "row.b", "row.j.a[0] == 1", "row.nothing == null"];
    passes(sql(all, &url), &expect).await;
    passes(sql("SELECT 1 WHERE false;", &url), &["rows == 0"]).await;
    fails(sql("CREATE TABLE t (i int)", &url), "not_a_query", "returns no rows").await;
    fails(sql("SELECT setval(pg_get_serial_sequence('t', 'i'), 1), txid_current()", &url), "server", "t").await;
    fails(
        sql("WITH gone AS (DELETE FROM pg_class RETURNING 1) SELECT count(*) FROM gone", &url),
        "read_only",
        "only reads",
    )
    .await;
    fails(sql("SELECT 1; SELECT 2", &url), "server", "multiple commands").await;
    fails(sql("SELECT nothing FROM nowhere", &url), "server", "nowhere").await;
    fails(sql("SELECT generate_series(1, 5000)", &url), "too_many_rows", "1,000").await;
    fails(sql("SELECT repeat('x', 10000000)", &url), "body_too_large", "limits.body_bytes").await;
    let mut slow = spec(sql("SELECT pg_sleep(60)", &url), &[]);
    slow.timeout = std::time::Duration::from_secs(1);
    let outcome = look(&slow, &mut Memory::default()).await;
    assert_eq!(outcome.error.map(|error| error.kind), Some("timeout".into()));
}
