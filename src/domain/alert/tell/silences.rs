//! Keeping an eye on silences: one that matches nothing is likely mistyped, and one that ends while something still fires is a
//! surprise to whoever is on call.

use super::{matcher::Alert, scene::Scene, silence::Silence, state::KnownSilence};
use crate::domain::{
    alert::{AlertEvent, AlertEventRow},
    time::UnixMs,
};

/// Something people should see, though it is no alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The environment.
    pub env: String,
    /// One sentence.
    pub text: String,
}

/// Takes in the silences that are open, and warns of those that are no longer: if they silenced nothing, and if something they
/// silenced still fires.
pub fn keep(scene: &Scene<'_>, known: &mut Vec<KnownSilence>, events: &mut Vec<AlertEventRow>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let open = |one: &&Silence| one.is_open(scene.now);
    let before = std::mem::take(known);
    for silence in scene.silences.iter().filter(open) {
        let matched = before.iter().any(|one| one.silence.id == silence.id && one.matched);
        let matches = || scene.alerts.iter().any(|alert| alert.firing().is_some() && silence.is_about(alert));
        known.push(KnownSilence { silence: silence.clone(), matched: matched || matches() });
    }
    known.sort_by_key(|one| one.silence.id);
    for gone in before.iter().filter(|one| known.iter().all(|other| other.silence.id != one.silence.id)) {
        let Silence { id, env, author, reason, .. } = &gone.silence;
        let name = format!("silence {id} by {author} ({reason})");
        let firing: Vec<&Alert> =
            scene.alerts.iter().filter(|alert| alert.firing().is_some() && gone.silence.is_about(alert)).collect();
        if !firing.is_empty() {
            let names: Vec<String> = firing.iter().take(3).map(|alert| alert.key().to_string()).collect();
            let text = format!("{name} ended while {} of its alerts still fire: {}", firing.len(), names.join(", "));
            warnings.push(Warning { env: env.clone(), text });
        } else if !gone.matched {
            warnings.push(Warning { env: env.clone(), text: format!("{name} ended and had silenced nothing") });
        }
        events.extend(firing.iter().map(|alert| note(scene.now, alert, format!("{name} ended while it still fires"))));
    }
    warnings
}

fn note(at: UnixMs, alert: &Alert, text: String) -> AlertEventRow {
    AlertEventRow { at, key: alert.key().clone(), event: AlertEvent::Noted { text } }
}
