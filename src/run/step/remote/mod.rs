//! Commands on other machines, by the system's OpenSSH.
//!
//! A supervisor here runs `ssh`, which has the machine's `sh` read a script ([`script`]) from its standard input: no word
//! of the command stands on a command line of ours, and none is read by a shell as more than a word. The script starts
//! the command in a session of its own there, under a claim that one attempt can take once, and passes on what it says.
//! So the end of the line ends nothing: the next attempt joins the same command, from its beginning, by the same claim.
//!
//! | seen here | means | done |
//! |---|---|---|
//! | no connection to begin with | nothing was sent | the step fails on this machine |
//! | an exit code of the command | it ended | as any exit code |
//! | `ssh` died, the machine answers that it runs or ran | only the line was lost | the next attempt joins it |
//! | `ssh` died, the machine answers that it died | nobody saw the end | lost: the step's `effect` decides |
//! | `ssh` died, the machine does not answer | nothing is known | asked again a few times, then a person |
//! | a cancel, a timeout | our `ssh` was ended | the command is ended there, and that is seen |

mod connection;
mod script;

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    time::Duration,
};

use self::script::{Mode, There, there};
use super::decide;
use crate::{
    domain::{
        id::AttemptKey,
        pipeline::{Command, Step},
        placement::Host,
        run::{AttemptEnd, EventRow, RunEvent},
        template::Unresolved,
    },
    run::{
        attend::{self, Seen, Sink},
        desk::Desk,
        error::RunnerError,
        supervisor::{Spec, SpecCommand},
    },
};

pub use self::connection::close_all;

/// Between SIGTERM and SIGKILL, there.
const GRACE: Duration = Duration::from_secs(10);
/// What a question to a machine may take, its connection included.
const PATIENCE: Duration = Duration::from_secs(45);
/// Exit codes from here on are ssh's, or the script's: what they mean is asked.
const OURS: i32 = 248;

/// A piece of work on a machine.
pub struct Errand<'a> {
    /// The step it belongs to.
    pub step: &'a Step,
    /// What is done there.
    pub command: &'a Command,
    /// Where.
    pub host: &'a Host,
}

/// What became of an attempt on a machine.
pub enum Came {
    /// It ended so, after so many milliseconds.
    End(AttemptEnd, u64),
    /// What it was to join was never started, and never will be: it may be begun anew.
    Anew(String),
}

/// Starts the command on its machine, or joins the one that an earlier attempt started, and stays with it.
pub fn run(desk: &mut Desk, errand: &Errand<'_>, key: AttemptKey) -> Result<Came, RunnerError> {
    let joined = origin(&desk.events, key);
    if joined.is_none()
        && let Some(why) = knock(desk, errand, key)?
    {
        return Ok(Came::End(AttemptEnd::NotStarted { why }, 0));
    }
    let mode = if joined.is_some() { Mode::Attach } else { Mode::Start };
    let claim = joined.unwrap_or(key);
    let spec = match spec(desk, errand, mode, claim) {
        Ok(spec) => spec,
        Err(why) => return Ok(Came::End(unsent(joined, why.to_string()), 0)),
    };
    let dir = desk.state_dir().attempt_dir(desk.run, key);
    let seen = attend::launch(desk, &dir, &spec, &mut Sink::Log(key))?;
    judge(desk, errand, key, seen)
}

/// Goes on with an attempt that an earlier runner began, of which this was seen.
pub fn judge(desk: &mut Desk, errand: &Errand<'_>, key: AttemptKey, seen: Seen) -> Result<Came, RunnerError> {
    let joined = origin(&desk.events, key);
    let (end, took) = match seen {
        // No supervisor, no ssh: whether anything was sent is asked of the machine.
        Seen::Lost(why) => (AttemptEnd::Lost { why }, 0),
        other => other.into_end(),
    };
    let end = match end {
        AttemptEnd::Exited { code } if code < OURS => AttemptEnd::Exited { code },
        AttemptEnd::NotStarted { why } => unsent(joined, why),
        AttemptEnd::Cancelled | AttemptEnd::TimedOut => stop(desk, errand, key, end)?,
        end => {
            let code = if let AttemptEnd::Exited { code } = end { Some(code) } else { None };
            let name = &errand.host.name;
            match ask(desk, errand, Mode::Veto, key)? {
                Ok(There::Ended(ended)) if code == Some(ended) => AttemptEnd::Exited { code: ended },
                Ok(There::Running | There::Ended(_)) => {
                    AttemptEnd::LineLost { why: format!("the line to {name} was lost; the command goes on there") }
                }
                Ok(There::Lost) => {
                    let why = format!("the command died on {name} without an exit code; was it restarted?");
                    AttemptEnd::Lost { why }
                }
                Ok(There::None | There::Vetoed) => {
                    return Ok(Came::Anew(format!("the line to {name} was lost before the command was started there")));
                }
                Err(why) => AttemptEnd::LineLost {
                    why: format!("the line to {name} was lost, and whether the command runs there is unknown: {why}"),
                },
            }
        }
    };
    Ok(Came::End(end, took))
}

/// An attempt that never got as far as ssh: what it was to join may still run.
fn unsent(joined: Option<AttemptKey>, why: String) -> AttemptEnd {
    match joined {
        Some(_) => AttemptEnd::LineLost { why },
        None => AttemptEnd::NotStarted { why },
    }
}

/// The attempt under whose claim a command may still run on the machine: the first of those just before `key` whose line
/// was lost.
pub fn origin(events: &[EventRow], key: AttemptKey) -> Option<AttemptKey> {
    let mut origin = None;
    for attempt in (1..key.attempt).rev() {
        let before = AttemptKey { attempt, ..key };
        let lost = |row: &&EventRow| matches!(&row.event, RunEvent::AttemptEnded { key, end: AttemptEnd::LineLost { .. }, .. } if *key == before);
        if !events.iter().any(|row| lost(&row)) {
            break;
        }
        origin = Some(before);
    }
    origin
}

