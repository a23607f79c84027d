//! Databases that are changed: migrations, backups, restores.
//!
//! In: a [`Database`](crate::domain::database::Database) with its secrets, files of migrations. Out: sentences for a log,
//! and a [`Report`] that says what is true now. Who calls is either `quarterdeck db` or a step of a run; the step runs it as
//! a command of its own ([`job`]) under a supervisor, so that it survives its runner, its lines go the way of every other
//! line, and it is never done twice.
//!
//! [`session`] is one login, which a [`place`] opens (to [`postgres`], [`mysql`] or [`sqlite`]), [`tracking`] the table that says what was applied,
//! [`migrate`] the engine, [`integrity`] what is looked at afterwards, [`files`] the directory of migrations. [`backup`]
//! and [`restore`] call the database's own tools ([`tool`]) and keep a [`manifest`] beside each backup; [`scratch`] is a
//! database that exists for a verification only.
//!
//! The rules of crashes: whoever holds the lock is alone. What runs in a transaction is recorded in the same transaction;
//! what can't is announced in the tracking table before it begins, statement by statement, and is dirty until its end is
//! recorded there. So whoever comes next, however the last one died, reads the truth.
//!
//! May import `domain`, of `probe` only [`login`](crate::probe::login) (URLs and TLS are read as looks read them), and of
//! `proc` only its crash points.

mod backup;
mod error;
pub mod files;
mod hands;
mod integrity;
pub mod job;
mod manifest;
mod migrate;
mod mysql;
mod place;
mod postgres;
mod restore;
pub mod room;
mod scratch;
mod session;
mod sqlite;
mod tool;
mod tracking;

pub use self::{
    error::DatabaseError,
    hands::{Hands, Mark},
    job::{Report, Verdict},
    manifest::{Manifest, Verification},
    room::{Job, Work},
};
