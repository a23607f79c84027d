//! The supervisor of one command, from the outside: its directory is all there is to see.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use quarterdeck::{
    domain::{id::RunId, log::CleanLine, run::AttemptEnd},
    proc::{identity, sweep},
    run::supervisor::{
        AttemptWatch, ExitRecord, Respawn, Spec, SpecCommand, SpoolReader, exit_record, launch, request_cancel,
        started, supervisor_alive, veto_claim,
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_quarterdeck");

fn shell(script: &str) -> Spec {
    Spec {
        command: SpecCommand::Shell(script.to_owned()),
        cwd: std::env::temp_dir(),
        env: BTreeMap::new(),
        secrets: BTreeMap::new(),
        timeout: None,
        kill_after: Duration::from_millis(500),
        held_back_by: None,
        input: None,
        respawn: None,
    }
}

/// Reads lines until the exit record is there and all are read.
fn follow(dir: &Path) -> (Vec<CleanLine>, ExitRecord) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut watch = AttemptWatch::new(dir);
    let mut reader = SpoolReader::open(dir).unwrap();
    let mut lines = Vec::new();
    loop {
        let exit = exit_record(dir).unwrap();
        let some = reader.read_after(lines.len() as u64, 10_000).unwrap();
        for (number, line) in some {
            assert_eq!(number, lines.len() as u64 + 1);
            lines.push(line);
        }
        if let Some(exit) = exit.filter(|exit| exit.lines == lines.len() as u64) {
            return (lines, exit);
        }
        assert!(Instant::now() < deadline, "no end: {} lines, last {:?}", lines.len(), lines.last());
        watch.wait(Duration::from_millis(100));
    }
}

fn run(spec: &Spec) -> (Vec<String>, ExitRecord, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    launch(Path::new(BINARY), dir.path(), spec).unwrap();
    let (lines, exit) = follow(dir.path());
    (lines.into_iter().map(|line| line.text).collect(), exit, dir)
}

fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn output_and_exit_code_arrive_whole() {
    let (lines, exit, dir) = run(&shell("seq 1 20000; echo bad >&2; exit 3"));
    assert_eq!(exit.end, AttemptEnd::Exited { code: 3 });
    assert_eq!(lines.len(), 20_001);
    let numbers: Vec<&String> = lines.iter().filter(|line| *line != "bad").collect();
    assert!(numbers.iter().enumerate().all(|(n, line)| **line == (n + 1).to_string()));
    let spool = fs::read(dir.path().join("spool")).unwrap();
    let digest: String = {
        use sha2::Digest;
        sha2::Sha256::digest(&spool).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    assert_eq!(exit.digest, digest);
    wait_until("the supervisor ends", || !supervisor_alive(dir.path()).unwrap());
}

#[test]
fn an_argument_vector_is_no_shell_line_and_has_its_directory_and_environment() {
    let work = tempfile::tempdir().unwrap();
    let mut spec = shell("");
    spec.command =
        SpecCommand::Run(["sh", "-c", "pwd; echo \"$GREETING $1\"", "sh", "$(id); rm -rf /"].map(String::from).into());
    spec.cwd = work.path().canonicalize().unwrap();
    spec.env.insert("GREETING".into(), "hello".into());
    let (lines, exit, _dir) = run(&spec);
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    assert_eq!(lines, [spec.cwd.display().to_string(), "hello $(id); rm -rf /".to_owned()]);
}

#[test]
fn f06_a_death_by_signal_is_recorded_as_the_signal() {
    let (_, exit, _dir) = run(&shell("kill -KILL $$"));
    assert_eq!(exit.end, AttemptEnd::Signalled { signal: 9 });
    let (_, exit, _dir) = run(&shell("exit 137"));
    assert_eq!(exit.end, AttemptEnd::Exited { code: 137 });
}

#[test]
fn f07_a_vetoed_command_never_starts() {
    let dir = tempfile::tempdir().unwrap();
    let proof = dir.path().join("ran");
    assert!(veto_claim(dir.path()).unwrap());
    launch(Path::new(BINARY), dir.path(), &shell(&format!("touch {}", proof.display()))).unwrap();
    wait_until("the supervisor came", || dir.path().join("spool").exists());
    wait_until("the supervisor went", || !supervisor_alive(dir.path()).unwrap());
    assert!(!proof.exists() && started(dir.path()).unwrap().is_none() && exit_record(dir.path()).unwrap().is_none());
}

#[test]
fn f53_the_name_of_a_program_that_does_not_exist_is_told_without_secrets_and_sequences() {
    let command = SpecCommand::Run(vec!["/no/hunter2-hunter2\x1b[2J".into()]);
    let secrets = [("TOKEN".to_owned(), "hunter2-hunter2".to_owned())].into();
    let (_, exit, _dir) = run(&Spec { command, secrets, ..shell("") });
    let AttemptEnd::NotStarted { why } = exit.end else { panic!("{:?}", exit.end) };
    assert!(why.contains("/no/••••••") && !why.contains('\x1b') && !why.contains("hunter2"), "{why:?}");
}

#[test]
fn a_command_that_does_not_exist_was_not_started_and_says_why() {
    let mut spec = shell("");
    spec.command = SpecCommand::Run(vec!["no-such-command-anywhere".into()]);
    let (_, exit, _dir) = run(&spec);
    let AttemptEnd::NotStarted { why } = exit.end else { panic!("{:?}", exit.end) };
    assert!(why.contains("no-such-command-anywhere") && why.contains("PATH"), "{why}");
    spec.cwd = "/no/such/directory".into();
    let (_, exit, _dir) = run(&spec);
    assert!(matches!(exit.end, AttemptEnd::NotStarted { why } if why.contains("/no/such/directory")));
}

#[test]
fn f13_a_daemon_that_holds_the_output_is_ended_five_seconds_later_and_listed() {
    let begun = Instant::now();
    let (lines, exit, dir) = run(&shell("echo main; setsid sh -c 'while :; do echo flood; sleep 0.2; done' & exit 0"));
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    assert!(begun.elapsed() >= Duration::from_secs(5) && begun.elapsed() < Duration::from_secs(15));
    assert!(exit.duration_ms < 4000, "the command itself took {} ms", exit.duration_ms);
    assert!(
        !exit.left_behind.is_empty() && exit.left_behind[0].contains("held the output open"),
        "{:?}",
        exit.left_behind
    );
    assert!(lines.contains(&exit.left_behind[0]));
    assert!(sweep::marked(&dir.path().canonicalize().unwrap()).is_empty());
}

#[test]
fn a_daemon_that_let_go_of_the_output_is_left_alone() {
    let (_, exit, dir) = run(&shell("setsid sleep 62 >/dev/null 2>&1 & exit 0"));
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    assert!(exit.left_behind.is_empty());
    let (ended, remaining) = quarterdeck::run::supervisor::sweep_leftovers(dir.path());
    assert_eq!((ended.len(), remaining.len()), (1, 0));
}

#[test]
fn f15_a_cancel_ends_what_ignores_it_and_what_moved_away() {
    let dir = tempfile::tempdir().unwrap();
    let script = "trap '' TERM; setsid sh -c \"trap '' TERM; sleep 63 & sleep 64\" & setsid -f sleep 65; echo up; sleep 66; sleep 67";
    launch(Path::new(BINARY), dir.path(), &shell(script)).unwrap();
    let mark = dir.path().canonicalize().unwrap();
    wait_until("everything runs", || sweep::marked(&mark).len() >= 6);
    let process = started(dir.path()).unwrap().unwrap().process;
    assert!(identity::is_alive(&process));
    request_cancel(dir.path()).unwrap();
    request_cancel(dir.path()).unwrap();
    let (_, exit) = follow(dir.path());
    assert_eq!(exit.end, AttemptEnd::Cancelled);
    assert!(sweep::marked(&mark).is_empty());
    assert!(!identity::is_alive(&process));
}

#[test]
fn a_timeout_ends_the_command_and_says_so() {
    let mut spec = shell("echo begun; sleep 68");
    spec.timeout = Some(Duration::from_millis(300));
    let (lines, exit, _dir) = run(&spec);
    assert_eq!(exit.end, AttemptEnd::TimedOut);
    assert!(lines.contains(&"begun".to_owned()));
    assert!((300..10_000).contains(&exit.duration_ms), "{}", exit.duration_ms);
}

#[test]
fn f05_the_command_dies_with_its_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    launch(Path::new(BINARY), dir.path(), &shell("setsid sleep 69 & sleep 70")).unwrap();
    let mark = dir.path().canonicalize().unwrap();
    wait_until("the command runs", || started(dir.path()).unwrap().is_some() && sweep::marked(&mark).len() >= 3);
    let command = started(dir.path()).unwrap().unwrap().process;
    let supervisor = fs::read_to_string(format!("/proc/{}/stat", command.pid)).unwrap();
    let parent: i32 = supervisor.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
    identity::signal(&identity::identify(parent).unwrap(), rustix::process::Signal::KILL).unwrap();
    wait_until("the command is dead", || !identity::is_alive(&command));
    wait_until("its lock is free", || !supervisor_alive(dir.path()).unwrap());
    assert!(exit_record(dir.path()).unwrap().is_none());
    let (ended, remaining) = quarterdeck::run::supervisor::sweep_leftovers(dir.path());
    assert!(!ended.is_empty() && remaining.is_empty());
}

