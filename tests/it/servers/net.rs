//! nginx, Prometheus, dnsmasq, and gRPC's own health service.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value;

use super::process::{Server, free_port};
use crate::looks::{Authority, assert_fail, assert_pass, fact, look, look_with};

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn nginx(days: i64) -> (Server, Authority, u16) {
    let (dir, port, authority) = (dir(), free_port(), Authority::new());
    let identity = authority.issue(&["localhost"], -30, days);
    fs::write(dir.path().join("cert.pem"), &identity.pem).unwrap();
    fs::write(dir.path().join("key.pem"), &identity.key_pem).unwrap();
    let here = dir.path().display();
    let text = format!(
        "daemon off; pid {here}/pid; error_log stderr;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {here}/a; proxy_temp_path {here}/b; fastcgi_temp_path {here}/c;
            uwsgi_temp_path {here}/d; scgi_temp_path {here}/e;
            server {{
                listen 127.0.0.1:{port} ssl http2;
                ssl_certificate {here}/cert.pem; ssl_certificate_key {here}/key.pem;
                location / {{ return 200 'it is nginx'; }}
                location /down {{ return 503; }}
            }}
        }}"
    );
    fs::write(dir.path().join("nginx.conf"), text).unwrap();
    let config = dir.path().join("nginx.conf").display().to_string();
    let server = Server::start(dir, port, "nginx", &["-c", &config]);
    (server, authority, port)
}

#[tokio::test]
#[ignore = "needs nginx: run by .ci/run"]
async fn nginx_over_tls_in_both_versions() {
    let (_server, authority, port) = nginx(30);
    let secrets = [("CA", authority.pem.as_str())];
    let with = |path: &str, rest: &str| {
        format!("http = \"https://localhost:{port}{path}\"\nca = \"{{{{ secret('CA') }}}}\"\n{rest}")
    };
    for (version, spoken) in [("1.1", "1.1"), ("2", "2"), ("auto", "2")] {
        let lines = with("/", &format!("version = \"{version}\"\nexpect = [\"body == 'it is nginx'\"]"));
        let judged = look_with(&lines, &secrets).await;
        assert_pass(&judged);
        assert_eq!(fact(&judged, "http_version"), spoken);
    }
    assert_fail(&look_with(&with("/down", "version = \"2\""), &secrets).await, "status 503");
    let tls = format!("tls = \"localhost:{port}\"\nca = \"{{{{ secret('CA') }}}}\"");
    let judged = look_with(&tls, &secrets).await;
    assert_pass(&judged);
    assert!(fact(&judged, "days_left").as_f64().unwrap() > 20.0);
}

#[tokio::test]
#[ignore = "needs nginx: run by .ci/run"]
async fn f81_nginx_with_an_expired_certificate_is_down_with_the_reason() {
    let (_server, authority, port) = nginx(-2);
    let lines = format!("tls = \"localhost:{port}\"\nca = \"{{{{ secret('CA') }}}}\"");
    assert_fail(&look_with(&lines, &[("CA", &authority.pem)]).await, "the certificate expired 2 days ago");
}

#[tokio::test]
#[ignore = "needs openssl: run by .ci/run"]
async fn a_server_that_knows_only_an_old_version_of_tls_is_told_so() {
    let (dir, port, authority) = (dir(), free_port(), Authority::new());
    let identity = authority.issue(&["localhost"], -30, 30);
    fs::write(dir.path().join("cert.pem"), &identity.pem).unwrap();
    fs::write(dir.path().join("key.pem"), &identity.key_pem).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let words = ["s_server", "-accept", &listen, "-cert", "cert.pem", "-key", "key.pem", "-tls1_1", "-cipher"];
    let words = [&words[..], &["ALL:@SECLEVEL=0", "-quiet", "-naccept", "100"]].concat();
    let _server = Server::start(dir, port, "openssl", &words);
    let lines = format!("tls = \"localhost:{port}\"\nca = \"{{{{ secret('CA') }}}}\"");
    assert_fail(&look_with(&lines, &[("CA", &authority.pem)]).await, "older than TLS 1.2");
}

