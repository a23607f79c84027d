//! A figure drawn over a window, alone or over another window.

use std::{sync::Arc, time::Duration};

use crate::domain::{
    figure::Figure,
    query::{Against, Start},
    run::RunSummary,
    series::Point,
    status::DeployMark,
    time::UnixMs,
};

use super::watch::{ChartWindow, Limit};

/// A big plot; it takes the place of the screen below.
#[derive(Debug, Clone)]
pub struct OpenPlot {
    /// The figures one can go through.
    pub list: Arc<Vec<Figure>>,
    /// The one that is drawn.
    pub at: usize,
    /// How far back.
    pub window: ChartWindow,
    /// What it is compared with.
    pub against: Option<Against>,
}

impl OpenPlot {
    /// The figure that is drawn.
    pub fn figure(&self) -> Option<&Figure> {
        self.list.get(self.at)
    }
}

/// What a plot needs to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotInterest {
    /// Which figure.
    pub figure: Figure,
    /// How far back.
    pub window: ChartWindow,
    /// What it is compared with.
    pub against: Option<Against>,
    /// Points there is room for.
    pub points: u16,
}

/// A plot as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct PlotData {
    /// The environment.
    pub env: String,
    /// What was asked for.
    pub asked: PlotInterest,
    /// Width of a step.
    pub step: Duration,
    /// The window itself.
    pub now: Side,
    /// The window it is compared with.
    pub then: Option<Side>,
    /// The highest value the series can tell.
    pub ceiling: Option<f64>,
    /// Lines at which conditions about it turn.
    pub limits: Vec<Limit>,
    /// Runs that began in the window.
    pub marks: Vec<DeployMark>,
    /// The service's figures over both windows; empty unless it is compared.
    pub table: Vec<Compared>,
    /// Why there is nothing to compare with.
    pub missing: Option<String>,
}

/// One window of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// `now`, `yesterday`, `since deploy 1.9.2`.
    pub called: String,
    /// Left edge.
    pub from: UnixMs,
    /// Right edge.
    pub to: UnixMs,
    /// One for each step; a gap has no value.
    pub points: Vec<Point>,
    /// What all of it comes to.
    pub whole: Option<f64>,
    /// Samples it was made from.
    pub samples: u64,
}

impl Side {
    /// The least and the greatest value.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let values = || self.points.iter().filter_map(|point| point.value);
        let most = self.points.iter().flat_map(|point| [point.value, point.max]).flatten();
        Some((values().reduce(f64::min)?, most.reduce(f64::max)?))
    }
}

/// A figure of a service over two windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// `p95`, `error rate`, `requests`.
    pub title: String,
    /// The series whose name tells the unit.
    pub unit_of: String,
    /// In the window.
    pub now: Option<f64>,
    /// In the other window.
    pub then: Option<f64>,
    /// The highest value it can tell.
    pub ceiling: Option<f64>,
    /// More of it is better, worse, or neither.
    pub better: Better,
}

/// Which way a figure gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The more the better.
    More,
    /// The less the better.
    Less,
    /// Neither.
    Neither,
}

/// Choosing what a plot is compared with.
#[derive(Debug, Clone)]
pub struct Picker {
    /// What is chosen now.
    pub stage: Picking,
    /// The selected row.
    pub selected: usize,
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picking {
    /// What to compare with.
    What,
    /// The run whose time is looked at.
    Run,
    /// The run it is compared with.
    Other(Start),
}

/// A row of the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// No comparison.
    Nothing,
    /// That one.
    With(Against),
    /// Two runs, to be chosen.
    TwoRuns,
    /// This run.
    Run(Start),
}

impl Picker {
    /// The first question.
    pub fn opened() -> Self {
        Self { stage: Picking::What, selected: 0 }
    }

    /// The rows there are, in words.
    pub fn rows(&self, runs: &[RunSummary]) -> Vec<(String, Choice)> {
        match &self.stage {
            Picking::What => {
                let with =
                    [Against::WindowBefore, Against::Yesterday, Against::LastWeek, Against::LastDeploy].into_iter();
                let mut rows = vec![("nothing: this window alone".to_owned(), Choice::Nothing)];
                rows.extend(with.map(|against| (against.words(), Choice::With(against))));
                rows.push(("two runs: the time since each began".into(), Choice::TwoRuns));
                rows
            }
            Picking::Run => starts(runs).map(|start| (start.label.clone(), Choice::Run(start))).collect(),
            Picking::Other(first) => starts(runs)
                .filter(|start| start != first)
                .map(|start| (start.label.clone(), Choice::Run(start)))
                .collect(),
        }
    }

    /// The question, as a title.
    pub fn title(&self) -> String {
        match &self.stage {
            Picking::What => "Compare with".into(),
            Picking::Run => "The time since which run?".into(),
            Picking::Other(first) => format!("{} with which other run?", first.label),
        }
    }
}

/// Runs that change something, the newest first.
fn starts(runs: &[RunSummary]) -> impl Iterator<Item = Start> {
    use crate::domain::pipeline::PipelineKind;
    runs.iter().filter(|run| run.kind != PipelineKind::Verify).map(|run| {
        let version = run.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        Start { at: run.requested_at, label: format!("{}{version} {}", run.pipeline, run.id) }
    })
}
