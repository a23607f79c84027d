//! The one table of actions: footer, help, palette, `docs/keys.md` and the meaning of every key come from it.
//!
//! A key means the action of the innermost place that knows it ([`places`]): in the log pane `c` copies, elsewhere on the
//! Runs screen it cancels. A text field takes printable keys before the table is asked ([`super::update`]).

use std::fmt::Write;

use crate::domain::{pipeline::PipelineKind, run::RunPhase};

use super::{
    command::ActionId as Id,
    key::Key,
    log_pane::Search,
    model::{Model, Screen},
    overlay::Overlay,
    runs::RunsFocus,
    watch::{ChartWindow, WatchFocus},
    wizard::Stage,
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

/// Where keys are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On every screen.
    Screens,
    /// On the Watch screen.
    Watch,
    /// On the Runs screen.
    Runs,
    /// On the Releases screen.
    Releases,
    /// In a log pane.
    Log,
    /// While a search is typed.
    SearchField,
    /// In every wizard.
    Wizard,
    /// In the checks that run before the gate.
    Preflight,
    /// In the rollback chooser.
    Points,
    /// In the help.
    Help,
    /// In the palette.
    Palette,
    /// In the list of environments.
    Environments,
    /// While a run is answered.
    Decide,
    /// While a confirmation is asked for.
    Confirm,
    /// In a message.
    Message,
}

impl Place {
    /// All, in the order of the help.
    pub const ALL: [Self; 15] = [
        Self::Screens,
        Self::Watch,
        Self::Runs,
        Self::Releases,
        Self::Log,
        Self::SearchField,
        Self::Wizard,
        Self::Preflight,
        Self::Points,
        Self::Help,
        Self::Palette,
        Self::Environments,
        Self::Decide,
        Self::Confirm,
        Self::Message,
    ];

    /// Heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Screens => "On every screen",
            Self::Watch => "Watch",
            Self::Runs => "Runs",
            Self::Releases => "Releases",
            Self::Log => "Log pane",
            Self::SearchField => "While typing a search",
            Self::Wizard => "Wizards",
            Self::Preflight => "Preflight",
            Self::Points => "Choosing a release to go back to",
            Self::Help => "Help",
            Self::Palette => "Palette",
            Self::Environments => "Environments",
            Self::Decide => "Answering a run",
            Self::Confirm => "Confirming",
            Self::Message => "Message",
        }
    }
}

/// Where the keys are now, the innermost place first.
pub fn places(model: &Model) -> Vec<Place> {
    match &model.overlay {
        Some(Overlay::Help { .. }) => return vec![Place::Help],
        Some(Overlay::Palette(_)) => return vec![Place::Palette],
        Some(Overlay::Environments { .. }) => return vec![Place::Environments],
        Some(Overlay::Decide(_)) => return vec![Place::Decide],
        Some(Overlay::Confirm(_)) => return vec![Place::Confirm],
        Some(Overlay::Message(_)) => return vec![Place::Message],
        None => {}
    }
    if let Some(wizard) = &model.wizard {
        return match wizard.stage {
            Stage::Preflight(_) => vec![Place::Preflight, Place::Wizard],
            Stage::Point(_) => vec![Place::Points, Place::Wizard],
            _ => vec![Place::Wizard],
        };
    }
    let screen = match model.screen {
        Screen::Watch => Place::Watch,
        Screen::Runs => Place::Runs,
        Screen::Releases => Place::Releases,
    };
    if !model.log_has_focus() {
        return vec![screen, Place::Screens];
    }
    match &model.run {
        Some(run) if matches!(run.log.search, Search::Typing(_)) => vec![Place::SearchField],
        _ => vec![Place::Log, screen, Place::Screens],
    }
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

/// A key in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// `d`, `Enter`.
    pub key: String,
    /// `deploy`.
    pub title: &'static str,
    /// It can't be done now.
    pub disabled: bool,
}

