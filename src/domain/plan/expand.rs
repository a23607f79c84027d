//! Entries become steps, one after the other: members of a batch with its number, machines in batches with the check
//! between them, the steps of another pipeline with its name before theirs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Plan, PlanError, PlanInput, PlannedStep, params,
    render::{captures, of_the_point, render_step, render_undo},
};
use crate::domain::{
    condition::Condition,
    environment::{Environment, Project},
    pipeline::{Effect, Entry, Pipeline, PipelineKind, Single, Step, StepKind},
    placement::{Batch, Host, Others, Over, Serial, When},
    suite::Suite,
    template::{Context, Rendered, Template, TemplateError},
};

/// Pipelines within pipelines, at most.
const DEPTH: usize = 8;

/// What a pipeline's entries became.
pub(super) struct Expanded {
    pub steps: Vec<PlannedStep>,
    pub suites: BTreeMap<String, Suite<Rendered>>,
}

/// Expands the entries of `pipeline`, and takes in the suites they use and the one that must pass before the start.
pub(super) fn expand(
    project: &Project,
    environment: &Environment,
    pipeline: &Pipeline,
    input: &PlanInput,
    context: &Context,
) -> Result<Expanded, PlanError> {
    let steps = Vec::with_capacity(pipeline.steps.len());
    let suites = BTreeMap::new();
    let kind = pipeline.kind;
    let mut expansion =
        Expansion { project, environment, input, kind, captured: Vec::new(), batches: 0, steps, suites };
    if let Some(preflight) = &pipeline.preflight {
        expansion.suite(preflight, context, "")?;
    }
    let within = Within { prefix: String::new(), when: None, above: vec![&pipeline.name] };
    expansion.pipeline(pipeline, context, &within)?;
    Ok(Expanded { steps: expansion.steps, suites: expansion.suites })
}

struct Expansion<'a> {
    project: &'a Project,
    environment: &'a Environment,
    input: &'a PlanInput,
    /// What the outermost pipeline is for.
    kind: PipelineKind,
    /// Names of late values taken so far.
    captured: Vec<String>,
    batches: u16,
    steps: Vec<PlannedStep>,
    suites: BTreeMap<String, Suite<Rendered>>,
}

/// Where an entry stands.
struct Within<'a> {
    /// Before the names of steps: `outer / `.
    prefix: String,
    /// What must hold for all of it.
    when: Option<Condition>,
    /// The pipelines this one stands in, and itself.
    above: Vec<&'a str>,
}

impl<'a> Expansion<'a> {
    fn pipeline(&mut self, pipeline: &'a Pipeline, context: &Context, within: &Within<'a>) -> Result<(), PlanError> {
        for entry in &pipeline.steps {
            match entry {
                Entry::Step(single) => self.step(single, context, within, None, None)?,
                Entry::Parallel { name, when, steps, at_most, others } => {
                    let within = within.below(name, when.as_ref());
                    let batch = self.batch(*at_most, *others, None);
                    for single in steps {
                        self.step(single, context, &within, Some(&batch), None)?;
                    }
                }
                Entry::Hosts { step, hosts, serial, at_most, max_failures, verify_each } => {
                    let within = within.below(&step.step.name, step.when.as_ref());
                    let rule = Rule { serial: *serial, at_most: *at_most, max_failures: *max_failures };
                    self.hosts(&step.step, hosts, &rule, verify_each.as_ref(), context, &within)?;
                }
                Entry::Pipeline { name, when, pipeline, params } => {
                    self.nested(pipeline, params, context, &within.below(name, when.as_ref()))?;
                }
            }
        }
        Ok(())
    }

    fn batch(&mut self, at_most: u16, others: Others, over: Option<Over>) -> Batch {
        self.batches += 1;
        Batch { number: self.batches, at_most: at_most.max(1), others, over }
    }

    fn hosts(
        &mut self,
        step: &Step<Template>,
        hosts: &[Host],
        rule: &Rule,
        verify_each: Option<&String>,
        context: &Context,
        within: &Within<'a>,
    ) -> Result<(), PlanError> {
        let over = Over { first: self.batches + 1, max_failures: rule.max_failures };
        let batches = hosts.chunks(rule.serial.of(hosts.len()));
        let of = batches.len();
        for (number, part) in (1..).zip(batches) {
            let batch = self.batch(rule.at_most, Others::Wait, Some(over));
            for host in part {
                let context = context.clone().with("host", json!({ "name": host.name, "address": host.address }));
                let step = Step { name: host.name.clone(), ..step.clone() };
                self.step(&Single { step, when: None }, &context, within, Some(&batch), Some(host))?;
            }
            if let Some(suite) = verify_each {
                let name = format!("{suite} after batch {number} of {of}");
                self.step(&Single { step: verify(name, suite), when: None }, context, within, None, None)?;
            }
        }
        Ok(())
    }

