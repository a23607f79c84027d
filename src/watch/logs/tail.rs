//! One file, followed through whatever happens to it.
//!
//! ```text
//!   api.log.2   api.log.1   api.log
//!   [ read ]    [ read.. ]  [      ]     the files of one tail, oldest first: one is read to its end before the next
//! ```
//!
//! - Renamed and made anew: the old file is still open and read to its end, then files that were made and renamed in between
//!   (by the time of their last change), then the new one. The old one stays open for a while, as its writer may, too.
//! - Copied and truncated: the file is shorter than what was read, or what stands there is something else. What was not read
//!   yet is read from the copy, then the file from its beginning.
//! - Truncated only: it is read from its beginning.
//! - An inode that was given to another file: the first bytes are others, so it is another file.
//!
//! A [`Mark`] says how far a file was read: up to the end of the last line whose text is certain.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{
    service_log::{Intake, Taken},
    time::UnixMs,
};

/// Bytes read at once.
const PIECE: usize = 128 * 1024;
/// Bytes by which a file is known again: its first, and the last that were read.
const KNOWN: usize = 256;
/// How long a file that was renamed is still looked at after nothing more came.
const LINGER: Duration = Duration::from_secs(5);
/// How long a file that was removed is still looked at.
const REMOVED: Duration = Duration::from_mins(10);
/// How long what the masks hold back may wait for more.
const HELD: Duration = Duration::from_secs(1);
/// How often the next files are looked for while they are being renamed; then again with the next step.
const ATTEMPTS: usize = 20;
/// Files that were read to their end and are not taken for new ones.
const MOST_FINISHED: usize = 256;

/// How far a tail was read: its files, oldest first.
pub type Marks = Vec<Mark>;

/// How far one file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its inode.
    inode: u64,
    /// Bytes from its beginning, to the end of a line.
    offset: u64,
    /// How many of its first bytes are known.
    head: usize,
    /// Their digest: the bytes themselves may hold secrets.
    digest: String,
}

/// What a step brought.
pub enum Step {
    /// Nothing.
    Idle,
    /// Something, but no line.
    Moved,
    /// Lines.
    Read(Taken),
}

/// A file that is open.
struct Open {
    file: File,
    inode: u64,
    /// Read so far, and of that to the end of a line that was handed out.
    read: u64,
    done: u64,
    /// Its first bytes and the last that were read: they must still be there.
    head: Vec<u8>,
    last: Vec<u8>,
    intake: Intake,
    /// When something was read last.
    moved: Instant,
}

/// One file, followed.
pub struct Tail {
    path: PathBuf,
    files: VecDeque<Open>,
    /// Inodes of files that were read to their end, or were there before.
    finished: VecDeque<u64>,
}

impl Tail {
    /// A file that is new: from its beginning, whenever it comes.
    pub fn at_start(path: PathBuf) -> Self {
        let mut tail = Self { path, files: VecDeque::new(), finished: VecDeque::new() };
        tail.finished = tail.siblings().into_iter().map(|(_, _, inode)| inode).collect();
        tail
    }

    /// A file that nobody read before: from its end.
    pub fn at_end(path: PathBuf, intake: impl FnOnce() -> Intake) -> Self {
        let mut tail = Self::at_start(path);
        if let Ok(Some(mut open)) = Open::new(&tail.path, intake) {
            let size = open.size().unwrap_or(0);
            // A line that is being written is read from its beginning.
            open.read = open.line_start_before(size).unwrap_or(size);
            open.done = open.read;
            open.learn(&[]);
            tail.files.push_back(open);
        }
        tail
    }

    /// From where it was read last; and whether some of it is gone.
    pub fn resume(path: PathBuf, marks: Marks, intake: impl Fn() -> Intake) -> (Self, bool) {
        let mut tail = Self { path, files: VecDeque::new(), finished: VecDeque::new() };
        let mut lost = false;
        for mark in marks {
            match tail.find(&mark, &intake) {
                Some(open) => tail.files.push_back(open),
                None => lost = true,
            }
        }
        (tail, lost)
    }

    /// How far it was read.
    pub fn marks(&self) -> Marks {
        self.files.iter().map(Open::mark).collect()
    }

    /// Whether nothing is left to read.
    pub fn is_over(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether the file at `path` is one of these.
    pub fn holds(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|meta| self.knows(meta.ino()))
    }

    fn knows(&self, inode: u64) -> bool {
        self.files.iter().any(|open| open.inode == inode) || self.finished.contains(&inode)
    }

    /// Reads a piece of the oldest file that has something; at its end, the next.
    pub fn step(&mut self, at: UnixMs, intake: impl Fn() -> Intake) -> io::Result<Step> {
        // Asked before reading: what was written before the rename is read before the new file is begun.
        let is_rotated = self.is_rotated()?;
        for index in 0..self.files.len() {
            if self.files[index].is_replaced()? {
                return Ok(self.replace(index, at, &intake).map_or(Step::Moved, Step::Read));
            }
            let open = &mut self.files[index];
            match open.read_piece(at)? {
                Some(Step::Idle) | None => {}
                Some(step) => return Ok(step),
            }
        }
        if is_rotated {
            return self.open_next(&intake).map(|opened| if opened { Step::Moved } else { Step::Idle });
        }
        Ok(self.close_old(at))
    }

