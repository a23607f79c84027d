//! The loop: what is due is started, what is back is taken in, once a second it is handed over.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    task::{Id, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    WatchError,
    alerts::Judges,
    election::Seat,
    grid::{Grid, SLOT},
    lateness::Lateness,
    ledger::Ledger,
    line::Line,
    logs::Logs,
    target::{Private, Target},
};
use crate::{
    config::{Reload, Reloader},
    domain::{
        environment::{Environment, Project, SecretSource},
        health::{Health, service_health},
        id::LookKey,
        outlet::Pulse,
        probe::{Outcome, ProbeKind},
        status::{Happening, Tone},
        text::Masker,
        time::UnixMs,
    },
    probe::{Memory, Prober},
    proc::usage,
    secret::Secrets,
    store::{Store, StoreError},
};

/// Looks under way at most; what is due beyond that waits its turn.
const MOST_AT_ONCE: usize = 2_000;
const FLUSH: Duration = Duration::from_secs(1);
const HOUSEKEEPING: Duration = Duration::from_secs(2);
const MAINTENANCE: Duration = Duration::from_mins(1);
const REPORT: Duration = Duration::from_mins(1);
const PULSE: Duration = Duration::from_secs(4);

/// A look that is back.
struct Back {
    index: usize,
    outcome: Outcome,
    memory: Memory,
}

/// Watches until the seat is no longer needed or a signal comes.
pub async fn watch(store: &Store, config: Reloader, seat: &Seat) -> Result<(), WatchError> {
    let mut round = Round::new(store.clone(), config).await?;
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A detached watcher outlives the line it was started from.
    let mut hangup = signal(SignalKind::hangup())?;
    let (mut flush, mut housekeeping) = (interval(FLUSH), interval(HOUSEKEEPING));
    flush.set_missed_tick_behavior(MissedTickBehavior::Skip);
    housekeeping.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut seen = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = sleep_until(round.next_due()) => round.start_due(),
            Some(back) = round.under_way.join_next_with_id() => round.take(back),
            _ = flush.tick() => {
                round.ledger.flush().await;
                round.judges.tick(round.line.is_cut_off()).await;
            }
            _ = housekeeping.tick() => {
                round.keep_house().await?;
                if !seat.is_needed(&mut seen)? {
                    break;
                }
            }
            _ = hangup.recv() => {}
            _ = term.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    round.report();
    round.under_way.shutdown().await;
    round.logs.finish();
    round.ledger.finish().await?;
    round.judges.finish().await;
    Ok(())
}

struct Round {
    store: Store,
    config: Reloader,
    prober: Prober,
    targets: Vec<Target>,
    grid: Grid,
    /// Raised when the targets are replaced, so that looks of the old ones are not taken for the new.
    generation: u64,
    under_way: JoinSet<Back>,
    /// Which target each look under way is of, and of which generation: one that breaks off brings nothing back.
    looking: HashMap<Id, (u64, usize)>,
    waiting: VecDeque<usize>,
    began: Instant,
    ledger: Ledger,
    judges: Judges,
    line: Line,
    logs: Logs,
    maintained: Option<Instant>,
    lateness: Lateness,
    since: UnixMs,
    beaten: Option<Instant>,
    reported: Instant,
    /// A changed configuration whose probes have no number in the history yet.
    unset: Option<Arc<Project>>,
}

impl Round {
    async fn new(store: Store, config: Reloader) -> Result<Self, WatchError> {
        let mut round = Self {
            ledger: Ledger::new(store.clone()),
            judges: Judges::new(store.clone()),
            line: Line::default(),
            logs: Logs::start(store.clone(), Arc::clone(config.project()))?,
            prober: Prober::new().with_receipts(Arc::new(store.clone())),
            store,
            config,
            targets: Vec::new(),
            grid: Grid::default(),
            generation: 0,
            under_way: JoinSet::new(),
            looking: HashMap::new(),
            waiting: VecDeque::new(),
            began: Instant::now(),
            maintained: None,
            lateness: Lateness::default(),
            since: now(),
            beaten: None,
            reported: Instant::now(),
            unset: None,
        };
        let project = Arc::clone(round.config.project());
        round.set_targets(&project).await?;
        round.resume(&project)?;
        Ok(round)
    }

