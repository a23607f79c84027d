//! Keys of the wizards.

use crate::domain::status::Tone;

use super::{
    super::{
        effect::Effect,
        model::Model,
        msg::Answer,
        wizard::{FieldChoices, Reason, Stage, Wizard},
    },
    start,
    tell::{Step, notice, ticket},
};

/// Enter.
pub fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(Wizard { kind, env, ticket, stage }) = model.wizard.take() else { return Vec::new() };
    match stage {
        Stage::Choose(choice) => match choice.rows.get(choice.selected) {
            Some((subject, _)) => {
                let subject = subject.clone();
                start::choose(model, kind, &subject)
            }
            None => Vec::new(),
        },
        Stage::Params(mut form) => {
            if form.focus + 1 < form.fields.len() {
                form.focus += 1;
                model.wizard = Some(Wizard { kind, env, ticket, stage: Stage::Params(form) });
                return Vec::new();
            }
            start::prepare(model, kind, form, true)
        }
        Stage::Point(choice) => match choice.chosen().cloned() {
            Ok(point) => {
                let likely = start::likely_reason(model);
                let selected = Reason::ALL.iter().position(|reason| *reason == likely).unwrap_or(0);
                let note = tui_input::Input::from(choice.because.as_str());
                let reason = super::super::wizard::ReasonChoice { point, selected, note };
                start::set(model, kind, Stage::Reason(reason));
                Vec::new()
            }
            Err(why) => {
                model.wizard = Some(Wizard { kind, env, ticket, stage: Stage::Point(choice) });
                notice(model, Tone::Warn, why);
                Vec::new()
            }
        },
        Stage::Reason(choice) => start::prepare_rollback(model, choice),
        Stage::Review(review) if review.gate().is_ok() => start::start(model, kind, review),
        stage => {
            model.wizard = Some(Wizard { kind, env, ticket, stage });
            Vec::new()
        }
    }
}

/// Esc: one stage back, or out.
pub fn go_back(model: &mut Model) {
    let Some(wizard) = model.wizard.take() else { return };
    let back = match wizard.stage {
        Stage::Preparing(preparing) => preparing.back,
        Stage::Preflight(preflight) => preflight.review.back,
        Stage::Review(review) => review.back,
        Stage::Failed(failed) => failed.back,
        Stage::Reason(choice) => {
            // The chooser is opened anew: releases may have changed meanwhile.
            drop(choice);
            None
        }
        // A run that is being created can't be taken back here; it is shown as soon as it exists.
        Stage::Starting(review) => {
            model.wizard = Some(Wizard { stage: Stage::Starting(review), ..wizard });
            return;
        }
        Stage::Params(form) => start::other_ways(model, wizard.kind, &form.pipeline).map(Box::new),
        Stage::Choose(_) | Stage::Point(_) => None,
    };
    if let Some(stage) = back {
        let ticket = ticket(model);
        model.wizard = Some(Wizard { kind: wizard.kind, env: wizard.env, ticket, stage: *stage });
    }
}

/// `q`: out of the wizard; a run that is being created is not lost, it is in the list of runs.
pub fn leave(model: &mut Model) {
    if let Some(wizard) = model.wizard.take()
        && matches!(wizard.stage, Stage::Starting(_))
    {
        notice(model, Tone::Plain, "the run is being started: it will be in the list of runs");
    }
}

/// `a`: the preflight once more.
pub fn again(model: &mut Model) -> Vec<Effect> {
    match model.wizard.take() {
        Some(Wizard { kind, stage: Stage::Preflight(preflight), .. }) => {
            start::run_preflight(model, kind, preflight.review)
        }
        other => {
            model.wizard = other;
            Vec::new()
        }
    }
}

/// Arrows and pages.
pub fn go(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    let run = &mut model.run;
    match model.wizard.as_mut().map(|wizard| &mut wizard.stage) {
        Some(Stage::Choose(choice)) => choice.selected = step.apply(choice.selected, choice.rows.len(), page),
        Some(Stage::Params(form)) => {
            if let Some(field) = form.fields.get_mut(form.focus) {
                field.selected = step.apply(field.selected, field.matching().len(), page);
            }
        }
        Some(Stage::Point(choice)) => {
            let len = choice.points.as_ref().map_or(0, |points| points.len());
            choice.selected = step.apply(choice.selected, len, page);
        }
        Some(Stage::Reason(choice)) => choice.selected = step.apply(choice.selected, Reason::ALL.len(), page),
        Some(Stage::Review(review) | Stage::Starting(review)) => {
            review.scroll = step.apply(review.scroll, review_lines(review), page);
        }
        Some(Stage::Preflight(_)) => {
            if let Some(run) = run {
                let findings = run.reports.iter().map(|(_, report)| report.findings.len()).sum::<usize>();
                run.step = step.apply(run.step, findings, page);
            }
        }
        Some(Stage::Preparing(_) | Stage::Failed(_)) | None => {}
    }
}

/// More lines than the plan takes on any screen: the view stops scrolling at the real end.
fn review_lines(review: &super::super::wizard::Review) -> usize {
    let not_restored = review.point.as_ref().map_or(0, |point| point.not_restored.len());
    review.plan.steps.len() * 6 + not_restored + 12
}

/// Tab between fields.
pub fn next_field(model: &mut Model, forward: bool) {
    if let Some(Wizard { stage: Stage::Params(form), .. }) = &mut model.wizard {
        let count = form.fields.len().max(1);
        form.focus = if forward { (form.focus + 1) % count } else { (form.focus + count - 1) % count };
    }
}

/// A field's text changed: what matches begins anew, and a refusal is old.
pub fn typed(model: &mut Model) {
    if let Some(Wizard { stage: Stage::Params(form), .. }) = &mut model.wizard {
        form.refused = None;
        if let Some(field) = form.fields.get_mut(form.focus) {
            field.selected = 0;
        }
    }
}

/// Takes an answer in that the wizard waits for.
pub fn answered(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Choices { param, choices } => {
            if let Some(Wizard { stage: Stage::Params(form), .. }) = &mut model.wizard
                && let Some(field) = form.fields.iter_mut().find(|field| field.param.name == param)
            {
                field.choices = match choices {
                    Ok(choices) => FieldChoices::Known(choices),
                    Err(why) => FieldChoices::Unknown { why },
                };
                field.selected = 0;
            }
            Vec::new()
        }
        Answer::Planned(Ok(planned)) => start::take_plan(model, planned),
        Answer::Points(Ok(points)) => start::take_points(model, points),
        Answer::Started(Ok(run)) => {
            start::started(model, run);
            Vec::new()
        }
        Answer::Planned(Err(why)) | Answer::Points(Err(why)) | Answer::Started(Err(why)) => {
            start::failed(model, why);
            Vec::new()
        }
        Answer::Found(_) => Vec::new(),
    }
}
