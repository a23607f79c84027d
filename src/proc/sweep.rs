//! Finding what a command left behind: by parentage, by the mark in the environment, by the pipe held open.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::identity::{boot_id, signal, stat};
use crate::domain::run::ProcessRef;

/// The environment variable by which descendants are recognised, wherever they moved to.
pub const MARK: &str = "QUARTERDECK_ATTEMPT";

/// A process that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub process: ProcessRef,
    /// Its program without arguments, or its name in brackets, shortened.
    pub command: String,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pid {} ({})", self.process.pid, self.command)
    }
}

/// Every living process that descends from `root` (itself excluded).
pub fn descendants(root: i32) -> Vec<Found> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for pid in pids() {
        if let Ok(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if found.insert(*child) {
                open.push(*child);
            }
        }
    }
    found.into_iter().filter_map(describe).collect()
}

/// Every living process whose environment at its start said `QUARTERDECK_ATTEMPT=mark` (this process excluded).
pub fn marked(mark: &Path) -> Vec<Found> {
    let mut wanted = MARK.as_bytes().to_vec();
    wanted.push(b'=');
    wanted.extend_from_slice(mark.as_os_str().as_bytes());
    let own = std::process::id();
    pids()
        .filter(|pid| u32::try_from(*pid) != Ok(own))
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|entry| entry == wanted))
        })
        .filter_map(describe)
        .collect()
}

/// Every living process that has one of these pipes open (this process excluded). `pipes` are inode numbers.
pub fn holding_pipes(pipes: &[u64]) -> Vec<Found> {
    let wanted: Vec<String> = pipes.iter().map(|inode| format!("pipe:[{inode}]")).collect();
    let own = std::process::id();
    pids()
        .filter(|pid| u32::try_from(*pid) != Ok(own))
        .filter(|pid| holds(*pid, &wanted))
        .filter_map(describe)
        .collect()
}

fn holds(pid: i32, links: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors.flatten().any(|descriptor| {
        fs::read_link(descriptor.path())
            .is_ok_and(|target| links.iter().any(|link| target.as_os_str() == link.as_str()))
    })
}

/// Ends what `find` finds: SIGTERM once, then after `grace` SIGKILL, until nothing is found any more or two more seconds
/// have passed. `find` is asked again and again, so that a process that forks while being ended is caught as well.
/// Returns what was ended and what remains.
pub fn end_all(find: impl Fn() -> Vec<Found>, grace: Duration) -> (Vec<Found>, Vec<Found>) {
    let begun = Instant::now();
    let mut asked: Vec<Found> = Vec::new();
    loop {
        let now = find();
        if now.is_empty() {
            return (asked, now);
        }
        let elapsed = begun.elapsed();
        if elapsed > grace + Duration::from_secs(2) {
            asked.retain(|found| !now.contains(found));
            return (asked, now);
        }
        for found in now {
            let known = asked.contains(&found);
            if elapsed >= grace {
                let _ = signal(&found.process, Signal::KILL);
            } else if !known {
                let _ = signal(&found.process, Signal::TERM);
            }
            if !known {
                asked.push(found);
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn pids() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn describe(pid: i32) -> Option<Found> {
    let stat = stat(pid).ok()?;
    if matches!(stat.state, b'Z' | b'X') {
        return None;
    }
    let process = ProcessRef { pid, start_ticks: stat.start_ticks, boot_id: boot_id().to_owned() };
    Some(Found { process, command: program(pid) })
}

/// The program, at most 80 characters; control characters become spaces. Its arguments may hold secrets, and who asks may
/// not know them yet or see them cut in two, so that masking would miss them: ` …` stands for them.
fn program(pid: i32) -> String {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = if arguments.is_empty() {
        format!("[{}]", fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim())
    } else {
        let line = String::from_utf8_lossy(&arguments);
        // A program may write one title over all of its arguments, with spaces between.
        let (name, rest) = line.split_once(|c: char| c == '\0' || c.is_whitespace()).unwrap_or((&line, ""));
        let name: String = name.chars().take(80).collect();
        if rest.is_empty() { name } else { format!("{name} …") }
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_process_is_found_wherever_it_moved_and_ended() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("setsid")
            .args(["sh", "-c", "trap '' TERM; sleep 61 & wait; sleep 61"])
            .env(MARK, dir.path())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while marked(dir.path()).len() < 2 {
            assert!(Instant::now() < deadline, "the processes never showed up");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let reaper = std::thread::spawn(move || child.wait());
        let (ended, survivors) = end_all(|| marked(dir.path()), Duration::from_millis(100));
        assert!(survivors.is_empty(), "{survivors:?}");
        assert!(ended.len() >= 2, "{ended:?}");
        assert!(ended.iter().all(|found| ["sh …", "sleep …"].contains(&found.command.as_str())), "{ended:?}");
        reaper.join().unwrap().unwrap();
    }
}
