//! The palette: every command, pipeline, suite, environment and service, found by its name.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::domain::pipeline::PipelineKind;

use super::super::{
    action::{self, Action},
    command::{ActionId, Command},
    key::Key,
    model::Model,
    overlay::{Overlay, Palette, PaletteRow},
    place::Place,
};

/// Opens it with everything in it.
pub fn open(model: &mut Model) {
    let palette = Palette { rows: all(model), ..Palette::default() };
    model.overlay = Some(Overlay::Palette(palette));
}

/// The text changed: what matches, best first.
pub fn typed(model: &mut Model) {
    let rows = all(model);
    if let Some(Overlay::Palette(palette)) = &mut model.overlay {
        palette.rows = matching(rows, palette.input.value());
        palette.selected = 0;
    }
}

fn matching(rows: Vec<PaletteRow>, query: &str) -> Vec<PaletteRow> {
    if query.trim().is_empty() {
        return rows;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut scored: Vec<(u32, PaletteRow)> = rows
        .into_iter()
        .filter_map(|mut row| {
            let mut buffer = Vec::new();
            let mut matched = Vec::new();
            let score = pattern.indices(Utf32Str::new(&row.title, &mut buffer), &mut matcher, &mut matched)?;
            matched.sort_unstable();
            matched.dedup();
            row.matched = matched;
            Some((score, row))
        })
        .collect();
    // Stable: equals stay in the order of the table.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// Everything that can be found, in the order shown before anything is typed.
fn all(model: &Model) -> Vec<PaletteRow> {
    let mut rows: Vec<PaletteRow> = action::TABLE
        .iter()
        .filter(|action| listed(model, action))
        .map(|action| PaletteRow {
            title: action.title.to_owned(),
            key: action.keys.first().map(Key::to_string),
            disabled: action::why_not(model, action),
            command: Command::Act(action.id),
            matched: Vec::new(),
        })
        .collect();
    let Some(environment) = model.environment() else { return rows };
    let mut add = |title: String, command: Command| {
        rows.push(PaletteRow { title, key: None, disabled: None, command, matched: Vec::new() });
    };
    if !model.options.read_only {
        for pipeline in environment.pipelines.values().filter(|pipeline| pipeline.kind != PipelineKind::Rollback) {
            let word = if pipeline.kind == PipelineKind::Task { "run" } else { pipeline.kind.word() };
            let name = match (&pipeline.description, pipeline.kind) {
                (Some(description), PipelineKind::Task) => description,
                _ => &pipeline.name,
            };
            add(format!("{word}: {name}"), Command::Run { pipeline: pipeline.name.clone() });
        }
        for suite in environment.suites.keys() {
            add(format!("verify: {suite}"), Command::Suite { suite: suite.clone() });
        }
    }
    for other in model.project.iter().flat_map(|project| &project.environments) {
        if other.name != model.env {
            add(format!("environment: {}", other.name), Command::Environment { name: other.name.clone() });
        }
    }
    for service in &environment.services {
        add(format!("service: {}", service.name), Command::Service { name: service.name.clone() });
    }
    for (at, figure) in model.kpis.list.iter().enumerate() {
        add(format!("figure: {} {}", figure.series.service, figure.title()), Command::Figure { at });
    }
    rows
}

/// Moving about is done by keys alone; the rest is listed where it is in force.
fn listed(model: &Model, action: &Action) -> bool {
    let moves = matches!(
        action.id,
        ActionId::Up
            | ActionId::Down
            | ActionId::PageUp
            | ActionId::PageDown
            | ActionId::Top
            | ActionId::Bottom
            | ActionId::Open
            | ActionId::Back
            | ActionId::Palette
            | ActionId::AskQuit
            | ActionId::NextPane
            | ActionId::PreviousPane
            | ActionId::Leave
    );
    let hidden = action.destructive && model.options.read_only;
    let here = screen_places(model);
    !moves && !hidden && action.places.iter().any(|place| here.contains(place))
}

/// The places that were in force below the palette.
fn screen_places(model: &Model) -> Vec<Place> {
    let mut below = Vec::from([Place::Screens]);
    if model.plot.is_some() {
        below.push(Place::Plot);
        return below;
    }
    if model.detail.is_some() {
        below.push(Place::Detail);
        return below;
    }
    below.push(match model.screen {
        super::super::model::Screen::Watch => Place::Watch,
        super::super::model::Screen::Runs => Place::Runs,
        super::super::model::Screen::Releases => Place::Releases,
        super::super::model::Screen::Alerts => Place::Alerts,
        super::super::model::Screen::Kpis => Place::Kpis,
    });
    if model.log_has_focus() {
        below.push(Place::Log);
    }
    below
}
