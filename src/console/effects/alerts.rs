//! What people say to alerts, and reading their runbooks.

use std::{io::Read, path::Path, time::Duration};

use crate::{
    domain::{
        alert::{
            AlertKey,
            tell::{Acknowledgement, Matcher, Silence},
        },
        text::clean_text,
        time::UnixMs,
    },
    run::launch,
    store::Store,
};

use super::super::app::msg::Msg;

/// More of a runbook than this is not read on the screen.
const MOST: u64 = 256 * 1024;

/// Stores that somebody is at an alert.
pub fn acknowledge(store: &Store, key: AlertKey, fired_at: UnixMs) -> Option<Msg> {
    let author = launch::current_actor().to_string();
    let said = Acknowledgement { at: now(), key, fired_at, author, note: String::new() };
    let result = store.acknowledge(said).wait();
    result.err().map(|error| Msg::Trouble(format!("the acknowledgement was not kept: {error}")))
}

/// Stores a silence.
pub fn silence(
    store: &Store,
    env: String,
    matches: Matcher,
    (from, length): (UnixMs, Duration),
    reason: String,
) -> Option<Msg> {
    let author = launch::current_actor().to_string();
    let silence = Silence { id: 0, env, matches, author, reason, from, until: from.after(length), ended: None };
    let result = store.add_silence(silence).wait();
    result.err().map(|error| Msg::Trouble(format!("the silence was not kept: {error}")))
}

/// Ends a silence.
pub fn end_silence(store: &Store, id: i64) -> Option<Msg> {
    let result = store.end_silence(id, now()).wait();
    result.err().map(|error| Msg::Trouble(format!("silence {id} did not end: {error}")))
}

/// Reads a runbook: a file below the project's root, whatever links lie on the way.
pub fn runbook(root: &Path, path: &str) -> Msg {
    match read(root, path) {
        Ok(text) => Msg::Read { title: format!("Runbook {path}"), lines: text.lines().map(str::to_owned).collect() },
        Err(why) => Msg::Trouble(format!("the runbook {path} can't be shown: {why}")),
    }
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    let root = root.canonicalize().map_err(said)?;
    let file = root.join(path).canonicalize().map_err(said)?;
    if !file.starts_with(&root) {
        return Err(format!("it lies outside of {}; give its address instead", root.display()));
    }
    let opened = std::fs::File::open(&file).map_err(said)?;
    if !opened.metadata().map_err(said)?.is_file() {
        return Err("it is not a file".into());
    }
    let mut bytes = Vec::new();
    opened.take(MOST).read_to_end(&mut bytes).map_err(said)?;
    let mut text = clean_text(&String::from_utf8_lossy(&bytes), MOST as usize);
    if bytes.len() as u64 == MOST {
        text.push_str("\n\n(the rest is not shown: it is longer than 256 KiB)");
    }
    Ok(text)
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_is_read_below_the_projects_root_and_nowhere_else() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.md"), "no").unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("docs")).unwrap();
        std::fs::write(root.path().join("docs/errors.md"), "# Errors\n\nRead \u{1b}[31mthis\u{1b}[0m.\n").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret.md"), root.path().join("link.md")).unwrap();
        assert_eq!(read(root.path(), "docs/errors.md").unwrap(), "# Errors\n\nRead this.");
        assert!(read(root.path(), "link.md").unwrap_err().contains("outside"));
        let up = format!("../{}/secret.md", outside.path().file_name().unwrap().to_str().unwrap());
        assert!(read(root.path(), &up).unwrap_err().contains("outside"));
        assert!(read(root.path(), "docs").unwrap_err().contains("not a file"));
        assert!(read(root.path(), "none.md").is_err());
    }
}