/// The footer: what can be done here, innermost place first. What `--read-only` forbids is not there at all.
pub fn footer(model: &Model) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    for place in places(model) {
        for action in TABLE.iter().filter(|action| action.footer && action.places.contains(&place)) {
            let hidden = action.destructive && model.options.read_only;
            // A key of an outer place that an inner place took is not in force.
            let taken =
                action.keys.first().is_some_and(|key| resolve(model, *key).is_none_or(|other| other.id != action.id));
            let hint = hint(model, action);
            if !hidden && !taken && !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    hints
}

fn hint(model: &Model, action: &Action) -> Hint {
    Hint {
        key: action.keys.first().map(Key::to_string).unwrap_or_default(),
        title: action.title,
        disabled: why_not(model, action).is_some(),
    }
}

/// The help: each place with its actions.
pub fn help(read_only: bool) -> Vec<(Place, Vec<&'static Action>)> {
    Place::ALL
        .into_iter()
        .map(|place| {
            let rows = TABLE
                .iter()
                .filter(|action| action.places.contains(&place) && !(read_only && action.destructive))
                .collect();
            (place, rows)
        })
        .collect()
}

/// The keys of an action as written in help and docs: `j Down`.
pub fn keys(action: &Action) -> String {
    action.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// `docs/keys.md`, generated.
pub fn keys_page() -> String {
    let mut page = String::from(
        "# Keys\n\nGenerated from the action table in `src/console/app/action.rs`. A text field takes printable keys before\n\
         anything else; pasted text goes into text fields and never acts as keys. Actions marked `!` change something\n\
         outside the console: `--read-only` removes them.\n",
    );
    for (place, actions) in help(false) {
        // Writing to a String can't fail.
        let _ = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", place.title());
        for action in actions {
            let mark = if action.destructive { " `!`" } else { "" };
            let keys = action.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
            let _ = writeln!(page, "| {} | {}{mark} | {} |", keys.replace('|', "\\|"), action.title, action.help);
        }
    }
    page
}

// --- reasons

fn never(_: &Model) -> Option<String> {
    None
}

fn ready(model: &Model) -> Option<String> {
    model.project.is_none().then(|| "the configuration is still being read".into())
}

fn can_deploy(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        model
            .pipelines(PipelineKind::Deploy)
            .next()
            .is_none()
            .then(|| format!("{} has no pipeline of kind deploy", model.env))
    })
}

fn can_verify(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        let suites = model.environment().is_some_and(|environment| !environment.suites.is_empty());
        (!suites && model.pipelines(PipelineKind::Verify).next().is_none())
            .then(|| format!("{} has no suite and no pipeline of kind verify", model.env))
    })
}

fn can_switch_environment(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        let one = model.project.as_ref().is_some_and(|project| project.environments.len() < 2);
        one.then(|| "there is only one environment".into())
    })
}

fn can_change_theme(model: &Model) -> Option<String> {
    (model.options.themes.len() < 2).then(|| "NO_COLOR is set: there is only the mono theme".into())
}

fn can_look_closer(model: &Model) -> Option<String> {
    (model.watch.window == ChartWindow::Quarter).then(|| "the charts can't show less than 15 minutes".into())
}

fn can_look_further(model: &Model) -> Option<String> {
    (model.watch.window == ChartWindow::Week).then(|| "the charts can't show more than 7 days".into())
}

fn can_open(model: &Model) -> Option<String> {
    let empty = match model.screen {
        Screen::Watch => match model.watch.focus {
            WatchFocus::Services => model.service().is_none().then_some("there is no service"),
            WatchFocus::Happenings => Some("there is nothing to open here"),
            WatchFocus::Log => None,
        },
        Screen::Runs => {
            (model.runs.focus == RunsFocus::List && model.runs.list.is_empty()).then_some("there is no run")
        }
        Screen::Releases => {
            model.releases.points.as_ref().is_none_or(|points| points.is_empty()).then_some("there is no release")
        }
    };
    empty.map(str::to_owned)
}

fn can_decide(model: &Model) -> Option<String> {
    match model.run.as_ref().and_then(|run| run.phase()) {
        Some(RunPhase::Asking { .. } | RunPhase::Holding { .. }) => None,
        Some(_) => Some("this run does not wait for anybody".into()),
        None => Some("no run is open".into()),
    }
}

fn can_cancel(model: &Model) -> Option<String> {
    let Some(run) = &model.run else { return Some("no run is open".into()) };
    match &run.detail {
        None => Some(format!("run {} is still being read", run.id)),
        Some(_) if run.is_over() => Some(format!("run {} is over", run.id)),
        Some(detail) if detail.state.cancelling => Some(format!("run {} is being cancelled already", run.id)),
        Some(_) => None,
    }
}

fn has_log(model: &Model) -> Option<String> {
    match &model.run {
        None => Some("no run is open".into()),
        Some(run) if run.log.total == 0 => Some(format!("run {} has no log yet", run.id)),
        Some(_) => None,
    }
}

