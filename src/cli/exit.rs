//! The exit codes, the same for every subcommand.

/// All is well.
pub const OK: u8 = 0;
/// Failed, and left as it is.
pub const FAILED: u8 = 1;
/// Wrong arguments or a wrong configuration.
pub const USAGE: u8 = 2;
/// Refused by preflight; nothing was executed.
pub const REFUSED: u8 = 3;
/// Another run holds the target.
pub const LOCKED: u8 = 4;
/// Frozen or not approved.
pub const FROZEN: u8 = 5;
/// Aborted and rolled back.
pub const ROLLED_BACK: u8 = 6;
/// The rollback failed: call someone.
pub const ROLLBACK_FAILED: u8 = 7;
/// Ended without a verdict, or waiting for a person where there is none.
pub const INCONCLUSIVE: u8 = 8;
/// Detached; the run goes on.
pub const DETACHED: u8 = 9;
/// Cancelled by a person.
pub const CANCELLED: u8 = 130;
