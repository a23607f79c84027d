//! Rules judged by the watcher as a process: what is so is written with its change, and a restart loses nothing.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use quarterdeck::{
    domain::alert::{AlertEvent, AlertKey, Phase, Standing},
    store::{Reader, state_dir::StateDir},
};
use tempfile::TempDir;

use crate::support::quarterdeck;

/// A service that answers with a status, configured with rules.
struct Post {
    dir: TempDir,
    address: String,
    status: Arc<AtomicU16>,
    watcher: Option<Child>,
}

impl Post {
    fn new(rules: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let status = Arc::new(AtomicU16::new(200));
        let answer = Arc::clone(&status);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    let mut buffer = [0; 2048];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let status = answer.load(Ordering::SeqCst);
                        let text = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n");
                        if stream.write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let mut post = Self { dir: tempfile::tempdir().unwrap(), address, status, watcher: None };
        post.configure(rules);
        post.watch();
        post
    }

    fn configure(&self, rules: &str) {
        let text = format!(
            "alerts_every = \"1s\"\n[project]\nname = \"Post\"\n[environments.here]\n[services.api.probes.ready]\n\
             http = \"http://{}/\"\nevery = \"200ms\"\ntimeout = \"1s\"\n{rules}",
            self.address
        );
        fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    fn watch(&mut self) {
        let mut command = quarterdeck();
        command.arg("watch").arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        self.watcher = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    fn end(&mut self, signal: &str) {
        let mut child = self.watcher.take().unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap();
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn standings(&self) -> Vec<Standing> {
        if !self.state().database().exists() {
            return Vec::new();
        }
        Reader::open(&self.state()).map_or_else(|_| Vec::new(), |reader| reader.standings(Some("here")).unwrap())
    }

    fn fires(&self, rule: &str) -> Standing {
        until(&format!("{rule} fires"), || {
            self.standings().into_iter().find(|one| one.key.rule == rule && one.phase.is_firing())
        })
    }

    fn ends(&self, rule: &str) {
        until(&format!("{rule} ends"), || {
            self.standings().iter().all(|one| one.key.rule != rule || one.phase == Phase::Inactive).then_some(())
        });
    }

    /// Every state it was in, in order, as it is written down.
    fn moves(&self, rule: &str) -> Vec<&'static str> {
        let key = AlertKey { env: "here".into(), rule: rule.into(), subject: "api".into() };
        let events = Reader::open(&self.state()).unwrap().alert_events_of(&key, 100).unwrap();
        let word = |event: &AlertEvent| match event {
            AlertEvent::Moved { now, .. } => Some(now.phase.word()),
            _ => None,
        };
        events.iter().filter_map(|row| word(&row.event)).collect()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(child) = &mut self.watcher {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Looks until there is something, or fails after 30 s.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

const OUTAGE: &str = "[[alerts]]\nname = \"Outage\"\nwhen = \"health == 'down'\"\nseverity = \"critical\"\n";

#[test]
fn a_rule_that_is_so_fires_and_ends_and_each_move_is_written_once() {
    let post = Post::new(OUTAGE);
    post.says(503);
    let standing = post.fires("Outage");
    assert_eq!(standing.explanation, "health \"down\" == \"down\"");
    assert_eq!(standing.key.subject, "api");
    post.says(200);
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}

#[test]
fn what_fires_goes_on_firing_over_a_restart_and_a_kill() {
    let mut post = Post::new(OUTAGE);
    post.says(503);
    let before = post.fires("Outage");
    for signal in ["-TERM", "-KILL"] {
        post.end(signal);
        post.watch();
        until("it is judged again", || {
            post.standings().into_iter().find(|now| now.judged_at > before.judged_at).or_else(|| {
                // Written again only after a minute; the moment of judging moves on all the same.
                let judged = Reader::open(&post.state()).unwrap().judged_at().unwrap()?;
                (judged.at > before.judged_at.after(Duration::from_secs(1))).then(|| before.clone())
            })
        });
    }
    let now = post.fires("Outage");
    assert_eq!(now.phase, before.phase, "neither began anew nor ended");
    post.says(200);
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}

#[test]
fn a_rule_that_is_taken_out_of_the_configuration_ends() {
    let post = Post::new(OUTAGE);
    post.says(503);
    post.fires("Outage");
    post.configure(&OUTAGE.replace("Outage", "Down"));
    post.fires("Down");
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}

impl Post {
    /// Runs `quarterdeck` on this configuration and history: its exit code and what it prints.
    fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap(), text)
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let (code, text) = self.ask(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{code}: {error}: {text}"))
    }
}

#[test]
fn explain_says_the_condition_with_its_values_its_clocks_and_why() {
    let post = Post::new(
        &(OUTAGE.to_owned()
            + "[[alerts]]\nname = \"Slow\"\nwhen = \"avg_over(latency_ms, '5m') > 60000\"\nrunbook = \"docs/slow.md\"\n\
               [[alerts]]\nname = \"Latency\"\nmeasure = \"latency_ms\"\ntarget = 30000\ncritical = 60000\n"),
    );
    post.says(503);
    post.fires("Outage");
    let (code, text) = post.ask(&["alerts", "explain", "Outage"]);
    assert_eq!(code, 0, "{text}");
    for said in [
        "Outage of api in here: firing since",
        "condition  health == 'down'",
        "true: health \"down\" == \"down\"",
        "reads      api.health = \"down\" (looked at",
        "true since",
        "inactive -> firing: health \"down\" == \"down\"",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let slow = &post.json(&["alerts", "explain", "Slow", "api"])[0];
    assert_eq!((&slow["verdict"], &slow["rule"]["runbook"]), (&"fail".into(), &"docs/slow.md".into()));
    assert!(slow["inputs"][0]["samples"].as_u64().unwrap() > 1, "{slow:#}");
    let (code, text) = post.ask(&["alerts", "explain", "Outag"]);
    assert_eq!((code, text.contains("did you mean 'Outage'?")), (2, true), "{text}");

    let (code, text) = post.ask(&["alerts", "--check"]);
    assert_eq!((code, text.contains("firing")), (1, true), "{text}");
    let all = post.json(&["alerts", "--all"]);
    let rules: Vec<&str> = all.as_array().unwrap().iter().map(|one| one["key"]["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["Outage", "Latency: critical", "Slow"], "what fires comes first");
    let sla = post.json(&["alerts", "sla"]);
    assert_eq!((&sla[0]["name"], &sla[0]["verdict"]), (&"Latency".into(), &"met".into()));
}

#[test]
fn replay_finds_in_the_history_what_fired() {
    let post = Post::new(OUTAGE);
    for _ in 0..2 {
        post.says(503);
        post.fires("Outage");
        post.says(200);
        post.ends("Outage");
    }
    // Other rules, held against the same history.
    post.configure(
        "[[alerts]]\nname = \"Failed\"\nwhen = \"availability < 1\"\n[[alerts]]\nname = \"Never\"\nwhen = \"latency_ms > 60000\"\n",
    );
    let episodes = post.json(&["alerts", "replay", "--since", "1h"]);
    let episodes = episodes.as_array().unwrap();
    let failed = episodes.iter().filter(|one| one["key"]["rule"] == "Failed").count();
    assert_eq!((failed, episodes.len()), (2, 2), "{episodes:#?}");
    assert!(episodes.iter().all(|one| one["ended_at"].is_i64()), "{episodes:#?}");
    let (code, text) = post.ask(&["alerts", "replay", "--since", "1h", "--rule", "Never"]);
    assert_eq!((code, text.contains("none would have fired")), (0, true), "{text}");
}

#[test]
fn a_budget_is_counted_from_looks_and_told_when_it_burns() {
    let post = Post::new("[services.api.slo]\nobjective = 99.9\n");
    post.says(503);
    let standing = post.fires("api: burns 14.4x");
    assert!(standing.explanation.contains("burn_1h"), "{}", standing.explanation);
    let budget = &post.json(&["slo"])[0];
    assert!(budget["left"].as_f64().unwrap() < 0.0, "{budget:#}");
    assert_eq!(budget["burns"][0]["fires"], true, "{budget:#}");
    let (code, text) = post.ask(&["slo", "api"]);
    assert_eq!((code, text.contains("1h/5m") && text.contains("gone")), (0, true), "{text}");
}

fn rules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// Tests a file with rules of ours; the exit code and what is printed.
fn tested(file: &str) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("quarterdeck.toml");
    let text = "[project]\nname = \"Shop\"\n[environments.here]\n[services.api.probes.traffic]\n\
                prometheus = \"http://127.0.0.1:1/metrics\"\nrecord.error_rate = \"rate('errors')\"\n\
                [[alerts]]\nname = \"High error rate\"\nwhen = \"error_rate > 0.1\"\nfor = \"2m\"\n\
                no_data = { after = \"3m\" }\n[[alerts]]\nname = \"Outage\"\nwhen = \"health == 'down'\"\n";
    fs::write(&config, text).unwrap();
    let mut command = quarterdeck();
    command.args(["alerts", "test"]).arg(rules().join(file)).arg("--config").arg(&config);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn a_test_file_of_ours_holds_rules_against_made_up_series() {
    let (code, text) = tested("own.toml");
    assert_eq!((code, text.contains("2 tests, 0 failed")), (0, true), "{text}");
}

#[test]
fn a_rule_test_of_prometheus_passes_here_too_and_a_wrong_one_fails() {
    let (code, text) = tested("machine_test.yml");
    assert_eq!((code, text.contains("9 tests, 0 failed")), (0, true), "{text}");
    let (code, text) = tested("machine_wrong_test.yml");
    assert_eq!((code, text.contains("FAILED")), (1, true), "{text}");
}

/// Beside promtool, the judge of such files.
mod servers {
    use super::*;

    #[test]
    #[ignore = "needs promtool: run by .ci/run"]
    fn promtool_and_we_agree_on_rule_tests() {
        for (file, code) in [("machine_test.yml", 0), ("machine_wrong_test.yml", 1)] {
            let theirs = Command::new("promtool").args(["test", "rules"]).arg(rules().join(file)).output().unwrap();
            assert_eq!(theirs.status.code(), Some(code), "{}", String::from_utf8_lossy(&theirs.stderr));
            let (ours, text) = tested(file);
            assert_eq!(ours, code, "{text}");
        }
    }
}
