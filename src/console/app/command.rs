//! The names of everything a person can ask for; [`super::action`] says by which keys, where and when.

/// A row of the action table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionId {
    /// Show the services.
    GoWatch,
    /// Show the runs.
    GoRuns,
    /// Show the releases.
    GoReleases,
    /// Show the alerts.
    GoAlerts,
    /// Say that somebody is at an alert.
    Acknowledge,
    /// Silence alerts.
    Silence,
    /// End a silence.
    EndSilence,
    /// Open an alert's runbook.
    Runbook,
    /// Open an alert's playbook.
    Playbook,
    /// Go back to the best release because of an alert.
    RollbackAlert,
    /// Show the figures.
    GoKpis,
    /// Choose what a plot is compared with.
    Compare,
    /// Find anything by its name.
    Palette,
    /// Show the keys.
    Help,
    /// Start a deploy.
    Deploy,
    /// Start a verification.
    Verify,
    /// Go back to an earlier release.
    Rollback,
    /// Switch the environment.
    Environment,
    /// The next theme.
    Theme,
    /// UTC or local times.
    Zone,
    /// End the console; runs go on.
    Quit,
    /// Ask whether to end the console.
    AskQuit,
    /// Stop the process until `fg`.
    Suspend,
    /// Move the focus to the next pane.
    NextPane,
    /// Move the focus to the pane before.
    PreviousPane,
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// Open what is selected.
    Open,
    /// Close, or go one step back.
    Back,
    /// A shorter window of the charts.
    Closer,
    /// A longer window of the charts.
    Further,
    /// Answer the run that waits for a person.
    Decide,
    /// Cancel the run.
    Cancel,
    /// Search the log.
    Search,
    /// The next hit.
    NextHit,
    /// The hit before.
    PreviousHit,
    /// The next line that looks like an error.
    NextError,
    /// Stay at the end of the log as it grows.
    Follow,
    /// Wrap long lines.
    Wrap,
    /// Times before each line.
    Timestamps,
    /// Show columns further to the left.
    ColumnLeft,
    /// Show columns further to the right.
    ColumnRight,
    /// The log of the selected service in place of what happened.
    ServiceLog,
    /// Only lines at least so bad.
    LogLevel,
    /// All lines of a request.
    FollowRequest,
    /// All lines of a user.
    FollowUser,
    /// Lines of all services.
    AllServices,
    /// Copy the line.
    CopyLine,
    /// Copy the lines on the screen.
    CopyVisible,
    /// In a wizard: go on (on the plan: start it).
    Next,
    /// In a wizard: run the preflight checks again.
    Again,
    /// In the rollback chooser: take the best release.
    Best,
    /// In a wizard: leave it.
    Leave,
}

/// What a row of the palette does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An action of the table.
    Act(ActionId),
    /// Opens the wizard of a pipeline.
    Run {
        /// The pipeline's name.
        pipeline: String,
    },
    /// Opens the verify wizard's end: runs a suite.
    Suite {
        /// The suite's name.
        suite: String,
    },
    /// Switches to an environment.
    Environment {
        /// Its name.
        name: String,
    },
    /// Draws a figure.
    Figure {
        /// Its place among those of the environment.
        at: usize,
    },
    /// Selects a service on the Watch screen.
    Service {
        /// Its name.
        name: String,
    },
}
