//! Why an action can't be done now: a disabled key says it.

use crate::domain::{
    alert::{Posted, State},
    pipeline::PipelineKind,
    run::RunPhase,
};

use super::{
    alerts::AlertsFocus,
    detail::Page,
    model::{Model, Screen},
    place::{Place, places},
    runs::{OpenRun, RunsFocus},
    watch::{ChartWindow, WatchFocus},
    wizard::Stage,
};

/// It can always be done.
pub fn never(_: &Model) -> Option<String> {
    None
}

/// The configuration is open.
pub fn ready(model: &Model) -> Option<String> {
    model.project.is_none().then(|| "the configuration is still being read".into())
}

/// There is something to deploy.
pub fn can_deploy(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        model
            .pipelines(PipelineKind::Deploy)
            .next()
            .is_none()
            .then(|| format!("{} has no pipeline of kind deploy", model.env))
    })
}

/// There is something to verify.
pub fn can_verify(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        let suites = model.environment().is_some_and(|environment| !environment.suites.is_empty());
        (!suites && model.pipelines(PipelineKind::Verify).next().is_none())
            .then(|| format!("{} has no suite and no pipeline of kind verify", model.env))
    })
}

/// There is another environment.
pub fn can_switch_environment(model: &Model) -> Option<String> {
    ready(model).or_else(|| {
        let one = model.project.as_ref().is_some_and(|project| project.environments.len() < 2);
        one.then(|| "there is only one environment".into())
    })
}

/// There is another theme.
pub fn can_change_theme(model: &Model) -> Option<String> {
    (model.options.themes.len() < 2).then(|| "NO_COLOR is set: there is only the mono theme".into())
}

/// The charts can show less.
pub fn can_look_closer(model: &Model) -> Option<String> {
    if let Some(detail) = model.detail.as_ref().filter(|_| model.plot.is_none()) {
        return match detail.page {
            Page::History => detail.unit.shorter().is_none().then(|| "a history has no shorter rows than hours".into()),
            Page::Phases => detail.window.shorter().is_none().then(|| "phases are kept by the minute".into()),
            Page::Now | Page::Failures => Some("this page shows all there is".into()),
        };
    }
    match model.window() {
        ChartWindow::Quarter => Some("the charts can't show less than 15 minutes".into()),
        ChartWindow::Hour if model.screen == Screen::Kpis => Some("figures can't show less than an hour".into()),
        _ => None,
    }
}

/// The charts can show more.
pub fn can_look_further(model: &Model) -> Option<String> {
    if let Some(detail) = model.detail.as_ref().filter(|_| model.plot.is_none()) {
        return match detail.page {
            Page::History => detail.unit.longer().is_none().then(|| "a history has no longer rows than weeks".into()),
            Page::Phases => detail.window.longer().is_none().then(|| "phases are kept as long as single looks".into()),
            Page::Now | Page::Failures => Some("this page shows all there is".into()),
        };
    }
    (model.window() == ChartWindow::Month).then(|| "the charts can't show more than 30 days".into())
}

/// Something to open is selected.
pub fn can_open(model: &Model) -> Option<String> {
    let empty = match model.screen {
        _ if model.plot.is_some() => Some("there is nothing to open here"),
        _ if model.detail.is_some() => None,
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
        Screen::Alerts => match model.alerts.focus {
            AlertsFocus::List => model.alerts.current().is_none().then_some("there is no alert"),
            AlertsFocus::About => Some("there is nothing to open here"),
        },
        Screen::Kpis => model.kpis.list.is_empty().then_some("there is no figure"),
    };
    empty.map(str::to_owned)
}

fn alert(model: &Model) -> Result<&Posted, String> {
    model.alerts.current().ok_or_else(|| "there is no alert".to_owned())
}

/// The selected alert fires, and nobody is at it.
pub fn can_acknowledge(model: &Model) -> Option<String> {
    let posted = match alert(model) {
        Ok(posted) => posted,
        Err(why) => return Some(why),
    };
    match &posted.acknowledged {
        Some(one) => Some(format!("{} is at it already", one.author)),
        None => (!posted.fires()).then(|| "it does not fire".to_owned()),
    }
}

