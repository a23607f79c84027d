//! Starting a server of this machine in a directory of its own, as the user it is meant for.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// What every server of these tests has.
pub const PASSWORD: &str = "correct-horse-battery";

/// A running server; ends when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    pub dir: PathBuf,
    _dir: tempfile::TempDir,
}

/// A directory and the user it belongs to: servers of databases refuse to run as root.
pub struct Place {
    dir: tempfile::TempDir,
    user: Option<(u32, u32)>,
}

impl Place {
    pub fn of(user: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let is_root = rustix::process::getuid().is_root();
        let user = is_root.then(|| ids(user));
        if let Some((uid, gid)) = user {
            chown(dir.path(), Some(uid), Some(gid)).unwrap();
        }
        Self { dir, user }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A file of that content, for the server's user only.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        if let Some((uid, gid)) = self.user {
            chown(&path, Some(uid), Some(gid)).unwrap();
        }
        path
    }

    /// A program as that user.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path().join("log")).unwrap();
        let errors = log.try_clone().unwrap();
        command.current_dir(self.path()).stdin(Stdio::null()).stdout(log).stderr(errors);
        command
    }

    /// Runs a program to its end.
    pub fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) {
        let status = self.command(program.as_ref()).args(arguments).status().expect("it starts");
        assert!(status.success(), "{}: {}", program.as_ref().display(), self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Starts the server and waits until it listens, and until `ready` says so if that is something else.
    pub fn serve(self, mut command: Command, port: u16, mut ready: Option<Command>) -> Server {
        let child = command.spawn().expect("the server starts");
        let mut server = Server { child, port, dir: self.path().to_owned(), _dir: self.dir };
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut is_ready = || match &mut ready {
            Some(command) => command.status().unwrap().success(),
            None => TcpStream::connect(("127.0.0.1", port)).is_ok(),
        };
        while !is_ready() {
            let log = || fs::read_to_string(server.dir.join("log")).unwrap_or_default();
            assert!(server.child.try_wait().unwrap().is_none(), "the server ended: {}", log());
            assert!(Instant::now() < deadline, "the server does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        // Asked to go at once, so that it takes its children with it.
        let _ = kill_process(pid, Signal::QUIT);
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ids(user: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with(&format!("{user}:"))).expect("the package made its user");
    let fields: Vec<&str> = line.split(':').collect();
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}

/// An authority, and a certificate of `localhost` signed by it: `ca.pem`, `server.pem`, `server.key`.
pub fn certificates(place: &Place) {
    let run = |arguments: &[&str]| place.run("/usr/bin/openssl", arguments);
    let new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    run(&[&new[..], &["-x509", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"]].concat());
    place.write("name.ext", "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
    run(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    ]);
    run(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "name.ext",
        "-out",
        "server.pem",
    ]);
}
