//! The one table of actions: footer, help, palette, `docs/keys.md` and the meaning of every key come from it.
//!
//! A key means the action of the innermost place that knows it ([`super::place::places`]): in the log pane `c` copies, elsewhere on the
//! Runs screen it cancels. A text field takes printable keys before the table is asked ([`mod@super::update`]).

use super::{
    command::ActionId as Id,
    key::Key,
    model::Model,
    place::{Place, places},
    reason::{
        can_acknowledge, can_cancel, can_change_theme, can_decide, can_deploy, can_end_silence, can_go_on,
        can_look_closer, can_look_further, can_open_here, can_open_playbook, can_open_runbook, can_roll_back_alert,
        can_run_again, can_shift, can_silence, can_switch_environment, can_verify, has_log, has_search, never,
    },
};

/// One row of the table.
#[derive(Debug)]
pub struct Action {
    /// What it is.
    pub id: Id,
    /// Its keys; the first is the one shown.
    pub keys: &'static [Key],
    /// One or two words, for the footer and the palette.
    pub title: &'static str,
    /// One sentence, for the help.
    pub help: &'static str,
    /// Where it is valid.
    pub places: &'static [Place],
    /// Starts, answers or ends something outside the console: gone with `--read-only`.
    pub destructive: bool,
    /// Shown in the footer where there is room.
    pub footer: bool,
    /// Why it can't be done now, if it can't.
    pub disabled: fn(&Model) -> Option<String>,
}

/// The action a key means now.
pub fn resolve(model: &Model, key: Key) -> Option<&'static Action> {
    places(model)
        .into_iter()
        .find_map(|place| TABLE.iter().find(|action| action.places.contains(&place) && action.keys.contains(&key)))
}

/// The row of an action.
pub fn action(id: Id) -> Option<&'static Action> {
    TABLE.iter().find(|action| action.id == id)
}

/// Why an action can't be done now, if it can't.
pub fn why_not(model: &Model, action: &Action) -> Option<String> {
    if action.destructive && model.options.read_only {
        return Some("this console is read-only".into());
    }
    (action.disabled)(model)
}

// --- the table

const LISTS: &[Place] =
    &[Place::Screens, Place::Wizard, Place::Help, Place::Environments, Place::Playbook, Place::Compare, Place::Message];
const LISTS_AND_FIELDS: &[Place] = &[
    Place::Screens,
    Place::Wizard,
    Place::Help,
    Place::Environments,
    Place::Playbook,
    Place::Compare,
    Place::Message,
    Place::Palette,
    Place::Decide,
    Place::Silence,
];

/// Where there are charts.
const CHARTS: &[Place] = &[Place::Watch, Place::Kpis, Place::Plot, Place::Detail];

const fn row(
    id: Id,
    keys: &'static [Key],
    title: &'static str,
    help: &'static str,
    places: &'static [Place],
) -> Action {
    Action { id, keys, title, help, places, destructive: false, footer: false, disabled: never }
}

impl Action {
    const fn footer(mut self) -> Self {
        self.footer = true;
        self
    }

    const fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    const fn unless(mut self, disabled: fn(&Model) -> Option<String>) -> Self {
        self.disabled = disabled;
        self
    }
}