    /// Numbers the probes of `project` and puts them on the grid; known ones keep their state.
    async fn set_targets(&mut self, project: &Project) -> Result<(), StoreError> {
        let private = private(project);
        let mut pending = Vec::new();
        for (environment, service, spec) in Target::all(project) {
            let (env, service_name, probe) = (environment.name.clone(), service.name.clone(), spec.name.clone());
            let key = LookKey { env, service: service_name, probe };
            let names = spec.record.iter().map(|recording| recording.name.clone()).collect();
            pending.push((self.store.register_look(key.clone(), names), key, spec, service.debounce));
        }
        // All have their number before any of the old ones goes: what can't be numbered now leaves the old ones in force.
        let mut numbered = Vec::with_capacity(pending.len());
        for (id, key, spec, debounce) in pending {
            numbered.push((id.await?, key, spec, debounce));
        }
        let mut before: HashMap<LookKey, Target> =
            self.targets.drain(..).map(|target| (target.key.clone(), target)).collect();
        self.generation += 1;
        self.waiting.clear();
        self.grid = Grid::default();
        let from = self.slot_now() + 1;
        for (id, key, spec, debounce) in numbered {
            let private = private.get(&key.env).cloned().unwrap_or_default();
            let mut target = Target::new(key, id, spec, debounce, private);
            if let Some(known) = before.remove(&target.key) {
                target.inherit(known);
            }
            self.grid.add(self.targets.len(), &target.key, spec.every, from);
            self.targets.push(target);
        }
        self.line = Line::new(project, &self.targets);
        self.judges.set(project, self.targets.iter().map(|target| &target.key))?;
        tracing::info!(probes = self.targets.len(), "targets set");
        Ok(())
    }

    /// Picks up what the store last knew of each probe: a restart is no news.
    fn resume(&mut self, project: &Project) -> Result<(), StoreError> {
        let (reader, now) = (self.store.reader()?, now());
        let mut known = HashMap::new();
        for environment in &project.environments {
            for service in reader.status(&environment.name, &environment.services, now)? {
                known.extend(service.looks.into_iter().map(|look| (look.key.clone(), look)));
            }
        }
        for target in &mut self.targets {
            if let Some(look) = known.get(&target.key).filter(|look| !look.stale) {
                target.resume(look.health, look.since, look.at);
            }
        }
        Ok(())
    }

