//! The KPIs screen's data: every figure of the environment, and what was read of those on the screen.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    environment::Project,
    figure::{Figure, figures},
    query::SeriesName,
};

use super::watch::ChartWindow;

/// The KPIs screen.
#[derive(Debug, Clone)]
pub struct Kpis {
    /// The figures of the environment: key figures first.
    pub list: Arc<Vec<Figure>>,
    /// The configuration and environment the list was made of.
    made_of: Option<(Arc<Project>, String)>,
    /// The selected one.
    pub selected: usize,
    /// How far back trends, bounds and plots go.
    pub window: ChartWindow,
    /// What was read of the figures on the screen, over that window.
    pub known: Arc<Known>,
}

/// What was read of figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The environment.
    pub env: String,
    /// The window.
    pub window: ChartWindow,
    /// By series.
    pub figures: BTreeMap<SeriesName, FigureNow>,
}

/// A figure now and over a window. What is not known is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FigureNow {
    /// Its newest value.
    pub now: Option<f64>,
    /// The window in even steps, oldest first; a gap has no value.
    pub trend: Vec<Option<f64>>,
    /// The least of the window.
    pub least: Option<f64>,
    /// The greatest of the window.
    pub most: Option<f64>,
    /// What the last hour comes to.
    pub hour: Option<f64>,
    /// The same hour yesterday.
    pub yesterday: Option<f64>,
    /// The same hour last week.
    pub last_week: Option<f64>,
    /// Of its service over the window, 0 to 1.
    pub availability: Option<f64>,
    /// The highest value it can tell.
    pub ceiling: Option<f64>,
}

impl Default for Kpis {
    fn default() -> Self {
        Self::over(ChartWindow::Day)
    }
}

impl Kpis {
    /// Nothing read yet, over that window.
    pub fn over(window: ChartWindow) -> Self {
        let known = Known { env: String::new(), window, figures: BTreeMap::new() };
        Self { list: Arc::default(), made_of: None, selected: 0, window, known: Arc::new(known) }
    }

    /// Lists the figures of the environment, if it or the configuration is another one.
    pub fn list_of(&mut self, project: &Arc<Project>, env: &str) {
        let same = |(known, of): &(Arc<Project>, String)| Arc::ptr_eq(known, project) && of == env;
        if !self.made_of.as_ref().is_some_and(same) {
            self.list = Arc::new(project.environment(env).map(figures).unwrap_or_default());
            self.made_of = Some((Arc::clone(project), env.to_owned()));
        }
        self.selected = self.selected.min(self.list.len().saturating_sub(1));
    }

    /// What is known of a figure over the window that is asked for.
    pub fn known(&self, figure: &Figure) -> Option<&FigureNow> {
        self.known.figures.get(&figure.series).filter(|_| self.known.window == self.window)
    }
}