/// Every action, in the order of footer and help.
pub const TABLE: &[Action] = &[
    // --- alerts
    row(
        Id::Acknowledge,
        &[Key::Char('a')],
        "acknowledge",
        "Say that you are at it: it is not repeated and not escalated while it fires.",
        &[Place::Alerts],
    )
    .footer()
    .destructive()
    .unless(can_acknowledge),
    row(
        Id::Silence,
        &[Key::Char('s')],
        "silence",
        "Tell nobody for a while: which alerts, until when, why.",
        &[Place::Alerts],
    )
    .footer()
    .destructive()
    .unless(can_silence),
    row(Id::EndSilence, &[Key::Char('S')], "end silence", "End the silence this alert is under.", &[Place::Alerts])
        .destructive()
        .unless(can_end_silence),
    row(
        Id::RollbackAlert,
        &[Key::Char('r')],
        "rollback",
        "The plan that goes back to the best release of what the alert's service belongs to.",
        &[Place::Alerts],
    )
    .footer()
    .destructive()
    .unless(can_roll_back_alert),
    row(
        Id::Runbook,
        &[Key::Char('o')],
        "runbook",
        "What to do: a file of the project is shown, an address is copied.",
        &[Place::Alerts],
    )
    .footer()
    .unless(can_open_runbook),
    row(
        Id::Playbook,
        &[Key::Char('p')],
        "playbook",
        "What to do, step by step, with commands that run from here.",
        &[Place::Alerts],
    )
    .footer()
    .unless(can_open_playbook),
    // --- acting
    row(
        Id::Deploy,
        &[Key::Char('d')],
        "deploy",
        "Start a deploy: parameters, preflight, plan, gate.",
        &[Place::Screens],
    )
    .footer()
    .destructive()
    .unless(can_deploy),
    row(Id::Verify, &[Key::Char('v')], "verify", "Run a suite or a verify pipeline.", &[Place::Screens])
        .footer()
        .destructive()
        .unless(can_verify),
    row(
        Id::Rollback,
        &[Key::Char('r')],
        "rollback",
        "Go back to an earlier release; r again takes the best one, with its plan next.",
        &[Place::Screens],
    )
    .footer()
    .destructive()
    .unless(can_deploy),
    row(
        Id::Decide,
        &[Key::Char('a'), Key::Char('y')],
        "answer",
        "Answer the run that waits: yes or no, retry, skip, roll back, stop.",
        &[Place::Screens],
    )
    .footer()
    .destructive()
    .unless(can_decide),
    row(
        Id::Cancel,
        &[Key::Char('c')],
        "cancel run",
        "End the run's command and the run; asks for a second, different act.",
        &[Place::Runs],
    )
    .footer()
    .destructive()
    .unless(can_cancel),
    // --- the log pane
    row(Id::Search, &[Key::Char('/')], "search", "Search the log; lower case ignores case.", &[Place::Log])
        .footer()
        .unless(has_log),
    row(Id::NextHit, &[Key::Char('n')], "next hit", "The next hit of the search.", &[Place::Log]).unless(has_search),
    row(Id::PreviousHit, &[Key::Char('N')], "hit before", "The hit before.", &[Place::Log]).unless(has_search),
    row(Id::NextError, &[Key::Char('x')], "next error", "The next line that looks like an error.", &[Place::Log])
        .footer()
        .unless(has_log),
    row(
        Id::Follow,
        &[Key::Char('f')],
        "follow",
        "Stay at the end as the log grows; scrolling stops it.",
        &[Place::Log],
    )
    .footer(),
    row(Id::Wrap, &[Key::Char('w')], "wrap", "Wrap long lines, or cut them.", &[Place::Log]).footer(),
    row(Id::Timestamps, &[Key::Char('T')], "times", "Times before each line.", &[Place::Log]),
    row(Id::ColumnLeft, &[Key::Left], "left", "Columns further to the left.", &[Place::Log]).unless(can_shift),
    row(Id::ColumnRight, &[Key::Right], "right", "Columns further to the right.", &[Place::Log]).unless(can_shift),
    row(
        Id::CopyLine,
        &[Key::Char('c')],
        "copy",
        "Copy the marked line to the clipboard (OSC 52, also through tmux), or into a file, and say which.",
        &[Place::Log],
    )
    .footer()
    .unless(has_log),
    row(Id::CopyVisible, &[Key::Char('C')], "copy screen", "Copy the lines on the screen.", &[Place::Log])
        .unless(has_log),
    // --- the log of a service
    row(
        Id::ServiceLog,
        &[Key::Char('l')],
        "log",
        "The log of the selected service below, or again what happened.",
        &[Place::Watch],
    ),
    row(
        Id::FollowRequest,
        &[Key::Char('o')],
        "request",
        "All lines of the marked line's request, across services; again: as before.",
        &[Place::ServiceLog],
    )
    .footer()
    .unless(has_log),
    row(
        Id::FollowUser,
        &[Key::Char('U')],
        "user",
        "All lines of the marked line's user, across services; again: as before.",
        &[Place::ServiceLog],
    )
    .unless(has_log),
    row(
        Id::LogLevel,
        &[Key::Char('m')],
        "level",
        "Only lines at least so bad: info, warn, error; then all again.",
        &[Place::ServiceLog],
    )
    .footer(),
    row(
        Id::AllServices,
        &[Key::Char('s')],
        "all services",
        "Lines of all services, or again of the selected one.",
        &[Place::ServiceLog],
    )
    .footer(),
    // --- the wizards
    row(Id::Next, &[Key::Enter], "go on", "Go on; on the plan: start it.", &[Place::Wizard]).footer().unless(can_go_on),
    row(Id::Again, &[Key::Char('a')], "run again", "Run the preflight checks again.", &[Place::Preflight])
        .footer()
        .destructive()
        .unless(can_run_again),
    row(
        Id::Best,
        &[Key::Char('r')],
        "best release",
        "Take the best release and go straight to its plan.",
        &[Place::Points],
    )
    .footer()
    .destructive(),
    // --- moving
    row(Id::Up, &[Key::Char('k'), Key::Up], "up", "One up.", LISTS_AND_FIELDS),
    row(Id::Down, &[Key::Char('j'), Key::Down], "down", "One down.", LISTS_AND_FIELDS),
    row(Id::PageUp, &[Key::PageUp], "page up", "A page up.", LISTS),
    row(Id::PageDown, &[Key::PageDown, Key::Char(' ')], "page down", "A page down.", LISTS),
    row(Id::Top, &[Key::Char('g'), Key::Home], "first", "To the first.", LISTS),
    row(Id::Bottom, &[Key::Char('G'), Key::End], "last", "To the last; in a log: follow.", LISTS),
    row(
        Id::NextPane,
        &[Key::Tab],
        "next pane",
        "The next pane or page, or the next field.",
        &[Place::Screens, Place::Wizard, Place::Silence],
    )
    .footer(),
    row(
        Id::PreviousPane,
        &[Key::BackTab],
        "pane before",
        "The pane before, or the field before.",
        &[Place::Screens, Place::Wizard, Place::Silence],
    ),
    row(
        Id::Open,
        &[Key::Enter],
        "open",
        "Open what is selected: a service, a run's log, a release's run, an alert, the plot of a figure; choose a row.",
        &[
            Place::Screens,
            Place::Palette,
            Place::Environments,
            Place::Playbook,
            Place::Compare,
            Place::Decide,
            Place::Silence,
            Place::SearchField,
        ],
    )
    .footer()
    .unless(can_open_here),
    row(
        Id::Back,
        &[Key::Esc],
        "back",
        "Close, or one step back. Nothing is lost: runs go on.",
        &[
            Place::Screens,
            Place::SearchField,
            Place::Wizard,
            Place::Help,
            Place::Palette,
            Place::Environments,
            Place::Compare,
            Place::Decide,
            Place::Silence,
            Place::Playbook,
            Place::Confirm,
            Place::Message,
        ],
    ),
    row(
        Id::Leave,
        &[Key::Char('q')],
        "leave",
        "Leave the wizard, or close what lies over the screen.",
        &[Place::Wizard, Place::Help, Place::Environments, Place::Playbook, Place::Compare, Place::Message],
    )
    .footer(),
    // --- charts
    row(Id::Closer, &[Key::Char('-')], "shorter", "A shorter window of the charts.", CHARTS).unless(can_look_closer),
    row(
        Id::Further,
        &[Key::Char('+'), Key::Char('=')],
        "longer",
        "A longer window: 15m, 1h, 6h, 24h, 7d, 30d; in a history: by hour, day, week.",
        CHARTS,
    )
    .footer()
    .unless(can_look_further),
    row(
        Id::Compare,
        &[Key::Char('b')],
        "compare",
        "Draw another window over it: the one before, yesterday, last week, before the last deploy, another run.",
        &[Place::Plot, Place::Detail],
    )
    .footer(),
    // --- the console
    row(Id::GoWatch, &[Key::Char('1')], "watch", "Services, charts, what happened.", &[Place::Screens]),
    row(Id::GoRuns, &[Key::Char('2')], "runs", "Runs, live and past.", &[Place::Screens]),
    row(Id::GoReleases, &[Key::Char('3')], "releases", "Releases to go back to.", &[Place::Screens]),
    row(
        Id::GoAlerts,
        &[Key::Char('4')],
        "alerts",
        "What fires, what is held or silenced, what ended.",
        &[Place::Screens],
    ),
    row(Id::GoKpis, &[Key::Char('6')], "KPIs", "Business and service figures.", &[Place::Screens]),
    row(Id::Environment, &[Key::Char('e')], "environment", "Look at another environment.", &[Place::Screens])
        .unless(can_switch_environment),
    row(Id::Theme, &[Key::Char('t')], "theme", "The next theme.", &[Place::Screens]).unless(can_change_theme),
    row(Id::Zone, &[Key::Char('u')], "UTC/local", "Times in UTC, or in the project's zone.", &[Place::Screens]),
    row(
        Id::Palette,
        &[Key::Char(':')],
        "commands",
        "Find any command, pipeline, suite, service by its name.",
        &[Place::Screens],
    )
    .footer(),
    row(Id::Help, &[Key::Char('?')], "help", "All keys.", &[Place::Screens, Place::Wizard]).footer(),
    row(Id::Suspend, &[Key::Ctrl('z')], "suspend", "Stop until fg; the terminal is given back meanwhile.", &Place::ALL),
    row(Id::AskQuit, &[Key::Ctrl('c')], "quit?", "Ask whether to end the console; a second time: end it.", &Place::ALL),
    row(
        Id::Quit,
        &[Key::Char('q')],
        "quit",
        "End the console. Runs go on; the next console shows them.",
        &[Place::Screens],
    )
    .footer(),
];
