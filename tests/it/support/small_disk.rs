//! A disk that can be filled: a small tmpfs in a mount namespace of its own, in which a test runs once more.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// Set within the namespace: the test is to be run, not to be started again.
const INSIDE: &str = "QUARTERDECK_SMALL_DISK";

/// Runs `test`, whose name in the test binary is `name`, with its temporary directory on a disk of `mib` MiB. Needs the
/// right to make a user namespace, or to be root.
pub fn on_a_small_disk(name: &str, mib: u32, test: impl FnOnce(&Path)) {
    if let Some(disk) = std::env::var_os(INSIDE) {
        return test(Path::new(&disk));
    }
    let place = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=${MIB}m none \"$TMPDIR\" && exec \"$@\"";
    let run = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .env("MIB", mib.to_string())
        .env("TMPDIR", place.path())
        .env(INSIDE, place.path())
        .output()
        .unwrap();
    let (told, complaints) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    // A name that no test has runs none, and that is a success too.
    let ran = run.status.success() && told.contains("1 passed");
    assert!(ran, "{name} on a disk of {mib} MiB: {}\n{told}\n{complaints}", run.status);
}

/// What takes all the room there is, until it is dropped.
pub struct Filler(PathBuf);

impl Filler {
    pub fn fill(disk: &Path) -> Self {
        let path = disk.join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
