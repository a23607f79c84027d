//! Keys of the Alerts screen: acknowledge, silence, runbook, playbook, and the way to the rollback.

use crate::domain::{
    alert::{AlertKey, Posted, State},
    environment::Environment,
    pipeline::{PipelineKind, StepKind},
    playbook::PlaybookAct,
    status::Tone,
};

use super::{
    super::{
        alerts::{AlertsFocus, LENGTHS, OpenPlaybook, SilenceField, SilenceForm},
        effect::Effect,
        model::Model,
        overlay::{Message, Overlay},
        wizard::Subject,
    },
    start,
    tell::{Step, notice},
};

/// Says that somebody is at the selected alert.
pub fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let Some(posted) = model.alerts.current() else { return Vec::new() };
    let Some(fired_at) = posted.fired_at() else { return Vec::new() };
    let key = posted.standing.key.clone();
    notice(model, Tone::Plain, format!("acknowledged {}: it is not repeated while it fires", name(&key)));
    vec![Effect::Acknowledge { key, fired_at }]
}

/// Opens the form of a silence.
pub fn open_silence(model: &mut Model) {
    if let Some(posted) = model.alerts.current() {
        model.overlay = Some(Overlay::Silence(SilenceForm::new(posted)));
    }
}

/// Enter in the form: the next field; from the last one, the silence.
pub fn submit_silence(model: &mut Model, mut form: SilenceForm) -> Vec<Effect> {
    if form.field != SilenceField::Reason {
        form.field = around(form.field, true);
        model.overlay = Some(Overlay::Silence(form));
        return Vec::new();
    }
    let reason = form.reason.value().trim().to_owned();
    if reason.is_empty() {
        notice(model, Tone::Warn, "type a reason: whoever looks next needs to know why nobody is told");
        model.overlay = Some(Overlay::Silence(form));
        return Vec::new();
    }
    let words = LENGTHS[form.length.min(LENGTHS.len() - 1)].1;
    notice(model, Tone::Plain, format!("silenced for {words}: {}", form.matcher()));
    let from = model.now;
    vec![Effect::Silence { env: form.key.env.clone(), matches: form.matcher(), from, length: form.duration(), reason }]
}

/// Arrows in the form.
pub fn go_in_silence(form: &mut SilenceForm, step: Step, page: u16) {
    match form.field {
        SilenceField::Scope => form.scope = step.apply(form.scope, form.scopes().len(), page),
        SilenceField::Length => form.length = step.apply(form.length, LENGTHS.len(), page),
        SilenceField::Reason => {}
    }
}

/// Tab in the form.
pub fn next_field(form: &mut SilenceForm, forward: bool) {
    form.field = around(form.field, forward);
}

fn around(field: SilenceField, forward: bool) -> SilenceField {
    let all = SilenceField::ALL;
    let at = all.iter().position(|one| *one == field).unwrap_or(0);
    all[if forward { at + 1 } else { at + all.len() - 1 } % all.len()]
}

/// Ends the silence that the selected alert is under.
pub fn end_silence(model: &mut Model) -> Vec<Effect> {
    let Some(State::Silenced { id, .. }) = model.alerts.current().map(|posted| &posted.state) else {
        return Vec::new();
    };
    let id = *id;
    notice(model, Tone::Plain, format!("silence {id} ends now"));
    vec![Effect::EndSilence { id }]
}

/// Opens the runbook of the selected alert: a file below the project's root on the screen, an address to copy.
pub fn open_runbook(model: &mut Model) -> Vec<Effect> {
    let Some(runbook) = runbook(model) else { return Vec::new() };
    if runbook.contains("://") {
        let lines = vec![runbook.clone(), String::new(), "It was copied: paste it into a browser.".to_owned()];
        model.overlay = Some(Overlay::Message(Message { title: "Runbook".to_owned(), lines, scroll: 0 }));
        return vec![Effect::Copy { text: format!("{runbook}\n"), what: "the runbook's address".into() }];
    }
    let Some(project) = &model.project else { return Vec::new() };
    vec![Effect::Runbook { root: project.root.clone(), path: runbook }]
}

