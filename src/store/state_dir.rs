//! Where a project's history lives: `history.db`, `ballast`, `locks/`, `runs/<id>/<attempt>/`, `log/`. Private: 0700 and 0600,
//! unless it was set up to be shared with a group ([`modes`]).

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::domain::id::{AttemptKey, RunId};

use super::{error::StoreError, modes};

/// A state directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(PathBuf);

/// The disk that a state directory is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that we may still write.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
    /// Mounted so that nothing can be written.
    pub read_only: bool,
}

impl StateDir {
    /// `explicit` if given, else `$XDG_STATE_HOME/quarterdeck/<project>-<hash of the canonical config path>`.
    pub fn locate(explicit: Option<&Path>, project: &str, config: &Path) -> Result<Self, StoreError> {
        if let Some(path) = explicit {
            return std::path::absolute(path)
                .map(Self)
                .map_err(|error| refused(path, format!("it has no absolute path: {error}")));
        }
        let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let base = match base {
            Some(base) => base,
            None => directories::BaseDirs::new().and_then(|dirs| dirs.state_dir().map(Path::to_path_buf)).ok_or_else(
                || refused(Path::new("~/.local/state"), "there is no home directory: give --state DIR".into()),
            )?,
        };
        let config = fs::canonicalize(config)
            .map_err(|error| refused(config, format!("the configuration can't be found: {error}")))?;
        let hash = Sha256::digest(config.as_os_str().as_encoded_bytes());
        let hash = hash.iter().take(6).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        let name: String = project
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
            .collect();
        Ok(Self(base.join("quarterdeck").join(format!("{name}-{hash}"))))
    }

    /// At exactly this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Creates what is missing with private modes; refuses network filesystems and directories others may write to.
    pub fn create(&self) -> Result<(), StoreError> {
        make(&self.0)?;
        let seen = fs::metadata(&self.0).map_err(|error| refused(&self.0, format!("it can't be read: {error}")))?;
        let (mode, setgid) = (seen.mode(), seen.mode() & 0o2000 != 0);
        if mode & 0o002 != 0 || (mode & 0o020 != 0 && !setgid) {
            let why = format!(
                "others may write to it (mode {:o}): chmod 700 it, or 2770 to share it with a group",
                mode & 0o7777
            );
            return Err(refused(&self.0, why));
        }
        refuse_network(&self.0)?;
        ["locks", "runs", "log"].iter().try_for_each(|name| make(&self.0.join(name)))
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is left of the disk it is on.
    pub fn disk(&self) -> Result<Disk, StoreError> {
        let seen = rustix::fs::statvfs(&self.0)
            .map_err(|error| refused(&self.0, format!("its filesystem can't be asked: {error}")))?;
        Ok(Disk {
            free: seen.f_bavail.saturating_mul(seen.f_frsize),
            size: seen.f_blocks.saturating_mul(seen.f_frsize),
            read_only: seen.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        })
    }

    /// The history.
    pub fn database(&self) -> PathBuf {
        self.0.join("history.db")
    }

    /// Held by the watcher for life.
    pub fn watch_lock(&self) -> PathBuf {
        self.0.join("locks/watch.lock")
    }

    /// Held by the runner of that generation for life: `locks/run-418.2.lock`.
    pub fn run_lock(&self, run: RunId, generation: u32) -> PathBuf {
        self.0.join(format!("locks/run-{}.{generation}.lock", run.0))
    }

    /// Where a run's attempts keep their spools.
    pub fn run_dir(&self, run: RunId) -> PathBuf {
        self.0.join(format!("runs/{}", run.0))
    }

    /// One attempt's spool, claim, lock and exit record.
    pub fn attempt_dir(&self, run: RunId, attempt: AttemptKey) -> PathBuf {
        self.run_dir(run).join(attempt.dir_name())
    }

    /// Quarterdeck's own log files.
    pub fn log_dir(&self) -> PathBuf {
        self.0.join("log")
    }
}

fn refused(path: &Path, why: String) -> StoreError {
    StoreError::StateDir { path: path.to_owned(), why }
}

fn make(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    modes::make_dir(path).map_err(|error| StoreError::file(path, "made", &error))
}

/// SQLite's WAL needs memory shared between processes of one machine, and `flock` that means what it says.
fn refuse_network(path: &Path) -> Result<(), StoreError> {
    let seen =
        rustix::fs::statfs(path).map_err(|error| refused(path, format!("its filesystem can't be asked: {error}")))?;
    match network_filesystem(seen.f_type as u64 & 0xffff_ffff) {
        Some(kind) => {
            Err(refused(path, format!("it is on {kind}, a network filesystem: give --state on a local disk")))
        }
        None => Ok(()),
    }
}

fn network_filesystem(magic: u64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x5346_414f => "AFS",
        0x7375_7245 => "Coda",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_state_directory_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("a/b"));
        state.create().unwrap();
        assert_eq!(fs::metadata(state.path().join("locks")).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_directory_others_may_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let error = StateDir::at(dir.path()).create().unwrap_err().to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }

    #[test]
    fn f34_network_filesystems_are_refused() {
        assert_eq!(network_filesystem(0x6969), Some("NFS"));
        assert_eq!(network_filesystem(0xff53_4d42), Some("SMB"));
        assert_eq!(network_filesystem(0xef53), None, "ext4");
    }
}
