//! Telling, in the watcher: gathers what counts at a moment, does a tick, and adds what came of it to the round's commit.

use std::{collections::BTreeSet, sync::Arc};

use super::works::Works;
use crate::{
    domain::{
        alert::{
            AlertEvent, AlertEventRow, Phase, Severity, Standing,
            tell::{
                self, Acknowledgement, Alert, Scene, ServiceSight, Services, Silence, State, Warning, Work,
                lost_connectivity,
            },
        },
        environment::Project,
        status::{Happening, Tone},
        time::UnixMs,
    },
    store::{AlertCommit, Cursor, Reader, Store, StoreError},
};

/// Silences read at once; people write them.
const MOST_SILENCES: usize = 10_000;

/// What telling has at hand.
pub struct Teller {
    store: Store,
    reader: Option<Reader>,
    cursor: Cursor,
    project: Option<Arc<Project>>,
    channels: BTreeSet<String>,
    state: State,
    silences: Vec<Silence>,
    acks: Vec<Acknowledgement>,
    works: Works,
    worked: Vec<Work>,
    /// Since when nothing can be reached from here.
    lost: Option<UnixMs>,
}

/// What the watcher knows beyond alerts.
pub struct Sights<'a> {
    /// Now.
    pub now: UnixMs,
    /// By how much the wall clock was set since the round before.
    pub moved: i64,
    /// Whether a service of an environment is down.
    pub is_down: &'a dyn Fn(&str, &str) -> bool,
    /// Whether this machine is cut off, if that is known.
    pub cut_off: Option<bool>,
}

