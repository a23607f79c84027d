//! Filling in the templates of one step and of its undo.

use super::PlanInput;
use crate::domain::{
    pipeline::{Command, DatabaseAct, Effect, HttpStep, PipelineKind, Step, StepKind},
    template::{Context, Piece, Rendered, Template, TemplateError},
};

/// The names of the late values a step takes from an answer.
pub(super) fn captures(step: &Step<Template>) -> impl Iterator<Item = &String> {
    let http = match &step.kind {
        StepKind::Command(Command::Http(http)) => Some(http),
        _ => None,
    };
    http.into_iter().flat_map(|http| http.capture.keys())
}

/// The step without its undo.
pub(super) fn render_step(step: &Step<Template>, context: &Context) -> Result<Step<Rendered>, TemplateError> {
    let kind = match &step.kind {
        StepKind::Command(command) => StepKind::Command(command.render(context)?),
        StepKind::Verify { suite } => StepKind::Verify { suite: suite.clone() },
        StepKind::Traffic { weights, set, soak } => StepKind::Traffic {
            weights: weights.clone(),
            set: render_all(set, &context.clone().with_late("weight"))?,
            soak: soak.clone(),
        },
        StepKind::Soak(soak) => StepKind::Soak(soak.clone()),
        StepKind::Wait(wait) => StepKind::Wait(wait.clone()),
        StepKind::Ask { question } => StepKind::Ask { question: question.render(context)? },
        StepKind::Database { database, act } => {
            let text = act.text().map(|text| text.render(context)).transpose()?;
            let act = match act {
                DatabaseAct::Migrate { stays, .. } => DatabaseAct::Migrate { to: text, stays: *stays },
                DatabaseAct::Backup => DatabaseAct::Backup,
                DatabaseAct::Restore { keep_present, .. } => {
                    DatabaseAct::Restore { from: text, keep_present: *keep_present }
                }
            };
            StepKind::Database { database: database.clone(), act }
        }
        StepKind::Checklist { items } => StepKind::Checklist { items: render_all(items, context)? },
        StepKind::Flag { flag, percent, get, set } => {
            let context = context.clone().with("flag", flag.as_str());
            StepKind::Flag {
                flag: flag.clone(),
                percent: *percent,
                get: render_all(get, &context)?,
                set: render_all(set, &context.with("percent", *percent))?,
            }
        }
    };
    let env = step.env.iter().map(|(name, value)| Ok((name.clone(), value.render(context)?)));
    Ok(Step {
        name: step.name.clone(),
        kind,
        effect: step.effect,
        retry: step.retry.clone(),
        timeout: step.timeout,
        undo: None,
        probe: step.probe.as_ref().map(|words| render_all(words, context)).transpose()?,
        required: step.required,
        env: env.collect::<Result<_, TemplateError>>()?,
    })
}

/// Where a rollback's step says nothing of its own, it goes to what is recorded of the point.
pub(super) fn of_the_point(
    step: Step<Rendered>,
    kind: PipelineKind,
    input: &PlanInput,
) -> Result<Step<Rendered>, String> {
    let (Some(point), PipelineKind::Rollback) = (&input.point, kind) else { return Ok(step) };
    let StepKind::Database { database, act } = &step.kind else { return Ok(step) };
    let recorded = point.databases.get(database);
    let missing = |what: &str, key: &str| {
        format!("nothing is recorded of {what} of {database} for {}: say which with `{key}`", point.version)
    };
    let text = |text: &Option<String>| text.as_ref().map(Rendered::text);
    let act = match act {
        DatabaseAct::Migrate { to, .. } if input.schema_stays => DatabaseAct::Migrate { to: to.clone(), stays: true },
        DatabaseAct::Migrate { to: None, stays: false } => {
            let to = recorded.and_then(|one| text(&one.schema)).ok_or_else(|| missing("the schema", "to"))?;
            DatabaseAct::Migrate { to: Some(to), stays: true }
        }
        DatabaseAct::Restore { from: None, keep_present } => {
            let from = recorded.and_then(|one| text(&one.backup)).ok_or_else(|| missing("a backup", "from"))?;
            DatabaseAct::Restore { from: Some(from), keep_present: *keep_present }
        }
        _ => return Ok(step),
    };
    Ok(Step { kind: StepKind::Database { database: database.clone(), act }, ..step })
}