    /// Whether there is a file that is not open yet.
    fn is_rotated(&self) -> io::Result<bool> {
        match fs::metadata(&self.path) {
            Ok(meta) => Ok(!self.files.iter().any(|open| open.inode == meta.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(!self.between(self.last_change()?).is_empty()),
            Err(error) => Err(error),
        }
    }

    /// When the newest open file was changed last.
    fn last_change(&self) -> io::Result<Option<(i64, i64)>> {
        self.files.back().map(|open| open.file.metadata().map(|meta| changed(&meta))).transpose()
    }

    /// Opens files that were made and renamed since, then the one at the path.
    fn open_next(&mut self, intake: &impl Fn() -> Intake) -> io::Result<bool> {
        let since = self.last_change()?;
        // Files may be renamed while we look: only what is the same before and after counts.
        for _ in 0..ATTEMPTS {
            let between = self.between(since);
            let last = Open::new(&self.path, intake)?;
            let is_last = |inode: u64| last.as_ref().is_some_and(|last| last.inode == inode);
            let earlier: Vec<_> = between.iter().filter(|(_, inode)| !is_last(*inode)).collect();
            let mut opened = Vec::new();
            for (path, inode) in &earlier {
                opened.extend(Open::new(path, intake)?.filter(|open| open.inode == *inode));
            }
            if opened.len() == earlier.len() && self.between(since) == between {
                let last = last.filter(|last| !self.files.iter().any(|other| other.inode == last.inode));
                let count = self.files.len();
                self.files.extend(opened);
                self.files.extend(last);
                return Ok(self.files.len() > count);
            }
        }
        Ok(false)
    }

    /// Files that were renamed since the last one that is open was changed last, oldest first. Without an open one, none.
    fn between(&self, since: Option<(i64, i64)>) -> Vec<(PathBuf, u64)> {
        let Some(since) = since else { return Vec::new() };
        let siblings = self.siblings().into_iter();
        siblings
            .filter(|(change, _, inode)| *change >= since && !self.knows(*inode))
            .map(|(_, path, inode)| (path, inode))
            .collect()
    }

    /// Lets files go that were renamed and to which nothing was added for a while.
    fn close_old(&mut self, at: UnixMs) -> Step {
        let current = fs::metadata(&self.path).map(|meta| meta.ino()).ok();
        // The last one is what the next is found by: it stays while there is no file at the path.
        let linger = if current.is_some() { LINGER } else { REMOVED };
        let is_old = |open: &Open| Some(open.inode) != current && open.moved.elapsed() > linger;
        let Some(open) = self.files.front_mut().filter(|open| is_old(open)) else { return Step::Idle };
        open.intake.end(at);
        let taken = open.intake.take();
        if let Some(open) = self.files.pop_front() {
            self.finish(open.inode);
        }
        taken.map_or(Step::Moved, Step::Read)
    }

    /// The file was truncated, or another stands in its place: what was not read is read from its copy, if there is one.
    fn replace(&mut self, index: usize, at: UnixMs, intake: &impl Fn() -> Intake) -> Option<Taken> {
        let copy = self.copy_of(&self.files[index].mark(), intake);
        let open = &mut self.files[index];
        let mut held = std::mem::replace(&mut open.intake, intake());
        (open.read, open.done) = (0, 0);
        open.head.clear();
        open.last.clear();
        if let Some(copy) = copy {
            // What was held back is read once more from there.
            self.files.insert(index, copy);
            return None;
        }
        held.forget(at);
        held.take()
    }

    /// A copy that was made before the file was truncated: it begins as the file did, and is at least as long as what was read.
    fn copy_of(&self, mark: &Mark, intake: &impl Fn() -> Intake) -> Option<Open> {
        if mark.head == 0 {
            return None;
        }
        let candidates = self.siblings().into_iter().rev().filter(|(_, _, inode)| !self.knows(*inode));
        candidates.into_iter().find_map(|(_, path, _)| Open::new(&path, intake).ok()??.resumed(mark))
    }

    /// The file that a mark is about, under its own name or another.
    fn find(&self, mark: &Mark, intake: &impl Fn() -> Intake) -> Option<Open> {
        let own = fs::metadata(&self.path).ok().filter(|meta| meta.ino() == mark.inode).map(|_| self.path.clone());
        let other = || self.siblings().into_iter().find(|(_, _, inode)| *inode == mark.inode).map(|(_, path, _)| path);
        if let Some(found) = own.or_else(other).and_then(|path| Open::new(&path, intake).ok()??.resumed(mark)) {
            return Some(found);
        }
        self.copy_of(mark, intake)
    }

    /// Files whose name begins with this one's, as rotation leaves them: last change, path, inode; the oldest first.
    fn siblings(&self) -> Vec<((i64, i64), PathBuf, u64)> {
        let Some((dir, name)) = self.path.parent().zip(self.path.file_name()) else { return Vec::new() };
        let name = name.to_string_lossy();
        let mut found: Vec<_> = fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| {
                let other = entry.file_name();
                let other = other.to_string_lossy();
                let rest = other.strip_prefix(&*name).unwrap_or_default();
                let is_packed = Path::new(rest)
                    .extension()
                    .is_some_and(|ending| ["gz", "bz2", "xz", "zst", "zip"].iter().any(|one| ending == *one));
                rest.starts_with(['.', '-', '_']) && !is_packed
            })
            .filter_map(|entry| {
                let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((changed(&meta), entry.path(), meta.ino()))
            })
            .collect();
        found.sort();
        found
    }

    fn finish(&mut self, inode: u64) {
        self.finished.push_back(inode);
        if self.finished.len() > MOST_FINISHED {
            self.finished.pop_front();
        }
    }
}

impl Open {
    /// Opens a regular file at its beginning; `None` if there is none.
    fn new(path: &Path, intake: impl FnOnce() -> Intake) -> io::Result<Option<Self>> {
        // A pipe would keep us waiting.
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::other("it is no regular file; follow it with command = [\"cat\", \"...\"]"));
        }
        let (inode, moved) = (meta.ino(), Instant::now());
        let (head, last) = (Vec::new(), Vec::new());
        Ok(Some(Self { file, inode, read: 0, done: 0, head, last, intake: intake(), moved }))
    }

    /// The same at a mark, if it is the file the mark is about.
    fn resumed(mut self, mark: &Mark) -> Option<Self> {
        let head = self.bytes_at(0, mark.head).ok()?;
        let is_same = self.size().ok()? >= mark.offset && head.len() == mark.head && digest(&head) == mark.digest;
        if !is_same {
            return None;
        }
        (self.read, self.done) = (mark.offset, mark.offset);
        self.learn(&[]);
        Some(self)
    }

    fn mark(&self) -> Mark {
        let head = &self.head[..self.head.len().min(usize::try_from(self.done).unwrap_or(usize::MAX))];
        Mark { inode: self.inode, offset: self.done, head: head.len(), digest: digest(head) }
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whether what was read is no longer there.
    fn is_replaced(&self) -> io::Result<bool> {
        if self.size()? < self.read {
            return Ok(true);
        }
        let last = self.bytes_at(self.read - self.last.len() as u64, self.last.len())?;
        Ok(last != self.last || self.bytes_at(0, self.head.len())? != self.head)
    }

    /// Reads a piece; `None` if what was read was replaced meanwhile and does not count.
    fn read_piece(&mut self, at: UnixMs) -> io::Result<Option<Step>> {
        let bytes = self.bytes_at(self.read, PIECE)?;
        if bytes.is_empty() {
            if self.moved.elapsed() > HELD {
                self.intake.flush(at);
            }
            return Ok(Some(self.take().map_or(Step::Idle, Step::Read)));
        }
        if self.is_replaced()? {
            return Ok(None);
        }
        self.intake.feed(&bytes, at);
        self.read += bytes.len() as u64;
        self.learn(&bytes);
        self.moved = Instant::now();
        Ok(Some(self.take().map_or(Step::Moved, Step::Read)))
    }

    fn take(&mut self) -> Option<Taken> {
        let taken = self.intake.take()?;
        self.done += taken.bytes;
        Some(taken)
    }

    /// Remembers the first bytes, and the last that were read.
    fn learn(&mut self, read: &[u8]) {
        if self.head.len() < KNOWN && (self.head.len() as u64) < self.read {
            let len = KNOWN.min(usize::try_from(self.read).unwrap_or(KNOWN));
            self.head = self.bytes_at(0, len).unwrap_or_default();
        }
        let last = if read.len() >= KNOWN {
            Ok(read[read.len() - KNOWN..].to_vec())
        } else {
            let len = KNOWN.min(usize::try_from(self.read).unwrap_or(KNOWN));
            self.bytes_at(self.read - len as u64, len)
        };
        self.last = last.unwrap_or_default();
    }

    /// Where the line begins that `end` is in the middle of, if that is near.
    fn line_start_before(&self, end: u64) -> Option<u64> {
        let len = end.min(PIECE as u64);
        let bytes = self.bytes_at(end - len, usize::try_from(len).ok()?).ok()?;
        let start = memchr::memrchr(b'\n', &bytes).map(|at| at as u64 + 1);
        start.map(|start| end - len + start).or((len == end).then_some(0))
    }

    fn bytes_at(&self, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        let mut len = 0;
        while len < most {
            match self.file.read_at(&mut bytes[len..], offset + len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(len);
        Ok(bytes)
    }
}

fn changed(meta: &fs::Metadata) -> (i64, i64) {
    (meta.mtime(), meta.mtime_nsec())
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
