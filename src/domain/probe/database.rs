//! Looks at databases: whether they let us in, how they are, and what a query comes to.

use serde::{Deserialize, Serialize};

use super::words::KindWords;

/// `postgres`
pub const POSTGRES: KindWords = KindWords {
    word: "postgres",
    about: "A URL to log in with, `postgres://user:password@host:5432/name?sslmode=verify-full&sslrootcert=/path`. \
            `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`.",
    facts: &[
        ("version", "the server's version"),
        ("server_version_num", "the same as one number, such as 150008"),
        ("in_recovery", "whether it is a standby"),
        ("replication_lag_s", "seconds a standby is behind; absent on a primary"),
        ("connections", "connections of clients, if this user may count them"),
        ("max_connections", "how many there may be"),
    ],
    passes: "logged in and answered",
    success: "",
};

/// `mysql`
pub const MYSQL: KindWords = KindWords {
    word: "mysql",
    about: "A URL to log in with, `mysql://user:password@host:3306/name?sslmode=require`; MariaDB too.",
    facts: &[
        ("version", "the server's version"),
        ("read_only", "whether it refuses to write"),
        ("connections", "connections now"),
        ("max_connections", "how many there may be"),
        ("uptime_s", "seconds since its start"),
    ],
    passes: "logged in and answered",
    success: "",
};

/// `redis`
pub const REDIS: KindWords = KindWords {
    word: "redis",
    about: "`redis://:password@host:6379/0`, with TLS `rediss://`. Valkey and other servers of its protocol too.",
    facts: &[
        ("version", "the server's version"),
        ("role", "`master` or `slave`"),
        ("used_memory_bytes", "memory in use"),
        ("max_memory_bytes", "how much it may use; 0 without a bound"),
        ("connected_clients", "clients"),
        ("keys", "keys of the database that the URL names"),
        ("evicted_keys", "keys given up for want of memory, since its start"),
        ("replicas", "replicas connected"),
        ("master_link_up", "on a replica: whether it hears its master"),
        ("uptime_s", "seconds since its start"),
    ],
    passes: "it answered PING",
    success: "",
};

/// `sql`
pub const SQL: KindWords = KindWords {
    word: "sql",
    about: "One statement that reads. It runs in a read-only transaction that is always undone; at most 1,000 rows.",
    facts: &[
        ("value", "the first column of the first row"),
        ("rows", "how many rows came"),
        ("row", "the first row by names of columns"),
    ],
    passes: "it ran",
    success: "",
};

/// A statement and where it runs. `T` is a template until its context is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SqlLook<T> {
    /// The statement.
    pub sql: T,
    /// The URL of the database: `postgres://`, `mysql://`, or `sqlite:` with a path.
    pub database: T,
    /// Where a relative path starts.
    pub dir: String,
}

impl<T> SqlLook<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<SqlLook<U>, E> {
        Ok(SqlLook { sql: fill(&self.sql)?, database: fill(&self.database)?, dir: self.dir.clone() })
    }
}

/// A URL without its password, for people: everything between the user and the `@` of the host.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    // A password may hold a slash or an @ of its own, unescaped: the last @ counts, and rather too much is hidden.
    let Some(at) = rest[..end].rfind('@').or_else(|| rest.rfind('@')) else { return url.to_owned() };
    match rest[..at].split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:••••••@{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_ever_shown() {
        assert_eq!(without_password("postgres://u:p@h/db?x=1"), "postgres://u:••••••@h/db?x=1");
        assert_eq!(without_password("redis://:p@h:6379"), "redis://:••••••@h:6379");
        assert_eq!(without_password("mysql://u:a@b/c@h/db"), "mysql://u:••••••@h/db");
        assert_eq!(without_password("mysql://u:a/b@h/db"), "mysql://u:••••••@h/db");
        for plain in ["postgres://u@h/db", "http://h/?q=a:b", "/var/lib/x.db", "tcp://h:5432/x"] {
            assert_eq!(without_password(plain), plain);
        }
    }
}
