//! What is sent to a machine: the command's words quoted for its `sh`, and the script that starts or finds it there.

use crate::domain::template::quoted;

/// What the script does over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Says what became of the attempt.
    State,
    /// Starts the command unless it was started, and follows it.
    Start,
    /// Follows the command if it was started; forbids its start if not.
    Attach,
    /// Says what became of the attempt, and forbids its start if it was not started.
    Veto,
    /// Ends the command.
    Stop,
    /// Runs the command and nothing else: for what may be asked twice.
    Plain,
}

/// The script for the machine's `sh`. `key` names the attempt, `words` are the command, `env` its variables.
pub fn script<'a>(
    mode: Mode,
    key: &str,
    words: &[String],
    env: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> String {
    let word = match mode {
        Mode::State => "state",
        Mode::Start => "start",
        Mode::Attach => "attach",
        Mode::Veto => "veto",
        Mode::Stop => "stop",
        Mode::Plain => "plain",
    };
    let env: Vec<String> = env.into_iter().map(|(name, value)| quoted(&format!("{name}={value}"))).collect();
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let set =
        if words.is_empty() { String::new() } else { format!("set -- env {} {}\n", env.join(" "), words.join(" ")) };
    format!(
        "{{\nKEY={}\nMODE={word}\nGRACE={}\n{set}{}\nexit\n}}\n",
        quoted(key),
        super::GRACE.as_secs(),
        include_str!("remote.sh")
    )
}

/// What the script said about the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// It was never started.
    None,
    /// It was forbidden before it could start.
    Vetoed,
    /// It runs.
    Running,
    /// It ended with this code.
    Ended(i32),
    /// It was started, and does not run, and left no code.
    Lost,
}

/// Reads the line that says it.
pub fn there<'a>(lines: impl DoubleEndedIterator<Item = &'a str>) -> Option<There> {
    let said = lines.rev().find_map(|line| line.trim().strip_prefix("quarterdeck-remote "))?;
    match said.split_once(' ') {
        Some(("ended", code)) => code.trim().parse().ok().map(There::Ended),
        _ => match said {
            "none" => Some(There::None),
            "vetoed" => Some(There::Vetoed),
            "running" => Some(There::Running),
            "lost" => Some(There::Lost),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        path::Path,
        process::{Command, Output, Stdio},
    };

    use super::*;

    /// Has a real `sh` read the script, as sshd's would.
    fn run(home: &Path, mode: Mode, key: &str, words: &[&str]) -> Output {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let env = [("NAME".to_owned(), "a 'b' $c".to_owned())];
        let script = script(mode, key, &words, env.iter().map(|(name, value)| (name, value)));
        let mut child = Command::new("sh")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn said(output: &Output) -> Option<There> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        there(text.lines())
    }

    #[test]
    fn f65_words_arrive_as_they_are_whatever_a_shell_would_make_of_them() {
        let home = tempfile::tempdir().unwrap();
        let hostile = ["v1; rm -rf /", "$(id)", "`id`", "a\nb\n", "-rf", "it's", "\\", "!x", "", "*", "é\u{1b}[2J"];
        for (number, word) in hostile.iter().enumerate() {
            let output = run(home.path(), Mode::Start, &format!("k{number}"), &["printf", "%s|%s", word, "end"]);
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{word}|end"), "{word:?}");
            assert_eq!(output.status.code(), Some(0));
        }
        let output = run(home.path(), Mode::Start, "env", &["sh", "-c", "printf %s \"$NAME\""]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a 'b' $c");
    }

    #[test]
    fn a_command_is_started_once_however_often_it_is_asked_for_and_its_code_stays() {
        let home = tempfile::tempdir().unwrap();
        let count = home.path().join("count");
        let script = format!("echo once >> {}; echo out; exit 7", count.display());
        for mode in [Mode::Start, Mode::Start, Mode::Attach] {
            let output = run(home.path(), mode, "k", &["sh", "-c", &script]);
            assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(7), b"out\n".as_slice()));
        }
        assert_eq!(std::fs::read_to_string(count).unwrap(), "once\n");
        assert_eq!(said(&run(home.path(), Mode::State, "k", &[])), Some(There::Ended(7)));
    }

    #[test]
    fn what_was_never_started_never_will_be_once_somebody_asked_for_it() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(said(&run(home.path(), Mode::State, "k", &[])), Some(There::None));
        assert_eq!(run(home.path(), Mode::Attach, "k", &["false"]).status.code(), Some(250));
        assert_eq!(run(home.path(), Mode::Start, "k", &["touch", "/nonexistent"]).status.code(), Some(250));
        assert_eq!(said(&run(home.path(), Mode::State, "k", &[])), Some(There::Vetoed));
    }

    #[test]
    fn a_stop_ends_the_command_and_what_it_started() {
        let home = tempfile::tempdir().unwrap();
        let beaten = home.path().join("beaten");
        let script = format!("touch {}; sleep 600 & sleep 600", beaten.display());
        let (path, home) = (home.path().to_owned(), home);
        let following = std::thread::spawn(move || run(&path, Mode::Start, "k", &["sh", "-c", &script]));
        while !beaten.exists() {
            std::thread::yield_now();
        }
        assert_eq!(said(&run(home.path(), Mode::State, "k", &[])), Some(There::Running));
        assert_eq!(said(&run(home.path(), Mode::Stop, "k", &[])), Some(There::Lost));
        assert_eq!(following.join().unwrap().status.code(), Some(250));
    }
}
