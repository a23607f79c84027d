//! Programs of the database, and of others: started, listened to, ended.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    time::{Duration, Instant},
};

use super::{error::DatabaseError, hands::Hands, place::Place};
use crate::probe::login::Login;

/// Bytes of output that are kept for reading.
const MOST: usize = 1 << 20;
/// Bytes of one line.
const LONGEST: u64 = 64 << 10;
/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// How to start a program.
pub struct Start<'a> {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Added to our own environment.
    pub env: BTreeMap<String, String>,
    /// Where.
    pub cwd: &'a Path,
    /// What it reads; nothing with `None`.
    pub stdin: Option<File>,
    /// Whether its lines are said, or only kept.
    pub says: bool,
}

/// How it ended.
pub struct Ended {
    /// Its exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What it said, the first MiB of it.
    pub output: String,
}

/// Runs a program to its end.
pub fn run(start: Start<'_>, hands: &mut Hands<'_>) -> Result<Ended, DatabaseError> {
    let program = start.argv.first().cloned().unwrap_or_default();
    let failed = |why: String| DatabaseError::Tool { program: program.clone(), why };
    let mut command = Command::new(&program);
    command.args(start.argv.iter().skip(1)).envs(&start.env).env_remove(super::room::JOB).current_dir(start.cwd);
    command.stdin(start.stdin.map_or_else(Stdio::null, Stdio::from)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("it is not installed here, or not on PATH".into()),
        _ => failed(format!("it can't be started: {error}")),
    })?;
    let (lines, said) = sync_channel::<String>(1_000);
    for stream in [child.stdout.take().map(boxed), child.stderr.take().map(boxed)].into_iter().flatten() {
        let lines = lines.clone();
        std::thread::spawn(move || pass_on(stream, &lines));
    }
    drop(lines);
    let mut output = String::new();
    let mut kill_at = None;
    loop {
        match said.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                if start.says {
                    hands.say(&format!("  {line}"));
                }
                if output.len() < MOST {
                    output.push_str(&line);
                    output.push('\n');
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        end_if_stopped(&mut child, hands, &mut kill_at);
        // What it left behind may hold its output open for ever.
        if kill_at.is_some_and(|at| Instant::now() > at + GRACE) {
            break;
        }
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if kill_at.is_some() {
        return Err(DatabaseError::Stopped(format!(": {program} was ended")));
    }
    Ok(Ended { code: status.code(), output })
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn pass_on(stream: Box<dyn Read + Send>, lines: &SyncSender<String>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
                if lines.send(text).is_err() {
                    return;
                }
            }
        }
    }
}

fn end_if_stopped(child: &mut Child, hands: &Hands<'_>, kill_at: &mut Option<Instant>) {
    use rustix::process::{Pid, Signal, kill_process};
    if !hands.stopped() {
        return;
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    match (*kill_at, pid) {
        (None, Some(pid)) => {
            let _ = kill_process(pid, Signal::TERM);
            *kill_at = Some(Instant::now() + GRACE);
        }
        (Some(at), _) if Instant::now() > at => {
            let _ = child.kill();
        }
        _ => {}
    }
}

/// Runs a program that must end with 0.
pub fn must(start: Start<'_>, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
    let program = start.argv.first().cloned().unwrap_or_default();
    let says = start.says;
    let ended = run(start, hands)?;
    match ended.code {
        Some(0) => Ok(ended.output),
        code => {
            let last = ended.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let last = if says || last.is_empty() {
                last.to_owned()
            } else {
                ended.output.lines().take(5).collect::<Vec<_>>().join("; ")
            };
            let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
            Err(DatabaseError::Tool { program, why: format!("ended with {code}: {}", hands.clean(&last)) })
        }
    }
}

/// The environment in which the tools of a database find it, without anything on their command line.
pub fn environment(place: &Place) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            env.insert(name.to_owned(), value.to_owned());
        }
    };
    match place {
        Place::Postgres(login) => {
            put("PGHOST", Some(login.host()));
            put("PGPORT", Some(&login.port().to_string()));
            put("PGUSER", Some(login.user().unwrap_or("postgres")));
            put("PGPASSWORD", login.password());
            put("PGDATABASE", login.database());
            let wants = login.wants();
            put("PGSSLMODE", Some(sslmode(login)));
            put("PGSSLROOTCERT", wants.authority.as_deref().and_then(Path::to_str));
            put("PGCONNECT_TIMEOUT", Some("15"));
            put("PGAPPNAME", Some("quarterdeck"));
        }
        Place::Mysql(login) => put("MYSQL_PWD", login.password()),
        Place::Sqlite(_) => {}
    }
    env
}

fn sslmode(login: &Login) -> &'static str {
    let wants = login.wants();
    match (wants.encrypt, wants.must, wants.chain, wants.name) {
        (false, ..) => "disable",
        (_, _, _, true) => "verify-full",
        (_, _, true, _) => "verify-ca",
        (_, true, ..) => "require",
        _ => "prefer",
    }
}

/// What the tools of MySQL and MariaDB want on their command line; the password is not among it.
pub fn mysql_options(login: &Login, program: &str) -> Vec<String> {
    let mut options = vec![
        // Before all others: what stands in files of this machine is meant for somebody else.
        "--no-defaults".to_owned(),
        "--protocol=tcp".to_owned(),
        format!("--host={}", login.host()),
        format!("--port={}", login.port()),
    ];
    options.extend(login.user().map(|user| format!("--user={user}")));
    let wants = login.wants();
    let is_maria = program.contains("maria");
    if let Some(authority) = &wants.authority {
        options.push(format!("--ssl-ca={}", authority.display()));
    }
    match (is_maria, wants.encrypt, wants.name) {
        (true, false, _) => options.push("--skip-ssl".into()),
        (true, true, true) => options.push("--ssl-verify-server-cert".into()),
        (true, true, false) => options.push("--disable-ssl-verify-server-cert".into()),
        (false, false, _) => options.push("--ssl-mode=DISABLED".into()),
        (false, true, true) => options.push("--ssl-mode=VERIFY_IDENTITY".into()),
        (false, true, false) if wants.must => options.push("--ssl-mode=REQUIRED".into()),
        (false, true, false) => options.push("--ssl-mode=PREFERRED".into()),
    }
    options
}

/// The first of some programs that is on PATH.
pub fn first_installed(programs: &[&str]) -> Result<String, DatabaseError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = programs.iter().find(|program| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()));
    found.map(|program| (*program).to_owned()).ok_or_else(|| DatabaseError::Tool {
        program: programs.join(" or "),
        why:
            "it is not installed here, or not on PATH: install the database's client programs, or give `backup.command`"
                .into(),
    })
}
