//! Databases: migrations and backups.

use super::{
    ARGV, Section,
    Shape::{Duration, Section as Sub, Template, Text, Word},
    key,
};

/// `[databases.NAME]`
pub static DATABASE: Section = Section {
    name: "databases.NAME",
    about: "A database that is migrated, backed up and restored: see `docs/databases.md`. One of `postgres`, `mysql`, `sqlite` says where it is; without one it is only reached by other tools.",
    keys: &[
        key(
            "postgres",
            Template,
            "",
            "A URL: `postgres://user:{{ secret('DB_PASSWORD') }}@host:5432/name?sslmode=require`.",
        ),
        key("mysql", Template, "", "A URL, `mysql://user:password@host:3306/name`; MariaDB too."),
        key("sqlite", Template, "", "A file; a relative path starts at the configuration."),
        key(
            "migrations",
            Text,
            "",
            "A directory with `NNN_name.up.sql` and `NNN_name.down.sql`, or `NNN_name.sql` with both after `-- up` and `-- down`.",
        ),
        key("migrate_with", Sub(&MIGRATE_WITH), "", "Another tool that migrates, instead of `migrations`."),
        key("backup", Sub(&BACKUP), "", "How it is backed up; `backup = {}` is by the database's own tool."),
        key("lock_timeout", Duration, "\"10s\"", "How long a lock is waited for, ours or the database's."),
        key("statement_timeout", Duration, "as long as it takes", "Bound on one statement of a migration."),
    ],
    later: &[(
        "environments",
        "such key for databases; write one of some environments under [environments.NAME.databases]",
    )],
};

/// `migrate_with`
pub static MIGRATE_WITH: Section = Section {
    name: "databases.NAME.migrate_with",
    about: "Another tool that migrates (flyway, prisma, wrangler d1, ...).",
    keys: &[
        key("status", ARGV, "required", "Says how things stand; ends with 0 or 1."),
        key("up", ARGV, "required", "Applies what is pending."),
        key("down", ARGV, "", "Takes back what the last `up` applied; without it there is no way back."),
        key(
            "pending",
            Text,
            "",
            "A regular expression that matches what `status` prints if something is pending. Without it exit code 1 says so.",
        ),
        key("version", Text, "", "A regular expression whose first group is the version, in what `status` prints."),
    ],
    later: &[],
};

/// `backup`
pub static BACKUP: Section = Section {
    name: "databases.NAME.backup",
    about: "Backups: `pg_dump`, `mariadb-dump` or `mysqldump`, `VACUUM INTO`, unless a command is given.",
    keys: &[
        key("command", ARGV, "the database's own tool", "Makes one: writes to `{{ backup.path }}`."),
        key(
            "restore",
            ARGV,
            "the database's own tool",
            "Puts one back: reads `{{ backup.path }}`, writes to `{{ database.name }}` or `{{ database.url }}`.",
        ),
        key("dir", Text, "\"backups\"", "Where they are kept; a relative path starts at the configuration."),
        key(
            "keep",
            Duration,
            "\"30d\"",
            "For how long. The last good one stays, and so does the one that the next rollback would put back.",
        ),
        key(
            "verify",
            Word(&["restore", "none"]),
            "\"none\"",
            "`restore`: each is put into a scratch database at once, and looked at there.",
        ),
    ],
    later: &[("schedule", "scheduled backups")],
};