    fn nested(
        &mut self,
        name: &'a str,
        params: &BTreeMap<String, Template>,
        context: &Context,
        within: &Within<'a>,
    ) -> Result<(), PlanError> {
        let error = |why: String| PlanError::Nested { pipeline: name.to_owned(), why };
        let pipeline = self
            .environment
            .pipelines
            .get(name)
            .ok_or_else(|| error(format!("there is none of that name in {}", self.environment.name)))?;
        if within.above.contains(&name) || within.above.len() > DEPTH {
            return Err(error(format!("it is part of itself: {} > {name}", within.above.join(" > "))));
        }
        let mut given = BTreeMap::new();
        for (param, template) in params {
            let rendered = template.render(context).map_err(|why| error(format!("{param}: {}", why.message)))?;
            if !rendered.secrets().is_empty() || !rendered.late().is_empty() {
                return Err(error(format!("the parameter '{param}' must be known before the start")));
            }
            given.insert(param.clone(), rendered.shown());
        }
        let input = PlanInput { params: given, ..self.input.clone() };
        let params = params::values(pipeline, &input)?;
        let context = Plan::context(self.project, self.environment, &params, &input);
        let above = within.above.iter().copied().chain([name]).collect();
        let within = Within { prefix: within.prefix.clone(), when: within.when.clone(), above };
        if let Some(suite) = &pipeline.preflight {
            let step = verify(suite.clone(), suite);
            self.step(&Single { step, when: None }, &context, &within, None, None)?;
        }
        self.pipeline(pipeline, &context, &within)
    }

    fn step(
        &mut self,
        single: &Single,
        context: &Context,
        within: &Within<'_>,
        batch: Option<&Batch>,
        host: Option<&Host>,
    ) -> Result<(), PlanError> {
        let step = &single.step;
        let number = self.steps.len() + 1;
        if number > usize::from(u16::MAX) {
            return Err(PlanError::TooLong);
        }
        let first = self.input.previous.is_none();
        let error = |error: &TemplateError| PlanError::Template {
            number,
            step: step.name.clone(),
            why: if first && error.message.contains("'previous") {
                format!("{}: nothing was released here yet, so there is no previous release", error.message)
            } else {
                error.message.clone()
            },
        };
        let late = |captured: &[String]| {
            captured.iter().fold(context.clone(), |context, name| context.with_late(&format!("captures.{name}")))
        };
        let before = late(&self.captured);
        let rendered = render_step(step, &before).map_err(|why| error(&why))?;
        let mut rendered = of_the_point(rendered, self.kind, self.input).map_err(|why| PlanError::Template {
            number,
            step: step.name.clone(),
            why,
        })?;
        rendered.name = format!("{}{}", within.prefix, rendered.name);
        // A later step, and the way back of this one, may use what it captured.
        self.captured.extend(captures(step).cloned());
        let (undo, no_way_back) = render_undo(step, &late(&self.captured), self.input).map_err(|why| error(&why))?;
        if let StepKind::Verify { suite } = &mut rendered.kind {
            *suite = self.suite(suite, &before, &within.prefix)?;
        }
        let when = [within.when.as_ref(), single.when.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .reduce(|one, other| both(&one, &other));
        self.steps.push(PlannedStep {
            step: Step { undo, ..rendered },
            no_way_back,
            when: when.map(|condition| known(condition, context)),
            batch: batch.cloned(),
            host: host.cloned(),
        });
        Ok(())
    }

    /// Takes a suite in, and says under which name: two pipelines may give the same one different values.
    fn suite(&mut self, name: &str, context: &Context, prefix: &str) -> Result<String, PlanError> {
        let error = |why: String| PlanError::Suite { suite: name.to_owned(), why };
        let suite = self
            .environment
            .suites
            .get(name)
            .ok_or_else(|| error(format!("there is none of that name in {}", self.environment.name)))?;
        let rendered = suite.render(context).map_err(|why| error(why.message))?;
        let taken = self.suites.get(name).is_some_and(|other| *other != rendered);
        let name = if taken { format!("{prefix}{name}") } else { name.to_owned() };
        self.suites.insert(name.clone(), rendered);
        Ok(name)
    }
}

struct Rule {
    serial: Serial,
    at_most: u16,
    max_failures: u16,
}

impl Within<'_> {
    fn below(&self, name: &str, when: Option<&Condition>) -> Self {
        let when = [self.when.as_ref(), when].into_iter().flatten().cloned().reduce(|one, other| both(&one, &other));
        Self { prefix: format!("{}{name} / ", self.prefix), when, above: self.above.clone() }
    }
}

fn verify(name: String, suite: &str) -> Step<Template> {
    Step {
        name,
        kind: StepKind::Verify { suite: suite.to_owned() },
        effect: Effect::Read,
        retry: None,
        timeout: None,
        undo: None,
        probe: None,
        required: false,
        env: BTreeMap::new(),
    }
}

/// Both must hold. Each was parsed by itself, so both together can be.
fn both(one: &Condition, other: &Condition) -> Condition {
    Condition::parse(&format!("({}) && ({})", one.source(), other.source())).unwrap_or_else(|_| other.clone())
}

/// The condition with those of its values that are known before the start. What was never released is null.
fn known(condition: Condition, context: &Context) -> When {
    let value = |name: &str| match name {
        "previous" | "point" => Some(context.get(name).cloned().unwrap_or(Value::Null)),
        _ => context.get(name).cloned(),
    };
    let known = condition.names().into_iter().filter_map(|name| value(&name).map(|value| (name, value))).collect();
    When { condition, known }
}
