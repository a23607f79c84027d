//! A state directory that a group shares: two people of it, one history.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::{Command, Stdio},
};

/// A group that nobody has, and two people in it.
const GROUP: u32 = 30_000;
const PEOPLE: [u32; 2] = [20_001, 20_002];

struct Bastion {
    dir: tempfile::TempDir,
}

impl Bastion {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // The build may lie where only its owner may go.
        fs::copy(env!("CARGO_BIN_EXE_quarterdeck"), dir.path().join("quarterdeck")).unwrap();
        let config = "state_dir = \"state\"\n[project]\nname = \"shared\"\n[environments.test]\n\
                      [pipelines.go]\nkind = \"task\"\nsteps = [{ name = \"Who\", run = [\"id\", \"-u\"] }]\n";
        fs::write(dir.path().join("quarterdeck.toml"), config).unwrap();
        let bastion = Self { dir };
        fs::create_dir(bastion.state()).unwrap();
        chown(bastion.state(), None, Some(GROUP)).unwrap();
        fs::set_permissions(bastion.state(), fs::Permissions::from_mode(0o2770)).unwrap();
        bastion
    }

    fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    /// Runs it as that person, with the usual umask; what it printed.
    fn say(&self, person: u32, arguments: &[&str]) -> String {
        let who = person.to_string();
        let output = Command::new("setpriv")
            .args(["--reuid", &who, "--regid", &who, "--groups", &GROUP.to_string(), "--"])
            .args(["sh", "-c", "umask 022; exec \"$@\"", "sh"])
            .arg(self.dir.path().join("quarterdeck"))
            .args(arguments)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{person} {arguments:?}: {} {error}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }
}

fn mode(path: &Path) -> (u32, u32) {
    let seen = fs::metadata(path).unwrap();
    (seen.mode() & 0o7777, seen.gid())
}

#[test]
#[ignore = "needs to be root, to be two people: run by .ci/run"]
fn f38_two_people_of_one_group_share_a_history() {
    let bastion = Bastion::new();
    for (number, person) in (1..).zip(PEOPLE.into_iter().chain(PEOPLE)) {
        let told = bastion.say(person, &["run", "go", "--yes"]);
        assert!(told.contains(&person.to_string()), "the command runs as who started it: {told}");
        let listed = bastion.say(PEOPLE[number % 2], &["runs", "--json"]);
        let runs: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(runs.as_array().unwrap().len(), number, "the other one sees it: {listed}");
        assert!(bastion.say(PEOPLE[number % 2], &["log", &number.to_string()]).contains(&person.to_string()));
    }
    let state = bastion.state();
    for name in ["history.db", "history.db-wal", "history.db-shm", "ballast", "locks/open.lock"] {
        // SQLite may have removed its own two when the last one left.
        if state.join(name).exists() {
            assert_eq!(mode(&state.join(name)), (0o660, GROUP), "{name}");
        }
    }
    for name in ["locks", "runs", "log"] {
        assert_eq!(mode(&state.join(name)), (0o2770, GROUP), "{name}");
    }
    let logs: Vec<_> = fs::read_dir(state.join("log")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    for person in PEOPLE {
        let own = format!("quarterdeck.runner.{person}.");
        assert!(logs.iter().any(|name| name.to_string_lossy().starts_with(&own)), "{logs:?}");
    }
}
