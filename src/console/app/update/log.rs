//! Keys of the log pane.

use std::fmt::Write;

use tui_input::Input;

use crate::domain::{log::Direction, status::Tone};

use super::{
    super::{
        effect::{Effect, Ticket},
        log_pane::{Hit, Position, Search},
        model::Model,
    },
    service_log,
    tell::{Step, notice, ticket},
};

/// What a line that looks like an error contains. Lower case: case does not matter.
const ERRORS: [&str; 4] = ["error", "fail", "panic", "fatal"];

/// Moves the cursor of the open run's log.
pub fn go(model: &mut Model, step: Step) {
    let rows = model.panes.log_rows;
    let first = model.watch.service_log.as_ref().filter(|_| model.service_log_has_focus()).map_or(1, |log| log.first);
    let Some(log) = model.log_mut() else { return };
    match step {
        Step::By(lines) => log.move_by(lines, rows),
        Step::Pages(pages) => log.move_by(pages.saturating_mul(rows.max(1).into()), rows),
        Step::First => {
            log.position = if log.total > first { Position::At { top: first, cursor: first } } else { Position::Follow }
        }
        Step::Last => log.position = Position::Follow,
    }
    if let Position::At { top, cursor } = log.position {
        log.position = Position::At { top: top.max(first), cursor: cursor.max(first) };
    }
}

/// Opens the search field, with the text searched for before.
pub fn open_search(model: &mut Model) {
    if let Some(log) = model.log_mut() {
        let before = log.search.needle().unwrap_or_default().to_owned();
        log.search = Search::Typing(Input::new(before));
    }
}

/// Looks for what was typed, from the cursor on and around the end.
pub fn submit_search(model: &mut Model) -> Vec<Effect> {
    let typed = match model.log() {
        Some(log) => log.search.needle().map(str::to_owned),
        None => return Vec::new(),
    };
    if let Some(needle) = typed {
        find(model, needle, Direction::Forward, 0)
    } else {
        close_search(model);
        Vec::new()
    }
}

/// Ends the search; whether there was one.
pub fn close_search(model: &mut Model) -> bool {
    model.log_mut().is_some_and(|log| !matches!(std::mem::take(&mut log.search), Search::Off))
}

/// The next hit, or the one before.
pub fn next_hit(model: &mut Model, way: Direction) -> Vec<Effect> {
    let needle = model.log().and_then(|log| log.search.needle()).map(str::to_owned);
    needle.map(|needle| find(model, needle, way, 1)).unwrap_or_default()
}

fn find(model: &mut Model, needle: String, way: Direction, beyond: u64) -> Vec<Effect> {
    if model.service_log_has_focus() {
        service_log::find(model, &needle, way, beyond);
        return Vec::new();
    }
    let ticket = ticket(model);
    let Some(run) = &mut model.run else { return Vec::new() };
    let cursor = run.log.cursor();
    let from = match way {
        Direction::Forward => cursor + beyond,
        Direction::Backward => cursor.saturating_sub(beyond),
    };
    let effect = Effect::Find {
        ticket,
        run: run.id,
        needles: vec![needle.clone()],
        from: from.max(1),
        way,
        around: true,
        count: true,
    };
    run.log.search = Search::Looking { needle, ticket };
    vec![effect]
}

/// The next line that looks like an error.
pub fn next_error(model: &mut Model) -> Vec<Effect> {
    if model.service_log_has_focus() {
        service_log::next_error(model);
        return Vec::new();
    }
    let ticket = ticket(model);
    let Some(run) = &mut model.run else { return Vec::new() };
    run.log.next_error = Some(ticket);
    let from = if run.log.follows() { 1 } else { run.log.cursor() + 1 };
    let needles = ERRORS.map(str::to_owned).into();
    vec![Effect::Find { ticket, run: run.id, needles, from, way: Direction::Forward, around: false, count: false }]
}

/// Takes in where text was found. Answers to older questions are late.
pub fn found(model: &mut Model, ticket: Ticket, hit: Option<Hit>) {
    let rows = model.panes.log_rows;
    let Some(run) = &mut model.run else { return };
    if run.log.counting == Some(ticket) {
        run.log.counting = None;
        if let Search::Done { hit: shown, .. } = &mut run.log.search {
            *shown = hit;
        }
        return;
    }
    let looking = match &run.log.search {
        Search::Looking { needle, ticket: wanted } if *wanted == ticket => Some(needle.clone()),
        _ => None,
    };
    let missing = match looking {
        Some(needle) => {
            let missing = format!("the log does not contain '{needle}'");
            run.log.search = Search::Done { needle, hit };
            run.log.counting = hit.is_some().then_some(ticket);
            missing
        }
        None if run.log.next_error == Some(ticket) => {
            run.log.next_error = None;
            "no further line looks like an error".into()
        }
        None => return,
    };
    match hit {
        Some(hit) => run.log.jump_to(hit.line, rows),
        None => notice(model, Tone::Warn, missing),
    }
}

/// Copies the marked line, or all lines on the screen.
pub fn copy(model: &mut Model, all: bool) -> Vec<Effect> {
    let Some(log) = model.log() else { return Vec::new() };
    let lines: Vec<&str> = if all {
        log.shown(model.panes.log_rows.into()).iter().map(|line| line.text.as_str()).collect()
    } else {
        log.line_at_cursor().map(|line| line.text.as_str()).into_iter().collect()
    };
    if lines.is_empty() {
        notice(model, Tone::Warn, "there is nothing to copy yet");
        return Vec::new();
    }
    let what = match lines.len() {
        1 => "1 line".to_owned(),
        many => format!("{many} lines"),
    };
    let mut text = String::new();
    for line in lines {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{line}");
    }
    vec![Effect::Copy { text, what }]
}
