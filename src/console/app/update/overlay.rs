//! Keys of what lies over the screen.

use crate::domain::{decision::Decision, status::Tone};

use super::{
    super::{
        effect::Effect,
        key::Key,
        model::Model,
        overlay::{Act, Confirmation, Decide, Overlay, Verb},
    },
    act, alerts, kpis,
    tell::notice,
};

/// Enter: chooses the row, or sends the decision.
pub fn open(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Palette(palette)) => {
            if let Some(row) = palette.rows.get(palette.selected) {
                match &row.disabled {
                    Some(why) => {
                        notice(model, Tone::Warn, format!("{}: {why}", row.title));
                        Vec::new()
                    }
                    None => act::run_command(model, row.command.clone()),
                }
            } else {
                notice(model, Tone::Warn, "nothing is called that");
                Vec::new()
            }
        }
        Some(Overlay::Environments { selected }) => {
            let name = model.project.as_ref().and_then(|project| project.environments.get(selected));
            match name.map(|environment| environment.name.clone()) {
                Some(name) => act::switch_environment(model, &name),
                None => Vec::new(),
            }
        }
        Some(Overlay::Compare(picker)) => {
            kpis::pick(model, picker);
            Vec::new()
        }
        Some(Overlay::Decide(decide)) => send(model, decide),
        Some(Overlay::Silence(form)) => alerts::submit_silence(model, form),
        Some(Overlay::Playbook(open)) => alerts::run_step(model, open),
        other => {
            model.overlay = other;
            Vec::new()
        }
    }
}

fn send(model: &mut Model, decide: Decide) -> Vec<Effect> {
    let reason = decide.reason.value().trim().to_owned();
    let Some(verb) = decide.verb() else {
        notice(model, Tone::Warn, "choose an answer first");
        model.overlay = Some(Overlay::Decide(decide));
        return Vec::new();
    };
    if verb.needs_reason() && reason.is_empty() {
        notice(model, Tone::Warn, "type a reason: it is kept with the run");
        model.overlay = Some(Overlay::Decide(decide));
        return Vec::new();
    }
    let step = decide.step;
    let decision = match verb {
        Verb::Yes => Decision::Answer { step, yes: true, note: None },
        Verb::Tick => Decision::Tick { step, item: decide.item, evidence: Some(reason) },
        Verb::No => Decision::Answer { step, yes: false, note: None },
        Verb::Retry => Decision::Retry { step },
        Verb::Skip => Decision::Skip { step, reason },
        Verb::Continue => Decision::Continue { step },
        Verb::Exclude => Decision::Exclude { step, reason },
        Verb::RollBack => Decision::RollBack { reason },
        Verb::Stop => Decision::Stop { reason },
    };
    notice(model, Tone::Plain, format!("said to run {}: {}", decide.run, verb.key_and_words().1));
    vec![Effect::Decide { run: decide.run, decision }]
}

/// A letter that chooses an answer; whether it was one. While a reason is typed, letters belong to it.
pub fn choose_verb(model: &mut Model, key: Key) -> bool {
    let Key::Char(letter) = key else { return false };
    let Some(Overlay::Decide(decide)) = &mut model.overlay else { return false };
    if decide.verb().is_some_and(Verb::needs_reason) {
        return false;
    }
    match decide.verbs.iter().position(|verb| verb.key_and_words().0 == letter) {
        Some(index) => {
            decide.selected = Some(index);
            true
        }
        None => false,
    }
}

/// A key while a confirmation is asked for.
pub fn confirm(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Confirm(mut asked)) = model.overlay.take() else { return Vec::new() };
    match (&asked.act, key) {
        (Act::Quit, Key::Enter | Key::Ctrl('c') | Key::Char('y' | 'Y' | 'q')) => vec![Effect::Quit],
        (Act::Quit, _) | (_, Key::Esc | Key::Ctrl('c')) => Vec::new(),
        (_, Key::Char('Y')) => confirmed(model, &asked),
        (_, Key::Char(letter)) => {
            asked.typed.push(letter);
            if asked.typed == "yes" {
                return confirmed(model, &asked);
            }
            // A wrong letter leaves: whoever types something else did not mean it.
            if "yes".starts_with(&asked.typed) {
                model.overlay = Some(Overlay::Confirm(asked));
            } else {
                notice(model, Tone::Plain, "nothing was done");
            }
            Vec::new()
        }
        _ => {
            model.overlay = Some(Overlay::Confirm(asked));
            Vec::new()
        }
    }
}

fn confirmed(model: &mut Model, asked: &Confirmation) -> Vec<Effect> {
    match asked.act {
        Act::Cancel(run) => {
            notice(model, Tone::Plain, format!("run {run} is being cancelled"));
            vec![Effect::Decide { run, decision: Decision::Cancel { reason: "cancelled in the console".into() } }]
        }
        Act::Quit => vec![Effect::Quit],
    }
}