/// The runbook of the selected alert's rule.
pub fn runbook(model: &Model) -> Option<String> {
    let posted = model.alerts.current()?;
    model.environment()?.alert_rule(&posted.standing.key.rule)?.runbook.clone()
}

/// Opens the playbook for the selected alert.
pub fn open_playbook(model: &mut Model) {
    let Some(posted) = model.alerts.current() else { return };
    let playbook = model.environment().and_then(|environment| environment.playbook_for(&posted.standing.key.rule));
    if let Some(playbook) = playbook {
        let open = OpenPlaybook { name: playbook.name.clone(), selected: 0 };
        model.overlay = Some(Overlay::Playbook(open));
    }
}

/// Enter in a playbook: what runs is planned and confirmed like every run; what is to be read is read already.
pub fn run_step(model: &mut Model, open: OpenPlaybook) -> Vec<Effect> {
    let step = model
        .environment()
        .and_then(|environment| environment.playbooks.get(&open.name))
        .and_then(|playbook| playbook.steps.get(open.selected));
    match step.map(|step| &step.act) {
        Some(PlaybookAct::Run { pipeline, .. }) => {
            let pipeline = pipeline.clone();
            if model.options.read_only {
                notice(model, Tone::Warn, "this console is read-only");
                model.overlay = Some(Overlay::Playbook(open));
                return Vec::new();
            }
            let kind = model.environment().and_then(|env| env.pipelines.get(&pipeline)).map(|found| found.kind);
            kind.map(|kind| start::choose(model, kind, &Subject::Pipeline(pipeline))).unwrap_or_default()
        }
        Some(PlaybookAct::Read { .. }) => {
            notice(model, Tone::Plain, "this step is done by hand");
            model.overlay = Some(Overlay::Playbook(open));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// From the selected alert straight to the plan that goes back to the best release of what its service belongs to.
pub fn roll_back(model: &mut Model) -> Vec<Effect> {
    let Some(posted) = model.alerts.current() else { return Vec::new() };
    let because = format!("alert {}", name(&posted.standing.key));
    let target = model.environment().and_then(|environment| target_of(environment, posted));
    let target = target.or_else(|| model.releases.target.clone());
    start::roll_back_for(model, target, &because)
}

/// What a service belongs to: the target of the deploy that judges it by name, else that of the last deploy before the alert.
fn target_of(environment: &Environment, posted: &Posted) -> Option<String> {
    let service = &posted.standing.key.subject;
    let mut deploys = environment.pipelines.values().filter(|pipeline| pipeline.kind == PipelineKind::Deploy);
    let names = |kind: &StepKind<_>| match kind {
        StepKind::Soak(soak) => soak.service == *service,
        StepKind::Traffic { soak, .. } => soak.as_ref().is_some_and(|soak| soak.service == *service),
        _ => false,
    };
    let judging = deploys.find(|pipeline| pipeline.each_step().any(|step| names(&step.kind)));
    judging.map(|pipeline| pipeline.target.clone()).or_else(|| posted.deploy.as_ref().map(|run| run.target.clone()))
}

/// `High error rate of api`.
pub fn name(key: &AlertKey) -> String {
    if key.subject.is_empty() { key.rule.clone() } else { format!("{} of {}", key.rule, key.subject) }
}

/// Arrows on the screen.
pub fn go(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    // More than the explanation takes: the view stops scrolling at the real end.
    let told = model.alerts.current_story().map_or(0, |story| story.events.len() + 2 * story.messages.len());
    let lines = told + 16;
    let alerts = &mut model.alerts;
    match alerts.focus {
        AlertsFocus::List => {
            let to = step.apply(alerts.position(), alerts.board.alerts.len(), page);
            let selected = alerts.board.alerts.get(to).map(|posted| posted.standing.key.clone());
            if selected != alerts.selected {
                alerts.scroll = 0;
            }
            alerts.selected = selected;
        }
        AlertsFocus::About => alerts.scroll = step.apply(alerts.scroll, lines, page),
    }
}

/// Steps of the playbook that is open.
pub fn open_steps(model: &Model) -> usize {
    let Some(Overlay::Playbook(open)) = &model.overlay else { return 0 };
    let playbook = model.environment().and_then(|environment| environment.playbooks.get(&open.name));
    playbook.map_or(0, |playbook| playbook.steps.len())
}
