//! Databases: how to get in, and what is asked there.
//!
//! [`endpoint`] reads the URL, [`secure`] connects and encrypts as it wants, and one file for each server speaks its
//! protocol. A session is kept for the next look. What a server sends is bounded by [`budget`] (PostgreSQL), by its own
//! client (MySQL) or while it is read (Redis); what it says in an error is told with our words first.

mod budget;
mod endpoint;
mod login;
mod mysql;
mod postgres;
mod redis;
mod rows;
mod secure;
mod sql;
mod sqlite;
mod trust;

pub use login::{Login, Wants};
pub(super) use mysql::look as mysql;
pub(super) use postgres::look as postgres;
pub(super) use redis::look as redis;
pub(super) use sql::look as sql;

/// Sessions kept for the next look; of one probe at most one is open.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) postgres: Option<postgres::Session>,
    pub(super) mysql: Option<mysql::Session>,
    pub(super) redis: Option<redis::Session>,
}

impl Sessions {
    /// Whether one is open.
    pub(super) fn any(&self) -> bool {
        self.postgres.is_some() || self.mysql.is_some() || self.redis.is_some()
    }
}
