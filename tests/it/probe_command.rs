//! `quarterdeck probe`: one look from the command line.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
};

use serde_json::Value;

use crate::support::quarterdeck;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = quarterdeck().arg("probe").args(arguments).env("PROBE_TOKEN", "a-secret-of-ours").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Answers every request with what it was sent.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).unwrap_or(0);
            let body = serde_json::json!({ "got": String::from_utf8_lossy(&request[..read]) }).to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
        }
    });
    format!("http://{address}/")
}

#[test]
fn a_look_prints_its_verdict_phases_and_facts_and_masks_secrets() {
    let url = echo();
    let secret = "Bearer {{ secret('PROBE_TOKEN') }}";
    let (code, said, _) = run(&[
        "http",
        &url,
        "--headers.authorization",
        secret,
        "--expect",
        "status == 200",
        "--record",
        "twice=status * 2",
        "--expect",
        "json.got.contains('Bearer')",
    ]);
    assert_eq!(code, 0, "{said}");
    for part in ["pass", "phases: connect", "status: 200", "record: twice = 400", "expect: pass  status == 200"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("a-secret-of-ours"), "{said}");
    let (_, said, _) = run(&["http", &url, "--headers.authorization", secret, "--json"]);
    assert!(!said.contains("a-secret-of-ours"), "{said}");
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&answer["verdict"], &answer["facts"]["status"]), (&Value::from("pass"), &Value::from(200)));
}

#[test]
fn the_exit_code_is_the_verdict() {
    let url = echo();
    let (code, said, _) = run(&["http", &url, "--plain", "--expect", "status == 404"]);
    assert_eq!(code, 1);
    assert!(said.starts_with("fail: expected status == 404, but it is 200"), "{said}");
    assert_eq!(run(&["http", &url, "--expect", "json.nothing > 1"]).0, 8);
    assert_eq!(run(&["tcp", "127.0.0.1:1"]).0, 1);
    let (code, said, _) = run(&["command", "--json", "--", "sh", "-c", "echo --expect; exit 3"]);
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &answer["facts"]["exit_code"], &answer["facts"]["stdout"]), (1, &3.into(), &"--expect".into()));
    assert_eq!(run(&["host", "local", "--expect", "cpus >= 1"]).0, 0);
}

#[test]
fn mistakes_are_told_as_in_a_configuration() {
    let (code, _, said) = run(&["http", "http://127.0.0.1/", "--timout", "2s"]);
    assert_eq!(code, 2);
    assert!(said.contains("did you mean 'timeout'"), "{said}");
    let (code, _, said) = run(&["htp", "http://127.0.0.1/"]);
    assert!(code == 2 && said.contains("neither a kind of look"), "{said}");
}

#[test]
fn a_probe_of_the_configuration_is_taken_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("quarterdeck.toml");
    let text = "[project]\nname = \"Shop\"\n[environments.here]\n[services.disk.probes.mark]\nfile = \"mark\"\n";
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let (code, said, _) = run(&["disk/mark", "--config", config]);
    assert!(code == 1 && said.contains("there is no mark"), "{said}");
    fs::write(dir.path().join("mark"), "").unwrap();
    assert_eq!(run(&["disk/mark", "--config", config]).0, 0, "a relative path starts at the configuration");
    let (code, _, said) = run(&["disk/marc", "--config", config]);
    assert!(code == 2 && said.contains("disk/mark"), "{said}");
}
