//! MariaDB.

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

fn start(tls: bool) -> Server {
    start_with(tls, "GRANT SELECT, PROCESS, CREATE, INSERT ON *.* TO watcher;")
}

/// One in which the user may do everything, with an empty database `ours`.
pub fn start_for_all() -> Server {
    start_with(false, "GRANT ALL ON *.* TO watcher;\nCREATE DATABASE ours;")
}

pub fn ours(server: &Server) -> String {
    url(server, "").replace("/shop", "/ours")
}

fn start_with(tls: bool, grants: &str) -> Server {
    let place = Place::of("mysql");
    let dir = place.path().display().to_string();
    let data = format!("--datadir={dir}/data");
    place.run(
        "/usr/bin/mariadb-install-db",
        &[
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            &data,
            &format!("--tmpdir={dir}"),
        ],
    );
    let user = [
        &format!("CREATE USER watcher IDENTIFIED BY '{PASSWORD}';"),
        grants,
        "CREATE DATABASE shop;",
        "CREATE TABLE shop.orders (id INT, total DECIMAL(10,2), at DATETIME);",
        "INSERT INTO shop.orders VALUES (1, 9.50, '2026-01-02 03:04:05'), (2, 1.25, NULL);\n",
    ]
    .join("\n");
    let init = place.write("init.sql", user);
    let port = free_port();
    let mut command = place.command("/usr/sbin/mariadbd");
    command.args([
        "--no-defaults",
        &data,
        &format!("--port={port}"),
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
    ]);
    command.args([
        format!("--socket={dir}/socket"),
        format!("--init-file={}", init.display()),
        format!("--pid-file={dir}/pid"),
    ]);
    if tls {
        certificates(&place);
        command.args([
            format!("--ssl-cert={dir}/server.pem"),
            format!("--ssl-key={dir}/server.key"),
            format!("--ssl-ca={dir}/ca.pem"),
        ]);
    }
    place.serve(command, port, None)
}

fn url(server: &Server, options: &str) -> String {
    format!("mysql://watcher:{PASSWORD}@localhost:{}/shop{options}", server.port)
}

fn at(url: &str) -> ProbeKind {
    ProbeKind::Mysql { url: Rendered::text(url) }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB: run by .ci/run"]
async fn a_login_tells_how_the_server_is_and_is_kept() {
    let server = start(false);
    let expect =
        ["version.contains('MariaDB')", "!read_only", "connections >= 1", "max_connections > 10", "uptime_s >= 0"];
    passes(at(&url(&server, "")), &expect).await;
    let spec = spec(at(&url(&server, "?sslmode=disable")), &[]);
    let mut memory = Memory::default();
    let first = look(&spec, &mut memory).await;
    assert!(first.error.is_none() && first.phases.connect_ms.is_some(), "{:?}", first.error);
    let second = look(&spec, &mut memory).await;
    assert_eq!((second.error, second.phases.connect_ms), (None, None), "over the same login");
    drop(server);
    let gone = look(&spec, &mut memory).await;
    assert_eq!(gone.error.map(|error| (error.phase, error.kind)), Some((Phase::Connect, "connect_refused".into())));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB: run by .ci/run"]
async fn what_is_wrong_is_said_in_a_sentence_without_the_password() {
    let server = start(false);
    let port = server.port;
    fails(at(&format!("mysql://watcher:{PASSWORD}X@localhost:{port}/shop")), "auth", "refused user 'watcher'").await;
    fails(at(&url(&server, "").replace("/shop", "/nowhere")), "no_database", "no database 'nowhere'").await;
    fails(at(&url(&server, "?sslmode=require")), "tls_missing", "speaks no TLS").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB: run by .ci/run"]
async fn the_certificate_is_checked_as_far_as_the_url_wants() {
    let server = start(true);
    let authority = server.dir.join("ca.pem").display().to_string();
    passes(at(&url(&server, "?sslmode=require")), &[]).await;
    passes(at(&url(&server, &format!("?sslmode=verify-full&sslrootcert={authority}"))), &[]).await;
    fails(at(&url(&server, "?sslmode=verify-full")), "tls_untrusted", "sslrootcert").await;
    let by_address =
        url(&server, &format!("?sslmode=verify-full&sslrootcert={authority}")).replace("localhost", "127.0.0.1");
    fails(at(&by_address), "tls_name", "another name").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB: run by .ci/run"]
async fn a_query_has_a_value_a_row_and_their_count_and_never_writes() {
    let server = start(false);
    let url = url(&server, "");
    let expect = ["value == 9.5", "rows == 2", "row.at.startsWith('2026-01-02 03:04:05')"];
    passes(sql("SELECT total, at FROM orders ORDER BY id", &url), &expect).await;
    fails(sql("CREATE TABLE t (i int)", &url), "read_only", "only reads").await;
    fails(sql("INSERT INTO orders VALUES (3, 1, NULL) RETURNING id", &url), "read_only", "only reads").await;
    fails(sql("SELECT 1; SELECT 2", &url), "server", "SQL syntax").await;
    fails(sql("SELECT seq FROM seq_1_to_5000", &url), "too_many_rows", "1,000").await;
    fails(sql("SELECT repeat('x', 10000000)", &url), "body_too_large", "limits.body_bytes").await;
    passes(sql("SELECT count(*) FROM orders", &url), &["value == 2"]).await;
    let mut slow = spec(sql("SELECT sleep(60)", &url), &[]);
    slow.timeout = std::time::Duration::from_secs(1);
    let outcome = look(&slow, &mut Memory::default()).await;
    assert_eq!(outcome.error.map(|error| error.kind), Some("timeout".into()));
}
