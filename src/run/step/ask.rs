//! `ask` steps: a person answers, and the run waits as long as it takes.

use super::soak::began;
use crate::{
    domain::{
        decision::Decision,
        id::AttemptKey,
        run::{AttemptEnd, RunEvent, RunPhase},
        template::Rendered,
        verdict::Verdict,
    },
    run::{
        desk::{Desk, moment},
        error::RunnerError,
    },
};

use super::pause::pause;

/// Asks, and waits for the answer.
pub fn run(desk: &mut Desk, question: &Rendered, key: AttemptKey) -> Result<AttemptEnd, RunnerError> {
    let since = began(desk, key);
    if !matches!(&desk.state.phase, RunPhase::Asking { step, .. } if *step == key.step) {
        // A question is for people: a secret in it stays a name.
        let question = desk.late.fill(question, None).map_or_else(|_| question.shown(), |filled| filled.shown());
        let question = desk.say(&question);
        desk.note(key, &format!("asked: {question}"))?;
        desk.record(RunEvent::Asked { step: key.step, question })?;
    }
    loop {
        if !pause(desk, crate::run::desk::PAUSE, false)? {
            return Ok(AttemptEnd::Cancelled);
        }
        let fits = |decision: &Decision| matches!(decision, Decision::Answer { step, .. } if *step == key.step);
        let Some(row) = desk.next_said(moment().as_of_now(&since), fits) else { continue };
        let (by, decision) = (row.actor.to_string(), row.decision.clone());
        desk.decided(row)?;
        let Decision::Answer { yes, note, .. } = decision else { continue };
        let verdict = if yes { Verdict::Pass } else { Verdict::Fail };
        let note = note.filter(|note| !note.is_empty()).map_or_else(String::new, |note| format!(": {note}"));
        let why = format!("{by} said {}{note}", if yes { "yes" } else { "no" });
        desk.note(key, &why)?;
        return Ok(AttemptEnd::Judged { verdict, why });
    }
}
