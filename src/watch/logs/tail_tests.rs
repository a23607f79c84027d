//! Rotation with real files: every line exactly once and in order, also across a restart.

use std::{io::Write, path::Path};

use tempfile::TempDir;

use super::*;
use crate::domain::{
    service_log::{Fields, Format},
    text::Masker,
};

fn intake() -> Intake {
    Intake::new("api", Format::Auto, Fields::default(), false, Masker::default())
}

/// A writer of numbered lines and a reader of them.
struct Bench {
    dir: TempDir,
    written: u32,
    tail: Option<Tail>,
    marks: Marks,
    seen: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("api.log"), "old line\nhalf a ").unwrap();
        let mut bench = Self { dir, written: 0, tail: None, marks: Marks::new(), seen: Vec::new() };
        let tail = Tail::at_end(bench.path(), intake);
        bench.marks = tail.marks();
        bench.tail = Some(tail);
        bench.append("line\n");
        bench
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("api.log")
    }

    fn name(&self, number: u32) -> PathBuf {
        self.dir.path().join(format!("api.log.{number}"))
    }

    fn append(&self, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn write(&mut self, lines: u32) {
        let text: String = (0..lines).map(|line| format!("{}\n", self.written + line)).collect();
        self.written += lines;
        self.append(&text);
    }

    /// As logrotate does: every copy one further.
    fn rotate(&self) {
        self.shift();
        fs::rename(self.path(), self.name(1)).unwrap();
    }

    fn copy_and_truncate(&self) {
        self.shift();
        fs::copy(self.path(), self.name(1)).unwrap();
        OpenOptions::new().write(true).open(self.path()).unwrap().set_len(0).unwrap();
    }

    fn shift(&self) {
        for number in (1..20).rev().filter(|number| self.name(*number).exists()) {
            fs::rename(self.name(number), self.name(number + 1)).unwrap();
        }
    }

    fn step(&mut self) -> bool {
        let tail = self.tail.as_mut().unwrap();
        match tail.step(UnixMs(1), intake).unwrap() {
            Step::Idle => false,
            Step::Moved => true,
            Step::Read(taken) => {
                self.seen.extend(taken.lines.into_iter().map(|line| line.line.message));
                // What the store would remember, in the same transaction.
                self.marks = tail.marks();
                true
            }
        }
    }

    fn read(&mut self) {
        while self.step() {}
    }

    /// The watcher is killed and another begins where the store says.
    fn restart(&mut self) -> bool {
        let (tail, lost) = Tail::resume(self.path(), self.marks.clone(), intake);
        self.tail = Some(tail);
        lost
    }

    fn check(&mut self) {
        self.read();
        let mut expected = vec!["half a line".to_owned()];
        expected.extend((0..self.written).map(|line| line.to_string()));
        let first = self.seen.iter().zip(&expected).position(|(seen, expected)| seen != expected);
        let around = first.map(|at| &self.seen[at.saturating_sub(2)..self.seen.len().min(at + 3)]);
        assert_eq!((first, self.seen.len()), (None, expected.len()), "{around:?}");
    }
}

#[test]
fn following_begins_at_the_end_with_the_line_that_is_being_written() {
    let mut bench = Bench::new();
    bench.write(3);
    bench.check();
}

#[test]
fn a_file_that_is_renamed_and_made_anew_is_read_to_its_end_first() {
    let mut bench = Bench::new();
    bench.write(3);
    bench.read();
    bench.write(2);
    let mut late = OpenOptions::new().append(true).open(bench.path()).unwrap();
    bench.rotate();
    late.write_all(b"5\n6\n").unwrap();
    bench.written += 2;
    bench.write(4);
    bench.check();
}

#[test]
fn files_that_came_and_went_between_two_looks_are_read_as_well() {
    let mut bench = Bench::new();
    for lines in [3, 1, 5, 2, 4] {
        bench.write(lines);
        bench.rotate();
        // Two files must not be changed within one tick of the clock of the file system.
        let until = Instant::now() + Duration::from_millis(20);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    }
    bench.write(2);
    bench.check();
}

