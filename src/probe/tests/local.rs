//! Looks at this machine.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Instant};

use rustix::process::{Pid, test_kill_process};
use serde_json::Value;

use super::*;
use crate::domain::{
    judge::judge,
    probe::{CommandLook, FileLook},
    verdict::Verdict,
};

fn command(words: &[&str]) -> ProbeSpec {
    let words = words.iter().map(|word| Rendered::text(*word)).collect();
    spec(ProbeKind::Command(CommandLook { words, dir: "/".into() }))
}

fn shell(script: &str) -> ProbeSpec {
    command(&["sh", "-c", script])
}

fn at(path: &Path) -> FileLook<Rendered> {
    FileLook { path: Rendered::text(path.to_string_lossy()), dir: "/".into() }
}

fn expecting(spec: ProbeSpec, sources: &[&str]) -> ProbeSpec {
    ProbeSpec { expect: sources.iter().map(|source| Condition::parse(source).unwrap()).collect(), ..spec }
}

async fn verdict(spec: &ProbeSpec) -> (Verdict, String) {
    let judged = judge(spec, look(spec).await);
    (judged.says.verdict, judged.detail)
}

/// Whether a process still runs; the last one of its line is for init to reap.
fn runs(pid: i32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && !state.contains(") Z ")
}

async fn until_gone(pid: i32) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while runs(pid) {
        assert!(Instant::now() < deadline, "process {pid} outlived its look");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_commands_code_and_output_are_facts() {
    let outcome = look(&shell(r#"echo '{"jobs":3}'; echo trouble >&2; exit 3"#)).await;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.facts.get("exit_code").unwrap(), 3);
    assert_eq!(outcome.facts.get("stdout").unwrap(), r#"{"jobs":3}"#);
    assert_eq!(outcome.facts.get("stderr").unwrap(), "trouble");
    assert_eq!(outcome.facts.get("json").unwrap()["jobs"], 3);
    assert!(outcome.latency_ms.unwrap() > 0.0);
}

#[tokio::test]
async fn a_command_passes_by_exit_code_0_and_else_says_its_last_complaint() {
    assert_eq!(verdict(&command(&["true"])).await.0, Verdict::Pass);
    let failing = verdict(&shell("echo first >&2; echo the reason >&2; exit 4")).await;
    assert_eq!(failing, (Verdict::Fail, "exit code 4: the reason".to_owned()));
    let expected = expecting(shell("exit 4"), &["exit_code == 4"]);
    assert_eq!(verdict(&expected).await.0, Verdict::Pass);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let outcome = look(&command(&["no-such-program-here"])).await;
    assert_eq!(error(&outcome).1, "not_found");
    assert!(error(&outcome).2.contains("no-such-program-here"));
}

#[tokio::test]
async fn a_program_that_could_not_be_started_for_our_own_reasons_says_nothing() {
    let too_long = "x".repeat(300_000);
    let spec = command(&["true", &too_long]);
    let outcome = look(&spec).await;
    assert_eq!((error(&outcome).0, error(&outcome).1), (Phase::Prepare, "spawn"));
    assert_eq!(judge(&spec, outcome).says.verdict, Verdict::Unknown);
}

#[tokio::test]
async fn f06_a_signal_is_a_signal_and_not_an_exit_code() {
    let outcome = look(&shell("kill -9 $$")).await;
    assert_eq!(error(&outcome).1, "signal");
    assert_eq!((outcome.facts.get("signal").unwrap(), outcome.facts.get("exit_code")), (&"SIGKILL".into(), None));
    let expected = expecting(shell("kill -15 $$"), &["signal == 'SIGTERM'"]);
    assert_eq!(verdict(&expected).await.0, Verdict::Pass);
}

#[tokio::test]
async fn f13_a_child_that_stays_behind_with_the_output_is_killed_and_not_waited_for() {
    let outcome = look(&shell("sleep 600 & echo $!")).await;
    assert_eq!(outcome.facts.get("exit_code").unwrap(), 0);
    let pid: i32 = outcome.facts.get("stdout").and_then(Value::as_str).unwrap().parse().unwrap();
    until_gone(pid).await;
}

#[tokio::test]
async fn at_the_timeout_the_whole_group_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let script = format!("trap '' TERM; sleep 600 & echo $! $$ > {0}.new; mv {0}.new {0}; wait", pids.display());
    let spec = ProbeSpec { timeout: Duration::from_secs(2), ..shell(&script) };
    let outcome = look(&spec).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Processing, "timeout"));
    assert!(message.contains("did not end within 2s"), "{message}");
    for pid in fs::read_to_string(&pids).unwrap().split_whitespace() {
        until_gone(pid.parse().unwrap()).await;
    }
}

#[tokio::test]
async fn a_flood_ends_the_command_and_not_us() {
    let outcome = look(&command(&["yes"])).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Transfer, "body_too_large"));
    assert!(message.contains("limits.body_bytes"), "{message}");
    let outcome = look(&shell("yes >&2")).await;
    assert!(error(&outcome).2.contains("limits.header_bytes"));
}

#[tokio::test]
async fn f41_a_command_inherits_three_descriptors_and_no_marks_of_steps() {
    // Not closed on exec: as if whoever started us had left it open.
    let left = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty()).unwrap();
    let outcome = look(&command(&["ls", "/proc/self/fd"])).await;
    drop(left);
    // The fourth is the directory that it reads.
    assert_eq!(outcome.facts.get("stdout").unwrap(), "0\n1\n2\n3");
    let outcome = look(&shell("env | grep -c QUARTERDECK_ATTEMPT")).await;
    assert_eq!(outcome.facts.get("stdout").unwrap(), "0");
}