/// Whether the machine answers and has room for the claim; if not, why. What a lost line left of the step itself is ended
/// before its way back begins.
fn knock(desk: &mut Desk, errand: &Errand<'_>, key: AttemptKey) -> Result<Option<String>, RunnerError> {
    connection::open(desk, errand.host);
    let left = key.undo.then(|| decide::next_attempt(&desk.events, key.step, false)).map(|next| AttemptKey {
        step: key.step,
        undo: false,
        attempt: next,
    });
    if let Some(left) = left
        && origin(&desk.events, left).is_some()
    {
        let before = AttemptKey { attempt: left.attempt, ..left };
        return Ok(match ask(desk, errand, Mode::Stop, before)? {
            Ok(There::Running) => Some(format!("the step still runs on {} and could not be ended", errand.host.name)),
            Ok(_) => None,
            Err(why) => Some(format!("{} can't be reached: {why}", errand.host.name)),
        });
    }
    Ok(ask(desk, errand, Mode::State, key)?.err().map(|why| format!("{} can't be reached: {why}", errand.host.name)))
}

/// Our ssh was ended; now the command is.
fn stop(desk: &mut Desk, errand: &Errand<'_>, key: AttemptKey, end: AttemptEnd) -> Result<AttemptEnd, RunnerError> {
    let name = errand.host.name.clone();
    Ok(match ask(desk, errand, Mode::Stop, key)? {
        Ok(There::Running) => {
            let why = format!("{}; it could not be ended on {name} and STILL RUNS there", decide::sentence(&end));
            AttemptEnd::LineLost { why }
        }
        Ok(_) => {
            desk.note(key, &format!("ended on {name}"))?;
            end
        }
        Err(why) => AttemptEnd::LineLost {
            why: format!("{}; {name} can't be reached to end it there: {why}", decide::sentence(&end)),
        },
    })
}

/// Asks the machine about the claim of an attempt (or of the one it joined). The error says why there is no answer.
fn ask(
    desk: &mut Desk,
    errand: &Errand<'_>,
    mode: Mode,
    key: AttemptKey,
) -> Result<Result<There, String>, RunnerError> {
    let claim = origin(&desk.events, key).unwrap_or(key);
    let spec = match spec(desk, errand, mode, claim) {
        Ok(spec) => Spec { timeout: Some(PATIENCE), ..spec },
        Err(why) => return Ok(Err(why.to_string())),
    };
    let dir = desk.state_dir().attempt_dir(desk.run, key).join(format!("asked-{:016x}", fastrand::u64(..)));
    let (seen, lines) = quietly(desk, &dir, &spec)?;
    if let Some(there) = there(lines.iter().map(String::as_str)) {
        return Ok(Ok(there));
    }
    let said = lines.into_iter().rev().find(|line| !line.trim().is_empty());
    let ended = match seen {
        Seen::Ended(record) => decide::sentence(&record.end),
        Seen::Lost(why) => why,
        Seen::NeverStarted => "ssh could not be started".into(),
    };
    Ok(Err(said.map_or(ended, |said| said.trim().to_owned())))
}

/// Runs the step's `probe` on its machine.
pub fn probe(desk: &mut Desk, errand: &Errand<'_>, dir: &Path) -> Result<(Seen, Vec<String>), RunnerError> {
    match spec(desk, errand, Mode::Plain, AttemptKey { step: 0, undo: false, attempt: 0 }) {
        Ok(spec) => quietly(desk, dir, &Spec { timeout: Some(PATIENCE), ..spec }),
        Err(why) => Ok((Seen::Lost(why.to_string()), Vec::new())),
    }
}

/// Runs ssh beside the attempt, to its end, whatever people decide meanwhile: its answer is what is decided with.
fn quietly(desk: &mut Desk, dir: &Path, spec: &Spec) -> Result<(Seen, Vec<String>), RunnerError> {
    let mut sink = Sink::Keep(VecDeque::new());
    let seen = attend::launch_uninterrupted(desk, dir, spec, &mut sink)?;
    let lines = if let Sink::Keep(kept) = sink { kept.into_iter().map(|line| line.text).collect() } else { Vec::new() };
    Ok((seen, lines))
}

/// The ssh that does it, as its supervisor is told.
fn spec(desk: &Desk, errand: &Errand<'_>, mode: Mode, claim: AttemptKey) -> Result<Spec, Unresolved> {
    let bare = (Step { env: BTreeMap::new(), ..errand.step.clone() }, Command::Run(Vec::new()));
    // What only asks needs none of the command's values, which may not be had any more.
    let (step, command) =
        if matches!(mode, Mode::Start | Mode::Plain) { (errand.step, errand.command) } else { (&bare.0, &bare.1) };
    let local = attend::spec(desk, step, command, None)?;
    let words = match &local.command {
        SpecCommand::Run(words) => words.clone(),
        SpecCommand::Shell(script) => ["sh", "-eu", "-c", script].map(str::to_owned).to_vec(),
    };
    let input = script::script(mode, &name(desk, claim), &words, &local.env);
    let command = SpecCommand::Run(connection::argv(desk, errand.host));
    Ok(Spec { command, input: Some(input), env: BTreeMap::new(), ..local })
}

/// The attempt's name on the machine: no other run of any console has the same, not even after a history was lost.
fn name(desk: &Desk, key: AttemptKey) -> String {
    let asked = desk.events.first().map_or(0, |row| row.at.0);
    let hash: String = desk.plan.hash().chars().take(12).collect();
    format!("{hash}-{asked}-{}-{}", desk.run.0, key.dir_name())
}
