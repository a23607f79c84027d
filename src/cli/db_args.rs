//! What `db` may be told.

use clap::{Args, Subcommand};

/// Databases.
#[derive(Debug, Args)]
pub struct DbArguments {
    /// What to do.
    #[command(subcommand)]
    pub action: DbAction,
}

/// What to do with a database.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Show what is applied, what is pending and what is wrong; exit with 1 if something is, with 8 if it is half done.
    Status {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
    },
    /// Apply what is pending, or take migrations back.
    Migrate {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
        /// The migration that is the last afterwards.
        #[arg(long, value_name = "ID", conflicts_with_all = ["down_to", "down"])]
        to: Option<String>,
        /// Take back what is above this one.
        #[arg(long, value_name = "ID", conflicts_with = "down")]
        down_to: Option<String>,
        /// Take back all of them.
        #[arg(long)]
        down: bool,
        /// Apply also those that come before applied ones.
        #[arg(long)]
        out_of_order: bool,
        /// Print the SQL; where the database can, try it in a transaction that is rolled back.
        #[arg(long)]
        dry_run: bool,
        /// Confirm a way down: the database's name.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Make a backup.
    Backup {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
    },
    /// List backups.
    Backups {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
    },
    /// Put a backup into a scratch database and look at it there.
    Verify {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
        /// The backup [default: the newest that is not known to be bad].
        #[arg(long)]
        id: Option<String>,
    },
    /// Put a backup back.
    Restore {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
        /// The backup [default: the newest that is not known to be bad].
        #[arg(long)]
        id: Option<String>,
        /// Make no backup of what is there now before.
        #[arg(long)]
        no_backup: bool,
        /// Confirm: the database's name.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Record what is true of a migration, after a look at the database.
    Repair {
        /// Its name in the configuration [default: the only one].
        name: Option<String>,
        /// All of it is there.
        #[arg(long, value_name = "ID")]
        applied: Option<String>,
        /// Nothing of it is there.
        #[arg(long, value_name = "ID")]
        not_applied: Option<String>,
        /// It and all before it are there: for a database that was migrated by other means.
        #[arg(long, value_name = "ID")]
        baseline: Option<String>,
        /// Its file was changed in words only.
        #[arg(long, value_name = "ID")]
        accept: Option<String>,
        /// Confirm: the database's name.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
}