#[test]
fn f41_the_command_inherits_nothing_but_its_three_descriptors() {
    let dir = tempfile::tempdir().unwrap();
    let spec =
        shell("ls -l /proc/self/fd | grep -v total | sed 's/.* \\([0-9]*\\) -> /\\1 /'; grep SigIgn /proc/self/status");
    let json = serde_json::to_string(&spec).unwrap();
    // A careless caller: descriptors 7 and 9 are open and not close-on-exec.
    let script = "exec 7</dev/zero 9</dev/full; printf %s \"$SPEC\" | \"$0\" supervise --dir \"$1\"";
    let status = Command::new("bash").args(["-c", script, BINARY]).arg(dir.path()).env("SPEC", json).status().unwrap();
    assert!(status.success());
    let (lines, exit) = follow(dir.path());
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert!(texts.contains(&"0 /dev/null"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("/dev/zero") || text.contains("/dev/full")), "{texts:?}");
    // 0, 1, 2, and the directory that ls itself reads.
    assert_eq!(texts.iter().filter(|text| text.contains(" /") || text.contains("pipe:")).count(), 4, "{texts:?}");
}

#[test]
fn f56_secrets_never_reach_the_spool() {
    let secret = "hunter2-correct-horse";
    let mut spec = shell(
        "printf hunter2-; sleep 0.1; printf 'correct-horse\\n'; printf %s \"$TOKEN\" | base64; printf 'a\\033[1m%s\\n' \"$TOKEN\" >&2; echo ${TOKEN%horse}",
    );
    spec.env.insert("TOKEN".into(), secret.into());
    spec.secrets.insert("TOKEN".into(), secret.into());
    let (lines, exit, dir) = run(&spec);
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    for entry in fs::read_dir(dir.path()).unwrap().flatten() {
        let bytes = fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{:?}", entry.file_name());
    }
    assert!(!lines.concat().contains("aHVudGVy"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("••••••")).count(), 4, "{lines:?}");
}

#[test]
fn f60_a_secret_too_short_to_mask_stops_the_command_before_it_starts() {
    let mut spec = shell("echo $PIN");
    spec.secrets.insert("PIN".into(), "1234".into());
    let (lines, exit, _dir) = run(&spec);
    assert!(matches!(exit.end, AttemptEnd::NotStarted { why } if why.contains("PIN")));
    assert!(lines.is_empty());
}

#[test]
fn f24_a_flood_is_held_back_until_its_reader_has_stored_it() {
    let dir = tempfile::tempdir().unwrap();
    launch(Path::new(BINARY), dir.path(), &shell("head -c 100000000 /dev/zero | tr '\\0' 'x' | fold -w 4000")).unwrap();
    wait_until("the command runs", || started(dir.path()).unwrap().is_some());
    let command = started(dir.path()).unwrap().unwrap().process;
    let stat = fs::read_to_string(format!("/proc/{}/stat", command.pid)).unwrap();
    let supervisor = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let spool = dir.path().join("spool");
    let size = || fs::metadata(&spool).map_or(0, |meta| meta.len());
    wait_until("the spool is full", || size() > 64 << 20);
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{supervisor}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: 0 kB").to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let highest = resident();
    assert!(highest > 0 && highest < 64 * 1024, "{highest} kB resident");
    assert!(size() < (66 << 20) && exit_record(dir.path()).unwrap().is_none());
    let (lines, exit) = follow(dir.path());
    assert_eq!(exit.end, AttemptEnd::Exited { code: 0 });
    assert_eq!(lines.len(), 25_000);
}

#[test]
fn f03_a_runner_that_died_is_replaced_and_gets_the_secrets_by_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let locks = tempfile::tempdir().unwrap();
    let took_over = locks.path().join("took-over");
    let mut spec = shell(&format!("until [ -e {} ]; do sleep 0.05; done", took_over.display()));
    spec.secrets.insert("TOKEN".into(), "hunter2-correct-horse".into());
    // Generation 1 died long ago, generation 2 lives for the time being.
    fs::write(locks.path().join("run-7.1.lock"), "").unwrap();
    let alive = fs::File::create(locks.path().join("run-7.2.lock")).unwrap();
    alive.lock().unwrap();
    let script = format!("cat > {0}.new; mv {0}.new {0}", took_over.display());
    spec.respawn = Some(Respawn {
        locks: locks.path().to_owned(),
        run: RunId(7),
        arguments: ["exec", "--", "sh", "-c", &script].map(String::from).into(),
    });
    launch(Path::new(BINARY), dir.path(), &spec).unwrap();
    wait_until("the command runs", || started(dir.path()).unwrap().is_some());
    assert!(!took_over.exists(), "nobody is replaced while alive");
    drop(alive);
    wait_until("a successor came while the command ran", || took_over.exists());
    assert_eq!(fs::read_to_string(&took_over).unwrap(), r#"{"TOKEN":"hunter2-correct-horse"}"#);
    let (_, exit) = follow(dir.path());
    assert_eq!((exit.end, exit.left_behind), (AttemptEnd::Exited { code: 0 }, vec![]));
}