    fn slot_now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis() / SLOT.as_millis()).unwrap_or(u64::MAX >> 1)
    }

    fn slot_start(&self, slot: u64) -> Instant {
        self.began + SLOT * u32::try_from(slot).unwrap_or(u32::MAX)
    }

    fn next_due(&self) -> Instant {
        // With nothing to watch, the housekeeping still comes by.
        self.grid.next().map_or_else(|| Instant::now() + MAINTENANCE, |slot| self.slot_start(slot))
    }

    fn start_due(&mut self) {
        let targets = &self.targets;
        for (slot, index) in self.grid.take(self.slot_now(), |index| targets[index].spec.every) {
            self.lateness.record(self.slot_start(slot).elapsed());
            self.start(index);
        }
    }

    fn start(&mut self, index: usize) {
        if self.under_way.len() >= MOST_AT_ONCE {
            if !self.waiting.contains(&index) {
                self.waiting.push_back(index);
            }
            return;
        }
        let target = &mut self.targets[index];
        // At most one look of a probe is under way.
        let Some(mut memory) = target.memory.take() else { return };
        let (prober, generation) = (self.prober.clone(), self.generation);
        let (spec, secrets) = (Arc::clone(&target.spec), Arc::clone(&target.private.secrets));
        let look = self.under_way.spawn(async move {
            let lookup = |name: &str| secrets.get(name).map(str::to_owned);
            let outcome = prober.look(&spec, &mut memory, &lookup).await;
            Back { index, outcome, memory }
        });
        self.looking.insert(look.id(), (generation, index));
    }

    fn take(&mut self, back: Result<(Id, Back), JoinError>) {
        let id = back.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let of = self.looking.remove(&id).filter(|(generation, _)| *generation == self.generation);
        match (back, of) {
            (Ok((_, back)), Some(_)) => self.take_in(back),
            (Ok(_), None) => {}
            (Err(error), of) => {
                tracing::error!(%error, "a look broke off: this is a bug");
                if let Some((_, index)) = of {
                    // The next look begins afresh.
                    self.targets[index].memory = Some(Memory::default());
                }
            }
        }
        if let Some(next) = self.waiting.pop_front() {
            self.start(next);
        }
    }

    fn take_in(&mut self, mut back: Back) {
        self.line.follow(back.index, &mut back.outcome);
        let service_before = self.service_health(back.index);
        let at = back.outcome.at;
        let why = back.outcome.error.as_ref().map(|error| error.message.clone());
        let target = &mut self.targets[back.index];
        let mut memory = back.memory;
        let answer = memory.take_answer();
        target.memory = Some(memory);
        self.ledger.took(target.id, at, &back.outcome.phases);
        let taken = target.take(back.outcome, &answer);
        self.judges.note(back.index, target.health(), &target.spec.record, &taken.row);
        if let Some(sample) = taken.sample {
            self.ledger.sampled(&target.key.env, sample);
        }
        let why = why.or_else(|| taken.current.as_ref().map(|look| look.detail.clone()));
        if taken.was.is_some() {
            self.tell(back.index, service_before, at, why.as_deref());
        }
        self.ledger.note(taken.row, taken.current);
    }

    /// The state of the service that target `index` belongs to.
    fn service_health(&self, index: usize) -> Health {
        let of = &self.targets[index].key;
        let same = |target: &&Target| target.key.env == of.env && target.key.service == of.service;
        // Targets of one service stand side by side.
        let first = self.targets[..index].iter().rposition(|target| !same(&target)).map_or(0, |other| other + 1);
        service_health(self.targets[first..].iter().take_while(same).map(Target::health))
    }

    /// Says so if the service's state is not what it was.
    fn tell(&mut self, index: usize, before: Health, at: UnixMs, why: Option<&str>) {
        let now = self.service_health(index);
        if now == before {
            return;
        }
        self.judges.soon();
        let key = &self.targets[index].key;
        let why = why.filter(|why| !why.is_empty() && now != Health::Up);
        let why = why.map_or_else(String::new, |why| format!(" ({}: {why})", key.probe));
        let tone = match now {
            Health::Up => Tone::Good,
            Health::Down => Tone::Bad,
            Health::Degraded => Tone::Warn,
            Health::Unknown | Health::Maintenance => Tone::Plain,
        };
        let happening = Happening {
            at,
            env: key.env.clone(),
            subject: key.service.clone(),
            text: format!("{} -> {}{why}", before.word(), now.word()),
            tone,
        };
        self.ledger.happened(happening);
    }

    async fn keep_house(&mut self) -> Result<(), StoreError> {
        let at = now();
        for index in 0..self.targets.len() {
            let before = self.service_health(index);
            if let Some(why) = self.targets[index].check_stale(at) {
                self.tell(index, before, at, Some(why));
            }
        }
        self.reload().await?;
        self.register_labels().await?;
        if self.maintained.is_none_or(|last| last.elapsed() > MAINTENANCE) {
            self.maintained = Some(Instant::now());
            self.store.state().keep_ballast();
            self.ledger.maintain(self.config.project().retention, at).await;
        }
        if self.beaten.is_none_or(|last| last.elapsed() > PULSE) {
            self.beat(at);
        }
        if self.reported.elapsed() > REPORT {
            self.report();
        }
        Ok(())
    }

    /// Writes down that watching goes on, and how.
    fn beat(&mut self, at: UnixMs) {
        self.beaten = Some(Instant::now());
        let (all, sum_ms) = self.lateness.all();
        let recent = self.lateness.recent();
        let pulse = Pulse {
            at,
            since: self.since,
            looks: all.count(),
            probes: self.targets.len(),
            under_way: self.under_way.len(),
            waiting: self.waiting.len(),
            unwritten: self.ledger.unwritten(),
            lateness: all.to_bytes(),
            lateness_sum_ms: sum_ms,
            recent_p50_ms: recent.quantile(0.5),
            recent_p99_ms: recent.quantile(0.99),
            resident_bytes: usage::resident_bytes(),
            open_fds: usage::open_fds(),
        };
        self.ledger.beat(pulse);
    }

    /// Label values that were seen for the first time become series: from now on they have a place in the history. What the
    /// history can't take now is tried again with the next housekeeping.
    async fn register_labels(&mut self) -> Result<(), StoreError> {
        for target in &mut self.targets {
            let Some(names) = target.unregistered() else { continue };
            match self.store.register_look(target.key.clone(), names).await {
                Ok(id) => target.registered(id),
                Err(error) if error.is_passing() => {
                    tracing::warn!(%error, "new label values have no place in the history yet");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tells the log how late looks began: what was due against what was started.
    fn report(&mut self) {
        self.reported = Instant::now();
        let lateness = self.lateness.turn();
        let (p50, p99) = (lateness.quantile(0.5), lateness.quantile(0.99));
        tracing::info!(
            looks = lateness.count(),
            lateness_p50_ms = p50,
            lateness_p99_ms = p99,
            "looks since the last report"
        );
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        match self.config.poll() {
            Reload::Unchanged => {}
            Reload::Changed(project) => self.unset = Some(project),
            Reload::Invalid(diagnostics) => {
                let text = format!("the changed configuration is wrong, the one before stays in force: {diagnostics}");
                self.say_of_configuration(&text, Tone::Warn);
            }
        }
        let Some(project) = self.unset.take() else { return Ok(()) };
        match self.set_targets(&project).await {
            Ok(()) => {
                self.logs.set(project);
                self.say_of_configuration("the changed configuration is in force", Tone::Plain);
            }
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "the probes of the changed configuration have no place in the history yet");
                self.unset = Some(project);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn say_of_configuration(&mut self, text: &str, tone: Tone) {
        let environments: Vec<_> = self.config.project().environments.iter().map(|one| one.name.clone()).collect();
        for env in environments {
            self.ledger.happened(Happening { at: now(), env, subject: "watch".into(), text: text.to_owned(), tone });
        }
    }
}

/// The secrets that the probes of each environment name. One that can't be had fails the looks that need it, and the log
/// says why.
fn private(project: &Project) -> BTreeMap<String, Private> {
    let of = |environment: &Environment| {
        let mut names: Vec<String> = environment
            .services
            .iter()
            .flat_map(|service| &service.probes)
            .flat_map(|spec| match &spec.kind {
                // A variable of the process needs no secret.
                ProbeKind::Env { name } => {
                    Vec::from_iter(environment.secrets.get_key_value(name).map(|one| one.0.clone()))
                }
                kind => kind.secret_names(),
            })
            .collect();
        names.sort();
        names.dedup();
        let mut found = BTreeMap::new();
        for name in names {
            match Secrets::resolve(std::slice::from_ref(&name), &environment.secrets, &project.root) {
                Ok(secrets) => found.extend(secrets.iter().map(|(name, value)| (name.to_owned(), value.to_owned()))),
                Err(errors) => errors.iter().for_each(|error| tracing::error!(%error, "a probe's secret is missing")),
            }
        }
        let masker = masker(environment, &found, project);
        Private { secrets: Arc::new(Secrets::from_values(found)), masker }
    };
    project.environments.iter().map(|environment| (environment.name.clone(), of(environment))).collect()
}

/// Hides what the probes of an environment are given, and its other secrets as far as they are at hand: a service may say
/// more than what it was told. Commands are not run for it.
fn masker(environment: &Environment, given: &BTreeMap<String, String>, project: &Project) -> Masker {
    let mut all = given.clone();
    for (name, source) in &environment.secrets {
        if !all.contains_key(name) && !matches!(source, SecretSource::Command(_)) {
            let found = Secrets::resolve(std::slice::from_ref(name), &environment.secrets, &project.root);
            let value = found.ok().and_then(|found| found.get(name).map(str::to_owned));
            all.extend(value.map(|value| (name.clone(), value)));
        }
    }
    let (masker, refused) = Masker::of_those_possible(all.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if let Some(error) = refused {
        tracing::warn!(%error, env = environment.name, "some secrets can't be hidden in what services say");
    }
    masker
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}
