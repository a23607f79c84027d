//! Becoming another program, set up in ways that would need unsafe code between fork and exec.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::process::{Signal, getppid, set_parent_process_death_signal, setsid};

/// How to set the process up before it becomes the command.
#[derive(Debug, Clone, Default)]
pub struct ExecOptions {
    /// Lead a session and a process group of its own, without a terminal.
    pub setsid: bool,
    /// The number of the signal to receive when the parent dies (see [`signal_number`]).
    pub pdeathsig: Option<i32>,
    /// The parent this process must have; if it has another one already, the parent died before it could be watched.
    pub parent: Option<i32>,
    /// From -1000 to 1000: higher is killed earlier when memory runs out.
    pub oom_score_adj: Option<i32>,
    /// Start the command in a new session and return at once, so that it is nobody's child of ours. Its input is kept, its
    /// output is null.
    pub detach: bool,
    /// Where to write why the command could not be executed, so that it is not mistaken for the command's own failure.
    pub report: Option<PathBuf>,
    /// The command and its arguments.
    pub command: Vec<OsString>,
}

/// Sets the process up and becomes the command. Returns only if that failed, or, with `detach`, `Ok` when the command
/// has been started. No descriptor above 2 survives into the command.
pub fn exec(options: &ExecOptions) -> io::Result<()> {
    set_up_and_exec(options).map_err(|error| {
        let said = describe(options, &error);
        if let Some(report) = &options.report {
            // Where even this fails the exit code remains.
            let _ = fs::write(report, &said);
        }
        io::Error::new(error.kind(), said)
    })
}

fn set_up_and_exec(options: &ExecOptions) -> io::Result<()> {
    let Some((program, arguments)) = options.command.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no command was given"));
    };
    close_fds::set_fds_cloexec(3, &[]);
    if options.detach {
        return start_detached(&options.command);
    }
    if options.setsid {
        setsid()?;
    }
    if let Some(signal) = options.pdeathsig.and_then(Signal::from_named_raw) {
        set_parent_process_death_signal(Some(signal))?;
    }
    if let Some(parent) = options.parent
        && getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent)
    {
        return Err(io::Error::other("the supervisor died before the command was started"));
    }
    if let Some(score) = options.oom_score_adj {
        // Not every container allows it, and without it the command runs as well.
        let _ = fs::write("/proc/self/oom_score_adj", score.to_string());
    }
    Err(Command::new(program).args(arguments).exec())
}

/// The number of a signal by its name without `SIG`; those that make sense as a last word of a parent.
pub fn signal_number(name: &str) -> Option<i32> {
    let signal = match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "KILL" => Signal::KILL,
        "TERM" => Signal::TERM,
        _ => return None,
    };
    Some(signal.as_raw())
}

/// Starts ourselves once more, in a session of its own, and leaves it alone.
fn start_detached(command: &[OsString]) -> io::Result<()> {
    Command::new("/proc/self/exe")
        .args(["exec", "--setsid", "--"])
        .args(command)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

/// What a person reads when the command could not be executed.
fn describe(options: &ExecOptions, error: &io::Error) -> String {
    let program = options.command.first().map_or_else(String::new, |program| program.to_string_lossy().into_owned());
    let advice = match error.kind() {
        io::ErrorKind::NotFound if Path::new(&program).exists() => {
            "its interpreter (the first line of the script) or its loader does not exist"
        }
        io::ErrorKind::NotFound => "no such program: check the name and the PATH",
        io::ErrorKind::PermissionDenied => "not executable: try chmod +x, or check who may read its directory",
        _ => return format!("{program} could not be executed: {error}"),
    };
    format!("{program} could not be executed: {advice}")
}
