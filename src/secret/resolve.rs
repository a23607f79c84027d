//! Where values come from: an environment variable, a file, a command.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    command,
    value::{MOST_BYTES, Secret, text},
};
use crate::domain::environment::SecretSource;

/// Shortest value, in bytes: masking a shorter one would hide ordinary text.
const LEAST_BYTES: usize = 6;

/// Bound on a command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks up one name; the error is a sentence that never holds the value.
pub(super) fn resolve(name: &str, sources: &BTreeMap<String, SecretSource>, root: &Path) -> Result<Secret, String> {
    let read = match sources.get(name) {
        Some(SecretSource::Env(variable)) => from_environment(variable),
        Some(SecretSource::File(path)) => from_file(&root.join(path)),
        Some(SecretSource::Command(argv)) => command::run(argv, root, PATIENCE),
        None => from_environment(name)
            .map_err(|why| format!("it is not under [secrets], so it must be an environment variable: {why}")),
    };
    read.and_then(check)
}

/// Without its trailing newline, and long enough to be masked.
fn check(mut value: Secret) -> Result<Secret, String> {
    let kept = value.trim_end_matches(['\n', '\r']).len();
    value.truncate(kept);
    if value.contains('\0') {
        return Err("its value holds a NUL byte, which no header and no command can carry".into());
    }
    // As the masker measures: spaces around it are not part of what is looked for.
    let measured = value.trim().len();
    if measured == 0 {
        return Err("its value is empty".into());
    }
    if measured < LEAST_BYTES {
        return Err(format!(
            "its value has {measured} bytes; below {LEAST_BYTES} it can't be masked in logs without hiding ordinary text; \
             use a longer one, or a plain value under [environments.X.vars] if it is no secret"
        ));
    }
    Ok(value)
}

fn from_environment(variable: &str) -> Result<Secret, String> {
    match std::env::var(variable) {
        Ok(value) => Ok(value.into()),
        Err(std::env::VarError::NotPresent) => {
            Err(format!("the environment variable {variable} is not set; export it"))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {variable} is not valid UTF-8"))
        }
    }
}

/// Reads a file that nobody else may read. The checks are on the open file, so that it can't be exchanged in between.
fn from_file(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK).bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(no_follow).open(path).map_err(|error| {
        let link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
        match error.kind() {
            _ if link => format!("{shown} is a symbolic link; name the file itself"),
            ErrorKind::NotFound => {
                format!("there is no file {shown}; create it with: install -m 600 /dev/stdin {shown}")
            }
            ErrorKind::PermissionDenied => format!("{shown} can't be read by this user: {error}"),
            _ => format!("{shown} can't be read: {error}"),
        }
    })?;
    let meta = file.metadata().map_err(|error| format!("{shown} can't be read: {error}"))?;
    if !meta.is_file() {
        return Err(format!("{shown} is not a regular file"));
    }
    // Files that an init system hands out belong to root and are readable by the service's group.
    let allowed = if meta.uid() == 0 && !rustix::process::geteuid().is_root() { 0o040 } else { 0 };
    if meta.mode() & 0o077 & !allowed != 0 {
        let mode = meta.mode() & 0o777;
        return Err(format!("others may read {shown} (mode {mode:04o}); run: chmod 600 {shown}"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{shown} can't be read: {error}"))?;
    text(bytes, &format!("{shown}"))
}
