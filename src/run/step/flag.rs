//! `flag` steps: what part of the users had it before is asked first, so that there is a way back to exactly that.

use std::collections::{BTreeMap, VecDeque};

use super::decide;
use crate::{
    domain::{
        id::AttemptKey,
        log::Stream,
        pipeline::{Command, Step},
        plan::former,
        run::AttemptEnd,
        template::Rendered,
        verdict::Verdict,
    },
    run::{
        attend::{self, Seen, Sink},
        desk::Desk,
        error::RunnerError,
    },
};

/// Longest part that is believed: a number, perhaps with a sign behind it.
const LONGEST: usize = 64;

/// Asks for the part the flag has now, and keeps it: once in a run, as every later try would find our own.
pub fn ask(
    desk: &mut Desk,
    step: &Step,
    flag: &str,
    get: &[Rendered],
    key: AttemptKey,
) -> Result<AttemptEnd, RunnerError> {
    let name = former(flag);
    if let Some(known) = desk.late.get(&format!("captures.{name}"), None) {
        return Ok(AttemptEnd::Judged { verdict: Verdict::Pass, why: format!("it was {known} before") });
    }
    let spec = match attend::spec(desk, step, &Command::Run(get.to_vec()), None) {
        Ok(spec) => spec,
        Err(why) => return Ok(AttemptEnd::NotStarted { why: why.to_string() }),
    };
    let dir = desk.state_dir().attempt_dir(desk.run, key).join("former");
    let mut sink = Sink::Keep(VecDeque::new());
    let seen = attend::launch(desk, &dir, &spec, &mut sink)?;
    let lines = if let Sink::Keep(lines) = sink { lines } else { VecDeque::new() };
    for line in &lines {
        desk.note(key, &line.text)?;
    }
    let end = match seen {
        Seen::Ended(record) => record.end,
        other => return Ok(other.into_end().0),
    };
    let fail = |why: String| Ok(AttemptEnd::Judged { verdict: Verdict::Fail, why });
    if end != (AttemptEnd::Exited { code: 0 }) {
        return match end {
            AttemptEnd::Exited { .. } => fail(format!("what it is now can't be had: {}", decide::sentence(&end))),
            other => Ok(other),
        };
    }
    let said = lines.iter().rev().filter(|line| line.stream == Stream::Out).map(|line| line.text.trim());
    let Some(now) = said.into_iter().find(|text| !text.is_empty()) else {
        return fail("its 'get' said nothing, so there would be no way back".into());
    };
    if now.len() > LONGEST || now.starts_with('-') {
        return fail("its 'get' did not say a part as its last line, so there would be no way back".into());
    }
    desk.late.capture(BTreeMap::from([(name, now.to_owned())]))?;
    desk.note(key, &format!("{flag} is {now} now"))?;
    Ok(AttemptEnd::Judged { verdict: Verdict::Pass, why: format!("it was {now} before") })
}