/// The selected alert is not silenced yet.
pub fn can_silence(model: &Model) -> Option<String> {
    match alert(model).map(|posted| &posted.state) {
        Err(why) => Some(why),
        Ok(State::Silenced { .. }) => Some("it is silenced already: S ends that".into()),
        Ok(_) => None,
    }
}

/// The selected alert is silenced.
pub fn can_end_silence(model: &Model) -> Option<String> {
    match alert(model).map(|posted| &posted.state) {
        Err(why) => Some(why),
        Ok(State::Silenced { .. }) => None,
        Ok(_) => Some("it is not silenced".into()),
    }
}

/// The selected alert's rule names a runbook.
pub fn can_open_runbook(model: &Model) -> Option<String> {
    let rule = match alert(model) {
        Ok(posted) => &posted.standing.key.rule,
        Err(why) => return Some(why),
    };
    let known = model.environment().and_then(|environment| environment.alert_rule(rule));
    known.and_then(|rule| rule.runbook.as_ref()).is_none().then(|| format!("'{rule}' names no runbook"))
}

/// There is a playbook for the selected alert.
pub fn can_open_playbook(model: &Model) -> Option<String> {
    let rule = match alert(model) {
        Ok(posted) => &posted.standing.key.rule,
        Err(why) => return Some(why),
    };
    let known = model.environment().and_then(|environment| environment.playbook_for(rule));
    known.is_none().then(|| format!("no playbook names '{rule}'"))
}

/// An alert is selected, and there is something to go back to.
pub fn can_roll_back_alert(model: &Model) -> Option<String> {
    alert(model).err().or_else(|| can_deploy(model))
}

/// The open run waits for a person.
pub fn can_decide(model: &Model) -> Option<String> {
    match model.run.as_ref().and_then(|run| run.phase()) {
        Some(RunPhase::Asking { .. } | RunPhase::Holding { .. }) => None,
        Some(_) => Some("this run does not wait for anybody".into()),
        None => Some("no run is open".into()),
    }
}

/// The open run is still going.
pub fn can_cancel(model: &Model) -> Option<String> {
    let Some(run) = &model.run else { return Some("no run is open".into()) };
    match &run.detail {
        None => Some(format!("run {} is still being read", run.id)),
        Some(_) if run.is_over() => Some(format!("run {} is over", run.id)),
        Some(detail) if detail.state.cancelling => Some(format!("run {} is being cancelled already", run.id)),
        Some(_) => None,
    }
}

/// There are log lines.
pub fn has_log(model: &Model) -> Option<String> {
    if model.service_log_has_focus() {
        let empty = model.log().is_none_or(|log| log.total == 0);
        return empty.then(|| "no line is shown yet".into());
    }
    match &model.run {
        None => Some("no run is open".into()),
        Some(run) if run.log.total == 0 => Some(format!("run {} has no log yet", run.id)),
        Some(_) => None,
    }
}

/// Something is searched for.
pub fn has_search(model: &Model) -> Option<String> {
    has_log(model).or_else(|| {
        let none = model.log().is_some_and(|log| log.search.needle().is_none());
        none.then(|| "nothing was searched for: press / first".into())
    })
}

/// The log has columns to scroll.
pub fn can_shift(model: &Model) -> Option<String> {
    let wrapped = model.log().is_some_and(|log| log.wrap);
    has_log(model).or_else(|| wrapped.then(|| "long lines are wrapped: press w to cut them".into()))
}

/// The wizard can go on.
pub fn can_go_on(model: &Model) -> Option<String> {
    match &model.wizard.as_ref()?.stage {
        Stage::Point(choice) => choice.chosen().err(),
        Stage::Preparing(_) => Some("the plan is still being made".into()),
        Stage::Preflight(_) => {
            if model.run.as_ref().is_some_and(OpenRun::is_over) {
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

/// The preflight is over.
pub fn can_run_again(model: &Model) -> Option<String> {
    let over = model.run.as_ref().is_some_and(OpenRun::is_over);
    (!over).then(|| "the preflight is still running".into())
}

/// As [`can_open`], and always where a row is chosen.
pub fn can_open_here(model: &Model) -> Option<String> {
    if model.overlay.is_some() || matches!(places(model).first(), Some(Place::SearchField)) {
        return None;
    }
    can_open(model)
}
