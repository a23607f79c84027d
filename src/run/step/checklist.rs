//! `checklist` steps: items that people tick off, each with who, when and what shows it.

use super::{pause::pause, soak::began};
use crate::{
    domain::{
        decision::Decision,
        id::AttemptKey,
        run::{AttemptEnd, RunEvent, RunPhase},
        template::Rendered,
        verdict::Verdict,
    },
    run::{
        desk::{Desk, PAUSE, moment},
        error::RunnerError,
    },
};

/// Waits until every item is ticked off; items ticked in earlier attempts stay so. A "no" fails the step.
pub fn run(desk: &mut Desk, items: &[Rendered], key: AttemptKey) -> Result<AttemptEnd, RunnerError> {
    let since = began(desk, key);
    let step = key.step;
    loop {
        let ticked = |item: usize| u16::try_from(item).is_ok_and(|item| desk.state.ticked.contains(&(step, item)));
        let Some(next) = (0..items.len()).find(|item| !ticked(*item)) else {
            let why = format!("all {} items are ticked off", items.len());
            return Ok(AttemptEnd::Judged { verdict: Verdict::Pass, why });
        };
        let done = (0..items.len()).filter(|item| ticked(*item)).count();
        let question = format!("{done} of {} ticked off; item {}: {}", items.len(), next + 1, shown(desk, items, next));
        let question = desk.say(&question);
        let asked = matches!(&desk.state.phase, RunPhase::Asking { step: at, question: now } if *at == step && *now == question);
        if !asked {
            desk.record(RunEvent::Asked { step, question })?;
        }
        if !pause(desk, PAUSE, false)? {
            return Ok(AttemptEnd::Cancelled);
        }
        let open = desk.state.ticked.clone();
        let fits = |decision: &Decision| match decision {
            Decision::Tick { step: at, item, .. } => {
                *at == step && usize::from(*item) < items.len() && !open.contains(&(step, *item))
            }
            Decision::Answer { step: at, yes: false, .. } => *at == step,
            _ => false,
        };
        let Some(row) = desk.next_said(moment().as_of_now(&since), fits) else { continue };
        let (by, decision) = (row.actor.to_string(), row.decision.clone());
        desk.decided(row)?;
        match decision {
            Decision::Tick { item, evidence, .. } => {
                let evidence = evidence.map_or_else(String::new, |evidence| format!(": {evidence}"));
                let said = format!("{by} ticked off {}. {}{evidence}", item + 1, shown(desk, items, usize::from(item)));
                desk.note(key, &said)?;
            }
            Decision::Answer { note, .. } => {
                let note = note.filter(|note| !note.is_empty()).map_or_else(String::new, |note| format!(": {note}"));
                let why = format!("{by} said no at item {}{note}", next + 1);
                desk.note(key, &why)?;
                return Ok(AttemptEnd::Judged { verdict: Verdict::Fail, why });
            }
            _ => {}
        }
    }
}

/// An item is for people: a secret in it stays a name.
fn shown(desk: &Desk, items: &[Rendered], item: usize) -> String {
    let Some(item) = items.get(item) else { return String::new() };
    desk.late.fill(item, None).map_or_else(|_| item.shown(), |filled| filled.shown())
}
