//! Backups on disk: a directory each, with the data and a manifest that is written last.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};

use super::error::DatabaseError;
pub use crate::domain::backup::{Manifest, Part, Verification};

const MANIFEST: &str = "manifest.json";
/// What a tool writes to.
pub const DATA: &str = "data";
/// A directory without a manifest is of a backup that did not end; after this long nobody is at it any more.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);
/// Files of one backup at most.
const MOST_PARTS: usize = 100_000;

/// Where the backups of one database of one environment are.
pub struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// Below the configured directory.
    pub fn new(dir: &Path, env: &str, database: &str) -> Self {
        Self { dir: dir.join(env).join(database) }
    }

    /// The directory of a backup.
    pub fn dir(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    /// The shelf itself, made if need be, for its owner only.
    pub fn own_dir(&self) -> Result<&Path, DatabaseError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(DatabaseError::file(&self.dir, "made"))?;
        Ok(&self.dir)
    }

    /// Makes the directory of a new backup.
    pub fn begin(&self, now: chrono::DateTime<chrono::Utc>) -> Result<String, DatabaseError> {
        self.own_dir()?;
        let id = format!("{}-{:04x}", now.format("%Y%m%d-%H%M%S"), fastrand::u16(..));
        let dir = self.dir(&id);
        DirBuilder::new().mode(0o700).create(&dir).map_err(DatabaseError::file(&dir, "made"))?;
        Ok(id)
    }

    /// All complete backups, newest first. One whose manifest can't be read is an error: nobody should think it is not there.
    pub fn list(&self) -> Result<Vec<Manifest>, DatabaseError> {
        let mut found = Vec::new();
        for dir in self.directories() {
            if dir.join(MANIFEST).exists() {
                found.push(Self::read_from(&dir)?);
            }
        }
        found.sort_by(|a: &Manifest, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(found)
    }

    fn directories(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    fn read_from(dir: &Path) -> Result<Manifest, DatabaseError> {
        const LARGEST: u64 = 64 << 20;
        let path = dir.join(MANIFEST);
        let mut text = String::new();
        let file = File::open(&path).map_err(DatabaseError::file(&path, "read"))?;
        file.take(LARGEST).read_to_string(&mut text).map_err(DatabaseError::file(&path, "read"))?;
        serde_json::from_str(&text).map_err(|error| {
            DatabaseError::Refused(format!(
                "{} is damaged: {error}; put it right, or move its directory away",
                path.display()
            ))
        })
    }

    /// The backup of that id, or the newest that is not known to be bad.
    pub fn find(&self, id: Option<&str>) -> Result<Manifest, DatabaseError> {
        let all = self.list()?;
        let found = match id {
            Some(id) => all.iter().find(|one| one.id == id),
            None => all.iter().find(|one| !one.is_bad()),
        };
        found.cloned().ok_or_else(|| {
            let known: Vec<_> = all.iter().take(5).map(|one| one.id.as_str()).collect();
            let known =
                if known.is_empty() { "there is none".to_owned() } else { format!("there are: {}", known.join(", ")) };
            let what = id.map_or_else(|| "no good backup".to_owned(), |id| format!("no backup '{id}'"));
            DatabaseError::Refused(format!("{what} in {}; {known}", self.dir.display()))
        })
    }

    /// Writes the manifest, whole and for good.
    pub fn write(&self, manifest: &Manifest) -> Result<(), DatabaseError> {
        let dir = self.dir(&manifest.id);
        let (path, aside) = (dir.join(MANIFEST), dir.join("manifest.new"));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            file.write_all(&serde_json::to_vec_pretty(manifest)?)?;
            file.sync_all()?;
            fs::rename(&aside, &path)?;
            File::open(&dir)?.sync_all()
        };
        write().map_err(DatabaseError::file(path.clone(), "written"))
    }

    /// Size and digest of everything a tool wrote, brought to disk.
    pub fn measure(&self, id: &str) -> Result<Vec<Part>, DatabaseError> {
        let dir = self.dir(id);
        let mut parts = Vec::new();
        let mut left = vec![dir.join(DATA)];
        while let Some(path) = left.pop() {
            if path.is_dir() {
                let entries = fs::read_dir(&path).map_err(DatabaseError::file(&path, "read"))?;
                left.extend(entries.flatten().map(|entry| entry.path()));
                continue;
            }
            if parts.len() == MOST_PARTS {
                return DatabaseError::refused(format!("{} holds more than 100,000 files", dir.display()));
            }
            let (bytes, sha256) = digest(&path)?;
            let file = path.strip_prefix(&dir).unwrap_or(&path).to_string_lossy().into_owned();
            parts.push(Part { file, bytes, sha256 });
        }
        parts.sort_by(|a, b| a.file.cmp(&b.file));
        if parts.is_empty() || parts.iter().all(|part| part.bytes == 0) {
            return DatabaseError::refused("the tool wrote nothing to the backup's path");
        }
        Ok(parts)
    }

    /// Whether all parts are still what they were.
    pub fn prove(&self, manifest: &Manifest) -> Result<(), DatabaseError> {
        for part in &manifest.parts {
            let path = self.dir(&manifest.id).join(&part.file);
            let (bytes, sha256) = digest(&path)?;
            if (bytes, &sha256) != (part.bytes, &part.sha256) {
                return DatabaseError::refused(format!(
                    "{} is not what it was: {bytes} bytes with SHA-256 {sha256}, and the manifest says {} bytes with {}",
                    path.display(),
                    part.bytes,
                    part.sha256
                ));
            }
        }
        Ok(())
    }

    /// Removes a backup: the manifest first, so that a half removed one is none.
    pub fn remove(&self, id: &str) -> Result<(), DatabaseError> {
        let dir = self.dir(id);
        let _ = fs::remove_file(dir.join(MANIFEST));
        fs::remove_dir_all(&dir).map_err(DatabaseError::file(dir, "removed"))
    }

    /// Removes what backups left that did not end.
    pub fn sweep(&self) {
        for dir in self.directories().into_iter().filter(|dir| !dir.join(MANIFEST).exists()) {
            let age = fs::metadata(&dir).and_then(|about| about.modified()).ok();
            let age = age.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
            if age > ABANDONED {
                let _ = fs::remove_dir_all(dir);
            }
        }
    }
}

fn digest(path: &Path) -> Result<(u64, String), DatabaseError> {
    let read = || -> std::io::Result<(u64, String)> {
        use std::fmt::Write as _;
        let mut file = File::open(path)?;
        let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
            bytes += read as u64;
        }
        file.sync_all()?;
        let hex = hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Ok((bytes, hex))
    };
    read().map_err(DatabaseError::file(path, "read"))
}
