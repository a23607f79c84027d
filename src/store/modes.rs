//! Who may read and write what: its owner alone, or the group of a shared state directory.
//!
//! A state directory is shared if it is set up so: writable for its group, with the setgid bit, which hands the group down
//! (2770). Then what is made in it is for the group as well, whatever the umask of who makes it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

const GROUP_WRITES: u32 = 0o020;
const SETGID: u32 = 0o2000;

/// Whether what is made in `dir` is for its group as well.
pub fn is_shared(dir: &Path) -> bool {
    fs::metadata(dir).is_ok_and(|seen| seen.mode() & (SETGID | GROUP_WRITES) == SETGID | GROUP_WRITES)
}

/// Opens a file as `options` say; one that is made by that gets 0600, or 0660 in a shared directory.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let shared = path.parent().is_some_and(is_shared);
    let file = options.mode(if shared { 0o660 } else { 0o600 }).open(path)?;
    if shared {
        let seen = file.metadata()?;
        // The umask took something away. Only its owner may change that, and only a new file can be so.
        if seen.mode() & 0o777 != 0o660 && seen.uid() == rustix::process::geteuid().as_raw() {
            file.set_permissions(Permissions::from_mode(0o660))?;
        }
    }
    Ok(file)
}

/// Makes a directory and those above it: 0700, or 2770 in a shared directory.
pub(super) fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if path.parent().is_some_and(is_shared) {
        fs::set_permissions(path, Permissions::from_mode(0o2770))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn f38_what_is_made_in_a_shared_directory_is_for_the_group_and_elsewhere_for_its_owner() {
        for (own, file, dir) in [(0o2770, 0o660, 0o2770), (0o700, 0o600, 0o700), (0o750, 0o600, 0o700)] {
            let place = tempfile::tempdir().unwrap();
            fs::set_permissions(place.path(), Permissions::from_mode(own)).unwrap();
            let made = place.path().join("file");
            open(&made, OpenOptions::new().write(true).create(true).truncate(false)).unwrap();
            make_dir(&place.path().join("dir")).unwrap();
            assert_eq!((mode(&made), mode(&place.path().join("dir"))), (file, dir), "{own:o}");
        }
    }
}
