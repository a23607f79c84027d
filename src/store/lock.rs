//! Liveness is an `flock` held by a living process, never a wall-clock lease.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    thread,
    time::Duration,
};

use super::{error::StoreError, modes};
use crate::domain::run::ProcessRef;

/// How often to try again, a millisecond apart, while others are only asking.
const ASKERS: u32 = 200;

/// A lock held until dropped (or until the process dies, however it dies). The file holds `pid start_ticks boot_id` for
/// people to read; nobody decides by it.
#[derive(Debug)]
pub struct HeldLock {
    _file: File,
}

/// Tries to take the lock at `path` without waiting; `None` if a living process holds it. The descriptor is close-on-exec.
pub fn try_lock(path: &Path) -> Result<Option<HeldLock>, StoreError> {
    let refused = |error: io::Error| StoreError::file(path, "locked", &error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = modes::open(path, &mut options).map_err(refused)?;
    if !lock_alone(&file).map_err(refused)? {
        return Ok(None);
    }
    // The words in the file are for people; a full disk must not keep anybody from holding the lock.
    let _ = file.set_len(0).and_then(|()| (&file).write_all(owner().as_bytes()));
    Ok(Some(HeldLock { _file: file }))
}

/// The process that wrote its name into the lock file: for people, and for asking it to leave. It may be gone.
pub fn holder(path: &Path) -> Option<ProcessRef> {
    let text = fs::read_to_string(path).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (pid, start_ticks, boot_id) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?);
    Some(ProcessRef { pid, start_ticks, boot_id: boot_id.to_owned() })
}

/// `false` if a living process holds the lock. Those who only [ask](is_held) share it for an instant, and are not taken for
/// a holder: else a watcher or runner that starts while somebody asks would go away, and nobody would be there.
fn lock_alone(file: &File) -> io::Result<bool> {
    for _ in 0..ASKERS {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match file.try_lock_shared() {
            Ok(()) => file.unlock()?,
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(false)
}

/// Whether a living process holds the lock at `path`. Never creates the file.
pub fn is_held(path: &Path) -> Result<bool, StoreError> {
    let refused = |error: io::Error| StoreError::file(path, "asked for its lock", &error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(refused(error)),
    };
    // A shared lock, held for an instant: two that ask at once do not see each other as holders.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

fn owner() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).unwrap_or("?");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    format!("{} {ticks} {}\n", std::process::id(), boot.trim())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn who_only_asks_keeps_nobody_from_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        drop(try_lock(&path).unwrap());
        let enough = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    is_held(&path).unwrap();
                    thread::yield_now();
                }
            });
            let got = (0..500).all(|_| try_lock(&path).unwrap().is_some());
            enough.store(true, Ordering::Relaxed);
            assert!(got, "somebody who only asked was taken for a holder");
        });
    }

    #[test]
    fn a_lock_is_seen_while_held_and_free_once_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        assert!(!is_held(&path).unwrap());
        assert!(!path.exists(), "asking creates nothing");
        let held = try_lock(&path).unwrap();
        assert!(held.is_some() && is_held(&path).unwrap());
        assert!(try_lock(&path).unwrap().is_none());
        drop(held);
        assert!(!is_held(&path).unwrap());
        let words = fs::read_to_string(&path).unwrap();
        assert!(words.starts_with(&format!("{} ", std::process::id())), "{words}");
    }
}
