//! The plan: every command as it will run, masked, each with its way back; and the gate below it.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write};

use crate::{
    console::app::{model::Model, wizard::Review},
    domain::{
        environment::Confirm,
        pipeline::{OnFailure, PipelineKind, SoakSpec, StepKind, Trust},
        placement::Others,
        plan::{Plan, PlannedStep},
        template::Rendered,
        verdict::Verdict,
    },
};

use super::super::{
    command::{command, words},
    field, format,
    paint::Painter,
    role::Role,
    text,
};

/// One row: pieces of text at an indent.
struct Row {
    indent: u16,
    pieces: Vec<(Cow<'static, str>, Role)>,
}

/// Draws the plan from the scrolled line on; returns how many lines lie below.
pub fn paint(painter: &mut Painter<'_>, model: &Model, review: &Review) -> usize {
    let rows = rows(model, review, painter.width());
    let height = usize::from(painter.height());
    let first = review.scroll.min(rows.len().saturating_sub(height));
    for (y, row) in rows.iter().skip(first).take(height).enumerate() {
        let mut x = 1 + row.indent;
        for (text, role) in &row.pieces {
            x = painter.cut(x, y as u16, painter.width().saturating_sub(x + 1), text, *role);
        }
    }
    rows.len().saturating_sub(first + height)
}

/// The last row: what opens the gate.
pub fn gate(painter: &mut Painter<'_>, review: &Review) {
    let width = painter.width().saturating_sub(2);
    let words = start_words(&review.plan);
    match review.plan.confirm {
        Confirm::Enter => {
            painter.pieces(1, 0, width, &[("Enter", Role::Key), (&words, Role::Text)]);
        }
        Confirm::TypeName => {
            let open = review.gate().is_ok();
            let x = painter.pieces(
                1,
                0,
                width,
                &[("type ", Role::Text), (&review.plan.env, Role::Strong), (" ", Role::Text)],
            );
            let room = (text::width(&review.plan.env) as u16 + 3).min(width.saturating_sub(x));
            field::input(painter, x, 0, room, &review.typed);
            let x = x + room + 1;
            let role = if open { (Role::Key, Role::Text) } else { (Role::Disabled, Role::Disabled) };
            let rest = (width + 1).saturating_sub(x);
            painter.pieces(x, 0, rest, &[("Enter", role.0), (&words, role.1)]);
        }
    }
}

fn start_words(plan: &Plan) -> String {
    match plan.kind {
        PipelineKind::Rollback => format!(" rolls {} back", plan.env),
        kind => format!(" starts this {} in {}", kind.word(), plan.env),
    }
}

fn rows(model: &Model, review: &Review, width: u16) -> Vec<Row> {
    let mut page = Page { rows: Vec::new(), width };
    summary(&mut page, model, review);
    page.blank();
    for (index, step) in review.plan.steps.iter().enumerate() {
        page.step(index, step);
    }
    page.rows
}

/// What changes, the lock, what follows a failure, how long it takes at least, what will not come back.
fn summary(page: &mut Page, model: &Model, review: &Review) {
    let plan = &review.plan;
    let version = plan.version.as_deref().unwrap_or("no version");
    let change = match &plan.previous {
        Some(previous) => format!(
            "{} {} -> {version} ({} by run {})",
            plan.pipeline, previous.version, previous.version, previous.run
        ),
        None => format!("{} {version}, the first release of {}", plan.pipeline, plan.target),
    };
    let change = if plan.kind == PipelineKind::Verify { format!("{}, changes nothing", plan.pipeline) } else { change };
    page.fact("what", &change, Role::Strong);
    if !plan.params.is_empty() {
        let params: Vec<_> = plan.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        page.fact("with", &params.join(", "), Role::Text);
    }
    if let Some(reason) = &review.reason {
        page.fact("why", reason, Role::Text);
    }
    if plan.locks() {
        match model.holder(&plan.target) {
            None => page.fact("lock", &format!("{} is free", plan.target), Role::Text),
            Some(run) => page.fact(
                "lock",
                &format!(
                    "{} is held by run {} ({} by {}): wait for it, or cancel it on Runs",
                    plan.target, run.id, run.pipeline, run.by
                ),
                Role::Bad,
            ),
        }
    }
    if let Some(run) = review.preflight {
        page.fact("preflight", &format!("passed in run {run}"), Role::Good);
    }
    page.fact(
        "if it fails",
        match plan.on_failure {
            OnFailure::Rollback => "what was done is undone, in reverse",
            OnFailure::Hold => "it holds and asks a person",
            OnFailure::Stop => "it stops and is left as it is",
        },
        Role::Text,
    );
    let soonest = plan.soonest();
    let latest = plan.timeout.map(|timeout| format!("ended after {} at the latest", format::duration(timeout)));
    let times: Vec<String> = (!soonest.is_zero())
        .then(|| format!("takes at least {}", format::duration(soonest)))
        .into_iter()
        .chain(latest)
        .collect();
    if !times.is_empty() {
        page.fact("time", &times.join(", "), Role::Text);
    }
    if let Some(point) = &review.point {
        for lost in &point.not_restored {
            page.fact("stays as it is", lost, Role::Warn);
        }
    }
}

struct Page {
    rows: Vec<Row>,
    width: u16,
}

impl Page {
    fn push(&mut self, indent: u16, pieces: Vec<(Cow<'static, str>, Role)>) {
        self.rows.push(Row { indent, pieces });
    }

    fn blank(&mut self) {
        self.push(0, Vec::new());
    }

    fn fact(&mut self, name: &'static str, said: &str, role: Role) {
        const NAMES: usize = 16;
        let room = usize::from(self.width).saturating_sub(NAMES + 2);
        for (index, row) in text::wrapped(said, room).into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            self.push(0, vec![(format!("{name:<NAMES$}").into(), Role::Dim), (row.to_owned().into(), role)]);
        }
    }