#[tokio::test]
#[ignore = "needs prometheus: run by .ci/run"]
async fn prometheus_answers_queries_about_itself() {
    let (dir, port) = (dir(), free_port());
    let config = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: self\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n"
    );
    fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    let data = format!("--storage.tsdb.path={}", dir.path().join("data").display());
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    let file = format!("--config.file={}", dir.path().join("prometheus.yml").display());
    let _server = Server::start(dir, port, "prometheus", &[&file, &data, &listen]);
    let with = |query: &str, rest: &str| format!("promql = \"http://127.0.0.1:{port}\"\nquery = \"{query}\"\n{rest}");
    let end = std::time::Instant::now() + Duration::from_secs(60);
    let judged = loop {
        let judged = look(&with("up", "expect = [\"value == 1\"]")).await;
        if judged.outcome.facts.get("value").is_some() || std::time::Instant::now() > end {
            break judged;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_pass(&judged);
    assert_eq!(fact(&judged, "values")[0]["labels"]["job"], "self");
    assert_eq!(fact(&look(&with("vector(3) * 2", "")).await, "value"), 6.0);
    assert_eq!(fact(&look(&with("scalar(vector(4))", "")).await, "value"), 4.0);
    assert_fail(&look(&with("sum(", "")).await, "the query failed:");
    assert_fail(&look(&with("up[5m]", "")).await, "range of points");
    let page = format!("prometheus = \"http://127.0.0.1:{port}/metrics\"\nrecord.threads = \"value('go_threads')\"");
    let judged = look(&page).await;
    assert_pass(&judged);
    assert!(judged.outcome.values[0].unwrap() > 0.0);
}

#[tokio::test]
#[ignore = "needs dnsmasq: run by .ci/run"]
async fn dnsmasq_answers_for_its_own_names() {
    let (dir, port) = (dir(), free_port());
    let listen = format!("--port={port}");
    let _server = Server::start(
        dir,
        port,
        "dnsmasq",
        &[
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--user=root",
            "--pid-file=",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--local=/shop.example/",
            "--host-record=www.shop.example,192.0.2.7,2001:db8::7",
            "--mx-host=shop.example,mail.shop.example,10",
            "--txt-record=shop.example,v=spf1 -all",
            "--srv-host=_ldap._tcp.shop.example,ldap.shop.example,389",
            "--caa-record=shop.example,0,issue,ca.example",
            "--ptr-record=7.2.0.192.in-addr.arpa,www.shop.example",
            "--local-ttl=77",
            &listen,
        ],
    );
    let ask =
        |name: &str, kind: &str| format!("dns = \"{name}\"\nresolver = \"127.0.0.1:{port}\"\nrecord_type = \"{kind}\"");
    for (name, kind, answer) in [
        ("www.shop.example", "A", "192.0.2.7"),
        ("www.shop.example", "AAAA", "2001:db8::7"),
        ("shop.example", "MX", "10 mail.shop.example."),
        ("shop.example", "TXT", "v=spf1 -all"),
        ("_ldap._tcp.shop.example", "SRV", "0 0 389 ldap.shop.example."),
        ("shop.example", "CAA", "0 issue \"ca.example\""),
        ("192.0.2.7", "PTR", "www.shop.example."),
    ] {
        let judged = look(&ask(name, kind)).await;
        assert_pass(&judged);
        assert_eq!(fact(&judged, "answers")[0], answer, "{kind}");
    }
    assert_eq!(fact(&look(&ask("www.shop.example", "A")).await, "ttl_s"), 77);
    assert_fail(&look(&ask("gone.shop.example", "A")).await, "does not exist (NXDOMAIN from");
    assert_fail(&look(&ask("elsewhere.example", "A")).await, "answered REFUSED");
}

/// Where the machine forbids echoes, a network of its own allows them.
#[test]
#[ignore = "needs a network of its own: run by .ci/run"]
fn an_echo_comes_back_where_it_is_allowed() {
    let script = "ip link set lo up && echo '0 0' > /proc/sys/net/ipv4/ping_group_range && exec \"$@\"";
    let answer = |host: &str| {
        let probe = [env!("CARGO_BIN_EXE_quarterdeck"), "probe", "icmp", host, "--json"];
        let run = Command::new("unshare")
            .args(["--user", "--map-root-user", "--net", "--", "sh", "-c", script, "sh"])
            .args(probe)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        let told: Value = serde_json::from_str(&told)
            .unwrap_or_else(|error| panic!("{error}: {told}{}", String::from_utf8_lossy(&run.stderr)));
        (run.status.code(), told)
    };
    for host in ["127.0.0.1", "::1"] {
        let (code, told) = answer(host);
        assert_eq!((code, &told["verdict"]), (Some(0), &Value::from("pass")), "{told:#}");
        assert_eq!((&told["facts"]["sent"], &told["facts"]["received"]), (&3.into(), &3.into()), "{told:#}");
        assert_eq!(told["facts"]["loss"], 0.0, "{told:#}");
    }
    // Nobody answers there, and no way leads there either.
    let (code, told) = answer("192.0.2.1");
    assert_eq!(told["verdict"], "fail", "{told:#}");
    assert_ne!(code, Some(0));
}

const HEALTH: &str = "
import sys, grpc
from concurrent import futures
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
servicer = health.HealthServicer()
health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
servicer.set('', health_pb2.HealthCheckResponse.SERVING)
servicer.set('shop.Orders', health_pb2.HealthCheckResponse.NOT_SERVING)
server.add_insecure_port('127.0.0.1:' + sys.argv[1])
server.start()
server.wait_for_termination()
";

#[tokio::test]
#[ignore = "needs grpcio-health-checking: run by .ci/run"]
async fn grpc_says_whether_it_serves() {
    let (dir, port) = (dir(), free_port());
    fs::write(dir.path().join("health.py"), HEALTH).unwrap();
    let python = std::env::var("QUARTERDECK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    assert!(Path::new(&python).exists() || python == "python3", "{python} is not there");
    let _server = Server::start(dir, port, &python, &["health.py", &port.to_string()]);
    let with = |service: &str| format!("grpc = \"http://127.0.0.1:{port}\"\ngrpc_service = \"{service}\"");
    assert_pass(&look(&format!("grpc = \"http://127.0.0.1:{port}\"")).await);
    assert_fail(&look(&with("shop.Orders")).await, "shop.Orders is NOT_SERVING");
    let judged = look(&with("shop.Nothing")).await;
    assert_fail(&judged, "shop.Nothing is not known to the health service");
    assert_eq!(fact(&judged, "grpc_status"), 5);
}
