//! The demo's directory: its configuration, state, database file and backups.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::DemoError;

/// The configuration, with `@NAMES@` for what differs between machines.
const CONFIGURATION: &str = include_str!("quarterdeck.toml");

/// A directory with a demo in it.
#[derive(Debug, Clone)]
pub struct Site {
    dir: PathBuf,
    /// Where its services listen.
    pub ports: Ports,
}

/// Ports on loopback, chosen once and kept in `ports.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// What customers call.
    pub gateway: u16,
    /// What deploy steps call.
    pub control: u16,
    /// The worker's health and metrics.
    pub worker: u16,
    /// The database's line protocol.
    pub database: u16,
}

impl Site {
    /// Opens the demo in `dir`, making it first if there is none. An existing configuration is left as it is: it may have
    /// been edited by hand.
    pub fn open_or_create(dir: &Path, binary: &Path) -> Result<Self, DemoError> {
        make(&dir.join("state"))?;
        make(&dir.join("backups"))?;
        let dir = dir.canonicalize().map_err(|source| file("can't find", dir, source))?;
        if dir.join("ports.json").exists() {
            return Self::open(&dir);
        }
        let ports = Ports::choose()?;
        let text = CONFIGURATION
            .replace("@BINARY@", &toml_text(&binary.to_string_lossy()))
            .replace("@DIR@", &toml_text(&dir.to_string_lossy()))
            .replace("@GATEWAY@", &ports.gateway.to_string())
            .replace("@WORKER@", &ports.worker.to_string())
            .replace("@DATABASE@", &ports.database.to_string());
        let site = Self { dir, ports };
        write(&site.configuration(), &text)?;
        write(&site.dir.join("ports.json"), &serde_json::to_string_pretty(&ports).unwrap_or_default())?;
        Ok(site)
    }

    /// Opens an existing demo.
    pub fn open(dir: &Path) -> Result<Self, DemoError> {
        let path = dir.join("ports.json");
        let text = std::fs::read_to_string(&path).map_err(|source| file("can't read", &path, source))?;
        let ports = serde_json::from_str(&text).map_err(|error| {
            DemoError::Refused(format!("{} is damaged ({error}): use another --dir", path.display()))
        })?;
        Ok(Self { dir: dir.to_owned(), ports })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.dir.join("quarterdeck.toml")
    }

    /// Its state directory.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// Where backups of its database go.
    pub fn backups(&self) -> PathBuf {
        self.dir.join("backups")
    }

    /// The database's file.
    pub fn database_file(&self) -> PathBuf {
        self.dir.join("orders.log")
    }

    /// Held by the fleet for life.
    pub fn lock(&self) -> PathBuf {
        self.dir.join("fleet.lock")
    }

    /// The control interface.
    pub fn control_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.control)
    }
}

impl Ports {
    /// Free ones: all four are held open until all are known, so that they differ.
    fn choose() -> Result<Self, DemoError> {
        let refused = |error: std::io::Error| DemoError::Network {
            what: "can't find a free port on 127.0.0.1".into(),
            why: error.to_string(),
        };
        let mut held = Vec::new();
        let mut free = || -> Result<u16, DemoError> {
            let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(refused)?;
            let port = listener.local_addr().map_err(refused)?.port();
            held.push(listener);
            Ok(port)
        };
        Ok(Self { gateway: free()?, control: free()?, worker: free()?, database: free()? })
    }
}

fn make(dir: &Path) -> Result<(), DemoError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| file("can't create", dir, source))
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    std::fs::write(path, text).map_err(|source| file("can't write", path, source))
}

fn file(doing: &'static str, path: &Path, source: std::io::Error) -> DemoError {
    DemoError::File { doing, path: path.to_owned(), source }
}

/// The inside of a TOML basic string.
fn toml_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
