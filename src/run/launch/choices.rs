//! The choices of a parameter, asked of a command where the configuration says so.

use std::{
    io::Read,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use crate::{
    domain::pipeline::{Choices, Param},
    proc::group,
};

/// A list that takes longer is not a list for a person who waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// Lines taken.
const LINES: usize = 10_000;
/// Bytes taken: lines of a hundred characters and more are not choices.
const BYTES: u64 = 1 << 20;

/// The choices of a parameter, newest first; runs the command if there is one (10 s, 10,000 lines at most). Empty for free
/// text. Lines with control characters are left out.
pub fn choices(param: &Param, root: &Path) -> Result<Vec<String>, String> {
    match &param.choices {
        Choices::Free => Ok(Vec::new()),
        Choices::List(list) => Ok(list.clone()),
        Choices::Command(argv) => ask(argv, root)
            .map_err(|why| format!("the choices of '{}' can't be listed with `{}`: {why}", param.name, argv.join(" "))),
    }
}

fn ask(argv: &[String], root: &Path) -> Result<Vec<String>, String> {
    let (program, arguments) = argv.split_first().ok_or("the command is empty")?;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = child.stdout.take().map(read_in_background);
    let complaints = child.stderr.take().map(read_in_background);
    let status = wait(&mut child)?;
    let taken =
        |reading: Option<thread::JoinHandle<String>>| reading.and_then(|one| one.join().ok()).unwrap_or_default();
    let (output, complaints) = (taken(output), taken(complaints));
    if !status.success() {
        let last = lines(&complaints).pop().map_or_else(String::new, |line| format!(": {line}"));
        return Err(format!("{status}{last}"));
    }
    let mut list = lines(&output);
    list.truncate(LINES);
    Ok(list)
}

fn lines(output: &str) -> Vec<String> {
    output
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.chars().any(char::is_control))
        .map(str::to_owned)
        .collect()
}

/// Reads up to the bound and then goes on reading into nothing, so that the command is not stopped by a full pipe.
fn read_in_background(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.by_ref().take(BYTES).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut from, &mut std::io::sink());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for the end; when time is up the whole group is ended.
fn wait(child: &mut Child) -> Result<std::process::ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        if begun.elapsed() > PATIENCE {
            if let Some(leader) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _ = group::signal_group(leader, Signal::KILL);
            }
            let _ = child.wait();
            return Err(format!("no end within {} s", PATIENCE.as_secs()));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(choices: Choices) -> Param {
        Param { name: "version".into(), prompt: "Version".into(), default: None, choices, pattern: None }
    }

    #[test]
    fn a_command_lists_one_choice_a_line_and_nothing_unprintable() {
        let command = ["printf", "1.9.2\\n\\n 1.9.1 \\nbad\\033[2J\\n"].map(String::from).to_vec();
        let list = choices(&param(Choices::Command(command)), Path::new("/")).unwrap();
        assert_eq!(list, ["1.9.2", "1.9.1"]);
    }

    #[test]
    fn a_failing_command_is_named_with_its_last_words() {
        let command = ["sh", "-c", "echo no tags here >&2; exit 3"].map(String::from).to_vec();
        let error = choices(&param(Choices::Command(command)), Path::new("/")).unwrap_err();
        assert!(error.contains("version") && error.contains("no tags here") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_list_is_given_as_it_stands() {
        let list = choices(&param(Choices::List(vec!["a".into(), "b".into()])), Path::new("/")).unwrap();
        assert_eq!(list, ["a", "b"]);
    }
}