#[test]
fn a_writer_that_goes_on_in_the_renamed_file_loses_nothing() {
    let mut bench = Bench::new();
    let mut writer = OpenOptions::new().append(true).open(bench.path()).unwrap();
    bench.rotate();
    bench.read();
    writer.write_all(b"0\n1\n").unwrap();
    bench.written = 2;
    bench.read();
    bench.write(2);
    bench.check();
}

#[test]
fn copied_and_truncated_files_are_read_on_in_the_copy() {
    let mut bench = Bench::new();
    bench.write(50);
    bench.read();
    bench.write(50);
    bench.copy_and_truncate();
    bench.write(10);
    bench.check();
    // Grown beyond what was read before anybody looked.
    bench.write(5);
    bench.copy_and_truncate();
    bench.write(500);
    bench.check();
}

#[test]
fn a_truncated_file_is_read_from_its_beginning() {
    let mut bench = Bench::new();
    bench.write(20);
    bench.read();
    fs::write(bench.path(), "").unwrap();
    bench.write(3);
    bench.check();
}

#[test]
fn a_restart_reads_nothing_twice_and_loses_nothing_whatever_happened_meanwhile() {
    for happens in [Bench::rotate, Bench::copy_and_truncate, |_: &Bench| ()] {
        let mut bench = Bench::new();
        bench.write(100);
        bench.read();
        bench.write(3);
        bench.append("half ");
        bench.step();
        bench.written += 1;
        bench.append("of it\n");
        happens(&bench);
        bench.write(4);
        assert!(!bench.restart());
        bench.read();
        let halves = bench.seen.iter().filter(|line| *line == "half of it").count();
        assert_eq!(halves, 1);
        bench.seen.retain(|line| line != "half of it");
        let mut expected = vec!["half a line".to_owned()];
        expected.extend((0..103).chain(104..108).map(|line| line.to_string()));
        assert_eq!(bench.seen, expected);
    }
}

#[test]
fn a_killed_watcher_goes_on_where_the_store_says() {
    let mut bench = Bench::new();
    for round in 0..30 {
        bench.write(7);
        if round % 3 == 0 {
            bench.rotate();
        }
        bench.step();
        bench.restart();
        let until = Instant::now() + Duration::from_millis(10);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    }
    bench.write(1);
    bench.check();
}

#[test]
fn an_inode_that_another_file_has_now_is_another_file() {
    let mut bench = Bench::new();
    bench.write(10);
    bench.read();
    // The same inode, with other content that is longer than what was read.
    let text: String = (10..40).map(|line| format!("{line}\n")).collect();
    fs::write(bench.path(), &text).unwrap();
    bench.written = 40;
    assert!(bench.restart(), "the rest of the one before is gone, and that is said");
    bench.check();
}

#[test]
fn a_fast_writer_with_rotation_is_read_exactly_once_in_order() {
    let mut bench = Bench::new();
    let (path, dir) = (bench.path(), bench.dir.path().to_owned());
    let writer = std::thread::spawn(move || {
        let mut number = 0;
        for round in 0..40 {
            let mut file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
            for _ in 0..500 {
                writeln!(file, "{number}").unwrap();
                number += 1;
            }
            if round % 4 == 3 {
                fs::rename(&path, dir.join(format!("api.log.{round}"))).unwrap();
            }
        }
        number
    });
    let mut steps = 0;
    while !writer.is_finished() {
        bench.step();
        steps += 1;
        if steps % 50 == 0 {
            bench.restart();
        }
    }
    bench.written = writer.join().unwrap();
    bench.check();
}

#[test]
fn f80_a_pipe_is_refused_and_an_unreadable_file_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut tail = Tail::at_start(dir.path().to_owned());
    assert!(tail.step(UnixMs(1), intake).is_err_and(|error| error.to_string().contains("no regular file")));
    let mut missing = Tail::at_start(dir.path().join("later.log"));
    assert!(matches!(missing.step(UnixMs(1), intake), Ok(Step::Idle)));
    fs::write(dir.path().join("later.log"), "first\n").unwrap();
    let mut read = 0;
    while let Step::Moved | Step::Read(_) = missing.step(UnixMs(1), intake).unwrap() {
        read += 1;
    }
    assert!(read > 0 && missing.holds(&dir.path().join("later.log")));
    assert!(!missing.holds(Path::new("/nowhere")));
}