    /// Text below a step, wrapped, after a head.
    fn below(&mut self, head: &'static str, said: &str, roles: (Role, Role)) {
        const INDENT: u16 = 4;
        let wide = text::width(head);
        let room = usize::from(self.width.saturating_sub(INDENT + 2)).saturating_sub(wide);
        for line in said.lines() {
            for (index, row) in text::wrapped(line, room).into_iter().enumerate() {
                let head: Cow<'static, str> = if index == 0 { head.into() } else { " ".repeat(wide).into() };
                self.push(INDENT, vec![(head, roles.0), (row.to_owned().into(), roles.1)]);
            }
        }
    }

    fn step(&mut self, index: usize, planned: &PlannedStep) {
        let step = &planned.step;
        // Writing to a String can't fail.
        let mut about = step.kind.word().to_owned();
        if let Some(retry) = &step.retry {
            let _ = write!(about, ", tried up to {} times", retry.times.saturating_add(1));
        }
        if let Some(timeout) = step.timeout {
            let _ = write!(about, ", {} at most", format::duration(timeout));
        }
        let head = vec![
            (format!("{:>2}  ", index + 1).into(), Role::Dim),
            (step.name.clone().into(), Role::Strong),
            (format!("  {about}").into(), Role::Dim),
        ];
        self.push(0, head);
        self.beside(planned);
        self.what(&step.kind);
        let changes = matches!(step.kind, StepKind::Command(_) | StepKind::Traffic { .. } | StepKind::Database { .. });
        if step.undoes_itself() {
            let back = "takes back what this run applied, newest first";
            self.below("way back: ", back, (Role::Good, Role::Text));
        }
        match (&step.undo, &planned.no_way_back) {
            (Some(undo), _) => self.below("way back: ", &command(undo), (Role::Good, Role::Text)),
            (None, Some(why)) if changes => self.below("no way back: ", why, (Role::Warn, Role::Text)),
            _ => {}
        }
    }

    /// Whether it is needed, as far as that is known now; where it runs; what runs at the same time.
    fn beside(&mut self, planned: &PlannedStep) {
        if let Some(when) = &planned.when {
            let source = when.condition.source();
            let judgement = when.judge(&BTreeMap::new());
            let (said, role) = match judgement.verdict {
                Verdict::Fail => (format!("left out: {}", judgement.explanation), Role::Warn),
                Verdict::Pass => (format!("needed: {}", judgement.explanation), Role::Text),
                Verdict::Unknown if when.is_late() => (format!("decided during the run: {source}"), Role::Text),
                Verdict::Unknown => (format!("can't be judged, so it will hold: {source}"), Role::Warn),
            };
            self.below("when: ", &said, (Role::Dim, role));
        }
        if let Some(host) = &planned.host {
            self.below("on: ", &host.name, (Role::Dim, Role::Text));
        }
        if let Some(batch) = &planned.batch {
            let ends = match batch.others {
                Others::Cancel => ", a failure ends the others",
                Others::Wait => "",
            };
            let said = format!("batch {}, {} at a time{ends}", batch.number, batch.at_most);
            self.below("beside others: ", &said, (Role::Dim, Role::Text));
        }
    }

    fn what(&mut self, kind: &StepKind<Rendered>) {
        let plain = (Role::Dim, Role::Text);
        match kind {
            StepKind::Command(one) => self.below("$ ", &command(one), plain),
            StepKind::Verify { suite } => self.below("", &format!("suite {suite}"), plain),
            StepKind::Traffic { weights, set, soak } => {
                let weights: Vec<_> = weights.iter().map(ToString::to_string).collect();
                self.below("$ ", &words(set), plain);
                self.below("", &format!("weights {}", weights.join(", ")), plain);
                if let Some(soak) = soak {
                    self.soak(soak);
                }
            }
            StepKind::Soak(soak) => self.soak(soak),
            StepKind::Wait(wait) => {
                let until: Vec<_> = wait.until.iter().map(|condition| condition.source().to_owned()).collect();
                let time = format::duration(wait.at_most);
                let said =
                    if until.is_empty() { time } else { format!("until {}, {time} at most", until.join(" and ")) };
                self.below("", &said, plain);
            }
            StepKind::Ask { question } => self.below("", &question.shown(), plain),
            StepKind::Database { database, act } => self.below("", &act.sentence(database), plain),
            StepKind::Checklist { items } => items.iter().for_each(|item| self.below("[ ] ", &item.shown(), plain)),
            StepKind::Flag { get, set, .. } => {
                self.below("asks before: ", &words(get), plain);
                self.below("$ ", &words(set), plain);
            }
        }
    }

    fn soak(&mut self, soak: &SoakSpec) {
        let said = format!(
            "watches {} for {}, every {}",
            soak.service,
            format::duration(soak.duration),
            format::duration(soak.every)
        );
        self.below("", &said, (Role::Dim, Role::Text));
        for condition in &soak.fail_when {
            let bad = match soak.trust {
                Trust::Act => format!("{} ({} in a row)", condition.source(), soak.fail_after),
                Trust::Ask => format!("{} ({} in a row), then asks", condition.source(), soak.fail_after),
            };
            self.below("fails when ", &bad, (Role::Dim, Role::Text));
        }
    }
}
