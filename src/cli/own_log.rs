//! Quarterdeck's own log: JSON lines in the state directory, one file a day, old ones removed; never on the
//! screen.

use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::store::{modes::is_shared, state_dir::StateDir};

/// Files kept for each kind of process: two weeks.
const DAYS: usize = 14;

/// Sends `tracing` events of this process to `log/quarterdeck.PROCESS.DATE.jsonl`. What is logged is chosen by
/// `$QUARTERDECK_LOG` (a filter such as `debug` or `quarterdeck::watch=trace`; `info` unless set). A log that can't be
/// written is no reason not to work: the process then runs without one.
pub fn start(state: &StateDir, process: &str) {
    if let Some(appender) = appender(&state.log_dir(), &name(state, process)) {
        let filter = EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .with_env_var("QUARTERDECK_LOG")
            .from_env_lossy();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .with_env_filter(filter)
            .with_writer(std::sync::Mutex::new(appender))
            .finish();
        // Only a second start in one process could fail, and then the first one holds.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// In a state directory that is shared each person has a log: nobody could go on with somebody else's file.
fn name(state: &StateDir, process: &str) -> String {
    if is_shared(&state.log_dir()) {
        format!("{process}.{}", rustix::process::geteuid().as_raw())
    } else {
        process.to_owned()
    }
}

/// The directory must exist first: the appender would complain on standard error otherwise.
fn appender(dir: &Path, process: &str) -> Option<RollingFileAppender> {
    if !dir.is_dir() {
        return None;
    }
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(format!("quarterdeck.{process}"))
        .filename_suffix("jsonl")
        .max_log_files(DAYS)
        .build(dir)
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_missing_directory_means_no_log_and_no_complaint() {
        assert!(appender(Path::new("/nonexistent/quarterdeck"), "test").is_none());
    }

    #[test]
    fn files_carry_process_and_date_and_older_ones_than_two_weeks_go() {
        let dir = tempfile::tempdir().unwrap();
        for day in 1..=20 {
            std::fs::write(dir.path().join(format!("quarterdeck.watch.2020-01-{day:02}.jsonl")), "{}\n").unwrap();
        }
        let mut appender = appender(dir.path(), "watch").unwrap();
        writeln!(appender, "{{}}").unwrap();
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert!(names.len() <= DAYS, "{names:?}");
        assert!(names.iter().any(|name| !name.contains("2020-01")), "{names:?}");
    }
}
