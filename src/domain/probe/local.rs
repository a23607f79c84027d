//! Looks at this machine: a command, a file, a file system, the host itself, a variable.

use serde::{Deserialize, Serialize};

use super::words::KindWords;

/// `command`
pub const COMMAND: KindWords = KindWords {
    word: "command",
    about: "A program with its arguments, never a line for a shell. It runs where the configuration lies, with a process \
            group of its own that is killed at the timeout.",
    facts: &[
        ("exit_code", "its exit code; absent if a signal ended it"),
        ("signal", "the signal that ended it, such as `SIGKILL`"),
        ("stdout", "what it wrote, without the last line break; at most `limits.body_bytes`"),
        ("stderr", "what it complained about, at most `limits.header_bytes`"),
        ("json", "its standard output, if that is JSON"),
        ("duration_ms", "how long it ran"),
    ],
    passes: "exit code 0",
    success: "exit_code == 0",
};

/// `file`
pub const FILE: KindWords = KindWords {
    word: "file",
    about: "A path, relative to the configuration.",
    facts: &[
        ("exists", "whether there is something at the path"),
        ("bytes", "its size"),
        ("age_s", "seconds since it was changed"),
        ("mode", "its permissions, such as `0644`"),
        ("owner", "the name, or else the number, of its owner"),
        ("sha256", "the digest of its content; read only if a condition asks"),
        ("text", "its content, at most `limits.body_bytes`; read only if a condition asks"),
    ],
    passes: "it exists",
    success: "exists",
};

/// `disk`
pub const DISK: KindWords = KindWords {
    word: "disk",
    about: "A path on the file system to look at.",
    facts: &[
        ("total_bytes", "its size"),
        ("free_bytes", "bytes that are free for ordinary users"),
        ("free_percent", "their share, as `df` counts"),
        ("used_percent", "the rest"),
        ("inodes_free_percent", "the share of free inodes, where the file system counts them"),
    ],
    passes: "it can be read",
    success: "",
};

/// `host`
pub const HOST: KindWords = KindWords {
    word: "host",
    about: "`\"local\"`: memory, processors and load of this machine.",
    facts: &[
        ("memory_used_percent", "memory that can't be had by programs"),
        ("memory_available_bytes", "memory that can"),
        ("swap_used_percent", "swap in use; 0 without swap"),
        ("cpu_percent", "work of all processors since the look before; not known at the first"),
        ("load1", "load over one minute"),
        ("load5", "over five"),
        ("load15", "over fifteen"),
        ("cpus", "processors"),
        ("uptime_s", "seconds since the start"),
        ("processes", "processes"),
    ],
    passes: "it can be read",
    success: "",
};

/// `env`
pub const ENV: KindWords = KindWords {
    word: "env",
    about: "An environment variable or secret that must be set and not empty.",
    facts: &[("set", "whether it is")],
    passes: "it is set and not empty",
    success: "set",
};

/// A program to run. `T` is a template until its context is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandLook<T> {
    /// The program and its arguments.
    pub words: Vec<T>,
    /// The directory it runs in: where the configuration lies.
    pub dir: String,
}

impl<T> CommandLook<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<CommandLook<U>, E> {
        Ok(CommandLook { words: self.words.iter().map(fill).collect::<Result<_, _>>()?, dir: self.dir.clone() })
    }
}

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileLook<T> {
    /// Its path.
    pub path: T,
    /// Where a relative path starts.
    pub dir: String,
}

impl<T> FileLook<T> {
    /// The same with every text passed through `fill`.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<FileLook<U>, E> {
        Ok(FileLook { path: fill(&self.path)?, dir: self.dir.clone() })
    }
}
