//! Room set aside for a full disk: 32 MiB that hold nothing, given up when SQLite finds the disk full.
//!
//! | `ballast` in the state directory | means |
//! |---|---|
//! | 32 MiB | there is room in reserve |
//! | empty | the disk is full: what was set aside is for where runs stand and for what people decide; output waits |
//! | missing | nobody set anything aside yet, or the filesystem can't |
//!
//! It is taken back, by whoever waits for room, once there is twice as much of it. Output of commands is not lost
//! meanwhile: it stays with the command, which the system holds back as soon as its pipe is full.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{FallocateFlags, OFlags};

use super::{error::StoreError, modes, state_dir::StateDir};

/// What is set aside, in bytes.
const SIZE: u64 = 32 << 20;
/// What must be free besides before it is set aside, so that it is not given up again at once.
const BESIDES: u64 = 32 << 20;
/// A block of the filesystem as `stat` counts them, in bytes.
const BLOCK: u64 = 512;

impl StateDir {
    /// The file that keeps room for a full disk.
    pub fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Sets room aside, or takes it back after the disk was full. Says whether there is room to write as one likes.
    pub fn keep_ballast(&self) -> bool {
        let path = self.ballast();
        match fs::metadata(&path) {
            Ok(seen) if seen.blocks() * BLOCK >= SIZE => return true,
            Ok(_) | Err(_) if self.free_bytes() < SIZE + BESIDES => return !is_spent(&path),
            _ => {}
        }
        let allocated = open(&path).and_then(|file| {
            // Of several that do it at once, one does it.
            file.lock()?;
            Ok(rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, SIZE)?)
        });
        if allocated.is_err() && self.free_bytes() >= SIZE + BESIDES {
            // There is room, only not by this call: the filesystem has no such thing. Then there is no ballast.
            let _ = fs::remove_file(&path);
        }
        !is_spent(&path)
    }

    /// Gives up what was set aside: the disk is full. Once: who meets the full disk again has nothing more to give up.
    pub fn spend_ballast(&self) {
        if is_spent(&self.ballast()) {
            return;
        }
        let spent = OpenOptions::new().write(true).custom_flags(nofollow()).open(self.ballast());
        // If even that fails there is nothing to give up.
        if spent.is_ok_and(|file| file.set_len(0).is_ok()) {
            tracing::error!(state = %self.path().display(), "the disk is full: the room set aside was given up");
        }
    }

    /// Refuses if there is too little room to begin anything that writes.
    pub fn expect_room(&self) -> Result<(), StoreError> {
        let least = if self.keep_ballast() { BESIDES } else { SIZE + BESIDES };
        let free = self.free_bytes();
        if free >= least {
            return Ok(());
        }
        Err(StoreError::NoRoom { path: self.path().to_owned(), free_mib: free >> 20, least_mib: least >> 20 })
    }

    /// What a person should know while output is held back.
    pub fn trouble(&self) -> Option<String> {
        is_spent(&self.ballast()).then(|| {
            StoreError::Full { path: self.path().to_owned() }.to_string()
                + "; the output of commands waits until then, and so do they"
        })
    }

    /// Free for us, in bytes; no bound where the system does not tell.
    fn free_bytes(&self) -> u64 {
        rustix::fs::statvfs(self.path()).map_or(u64::MAX, |seen| seen.f_bavail.saturating_mul(seen.f_frsize))
    }
}

/// Whether the ballast at `path` was given up and not taken back.
pub fn is_spent(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|seen| seen.len() == 0)
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).custom_flags(nofollow());
    modes::open(path, &mut options)
}

fn nofollow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_set_aside_once_given_up_and_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        assert!(!is_spent(&state.ballast()), "none yet is not spent");
        state.spend_ballast();
        assert!(!state.ballast().exists(), "what was never set aside can't be given up");
        assert!(state.keep_ballast());
        let kept = || fs::metadata(state.ballast()).unwrap();
        assert!(kept().blocks() * BLOCK >= SIZE, "really taken, not a hole");
        let before = kept().mtime_nsec();
        assert!(state.keep_ballast());
        assert_eq!(kept().mtime_nsec(), before, "once");
        state.spend_ballast();
        assert!(is_spent(&state.ballast()));
        assert_eq!(kept().blocks(), 0);
        let before = kept().ctime_nsec();
        state.spend_ballast();
        assert_eq!(kept().ctime_nsec(), before, "what was given up is not given up again");
        assert!(state.trouble().unwrap().contains("full"));
        assert!(state.keep_ballast());
        assert!(!is_spent(&state.ballast()) && state.trouble().is_none());
        state.expect_room().unwrap();
    }

    #[test]
    fn sixteen_that_set_room_aside_at_once_set_it_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert!(state.keep_ballast()));
            }
        });
        assert_eq!(fs::metadata(state.ballast()).unwrap().len(), SIZE);
    }
}
