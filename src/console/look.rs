//! How the model looks: the theme, and the view.

use crate::{
    domain::time::UnixMs,
    term::{
        capabilities::{Capabilities, Colours},
        frame::{self, Area, Picture},
    },
};

use super::{
    ConsoleOptions,
    app::{
        key::Size,
        model::{Model, Options},
    },
    error::ConsoleError,
};

/// The theme in use.
#[derive(Debug)]
pub struct Look {
    theme: String,
    ascii: bool,
}

impl Look {
    /// The theme asked for, as this terminal can show it.
    pub fn new(options: &ConsoleOptions, terminal: Capabilities) -> Result<Self, ConsoleError> {
        let asked = options.theme.clone().unwrap_or_else(|| "dark".into());
        let theme = if terminal.colours == Colours::None { "mono".into() } else { asked };
        Ok(Self { theme, ascii: options.ascii || !terminal.unicode })
    }

    /// The model before anything is known.
    pub fn first_model(&self, options: &ConsoleOptions, size: Size, now: UnixMs) -> Model {
        let mut app = Options { read_only: options.read_only, ascii: self.ascii, ..Options::default() };
        if self.theme == "mono" && options.theme.is_none() {
            app.themes = vec!["mono".into()];
        }
        Model::new(app, &self.theme, size, now)
    }

    /// The picture of the model.
    pub fn draw(&mut self, model: &mut Model, area: Area) -> Picture {
        frame::plain(&debug_lines(model), area)
    }
}

fn debug_lines(model: &Model) -> Vec<String> {
    let mut lines = vec![
        format!("{} {} {:?} {}", model.env, model.screen.word(), model.size, model.watcher),
        format!("{:?} {:?}", model.notice, model.standing),
        format!("overlay {:?}", model.overlay),
        format!("wizard {:?}", model.wizard.as_ref().map(|wizard| wizard.progress())),
    ];
    lines.extend(model.watch.services.iter().map(|now| format!("{} {:?}", now.service, now.health)));
    lines.extend(model.runs.list.iter().map(|run| format!("{} {} {:?}", run.id, run.pipeline, run.phase)));
    if let Some(run) = &model.run {
        lines.push(format!("open {} {:?}", run.id, run.phase()));
        lines.extend(run.log.shown(10).iter().map(|line| format!("{} {}", line.seq, line.text)));
    }
    lines
}
