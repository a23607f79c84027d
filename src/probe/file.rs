//! A file: whether it is there, how old and large it is, whose, and what is in it if a condition asks.

use std::{
    fs::{self, Metadata, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::domain::{
    fact::Facts,
    probe::{FileLook, Outcome, Phase, ProbeError, ProbeSpec},
    template::Rendered,
};

use super::{
    blocking::{self, Hanging},
    dial::ms_since,
    error::{failed, is_shortage},
    lookup::SecretLookup,
    target::resolve,
    wants::Wants,
};

/// Bytes read for a digest at most: beyond that a look is the wrong tool.
const MOST_DIGESTED: u64 = 1 << 30;

/// What a look at a file needs to know of its conditions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    wants: Wants,
    text_bytes: usize,
}

/// Looks at the file.
pub(super) async fn look(
    look: &FileLook<Rendered>,
    spec: &ProbeSpec,
    deadline: Instant,
    (hanging, wants): (&mut Hanging, Wants),
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let path = path(look, secrets)?;
    let begun = Instant::now();
    let what = format!("looking at {}", path.display());
    let asked = Asked { wants, text_bytes: spec.limits.body_bytes };
    let facts = blocking::run(hanging, spec, deadline, &what, move || read(&path, asked, deadline)).await?;
    outcome.latency_ms = Some(ms_since(begun));
    outcome.facts = facts;
    Ok(())
}

/// The path, absolute.
pub(super) fn path(look: &FileLook<Rendered>, secrets: SecretLookup<'_>) -> Result<PathBuf, ProbeError> {
    let path = resolve(&look.path, secrets)?;
    if path.is_empty() {
        return Err(failed(Phase::Prepare, "bad_path", "the path is empty"));
    }
    Ok(Path::new(&look.dir).join(path))
}

/// The stable word for an I/O error at a path, and how to say it.
pub(super) fn refusal(kind: io::ErrorKind, error: &dyn std::fmt::Display) -> (&'static str, String) {
    match kind {
        io::ErrorKind::NotFound => ("not_found", "there is nothing at that path".to_owned()),
        io::ErrorKind::PermissionDenied => ("forbidden", "this user may not read it".to_owned()),
        io::ErrorKind::NotADirectory => ("not_found", "a part of the path is no directory".to_owned()),
        _ => ("io", error.to_string()),
    }
}

/// What this user may not read may be as it should: that is not known.
fn broken(path: &Path, error: &io::Error) -> ProbeError {
    let ours = error.kind() == io::ErrorKind::PermissionDenied || is_shortage(error);
    let phase = if ours { Phase::Prepare } else { Phase::Processing };
    let (kind, why) = refusal(error.kind(), error);
    failed(phase, kind, format!("can't look at {}: {why}", path.display()))
}

fn read(path: &Path, asked: Asked, deadline: Instant) -> Result<Facts, ProbeError> {
    let mut facts = Facts::default();
    let broken = |error: &io::Error| broken(path, error);
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            facts.set("exists", false);
            return Ok(facts);
        }
        Err(error) => return Err(broken(&error)),
    };
    describe(&found, &mut facts);
    if !found.is_file() || !(asked.wants.sha256 || asked.wants.text) {
        return Ok(facts);
    }
    // It may have become a pipe since: that must not hold the look up.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| broken(&error))?;
    let (digest, text) = content(file, asked, deadline).map_err(|error| broken(&error))?;
    if let Some(digest) = digest {
        facts.set("sha256", digest);
    }
    if let Some(text) = text {
        facts.set("text", text);
    }
    Ok(facts)
}

fn describe(found: &Metadata, facts: &mut Facts) {
    facts.set("exists", true);
    facts.set("bytes", found.len());
    facts.set("mode", format!("{:04o}", found.mode() & 0o7777));
    facts.set("owner", owner(found.uid()));
    if let Ok(changed) = found.modified() {
        // A time to come is a negative age: some clock is wrong, and conditions may say so.
        let age = match SystemTime::now().duration_since(changed) {
            Ok(age) => age.as_secs_f64(),
            Err(ahead) => -ahead.duration().as_secs_f64(),
        };
        facts.set("age_s", age);
    }
}

/// The name of a user as the local file of users has it, else the number.
fn owner(uid: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&users, uid).unwrap_or_else(|| uid.to_string())
}

fn name_of(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// The digest of all, and the text of the beginning; each only if asked for.
fn content(mut file: impl Read, asked: Asked, deadline: Instant) -> io::Result<(Option<String>, Option<String>)> {
    let mut digest = Sha256::new();
    let mut head = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0_u64;
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = &buffer[..read];
        total += read as u64;
        digest.update(bytes);
        let room = asked.text_bytes.saturating_sub(head.len());
        head.extend_from_slice(&bytes[..read.min(room)]);
        if read == 0 || (!asked.wants.sha256 && head.len() >= asked.text_bytes) {
            break;
        }
        if total > MOST_DIGESTED || Instant::now() > deadline {
            return Err(io::Error::other(format!("it is too large for a digest ({total} bytes read)")));
        }
    }
    let digest = asked.wants.sha256.then(|| digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
    Ok((digest, asked.wants.text.then(|| String::from_utf8_lossy(&head).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text_bytes: usize) -> Asked {
        Asked { wants: Wants { sha256: true, text: true, ..Wants::default() }, text_bytes }
    }

    #[test]
    fn the_digest_is_of_all_and_the_text_of_the_beginning() {
        let far = Instant::now() + std::time::Duration::from_secs(60);
        let (digest, text) = content(&b"hello"[..], asked(4), far).unwrap();
        assert_eq!(digest.unwrap(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!(text.unwrap(), "hell");
    }

    #[test]
    fn what_this_user_may_not_read_says_nothing_of_the_file() {
        let phase = |number| broken(Path::new("/x"), &io::Error::from_raw_os_error(number)).phase;
        let (denied, too_many_files, broken_disk) = (13, 24, 5);
        assert_eq!([phase(denied), phase(too_many_files)], [Phase::Prepare; 2]);
        assert_eq!(phase(broken_disk), Phase::Processing);
    }

    #[test]
    fn an_endless_file_ends_at_the_deadline() {
        assert!(content(io::repeat(b'x'), asked(10), Instant::now()).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn owners_have_names_where_the_machine_knows_them() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(name_of(users, 1000).as_deref(), Some("alice"));
        assert_eq!(name_of(users, 7), None);
    }
}
