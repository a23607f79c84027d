//! Whose turn it is to start a run's runner, and when.
//!
//! Every process that looks at an orphan would start a runner for it, ten times a second; a runner that dies as soon as it
//! has its lock would be replaced for ever at that rate. So the run's last start is on file, for all processes together:
//! `locks/run-418.starting` says how many starts in a row found the run at the same place, and its age when the last one
//! was. Each start that got the run nowhere doubles the pause before the next; one that moved it on ends the doubling.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::error::LaunchError;
use crate::{domain::id::RunId, store::state_dir::StateDir};

/// Between two starts of which the first may still have moved the run on. A runner that was just started may not have
/// taken its lock yet; a second one would go away again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The doubling ends here: whatever killed the runners may be over.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What the file may hold: two numbers.
const LIMIT: u64 = 64;

/// The last start of a run's runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Last {
    /// Starts in a row that found the run at `progress`.
    starts: u32,
    /// What was stored of the run then.
    progress: u64,
}

impl Last {
    fn parse(text: &str) -> Option<Self> {
        let (starts, progress) = text.trim_end().split_once(' ')?;
        Some(Self { starts: starts.parse().ok()?, progress: progress.parse().ok()? })
    }

    /// The next start, if `age` after the last one it may be made.
    fn next(self, progress: u64, age: Option<Duration>) -> Option<Self> {
        let futile = if progress == self.progress { self.starts } else { 0 };
        // A file from the future is of a clock that was put back; it would keep everybody out until then.
        if age.is_some_and(|age| age < pause(futile)) {
            return None;
        }
        Some(Self { starts: futile.saturating_add(1), progress })
    }
}

/// After so many starts that got the run nowhere.
fn pause(futile: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.saturating_pow(futile.saturating_sub(1).min(16))).min(LONGEST_PAUSE)
}

/// The file whose age says when a runner was last started.
pub fn starting_marker(state: &StateDir, run: RunId) -> PathBuf {
    state.path().join(format!("locks/run-{}.starting", run.0))
}

/// Takes the turn to start a runner of a run of which `progress` is stored (any number that grows as the run moves on).
/// Returns how many starts in a row, this one included, found it there; `None` if it is too soon.
pub fn take(state: &StateDir, run: RunId, progress: u64) -> Result<Option<u32>, LaunchError> {
    let path = starting_marker(state, run);
    take_at(&path, progress).map_err(|error| LaunchError::Spawn {
        what: format!("the runner of run {run}"),
        why: format!("{} can't be used: {error}", path.display()),
    })
}

fn take_at(path: &Path, progress: u64) -> io::Result<Option<u32>> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        // Somebody else is deciding this very thing.
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut text = String::new();
    let read = (&file).take(LIMIT).read_to_string(&mut text);
    let last = read.ok().and_then(|_| Last::parse(&text));
    let next = match last {
        Some(last) => last.next(progress, age(&file)),
        // New, or nothing that can be read.
        None => Some(Last { starts: 1, progress }),
    };
    let Some(next) = next else { return Ok(None) };
    write(&mut file, next)?;
    Ok(Some(next.starts))
}

/// `None` if it is from the future.
fn age(file: &File) -> Option<Duration> {
    let at = file.metadata().and_then(|marker| marker.modified()).ok()?;
    SystemTime::now().duration_since(at).ok()
}

/// Over what stands there: that needs no room on a full disk.
fn write(file: &mut File, last: Last) -> io::Result<()> {
    use std::io::{Seek, SeekFrom};
    file.seek(SeekFrom::Start(0))?;
    // As long whatever the numbers are.
    file.write_all(format!("{:010} {:020}\n", last.starts, last.progress).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The pauses that a run gets whose runner dies at once, as often as it is started.
    fn pauses(progress: impl Fn(u32) -> u64) -> Vec<u64> {
        let mut last = Last { starts: 1, progress: progress(0) };
        (1..=10)
            .map(|start| {
                let (waited, next) = (0..)
                    .find_map(|waited| Some((waited, last.next(progress(start), Some(SECOND * waited))?)))
                    .unwrap();
                last = next;
                u64::from(waited)
            })
            .collect()
    }

    #[test]
    fn runners_that_die_at_once_are_started_ever_more_rarely_but_at_least_every_minute() {
        assert_eq!(pauses(|_| 7), [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn a_runner_that_moved_the_run_on_is_replaced_without_a_longer_pause() {
        assert_eq!(pauses(u64::from), [1; 10]);
        assert_eq!(pauses(|start| u64::from(start >= 3)), [1, 2, 1, 1, 2, 4, 8, 16, 32, 60]);
    }

    #[test]
    fn a_start_in_the_future_of_a_clock_that_was_put_back_keeps_nobody_out() {
        assert_eq!(Last { starts: 9, progress: 1 }.next(1, None), Some(Last { starts: 10, progress: 1 }));
    }

    #[test]
    fn of_sixteen_that_look_at_once_one_gets_the_turn() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run-1.starting");
        let turns: Vec<_> = std::thread::scope(|scope| {
            let lookers: Vec<_> = (0..16).map(|_| scope.spawn(|| take_at(&path, 3).unwrap())).collect();
            lookers.into_iter().filter_map(|looker| looker.join().unwrap()).collect()
        });
        assert_eq!(turns, [1]);
        assert_eq!(take_at(&path, 3).unwrap(), None, "too soon");
        let old = SystemTime::now() - Duration::from_secs(5);
        File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(take_at(&path, 3).unwrap(), Some(2));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 32);
    }

    #[test]
    fn a_file_that_says_nothing_is_a_first_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run-1.starting");
        for text in ["", "x", "1", "-1 4", "99999999999 1"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(take_at(&path, 3).unwrap(), Some(1), "{text:?}");
        }
    }
}