/// Why what a step does with a database can't be taken back, if it can't.
fn database_way_back<T>(database: &str, act: &DatabaseAct<T>, input: &PlanInput) -> Option<String> {
    match act {
        DatabaseAct::Backup => None,
        DatabaseAct::Migrate { .. } => {
            let without =
                input.migrations.get(database).map(|planned| planned.without_way_back.as_slice()).unwrap_or_default();
            (!without.is_empty()).then(|| format!("if one of these is applied: {}", without.join("; ")))
        }
        DatabaseAct::Restore { keep_present: true, .. } => {
            Some("what it replaces is in the backup that it makes first".into())
        }
        DatabaseAct::Restore { .. } => Some("it replaces what is there, and keeps none of it".into()),
    }
}

/// The undo, or why there is none.
pub(super) fn render_undo(
    step: &Step<Template>,
    context: &Context,
    input: &PlanInput,
) -> Result<(Option<Command<Rendered>>, Option<String>), TemplateError> {
    let first = input.previous.is_none();
    if let StepKind::Database { database, act } = &step.kind {
        return Ok((None, database_way_back(database, act, input)));
    }
    let changes = step.effect != Effect::Read && matches!(step.kind, StepKind::Command(_) | StepKind::Traffic { .. });
    if let StepKind::Flag { flag, set, .. } = &step.kind {
        let context = context.clone().with("flag", flag.as_str()).with_late("percent");
        let words = render_all(set, &context)?.into_iter().map(|word| formerly(flag, word)).collect();
        return Ok((Some(Command::Run(words)), None));
    }
    let Some(undo) = &step.undo else {
        return Ok((None, changes.then(|| "no undo is configured".to_owned())));
    };
    match undo.render(context) {
        Ok(rendered) => Ok((Some(rendered), None)),
        Err(_) if first && undo.reads("previous") => {
            Ok((None, Some("the first deploy has no previous version to go back to".to_owned())))
        }
        Err(error) => Err(error),
    }
}

/// The name under which a flag's former part is kept during the run.
pub fn former(flag: &str) -> String {
    format!("flag {flag}")
}

/// The part is the one that the flag had before.
fn formerly(flag: &str, word: Rendered) -> Rendered {
    let piece = |piece: Piece| match piece {
        Piece::Late(name) if name == "percent" => Piece::Late(format!("captures.{}", former(flag))),
        other => other,
    };
    Rendered(word.0.into_iter().map(piece).collect())
}

fn render_all(words: &[Template], context: &Context) -> Result<Vec<Rendered>, TemplateError> {
    words.iter().map(|word| word.render(context)).collect()
}

impl Command<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<Command<Rendered>, TemplateError> {
        Ok(match self {
            Self::Run(words) => Command::Run(render_all(words, context)?),
            Self::Shell(script) => Command::Shell(script.render(context)?),
            Self::Http(http) => Command::Http(HttpStep {
                request: http.request.render(context)?,
                expect: http.expect.clone(),
                capture: http.capture.clone(),
            }),
        })
    }

    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Run(words) => words.iter().collect(),
            Self::Shell(script) => vec![script],
            Self::Http(http) => {
                let headers = http.request.headers.iter().map(|(_, value)| value);
                std::iter::once(&http.request.url).chain(headers).chain(&http.request.body).collect()
            }
        }
    }

    /// Whether one of its templates reads `root` or something below it.
    fn reads(&self, root: &str) -> bool {
        let names = self.templates().into_iter().flat_map(Template::names);
        names.into_iter().any(|name| name.split('.').next() == Some(root))
    }
}
