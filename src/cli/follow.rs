//! Following a run to its end without a screen.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    args::OnHold,
    deck::{self, Deck},
    exit, format,
    output::{Mode, Outcome, Output, has_person, remark},
    runs,
};
use crate::{
    domain::{
        decision::Decision,
        id::RunId,
        run::{RunDetail, RunPhase, StepState},
    },
    run::launch,
    store::{Store, lock},
};

/// Follows until the run ends, holds (as `on_hold` says), or the person presses Ctrl-C, which leaves the run alone.
/// Prints the log and each step as they come; with JSON only the whole run at its end.
pub fn follow(deck: &Deck, store: &Store, output: Output, run: RunId, on_hold: OnHold) -> Outcome {
    let _present = present(deck)?;
    let interrupted = interrupts()?;
    let reader = store.reader()?;
    let mut progress = Progress { next_line: 1, said: Vec::new(), told_hold: false };
    loop {
        let detail = runs::find(&reader, run)?;
        if output.mode != Mode::Json {
            progress.print(deck, &reader, output, &detail)?;
        }
        if let Some(outcome) = detail.state.outcome() {
            if output.mode == Mode::Json {
                runs::print(output, deck, &reader, &detail)?;
            } else if let RunPhase::Ended { why, .. } = &detail.state.phase {
                output.line(format_args!("run {run} {}: {why}", outcome.word()))?;
            }
            return Ok(outcome.exit_code());
        }
        if let Some(code) = progress.held(store, &detail, on_hold)? {
            if output.mode == Mode::Json {
                runs::print(output, deck, &reader, &detail)?;
            }
            return Ok(code);
        }
        if interrupted.load(Ordering::Relaxed) {
            remark(format_args!("run {run} goes on without you; follow it with: quarterdeck attach {}", run.0));
            return Ok(exit::DETACHED);
        }
        adopt_orphans(store)?;
        std::thread::sleep(deck::PAUSE);
    }
}

/// Waits for the run's end without printing; its exit code.
pub fn wait(deck: &Deck, store: &Store, run: RunId) -> Result<u8, super::output::Failure> {
    let _present = present(deck)?;
    let reader = store.reader()?;
    loop {
        if let Some(outcome) = runs::find(&reader, run)?.state.outcome() {
            return Ok(outcome.exit_code());
        }
        adopt_orphans(store)?;
        std::thread::sleep(deck::PAUSE);
    }
}

/// Replaces runners that died, and says it of a run whose runners die again and again.
fn adopt_orphans(store: &Store) -> Result<(), launch::LaunchError> {
    let adopted = launch::adopt_orphans(store)?;
    adopted.iter().filter_map(|adopted| adopted.trouble(store.state())).for_each(remark);
    Ok(())
}

/// The lock that tells watcher and fleet that somebody is looking.
pub fn present(deck: &Deck) -> Result<Option<lock::HeldLock>, crate::store::StoreError> {
    lock::try_lock(&deck.state.path().join(format!("locks/console-{}.lock", std::process::id())))
}

fn interrupts() -> std::io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag))?;
    Ok(flag)
}

struct Progress {
    next_line: u64,
    said: Vec<StepState>,
    told_hold: bool,
}

impl Progress {
    fn print(
        &mut self,
        deck: &Deck,
        reader: &crate::store::Reader,
        output: Output,
        detail: &RunDetail,
    ) -> Result<(), super::output::Failure> {
        self.said.resize(detail.state.steps.len(), StepState::Waiting);
        for (index, now) in detail.state.steps.iter().enumerate() {
            let name = &detail.plan.steps[index].step.name;
            if now.state == StepState::Running && self.said[index] == StepState::Waiting {
                output.line(format_args!("==> step {}/{} {name}", index + 1, detail.plan.steps.len()))?;
            }
        }
        loop {
            let lines = reader.log(detail.summary.id, self.next_line, 1_000)?;
            let Some(last) = lines.last() else { break };
            self.next_line = last.seq + 1;
            for line in &lines {
                runs::print_line(output, deck, line)?;
            }
        }
        for (index, now) in detail.state.steps.iter().enumerate() {
            if let (StepState::Ended { why, .. }, false) = (&now.state, now.state == self.said[index]) {
                let name = &detail.plan.steps[index].step.name;
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                output.line(format_args!("<== {name} {}{why}", format::step(&now.state)))?;
            }
            self.said[index] = now.state.clone();
        }
        Ok(())
    }

    /// What to do while the run waits for a person; `Some(code)` ends the following.
    fn held(
        &mut self,
        store: &Store,
        detail: &RunDetail,
        on_hold: OnHold,
    ) -> Result<Option<u8>, super::output::Failure> {
        let (RunPhase::Holding { why, .. } | RunPhase::Asking { question: why, .. }) = &detail.state.phase else {
            self.told_hold = false;
            return Ok(None);
        };
        if self.told_hold {
            return Ok(None);
        }
        self.told_hold = true;
        let run = detail.summary.id;
        remark(format_args!("run {run} waits for a person: {why}"));
        let reason = "nobody was there to decide (--on-hold)".to_owned();
        match on_hold {
            OnHold::Rollback => launch::decide(store, run, Decision::RollBack { reason })?,
            OnHold::Stop => launch::decide(store, run, Decision::Stop { reason })?,
            OnHold::Wait => {}
            OnHold::Leave => {
                let words = if matches!(detail.state.phase, RunPhase::Asking { .. }) {
                    "yes|no"
                } else {
                    "retry|skip|rollback|stop"
                };
                remark(format_args!("  decide with: quarterdeck decide {} {words}", run.0));
                if !has_person() {
                    return Ok(Some(exit::INCONCLUSIVE));
                }
            }
        }
        Ok(None)
    }
}
