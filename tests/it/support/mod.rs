//! What every topic needs: the binary, and waiting for things without sleeping blindly.

pub mod http;
pub mod run;
pub mod small_disk;
pub mod terminal;

use std::process::Command;

/// The binary under test, with nothing of this person's environment that would change what it does.
pub fn quarterdeck() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
    command.env_remove("QUARTERDECK_CONFIG").env_remove("NO_COLOR").env_remove("XDG_STATE_HOME");
    command
}
