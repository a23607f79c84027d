//! `run` and `shell` steps: a command under a supervisor; and the `probe` of a step.

use std::collections::VecDeque;

use super::{http, remote};
use crate::{
    domain::{
        id::AttemptKey,
        pipeline::{Command, Step},
        placement::Host,
        run::AttemptEnd,
        template::Rendered,
    },
    run::{
        attend::{self, Seen, Sink},
        desk::Desk,
        error::RunnerError,
    },
};

/// Starts the command and stays with it; returns how it ended and how long it took.
pub fn run(
    desk: &mut Desk,
    step: &Step,
    command: &Command,
    weight: Option<u8>,
    key: AttemptKey,
) -> Result<(AttemptEnd, u64), RunnerError> {
    if let Command::Http(request) = command {
        return http::run(desk, step, request, weight, key);
    }
    let spec = match attend::spec(desk, step, command, weight) {
        Ok(spec) => spec,
        Err(why) => return Ok((AttemptEnd::NotStarted { why: why.to_string() }, 0)),
    };
    let dir = desk.state_dir().attempt_dir(desk.run, key);
    Ok(attend::launch(desk, &dir, &spec, &mut Sink::Log(key))?.into_end())
}

/// What a step's `probe` says about an attempt whose end nobody saw.
pub enum ProbeSays {
    /// Exit code 0.
    Done,
    /// Exit code 1.
    NotDone,
    /// Anything else, and what.
    Unknown(String),
}

/// Runs the step's `probe` beside the lost attempt. Its own runner may die as well: each gets a directory of its own.
pub fn ask_probe(
    desk: &mut Desk,
    step: &Step,
    host: Option<&Host>,
    key: AttemptKey,
    probe: &[Rendered],
) -> Result<ProbeSays, RunnerError> {
    let command = Command::Run(probe.to_vec());
    let dir = desk.state_dir().attempt_dir(desk.run, key).join(format!("probe-{}", desk.generation()));
    let (seen, lines) = if let Some(host) = host {
        remote::probe(desk, &remote::Errand { step, command: &command, host }, &dir)?
    } else {
        let spec = match attend::spec(desk, step, &command, None) {
            Ok(spec) => spec,
            Err(why) => return Ok(ProbeSays::Unknown(format!("its probe could not be run: {why}"))),
        };
        let mut kept = Sink::Keep(VecDeque::new());
        let seen = attend::launch(desk, &dir, &spec, &mut kept)?;
        let Sink::Keep(lines) = kept else { return Ok(ProbeSays::Unknown("its probe's output is gone".into())) };
        (seen, lines.into_iter().map(|line| line.text).collect())
    };
    for line in lines {
        desk.note(key, &format!("probe: {line}"))?;
    }
    Ok(match seen {
        Seen::Ended(record) => match record.end {
            AttemptEnd::Exited { code: 0 } => ProbeSays::Done,
            AttemptEnd::Exited { code: 1 } => ProbeSays::NotDone,
            end => ProbeSays::Unknown(format!("its probe says neither: {}", super::decide::sentence(&end))),
        },
        Seen::Lost(_) | Seen::NeverStarted => ProbeSays::Unknown("its probe did not come to an end".into()),
    })
}
