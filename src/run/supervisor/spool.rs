//! The spool: finished lines in a file, each numbered and checked (see [`super::record`]), behind eight bytes that
//! name the format and its version. Its writer runs at most 64 MiB ahead of its reader.

use std::{
    collections::VecDeque,
    fmt::Write,
    fs::{File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    SupervisorError,
    record::{self, Decoded},
};
use crate::domain::log::CleanLine;

const MAGIC: &[u8; 8] = b"QDSPOOL1";
/// How far the writer may run ahead of the reader.
const AHEAD_LIMIT: u64 = 64 << 20;
/// How much is read at once.
const READ_STEP: usize = 256 * 1024;
/// One read hands out no more records once they took this many bytes of the file.
const BATCH_BYTES: usize = 4 << 20;

/// Appends to a spool. Owned by the supervisor.
pub(super) struct SpoolWriter {
    path: PathBuf,
    file: File,
    cursor: File,
    /// Everything before this is in the file.
    written: u64,
    /// What could not be written yet.
    waiting: Vec<u8>,
    lines: u64,
    digest: Sha256,
    /// While it exists and is empty, nothing is written.
    held_back_by: Option<PathBuf>,
}

impl SpoolWriter {
    /// Begins the spool of `dir`.
    pub fn create(dir: &Path, held_back_by: Option<PathBuf>) -> Result<Self, SupervisorError> {
        let path = dir.join("spool");
        let open =
            |path: &Path| OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = open(&path).map_err(SupervisorError::file(&path, "created"))?;
        let cursor = dir.join("cursor");
        let cursor = open(&cursor).map_err(SupervisorError::file(&cursor, "created"))?;
        let digest = Sha256::new_with_prefix(MAGIC);
        file.write_all_at(MAGIC, 0).map_err(SupervisorError::file(&path, "written"))?;
        Ok(Self {
            path,
            file,
            cursor,
            written: MAGIC.len() as u64,
            waiting: Vec::new(),
            lines: 0,
            digest,
            held_back_by,
        })
    }

    /// Numbers lines and writes them. If the disk says no they wait: see [`flush`](Self::flush).
    pub fn append(&mut self, lines: &[CleanLine]) -> io::Result<()> {
        for line in lines {
            self.lines += 1;
            record::encode(self.lines, line, &mut self.waiting);
        }
        self.flush()
    }

    /// Writes what waits, always at the same place: a half-written record of a full disk is written over.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.is_held_back() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(&self.waiting, self.written)?;
        self.digest.update(&self.waiting);
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Whether the command must wait: the disk refuses, or the reader is too far behind.
    pub fn is_full(&self) -> bool {
        !self.waiting.is_empty() || self.written.saturating_sub(self.read_up_to()) > AHEAD_LIMIT
    }

    fn is_held_back(&self) -> bool {
        let seen = self.held_back_by.as_ref().and_then(|path| std::fs::metadata(path).ok());
        seen.is_some_and(|seen| seen.len() == 0)
    }

    fn read_up_to(&self) -> u64 {
        let mut offset = [0; 8];
        match self.cursor.read_exact_at(&mut offset, 0) {
            Ok(()) => u64::from_le_bytes(offset),
            Err(_) => 0,
        }
    }

    /// Brings everything to the disk; returns the number of lines and the digest of the file.
    pub fn close(mut self) -> Result<(u64, String), SupervisorError> {
        let path = self.path.clone();
        self.flush().map_err(SupervisorError::file(&path, "written"))?;
        self.file.sync_all().map_err(SupervisorError::file(&path, "synced"))?;
        Ok((self.lines, hex(&self.digest.finalize())))
    }
}

/// Whether the disk, or what we may use of it, is full.
pub fn is_full_disk(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads a spool while it is being written.
#[derive(Debug)]
pub struct SpoolReader {
    path: PathBuf,
    cursor: PathBuf,
    file: Option<File>,
    /// Where the next record begins, and the number of the one before it.
    offset: u64,
    number: u64,
    /// Numbers of last records of past reads with the offsets behind them, not acknowledged yet.
    unacknowledged: VecDeque<(u64, u64)>,
    /// The last read ended at a bound.
    stopped_early: bool,
}

/// What one read hands out, and its bounds.
struct Batch {
    found: Vec<(u64, CleanLine)>,
    bytes: usize,
    max: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.found.len() >= self.max || self.bytes >= BATCH_BYTES
    }
}

impl SpoolReader {
    /// Opens the spool of the attempt directory `dir`; a spool that does not exist yet reads as empty.
    pub fn open(dir: &Path) -> Result<Self, SupervisorError> {
        let mut reader = Self {
            path: dir.join("spool"),
            cursor: dir.join("cursor"),
            file: None,
            offset: MAGIC.len() as u64,
            number: 0,
            unacknowledged: VecDeque::new(),
            stopped_early: false,
        };
        reader.open_file()?;
        Ok(reader)
    }

    /// `false` if there is no spool yet, or its first bytes are not there yet.
    fn open_file(&mut self) -> Result<bool, SupervisorError> {
        if self.file.is_some() {
            return Ok(true);
        }
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(SupervisorError::file(&self.path, "opened")(error)),
        };
        let mut magic = [0; MAGIC.len()];
        match file.read_exact_at(&mut magic, 0) {
            Ok(()) if magic == *MAGIC => {}
            Ok(()) => {
                return Err(SupervisorError::Damaged { path: self.path.clone(), why: "it is no spool".into() });
            }
            Err(_) => return Ok(false),
        }
        self.file = Some(file);
        Ok(true)
    }

    /// Up to `max` records after number `cursor` (0: from the start), and about 4 MiB of them, with their numbers, ascending
    /// without gaps; [`stopped_early`](Self::stopped_early) says whether a bound was met. Reading on
    /// from where the last call ended is quick. A torn record at the end reads as not there yet. Everything up to `cursor`
    /// counts as stored, as if it had been [acknowledged](Self::acknowledge).
    pub fn read_after(&mut self, cursor: u64, max: usize) -> Result<Vec<(u64, CleanLine)>, SupervisorError> {
        if !self.open_file()? {
            return Ok(Vec::new());
        }
        if cursor < self.number {
            (self.offset, self.number) = (MAGIC.len() as u64, 0);
            self.unacknowledged.clear();
        }
        let mut batch = Batch { found: Vec::new(), bytes: 0, max };
        while !batch.is_full() && self.read_block(cursor, &mut batch)? {}
        self.stopped_early = batch.is_full();
        self.unacknowledged.push_back((self.number, self.offset));
        self.acknowledge(cursor)?;
        Ok(batch.found)
    }

    /// Whether the last read ended at one of its bounds, not at the end of the spool.
    pub fn stopped_early(&self) -> bool {
        self.stopped_early
    }

    /// Takes in the records of one block of the file; `false` if there is no whole one.
    fn read_block(&mut self, cursor: u64, batch: &mut Batch) -> Result<bool, SupervisorError> {
        let mut block = self.read_at(READ_STEP)?;
        if let Some(len) = block.first_chunk::<4>() {
            let whole = record::HEAD + (u32::from_le_bytes(*len) as usize).min(record::BODY_LIMIT);
            if whole > READ_STEP && block.len() == READ_STEP {
                block = self.read_at(whole + 1)?;
            }
        }
        let mut at = 0;
        while !batch.is_full() {
            match record::decode(&block[at..]) {
                Decoded::Record(number, line, len) => {
                    if number != self.number + 1 {
                        return Err(self.damaged(&format!("record {number} follows {}", self.number)));
                    }
                    at += len;
                    self.number = number;
                    self.offset += len as u64;
                    if number > cursor {
                        batch.found.push((number, line));
                        batch.bytes += len;
                    } else if number == cursor {
                        self.unacknowledged.push_back((self.number, self.offset));
                    }
                }
                Decoded::Torn => break,
                Decoded::Damaged(why) => return Err(self.damaged(why)),
            }
        }
        Ok(at > 0)
    }

    fn read_at(&self, most: usize) -> Result<Vec<u8>, SupervisorError> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let mut block = vec![0; most];
        let mut len = 0;
        while len < most {
            match file.read_at(&mut block[len..], self.offset + len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(SupervisorError::file(&self.path, "read")(error)),
            }
        }
        block.truncate(len);
        Ok(block)
    }

    fn damaged(&self, why: &str) -> SupervisorError {
        SupervisorError::Damaged { path: self.path.clone(), why: format!("at byte {}: {why}", self.offset) }
    }

    /// Tells the supervisor that everything up to `cursor` is stored, so that it may write on.
    pub fn acknowledge(&mut self, cursor: u64) -> Result<(), SupervisorError> {
        let mut stored = None;
        while let Some((number, offset)) = self.unacknowledged.front().copied()
            && number <= cursor
        {
            stored = Some(offset);
            self.unacknowledged.pop_front();
        }
        let Some(offset) = stored else { return Ok(()) };
        // A full disk takes no new file: then the next acknowledgement tells.
        let write = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.cursor)?;
            file.write_all_at(&offset.to_le_bytes(), 0)
        };
        match write() {
            Err(error) if is_full_disk(&error) => Ok(()),
            done => done.map_err(SupervisorError::file(&self.cursor, "written")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{log::Stream, time::UnixMs};

    fn line(n: usize) -> CleanLine {
        CleanLine {
            at: UnixMs(0),
            stream: Stream::Out,
            text: format!("line {n} {}", "x".repeat(n % 300)),
            spans: vec![],
        }
    }

    #[test]
    fn a_reader_sees_every_record_once_and_goes_on_from_any_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = SpoolReader::open(dir.path()).unwrap();
        assert!(reader.read_after(0, 10).unwrap().is_empty());
        let mut writer = SpoolWriter::create(dir.path(), None).unwrap();
        let lines: Vec<CleanLine> = (1..=5000).map(line).collect();
        lines.chunks(7).for_each(|some| writer.append(some).unwrap());
        let mut got = Vec::new();
        loop {
            let some = reader.read_after(got.len() as u64, 333).unwrap();
            if some.is_empty() {
                break;
            }
            got.extend(some);
        }
        assert!(got.iter().enumerate().all(|(n, (number, _))| *number == n as u64 + 1));
        assert_eq!(got.iter().map(|(_, line)| line).collect::<Vec<_>>(), lines.iter().collect::<Vec<_>>());
        assert_eq!(writer.read_up_to(), std::fs::metadata(dir.path().join("spool")).unwrap().len());
        let mut other = SpoolReader::open(dir.path()).unwrap();
        assert_eq!(other.read_after(4990, 100).unwrap().len(), 10);
        assert_eq!(other.read_after(17, 1).unwrap()[0].0, 18);
    }

    #[test]
    fn a_record_longer_than_a_block_is_read_whole() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = SpoolWriter::create(dir.path(), None).unwrap();
        let long = CleanLine { text: "y".repeat(READ_STEP * 2), ..line(1) };
        writer.append(&[line(1), long.clone(), line(2)]).unwrap();
        let mut reader = SpoolReader::open(dir.path()).unwrap();
        let got = reader.read_after(0, 10).unwrap();
        assert_eq!(got.len(), 3);
        assert_eq!(got[1].1, long);
    }

    #[test]
    fn f24_the_writer_waits_for_its_reader() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = SpoolWriter::create(dir.path(), None).unwrap();
        let long = CleanLine { text: "z".repeat(60_000), ..line(1) };
        while !writer.is_full() {
            writer.append(std::slice::from_ref(&long)).unwrap();
        }
        assert!(writer.written <= AHEAD_LIMIT + 100_000);
        let mut reader = SpoolReader::open(dir.path()).unwrap();
        let some = reader.read_after(0, 10_000).unwrap();
        let bytes: usize = some.iter().map(|(_, line)| line.text.len()).sum();
        assert!(reader.stopped_early() && bytes <= BATCH_BYTES + 60_000, "{bytes} bytes at once");
        let cursor = some.last().unwrap().0;
        assert!(writer.is_full());
        reader.acknowledge(cursor).unwrap();
        assert!(!writer.is_full());
    }

    #[test]
    fn f30_while_the_disk_is_full_nothing_is_written_and_afterwards_everything_once() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = dir.path().join("ballast");
        let mut writer = SpoolWriter::create(dir.path(), Some(ballast.clone())).unwrap();
        writer.append(&[line(1)]).unwrap();
        std::fs::write(&ballast, "").unwrap();
        assert!(is_full_disk(&writer.append(&[line(2)]).unwrap_err()));
        assert!(writer.is_full());
        let mut reader = SpoolReader::open(dir.path()).unwrap();
        assert_eq!(reader.read_after(0, 10).unwrap().len(), 1);
        std::fs::write(&ballast, "room").unwrap();
        writer.append(&[line(3)]).unwrap();
        assert!(!writer.is_full());
        let got: Vec<_> = reader.read_after(1, 10).unwrap().into_iter().map(|(_, line)| line).collect();
        assert_eq!(got, [line(2), line(3)]);
    }
}