#[tokio::test]
async fn a_secret_given_to_a_command_is_masked_in_what_it_says() {
    let mut spec = command(&["sh", "-c", "echo token=$1; echo $1 >&2; exit 1", "sh"]);
    if let ProbeKind::Command(look) = &mut spec.kind {
        look.words.push(Rendered(vec![Piece::Secret("TOKEN".into())]));
    }
    let secrets = |name: &str| (name == "TOKEN").then(|| "s3cret-value".to_owned());
    let outcome = Prober::new().look(&spec, &mut Memory::default(), &secrets).await;
    let shown = format!("{:?}", judge(&spec, outcome));
    assert!(shown.contains("token=") && !shown.contains("s3cret-value"), "{shown}");
}

#[tokio::test]
async fn output_that_should_be_json_and_is_not_is_an_error() {
    let spec = expecting(shell("echo no; exit 2"), &["json.ok"]);
    let outcome = look(&spec).await;
    assert_eq!(error(&outcome).1, "bad_json");
    assert!(error(&outcome).2.contains("exit code 2"));
}

#[tokio::test]
async fn a_file_is_told_by_presence_age_size_and_content() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.done");
    let missing = spec(ProbeKind::File(at(&path)));
    let (verdict_of, detail) = verdict(&missing).await;
    assert_eq!(verdict_of, Verdict::Fail);
    assert!(detail.starts_with("there is no /") && detail.ends_with("backup.done"), "{detail}");
    assert_eq!(verdict(&expecting(missing.clone(), &["!exists"])).await.0, Verdict::Pass);

    fs::write(&path, "ok 1.9.2\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(verdict(&missing).await.0, Verdict::Pass);
    let digest = "sha256 == 'bf5c1f8d7d6ab1c6e1b5a1e5a6fb70f9d4ac1a8c1cf0e5b1e0a1f4f2c3a6b8d9'";
    let all = ["bytes == 9", "mode == '0640'", "age_s < 3600", "text.startsWith('ok')"];
    let (verdict_of, detail) = verdict(&expecting(missing.clone(), &all)).await;
    assert_eq!(verdict_of, Verdict::Pass, "{detail}");
    assert_eq!(verdict(&expecting(missing.clone(), &[digest])).await.0, Verdict::Fail);
    let outcome = look(&missing).await;
    assert_eq!((outcome.facts.get("text"), outcome.facts.get("sha256")), (None, None), "nobody asked");
}

#[tokio::test]
async fn a_pipe_in_place_of_a_file_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let outcome = look(&expecting(spec(ProbeKind::File(at(&path))), &["text == ''"])).await;
    assert_eq!((outcome.error, outcome.facts.get("text")), (None, None));
}

#[tokio::test]
async fn a_disk_tells_its_room_and_a_wrong_path_is_named() {
    let spec_of = |path: &str| spec(ProbeKind::Disk(at(Path::new(path))));
    let outcome = look(&spec_of("/")).await;
    let fact = |name: &str| outcome.facts.get(name).and_then(Value::as_f64).unwrap();
    assert!((fact("free_percent") + fact("used_percent") - 100.0).abs() < 1e-9);
    assert!(fact("free_bytes") <= fact("total_bytes"));
    assert_eq!(verdict(&expecting(spec_of("/"), &["free_bytes < 0"])).await.0, Verdict::Fail);
    let outcome = look(&spec_of("/no/such/place")).await;
    assert_eq!(error(&outcome).1, "not_found");
    assert!(error(&outcome).2.contains("/no/such/place"));
}

#[tokio::test]
async fn the_processors_work_is_known_from_the_second_look_on() {
    let spec = recording(spec(ProbeKind::Host), &[("cpu", "cpu_percent"), ("memory", "memory_used_percent")]);
    let mut memory = Memory::default();
    let prober = Prober::new();
    let first = prober.look(&spec, &mut memory, &|_| None).await;
    assert_eq!((first.error, first.values[0]), (None, None));
    assert!((0.0..=100.0).contains(&first.values[1].unwrap()));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let next = prober.look(&spec, &mut memory, &|_| None).await;
        // Two looks within one tick of the kernel's clock know nothing of its work.
        if let Some(cpu) = next.values[0] {
            break assert!((0.0..=100.0).contains(&cpu));
        }
        assert!(Instant::now() < deadline, "the processors never worked");
    }
    assert_eq!(verdict(&expecting(spec, &["load1 < 0"])).await.0, Verdict::Fail);
}

#[tokio::test]
async fn a_variable_or_a_secret_of_the_name_will_do() {
    let named = |name: &str| spec(ProbeKind::Env { name: name.into() });
    assert_eq!(verdict(&named("PATH")).await.0, Verdict::Pass);
    let (verdict_of, detail) = verdict(&named("QUARTERDECK_SURELY_NOT_SET")).await;
    assert_eq!(verdict_of, Verdict::Fail);
    assert!(detail.starts_with("QUARTERDECK_SURELY_NOT_SET is not set"), "{detail}");
    let spec = named("QUARTERDECK_SURELY_NOT_SET");
    let outcome = Prober::new().look(&spec, &mut Memory::default(), &|_| Some("value".into())).await;
    assert_eq!(judge(&spec, outcome).says.verdict, Verdict::Pass);
}
