//! Keys of a service's log.

use crate::domain::{
    log::Direction,
    service_log::{LogFilter, StoredLine},
    status::Tone,
};

use super::{
    super::{
        log_pane::{Hit, Search},
        model::Model,
        service_log::{LogInterest, ServiceLog},
        watch::WatchFocus,
    },
    tell::notice,
};

/// Shows the selected service's log below, or again what happened.
pub fn toggle(model: &mut Model) {
    model.watch.service_log = match &model.watch.service_log {
        Some(log) => {
            model.watch.log_turn = log.wanted.turn;
            None
        }
        None => Some(ServiceLog::opened(model.watch.log_turn + 1)),
    };
    model.watch.focus = WatchFocus::Happenings;
    settle(model);
}

/// What is asked for follows the selected service.
pub fn settle(model: &mut Model) {
    let selected = model.service().map(|service| service.name.clone());
    if let Some(log) = &mut model.watch.service_log {
        let service = if log.all { None } else { selected };
        let wanted = LogInterest { service, filter: log.wanted.filter.clone(), turn: log.wanted.turn };
        log.want(wanted);
    }
}

/// Asks for lines at least so bad.
pub fn next_level(model: &mut Model) {
    change(model, |log, filter| filter.level = log.next_level());
}

/// Asks for all services, or again for the selected one.
pub fn toggle_all(model: &mut Model) {
    if let Some(log) = &mut model.watch.service_log {
        log.all = !log.all;
    }
    settle(model);
}

/// All lines of the marked line's request across services; once more: as before.
pub fn follow_request(model: &mut Model) {
    follow(model, "request", |filter| &mut filter.request, |line| line.line.request.clone());
}

/// The same with its user.
pub fn follow_user(model: &mut Model) {
    follow(model, "user", |filter| &mut filter.user, |line| line.line.user.clone());
}

fn follow(
    model: &mut Model,
    what: &str,
    field: fn(&mut LogFilter) -> &mut Option<String>,
    of: fn(&StoredLine) -> Option<String>,
) {
    let Some(log) = &mut model.watch.service_log else { return };
    let mut filter = log.wanted.filter.clone();
    if field(&mut filter).take().is_some() {
        log.all = false;
    } else if let Some(id) = log.marked().and_then(of) {
        // What led to it may be in another service, and not be an error.
        filter = LogFilter::default();
        *field(&mut filter) = Some(id);
        log.all = true;
    } else {
        notice(model, Tone::Warn, format!("the marked line names no {what}"));
        return;
    }
    change(model, |_, asked| *asked = filter);
}

/// Takes the last thing asked for away; whether there was one.
pub fn ask_less(model: &mut Model) -> bool {
    let Some(log) = &mut model.watch.service_log else { return false };
    let had = log.all || !log.wanted.filter.is_open();
    log.all = false;
    change(model, |_, filter| *filter = LogFilter::default());
    had
}

fn change(model: &mut Model, how: impl FnOnce(&ServiceLog, &mut LogFilter)) {
    if let Some(log) = &mut model.watch.service_log {
        let mut wanted = log.wanted.clone();
        how(log, &mut wanted.filter);
        log.want(wanted);
    }
    settle(model);
}

/// Looks for text in the lines that are held: they are all there is.
pub fn find(model: &mut Model, needle: &str, way: Direction, beyond: u64) {
    let rows = model.panes.log_rows;
    let Some(log) = &mut model.watch.service_log else { return };
    let exact = needle.chars().any(char::is_uppercase);
    let holds = |text: &str| if exact { text.contains(needle) } else { text.to_ascii_lowercase().contains(needle) };
    let hits: Vec<u64> = log.pane.held.iter().filter(|line| holds(&line.text)).map(|line| line.seq).collect();
    let cursor = log.pane.cursor();
    let found = match way {
        Direction::Forward => hits.iter().position(|seq| *seq >= cursor + beyond).or((!hits.is_empty()).then_some(0)),
        Direction::Backward => {
            hits.iter().rposition(|seq| seq + beyond <= cursor).or_else(|| hits.len().checked_sub(1))
        }
    };
    let hit = found.map(|at| Hit { line: hits[at], number: at as u64 + 1, of: hits.len() as u64, more: false });
    log.pane.search = Search::Done { needle: needle.to_owned(), hit };
    match hit {
        Some(hit) => log.pane.jump_to(hit.line, rows),
        None => notice(model, Tone::Warn, format!("the lines shown do not contain '{needle}'")),
    }
}

/// The next line that is an error.
pub fn next_error(model: &mut Model) {
    let rows = model.panes.log_rows;
    let Some(log) = &mut model.watch.service_log else { return };
    match log.next_error() {
        Some(line) => log.pane.jump_to(line, rows),
        None => notice(model, Tone::Warn, "no further line is an error"),
    }
}
