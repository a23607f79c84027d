//! Where keys are in force.

use crate::domain::environment::Confirm;

use super::{
    alerts::SilenceField,
    log_pane::Search,
    model::{Model, Screen},
    overlay::{Overlay, Verb},
    wizard::Stage,
};

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
    /// On the Alerts screen.
    Alerts,
    /// On the KPIs screen.
    Kpis,
    /// In a big plot.
    Plot,
    /// In the detail of a service.
    Detail,
    /// In a log pane.
    Log,
    /// In the log of a service.
    ServiceLog,
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
    /// While choosing what to compare with.
    Compare,
    /// While a run is answered.
    Decide,
    /// In the form of a silence.
    Silence,
    /// In a playbook.
    Playbook,
    /// While a confirmation is asked for.
    Confirm,
    /// In a message.
    Message,
}

impl Place {
    /// All, in the order of the help.
    pub const ALL: [Self; 23] = [
        Self::Screens,
        Self::Watch,
        Self::Runs,
        Self::Releases,
        Self::Alerts,
        Self::Kpis,
        Self::Plot,
        Self::Detail,
        Self::Log,
        Self::ServiceLog,
        Self::SearchField,
        Self::Wizard,
        Self::Preflight,
        Self::Points,
        Self::Help,
        Self::Palette,
        Self::Environments,
        Self::Compare,
        Self::Decide,
        Self::Silence,
        Self::Playbook,
        Self::Confirm,
        Self::Message,
    ];

    /// Whether it is a whole screen, not a pane of one or something over it.
    pub fn is_screen(self) -> bool {
        matches!(self, Self::Screens | Self::Watch | Self::Runs | Self::Releases | Self::Alerts | Self::Kpis)
    }

    /// Heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Screens => "On every screen (^Z and ^C: everywhere)",
            Self::Watch => "Watch",
            Self::Runs => "Runs",
            Self::Releases => "Releases",
            Self::Alerts => "Alerts",
            Self::Kpis => "KPIs",
            Self::Plot => "Plot of a figure",
            Self::Detail => "Detail of a service",
            Self::Log => "Log pane",
            Self::ServiceLog => "Log of a service",
            Self::SearchField => "While typing a search",
            Self::Wizard => "Wizards",
            Self::Preflight => "Preflight",
            Self::Points => "Choosing a release to go back to",
            Self::Help => "Help",
            Self::Palette => "Palette",
            Self::Environments => "Environments",
            Self::Compare => "Choosing what to compare with",
            Self::Decide => "Answering a run",
            Self::Silence => "Silencing an alert",
            Self::Playbook => "A playbook",
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
        Some(Overlay::Compare(_)) => return vec![Place::Compare],
        Some(Overlay::Decide(_)) => return vec![Place::Decide],
        Some(Overlay::Silence(_)) => return vec![Place::Silence],
        Some(Overlay::Playbook(_)) => return vec![Place::Playbook],
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
    if model.plot.is_some() {
        return vec![Place::Plot, Place::Screens];
    }
    if model.detail.is_some() {
        return vec![Place::Detail, Place::Screens];
    }
    let screen = match model.screen {
        Screen::Watch => Place::Watch,
        Screen::Runs => Place::Runs,
        Screen::Releases => Place::Releases,
        Screen::Alerts => Place::Alerts,
        Screen::Kpis => Place::Kpis,
    };
    if !model.log_has_focus() {
        return vec![screen, Place::Screens];
    }
    match model.log() {
        Some(log) if matches!(log.search, Search::Typing(_)) => vec![Place::SearchField],
        _ if model.service_log_has_focus() => vec![Place::ServiceLog, Place::Log, screen, Place::Screens],
        _ => vec![Place::Log, screen, Place::Screens],
    }
}

/// Whether a text field has the printable keys.
pub fn is_typing(model: &Model) -> bool {
    match (&model.overlay, model.wizard.as_ref().map(|wizard| &wizard.stage)) {
        (Some(Overlay::Palette(_)), _) | (None, Some(Stage::Params(_) | Stage::Reason(_))) => true,
        (Some(Overlay::Silence(form)), _) => form.field == SilenceField::Reason,
        (Some(Overlay::Decide(decide)), _) => decide.verb().is_some_and(Verb::needs_reason),
        (None, Some(Stage::Review(review))) => review.plan.confirm == Confirm::TypeName,
        (Some(_), _) | (None, Some(_)) => false,
        (None, None) => places(model).first() == Some(&Place::SearchField),
    }
}
