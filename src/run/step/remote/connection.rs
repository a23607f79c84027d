//! How ssh is called, and the one connection to each machine that a run's calls share.

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

use crate::{domain::placement::Host, run::desk::Desk};

/// Longest path of a socket that every system takes, less what ssh adds while it makes it.
const SOCKET: usize = 108 - 20;
/// How long a connection may take to come up; without it each call makes its own.
const PATIENCE: Duration = Duration::from_secs(20);
/// For calls to what is on this machine.
const MOMENT: Duration = Duration::from_millis(20);

/// What every call says. It is never asked anything; silence is noticed after 45 seconds.
const OPTIONS: [&str; 13] = [
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "ConnectTimeout=10",
    "-o",
    "ServerAliveInterval=15",
    "-o",
    "ServerAliveCountMax=3",
    "-o",
    "EscapeChar=none",
    "-o",
    "LogLevel=ERROR",
];

/// The call whose standard input the machine's `sh` reads. Arguments of the configuration come first: ssh takes the first
/// value of an option, except for those that keep it from asking.
pub fn argv(desk: &Desk, host: &Host) -> Vec<String> {
    let mut argv = begin(host);
    if let Some(socket) = socket(desk, host).filter(|socket| socket.exists()) {
        argv.extend(["-o".into(), "ControlMaster=no".into(), "-S".into(), socket.to_string_lossy().into_owned()]);
    }
    argv.extend(["--".into(), host.address.clone(), "exec sh".into()]);
    argv
}

fn begin(host: &Host) -> Vec<String> {
    let mut argv: Vec<String> = ["ssh", "-o", "BatchMode=yes"].map(str::to_owned).to_vec();
    argv.extend(host.ssh.iter().cloned());
    argv.extend(OPTIONS.map(str::to_owned));
    argv.extend(host.port.into_iter().flat_map(|port| ["-p".to_owned(), port.to_string()]));
    argv.extend(host.user.iter().flat_map(|user| ["-l".to_owned(), user.clone()]));
    argv
}

/// Opens the connection that the calls of this run share, unless it is open. It goes by itself ten minutes after the last
/// call, whatever became of the run. Where it can't be had each call makes its own, and says what is wrong.
pub fn open(desk: &Desk, host: &Host) {
    let Some(socket) = socket(desk, host).filter(|socket| !socket.exists()) else { return };
    if let Some(dir) = socket.parent() {
        let _ = fs::create_dir_all(dir);
    }
    let mut argv = begin(host);
    argv.extend(["-M", "-N", "-f", "-o", "ControlPersist=600", "-S"].map(str::to_owned));
    argv.extend([socket.to_string_lossy().into_owned(), "--".into(), host.address.clone()]);
    call(desk, &argv, PATIENCE);
}

/// Closes the connections of the run.
pub fn close_all(desk: &Desk) {
    let mut closed: Vec<&Host> = Vec::new();
    for host in desk.plan.steps.iter().filter_map(|planned| planned.host.as_ref()) {
        if closed.contains(&host) {
            continue;
        }
        closed.push(host);
        if let Some(socket) = socket(desk, host).filter(|socket| socket.exists()) {
            let mut argv = begin(host);
            argv.extend(["-O".into(), "exit".into(), "-S".into(), socket.to_string_lossy().into_owned()]);
            argv.extend(["--".into(), host.address.clone()]);
            call(desk, &argv, PATIENCE);
        }
    }
}

/// Where the shared connection is; `None` if its path would be too long.
fn socket(desk: &Desk, host: &Host) -> Option<PathBuf> {
    let mut digest = String::new();
    for byte in Sha256::digest(format!("{host:?}")).iter().take(6) {
        // Writing to a String can't fail.
        let _ = write!(digest, "{byte:02x}");
    }
    let path = desk.state_dir().run_dir(desk.run).join(format!("ssh-{digest}"));
    (path.as_os_str().len() < SOCKET).then_some(path)
}

/// Runs ssh for its effect alone, with nothing of ours open in it.
fn call(desk: &Desk, argv: &[String], patience: Duration) {
    let Some((program, arguments)) = argv.split_first() else { return };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&desk.plan.root);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return };
    let begun = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if begun.elapsed() > patience {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        thread::sleep(MOMENT);
    }
}
