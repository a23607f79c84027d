//! What holds an alert, whoever it would be told to. The first reason that is found is the one that is said.

use std::collections::BTreeSet;

use super::{
    held::Held,
    maintenance::Open,
    matcher::Alert,
    scene::{Scene, lost_connectivity},
    work,
};

/// Says why an alert that fires is not told to anybody, if it is not.
pub struct Mutes<'a> {
    scene: &'a Scene<'a>,
    windows: Open<'a>,
    /// Services about which an alert stands.
    spoken_of: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Mutes<'a> {
    /// For one tick.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        let of = |alert: &'a Alert| (alert.key().env.as_str(), alert.key().subject.as_str());
        Self {
            scene,
            windows: Open::at(&scene.policy.windows, scene.now),
            spoken_of: scene.alerts.iter().map(of).collect(),
        }
    }

    /// Why this alert is held.
    pub fn of(&self, alert: &Alert) -> Option<Held> {
        self.lost(alert)
            .or_else(|| work::expected(self.scene.works, alert, self.scene.now, self.scene.policy.expected))
            .or_else(|| self.silenced(alert))
            .or_else(|| self.maintained(alert))
            .or_else(|| self.inhibited(alert))
            .or_else(|| self.parent_down(alert))
    }

    fn lost(&self, alert: &Alert) -> Option<Held> {
        (self.scene.lost && *alert.key() != lost_connectivity()).then_some(Held::LostConnectivity)
    }

    /// The silence that lasts longest.
    fn silenced(&self, alert: &Alert) -> Option<Held> {
        let open = self.scene.silences.iter().filter(|one| one.is_open(self.scene.now) && one.is_about(alert));
        let silence = open.max_by_key(|one| (one.end(), one.id))?;
        let (author, reason) = (silence.author.clone(), silence.reason.clone());
        Some(Held::Silenced { id: silence.id, author, reason, until: silence.end() })
    }

    fn maintained(&self, alert: &Alert) -> Option<Held> {
        let (window, until) = self.windows.over(&alert.key().env, &alert.key().subject)?;
        Some(Held::Maintenance { window: window.name.clone(), until })
    }

    /// The heaviest alert that says it already. What is both a cause and an effect is never held by its like.
    fn inhibited(&self, alert: &Alert) -> Option<Held> {
        let rules = self.scene.policy.inhibits.iter();
        let fits = rules.filter(|rule| rule.mutes.takes(alert) && !rule.by.takes(alert));
        let sources = fits.flat_map(|rule| {
            let agrees = |source: &&Alert| rule.same.iter().all(|name| source.label(name) == alert.label(name));
            let of_here = |source: &&Alert| source.key().env == alert.key().env;
            let fires = |source: &&Alert| source.firing().is_some() && rule.by.takes(source);
            self.scene.alerts.iter().filter(of_here).filter(fires).filter(agrees)
        });
        let by = sources.min_by_key(|source| (source.standing.severity, source.key()))?;
        Some(Held::Inhibited { by: by.key().clone() })
    }

    /// A service that this one needs, near or far, that is down. It counts only if an alert stands for it as well: a parent of
    /// which nobody is told must not silence its children.
    fn parent_down(&self, alert: &Alert) -> Option<Held> {
        let env = alert.key().env.as_str();
        let needs = |service: &str| {
            let known = self.scene.services.get(&(env.to_owned(), service.to_owned()));
            known.map(|sight| sight.depends_on.as_slice()).unwrap_or_default()
        };
        let (mut ahead, mut seen) = (vec![alert.key().subject.as_str()], BTreeSet::new());
        while let Some(service) = ahead.pop() {
            for parent in needs(service) {
                let sight = self.scene.services.get(&(env.to_owned(), parent.clone()));
                if sight.is_some_and(|sight| sight.down) && self.spoken_of.contains(&(env, parent.as_str())) {
                    return Some(Held::ParentDown { service: parent.clone() });
                }
                if seen.insert(parent.as_str()) {
                    ahead.push(parent);
                }
            }
        }
        None
    }
}
