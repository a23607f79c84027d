//! The files of a configuration, and places in them.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// More than this is no configuration.
const MOST_BYTES: u64 = 4 << 20;

/// A range of bytes in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index in `Sources`.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// After the last byte.
    pub end: usize,
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As given, or below the directory that was given.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<str>,
}

/// A file that could not be read: its path, and one sentence.
pub type Unreadable = (PathBuf, String);

/// All files, in name order. With each one that could not be read.
pub fn read_all(path: &Path) -> (Vec<Source>, Vec<Unreadable>) {
    let files = match files_of(path) {
        Ok(files) => files,
        Err(unreadable) => return (Vec::new(), vec![unreadable]),
    };
    let mut sources = Vec::new();
    let mut unreadable = Vec::new();
    for file in files {
        match read_one(&file) {
            Ok(text) => sources.push(Source { path: file, text: text.into() }),
            Err(why) => unreadable.push((file, why)),
        }
    }
    (sources, unreadable)
}

/// The file itself, or the `.toml` files of a directory in name order.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let explain = |why: std::io::Error| (path.to_owned(), format!("the directory can't be listed: {why}"));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(explain)? {
        let file = entry.map_err(explain)?.path();
        let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err((
            path.to_owned(),
            "there is no .toml file in this directory; `quarterdeck init` writes one".into(),
        ));
    }
    Ok(files)
}

fn read_one(path: &Path) -> Result<String, String> {
    let explain = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => {
            "there is no such file; `quarterdeck init` writes one, --config names another".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => format!("it can't be read: {why}; ask its owner, or see `ls -l`"),
        _ => format!("it can't be read: {why}"),
    };
    // Before it is opened: opening a pipe waits for somebody to write into it.
    if !fs::metadata(path).map_err(explain)?.is_file() {
        return Err("this is not a regular file; a configuration is a .toml file or a directory of them".into());
    }
    let file = fs::File::open(path).map_err(explain)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(explain)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("it is larger than 4 MiB, which no configuration is".into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("byte {at} is not valid UTF-8; save the file as UTF-8")
    })
}

/// Line and column, from 1, the column in characters.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.bytes().filter(|byte| *byte == b'\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Where byte `offset` of a TOML string's value stands in the string as written, which may hold escapes.
pub fn offset_as_written(written: &str, offset: usize) -> usize {
    let (open, literal) = match written {
        _ if written.starts_with("\"\"\"") => (3, false),
        _ if written.starts_with("'''") => (3, true),
        _ if written.starts_with('\'') => (1, true),
        _ if written.starts_with('"') => (1, false),
        _ => (0, true),
    };
    let mut at = open;
    if open == 3 {
        at += if written[at..].starts_with("\r\n") { 2 } else { usize::from(written[at..].starts_with('\n')) };
    }
    if literal {
        return (at + offset).min(written.len());
    }
    let mut value = 0;
    while value < offset && at < written.len() {
        let rest = &written[at..];
        let (bytes, length) = match unescape(rest) {
            Some(escape) => escape,
            None => rest.chars().next().map_or((1, 1), |plain| (plain.len_utf8(), plain.len_utf8())),
        };
        at += bytes;
        value += length;
    }
    at.min(written.len())
}

/// Of an escape at the start of `rest`: bytes as written, bytes in the value.
fn unescape(rest: &str) -> Option<(usize, usize)> {
    let mut characters = rest.strip_prefix('\\')?.chars();
    let digits = match characters.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        ' ' | '\t' | '\r' | '\n' => {
            let skipped = rest[1..].len() - rest[1..].trim_start().len();
            return Some((1 + skipped, 0));
        }
        _ => return Some((2, 1)),
    };
    let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
    Some((2 + digits, code.map_or(1, char::len_utf8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_in_a_value_is_found_in_the_text_as_written() {
        assert_eq!(offset_as_written("'abc'", 2), 3);
        assert_eq!(offset_as_written(r#""a\"bc""#, 2), 4);
        assert_eq!(offset_as_written(r#""\u00e9x""#, 2), 7);
        assert_eq!(offset_as_written("\"\"\"\nab\"\"\"", 1), 5);
        assert_eq!(offset_as_written("\"\"\"a\\\n   b\"\"\"", 1), 4, "before the line continuation");
        assert_eq!(offset_as_written("'ab'", 99), 4, "never beyond the string");
    }

    #[test]
    fn a_pipe_is_refused_and_never_opened() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("quarterdeck.toml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (sources, unreadable) = read_all(&pipe);
        assert!(sources.is_empty() && unreadable[0].1.contains("not a regular file"), "{unreadable:?}");
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(line_and_column("a = 1\nüb = 2", 8), (2, 2));
        assert_eq!(line_and_column("", 0), (1, 1));
    }
}