impl Teller {
    /// Takes up what is stored with the first tick.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            reader: None,
            cursor: Cursor::default(),
            project: None,
            channels: BTreeSet::new(),
            state: State::default(),
            silences: Vec::new(),
            acks: Vec::new(),
            works: Works::default(),
            worked: Vec::new(),
            lost: None,
        }
    }

    /// Tells by this configuration from now on.
    pub fn set(&mut self, project: Arc<Project>) {
        self.channels = project.outlets.channels.iter().map(|channel| channel.name.clone()).collect();
        self.project = Some(project);
    }

    /// Does a tick and adds what came of it to `commit`. What can't be read from the history leaves everything as it is: it is
    /// told with the next tick.
    pub fn tell(&mut self, standings: Vec<Standing>, sights: &Sights<'_>, commit: &mut AlertCommit) {
        let Some(project) = self.project.clone() else { return };
        let firing = standings.iter().any(|one| matches!(one.phase, Phase::Firing { .. }));
        if let Err(error) = self.read(firing, sights.now) {
            tracing::error!(%error, "what people and runs say can't be read: alerts are told with the next round");
            return;
        }
        let rules = |env: &str| project.environment(env).map_or(&[][..], |environment| &environment.rulebook.rules);
        let with_rule = |standing: Standing| {
            let rules = rules(&standing.key.env);
            Alert::among(standing, rules)
        };
        let mut alerts: Vec<Alert> = standings.into_iter().map(with_rule).collect();
        alerts.extend(self.lose(sights, commit).map(|standing| Alert::new(standing, None)));
        if alerts.is_empty() && self.state == State::default() && self.silences.is_empty() {
            return;
        }
        let services = services(&project, sights.is_down);
        let scene = Scene {
            now: sights.now,
            moved: sights.moved,
            project: &project.name,
            policy: &project.telling,
            channels: &self.channels,
            alerts: &alerts,
            silences: &self.silences,
            acks: &self.acks,
            services: &services,
            works: &self.worked,
            lost: self.lost.is_some(),
        };
        let outcome = tell::tick(&self.state, &scene);
        self.state = outcome.state;
        commit.telling.join(outcome.changes);
        commit.events.extend(outcome.events);
        commit.notices.extend(outcome.notices.into_iter().map(|notice| {
            tracing::info!(channel = notice.channel, group = notice.group, title = notice.title, "tells");
            // A group says one thing at a moment.
            let dedup = format!("{} {} {}", notice.channel, notice.group, notice.at.0);
            (notice, dedup)
        }));
        self.warn(&project, outcome.warnings, sights.now);
    }

    /// Reads what people said and runs did, where it may have changed.
    fn read(&mut self, firing: bool, now: UnixMs) -> Result<(), StoreError> {
        let reader = if let Some(reader) = self.reader.take() {
            reader
        } else {
            let reader = self.store.reader()?;
            self.state = reader.telling_state()?;
            let lost = reader.standings(Some(""))?.into_iter().find(|one| one.key == lost_connectivity());
            self.lost = lost.map(|standing| since(&standing));
            reader
        };
        let changes = reader.changes(&mut self.cursor);
        let read = || {
            let changes = changes?;
            if changes.alerting {
                self.silences = reader.silences(None, now, MOST_SILENCES)?;
                self.acks = reader.acknowledgements()?;
            }
            // A runner that died writes nothing: while one is under way it is looked at each time.
            let open = self.worked.iter().any(|work| work.acts.iter().any(|act| act.until.is_none()));
            if firing && (changes.acting || open || self.worked.is_empty()) {
                self.worked = self.works.read(&reader, self.store.state(), now)?;
            }
            Ok(())
        };
        let result: Result<(), StoreError> = read();
        if result.is_err() {
            // What was passed by is asked for again.
            self.cursor = Cursor::default();
        } else if !firing {
            // Read anew with the next alert.
            self.worked.clear();
        }
        self.reader = Some(reader);
        result
    }

    /// The alert that this machine is cut off, while it is; written down like any other.
    fn lose(&mut self, sights: &Sights<'_>, commit: &mut AlertCommit) -> Option<Standing> {
        let before = self.lost;
        match sights.cut_off {
            Some(true) => self.lost = before.or(Some(sights.now)),
            Some(false) => self.lost = None,
            None => {}
        }
        let fires = |since| Phase::Firing { since, fired_at: since, false_since: None };
        let standing = |phase| Standing {
            key: lost_connectivity(),
            severity: Severity::Critical,
            phase,
            judged_at: sights.now,
            unknown_since: None,
            explanation: "no look got an answer, those of the guard neither".to_owned(),
            figure: None,
            threshold: None,
        };
        let (from, to) = (before.map_or(Phase::Inactive, fires), self.lost.map_or(Phase::Inactive, fires));
        if before.is_some() != self.lost.is_some() {
            let now = standing(to);
            tracing::warn!(lost = self.lost.is_some(), "connectivity of this machine changed");
            commit.standings.push(now.clone());
            let event = AlertEvent::Moved { from, now: Box::new(now) };
            commit.events.push(AlertEventRow { at: sights.now, key: lost_connectivity(), event });
        }
        self.lost.map(|_| standing(to))
    }

    fn warn(&self, project: &Project, warnings: Vec<Warning>, at: UnixMs) {
        if warnings.is_empty() {
            return;
        }
        let happening = |Warning { env, text }: Warning| {
            tracing::warn!(env, text, "silence");
            Happening { at, env, subject: "alerts".into(), text, tone: Tone::Warn }
        };
        let known = |warning: &Warning| project.environment(&warning.env).is_some();
        let happenings = warnings.into_iter().filter(known).map(happening).collect();
        // What happened is for the screen: nobody waits for it.
        drop(self.store.add_happenings(happenings));
    }
}

fn since(standing: &Standing) -> UnixMs {
    match standing.phase {
        Phase::Firing { since, .. } | Phase::Pending { since, .. } => since,
        Phase::Inactive => standing.judged_at,
    }
}

fn services(project: &Project, is_down: &dyn Fn(&str, &str) -> bool) -> Services {
    let all = project.environments.iter().flat_map(|one| one.services.iter().map(move |service| (one, service)));
    all.map(|(environment, service)| {
        let sight =
            ServiceSight { depends_on: service.depends_on.clone(), down: is_down(&environment.name, &service.name) };
        ((environment.name.clone(), service.name.clone()), sight)
    })
    .collect()
}