fn has_search(model: &Model) -> Option<String> {
    has_log(model).or_else(|| {
        let none = model.run.as_ref().is_some_and(|run| run.log.search.needle().is_none());
        none.then(|| "nothing was searched for: press / first".into())
    })
}

fn can_shift(model: &Model) -> Option<String> {
    let wrapped = model.run.as_ref().is_some_and(|run| run.log.wrap);
    has_log(model).or_else(|| wrapped.then(|| "long lines are wrapped: press w to cut them".into()))
}

fn can_go_on(model: &Model) -> Option<String> {
    match &model.wizard.as_ref()?.stage {
        Stage::Point(choice) => choice.chosen().err(),
        Stage::Preparing(_) => Some("the plan is still being made".into()),
        Stage::Preflight(_) => {
            if model.run.as_ref().is_some_and(super::runs::OpenRun::is_over) {
                Some("the preflight did not pass: fix what it found, then press a to run it again".into())
            } else {
                Some("the preflight is still running".into())
            }
        }
        Stage::Review(review) => review.gate().err(),
        Stage::Starting(_) => Some("the run is being started".into()),
        Stage::Failed(_) => Some("this can't go on: Esc goes back".into()),
        Stage::Choose(_) | Stage::Params(_) | Stage::Reason(_) => None,
    }
}

fn can_run_again(model: &Model) -> Option<String> {
    let over = model.run.as_ref().is_some_and(super::runs::OpenRun::is_over);
    (!over).then(|| "the preflight is still running".into())
}

// --- the table

const LISTS: &[Place] = &[Place::Screens, Place::Wizard, Place::Help, Place::Environments, Place::Message];
const LISTS_AND_FIELDS: &[Place] =
    &[Place::Screens, Place::Wizard, Place::Help, Place::Environments, Place::Message, Place::Palette, Place::Decide];

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
    // --- charts
    row(Id::Closer, &[Key::Char('-')], "shorter", "A shorter window of the charts.", &[Place::Watch])
        .unless(can_look_closer),
    row(
        Id::Further,
        &[Key::Char('+'), Key::Char('=')],
        "longer",
        "A longer window: 15m, 1h, 6h, 24h, 7d.",
        &[Place::Watch],
    )
    .footer()
    .unless(can_look_further),
    // --- moving
    row(Id::Up, &[Key::Char('k'), Key::Up], "up", "One up.", LISTS_AND_FIELDS),
    row(Id::Down, &[Key::Char('j'), Key::Down], "down", "One down.", LISTS_AND_FIELDS),
    row(Id::PageUp, &[Key::PageUp], "page up", "A page up.", LISTS),
    row(Id::PageDown, &[Key::PageDown, Key::Char(' ')], "page down", "A page down.", LISTS),
    row(Id::Top, &[Key::Char('g'), Key::Home], "first", "To the first.", LISTS),
    row(Id::Bottom, &[Key::Char('G'), Key::End], "last", "To the last; in a log: follow.", LISTS),
    row(Id::NextPane, &[Key::Tab], "next pane", "The next pane, or the next field.", &[Place::Screens, Place::Wizard])
        .footer(),
    row(
        Id::PreviousPane,
        &[Key::BackTab],
        "pane before",
        "The pane before, or the field before.",
        &[Place::Screens, Place::Wizard],
    ),
    row(
        Id::Open,
        &[Key::Enter],
        "open",
        "Open what is selected: the looks of a service, the log of a run, the run of a release; choose a row.",
        &[Place::Screens, Place::Palette, Place::Environments, Place::Decide, Place::SearchField],
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
            Place::Decide,
            Place::Confirm,
            Place::Message,
        ],
    ),
    row(
        Id::Leave,
        &[Key::Char('q')],
        "leave",
        "Leave the wizard, or close what lies over the screen.",
        &[Place::Wizard, Place::Help, Place::Environments, Place::Message],
    )
    .footer(),
    // --- the console
    row(Id::GoWatch, &[Key::Char('1')], "watch", "Services, charts, what happened.", &[Place::Screens]),
    row(Id::GoRuns, &[Key::Char('2')], "runs", "Runs, live and past.", &[Place::Screens]),
    row(Id::GoReleases, &[Key::Char('3')], "releases", "Releases to go back to.", &[Place::Screens]),
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

fn can_open_here(model: &Model) -> Option<String> {
    if model.overlay.is_some() || matches!(places(model).first(), Some(Place::SearchField)) {
        return None;
    }
    can_open(model)
}
