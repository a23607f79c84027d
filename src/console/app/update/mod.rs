//! `update(&mut Model, Msg) -> Vec<Effect>`: the only thing that moves the model. Pure: no I/O, no clock.
//!
//! ```text
//!   keys -> text fields (text)  -> the action table -> act -> go, log, start, wizard, palette, overlay
//!   news -> news                   answers -> wizard, log        and after each: news::settle
//! ```

mod act;
mod alerts;
mod detail;
mod go;
mod keys;
mod kpis;
mod log;
mod news;
mod overlay;
mod palette;
mod service_log;
mod start;
mod tell;
#[cfg(test)]
mod tests;
mod text;
mod wizard;

use std::sync::Arc;

use crate::domain::{environment::Project, status::Tone};

use super::{
    effect::{Effect, Ticket},
    key::{Panes, Size},
    model::Model,
    msg::{Answer, Msg, Ready},
};

/// Moves the model by one message; what is to be done outside comes back.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = take(model, msg);
    news::settle(model);
    effects
}

fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return keys::press(model, key),
        Msg::Paste(text) => keys::pasted(model, &text),
        Msg::Resize(size) => resize(model, size),
        Msg::Laid(panes) => model.panes = panes,
        Msg::Tick(now) => model.now = now,
        Msg::Ready(ready) => open(model, *ready),
        Msg::Reloaded(project) => reloaded(model, project),
        Msg::ReloadRefused(lines) => {
            model.standing = Some("the changed configuration has errors: the one before stays in force".into());
            act::message(model, "The changed configuration has errors; the one before stays in force".into(), lines);
        }
        Msg::News(news) => news::take(model, news),
        Msg::Answered(ticket, answer) => return answered(model, ticket, answer),
        Msg::Read { title, lines } => {
            if model.overlay.is_none() && model.wizard.is_none() {
                act::message(model, title, lines);
            }
        }
        Msg::Copied(said) | Msg::Hint(said) => tell::notice(model, Tone::Plain, said),
        Msg::Trouble(what) => tell::notice(model, Tone::Bad, what),
        Msg::Resumed => {}
    }
    Vec::new()
}

fn resize(model: &mut Model, size: Size) {
    model.size = size;
    model.panes = Panes::guess(size);
}

fn open(model: &mut Model, ready: Ready) {
    if let Some(theme) = ready.theme.filter(|theme| model.options.themes.contains(theme)) {
        model.theme = theme;
    }
    model.utc = ready.utc;
    model.watcher = ready.watcher;
    model.env = ready.env;
    model.project = Some(ready.project);
}

fn reloaded(model: &mut Model, project: Arc<Project>) {
    model.standing = None;
    if project.environment(&model.env).is_none() {
        if let Some(first) = project.environments.first().map(|environment| environment.name.clone()) {
            let gone = std::mem::take(&mut model.env);
            // Not remembered: the environment may come back with the next change.
            drop(act::switch_environment(model, &first));
            tell::notice(model, Tone::Warn, format!("the environment {gone} is gone from the configuration"));
        }
    } else {
        tell::notice(model, Tone::Plain, "the changed configuration is in force");
    }
    model.releases.target = None;
    model.project = Some(project);
}

/// Answers to what was asked before are late, and dropped.
fn answered(model: &mut Model, ticket: Ticket, answer: Answer) -> Vec<Effect> {
    if let Answer::Found(hit) = answer {
        log::found(model, ticket, hit);
        return Vec::new();
    }
    match &model.wizard {
        Some(wizard) if wizard.ticket == ticket => wizard::answered(model, answer),
        _ => Vec::new(),
    }
}
