//! What is known of the services of an environment now: the latest of each look, and of some series the samples of a while.
//!
//! The watcher notes each look here, a replay notes recorded ones, and conditions read it through a [`Desk`]. Nothing is known
//! of what is stale, and nothing is known before the first look.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use serde_json::Value;

use super::window::Window;
use crate::domain::{
    condition::{Condition, OverTime, Scope},
    health::{Health, service_health},
    time::UnixMs,
    verdict::Verdict,
};

/// Names that every service has, beside those it records.
pub const EVERY_SERVICE: [&str; 4] = ["health", "state", "latency_ms", "availability"];

/// A service and its probes, each with how long a look of it speaks for the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The service's name.
    pub service: String,
    /// Its probes.
    pub probes: Vec<(String, Duration)>,
}

/// One look, as it is noted.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// When it was taken.
    pub at: UnixMs,
    /// What its expectations said.
    pub verdict: Verdict,
    /// The state of its probe by now.
    pub health: Health,
    /// Its latency.
    pub latency_ms: Option<f64>,
}

/// Where a probe stands in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    service: usize,
    probe: usize,
}

/// A series of which samples are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// The service's name.
    pub service: String,
    /// The probe, if it was named.
    pub probe: Option<String>,
    /// The series' bare name.
    pub name: String,
    /// How far back.
    pub window: Duration,
}

/// Everything that is known.
#[derive(Debug, Clone, Default)]
pub struct Book {
    shelves: Vec<Shelf>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
struct Shelf {
    service: String,
    probes: Vec<Probe>,
    figures: HashMap<String, Figure>,
    /// By bare name, or `probe.name`.
    windows: HashMap<String, Vec<Window>>,
    /// Something is not what it was when it was last asked.
    changed: bool,
    /// When the next of it grows stale.
    stale_at: Option<UnixMs>,
}

#[derive(Debug, Clone)]
struct Probe {
    name: String,
    fresh_for: Duration,
    at: Option<UnixMs>,
    health: Health,
    latency_ms: Option<f64>,
    /// That it is stale was handed out as a change.
    is_told_stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Figure {
    value: Option<f64>,
    /// Whose staleness is its own; `None`: it is fresh as long as it is there.
    probe: Option<usize>,
}

impl Book {
    /// An empty one for these services.
    pub fn new(outlines: &[Outline]) -> Self {
        let probe = |(name, fresh_for): &(String, Duration)| Probe {
            name: name.clone(),
            fresh_for: *fresh_for,
            at: None,
            health: Health::Unknown,
            latency_ms: None,
            is_told_stale: false,
        };
        let mut book = Self::default();
        for outline in outlines {
            book.add(outline.service.clone(), outline.probes.iter().map(probe).collect());
        }
        book
    }

    /// A shelf for figures that no look brings.
    pub fn add_plain(&mut self, name: &str) {
        if self.find(name).is_none() {
            self.add(name.to_owned(), Vec::new());
        }
    }

    fn add(&mut self, service: String, probes: Vec<Probe>) {
        self.by_name.insert(service.clone(), self.shelves.len());
        let (figures, windows) = (HashMap::new(), HashMap::new());
        self.shelves.push(Shelf { service, probes, figures, windows, changed: true, stale_at: None });
    }

    /// The service of that name; in conditions, where `-` subtracts, `_` stands for it.
    pub fn find(&self, name: &str) -> Option<usize> {
        let spoken = |(at, shelf): (usize, &Shelf)| (shelf.service.replace('-', "_") == name).then_some(at);
        let direct = self.by_name.get(name).copied();
        direct.or_else(|| name.contains('_').then(|| self.shelves.iter().enumerate().find_map(spoken)).flatten())
    }

    /// Where a probe is noted.
    pub fn place(&self, service: &str, probe: &str) -> Option<Place> {
        let service = *self.by_name.get(service)?;
        let probe = self.shelves[service].probes.iter().position(|known| known.name == probe)?;
        Some(Place { service, probe })
    }

    /// Notes a look with its recorded numbers.
    pub fn note<'v>(&mut self, place: Place, seen: Seen, values: impl Iterator<Item = (&'v str, Option<f64>)>) {
        let Some(shelf) = self.shelves.get_mut(place.service) else { return };
        let Some(probe) = shelf.probes.get_mut(place.probe) else { return };
        // A look that comes back after a later one says nothing of the present.
        if probe.at.is_some_and(|before| before > seen.at) {
            return;
        }
        let was_known = probe.at.is_some() && !std::mem::take(&mut probe.is_told_stale);
        let moved = !was_known || probe.health != seen.health || probe.latency_ms != seen.latency_ms;
        (probe.at, probe.health, probe.latency_ms) = (Some(seen.at), seen.health, seen.latency_ms);
        shelf.changed |= moved;
        let stale_at = seen.at.after(probe.fresh_for);
        shelf.stale_at = Some(shelf.stale_at.map_or(stale_at, |known| known.min(stale_at)));
        let passed = match seen.verdict {
            Verdict::Pass => Some(1.0),
            Verdict::Fail => Some(0.0),
            Verdict::Unknown => None,
        };
        shelf.keep(place.probe, "latency_ms", seen.at, seen.latency_ms);
        shelf.keep(place.probe, "health", seen.at, code(seen.health));
        shelf.figure(place.probe, "availability", seen.at, passed);
        for (name, value) in values {
            shelf.figure(place.probe, name, seen.at, value);
        }
    }

    /// Sets a figure that no look brings.
    pub fn publish(&mut self, shelf: usize, name: &str, value: Option<f64>) {
        if let Some(shelf) = self.shelves.get_mut(shelf) {
            let figure = Figure { value, probe: None };
            shelf.changed |= shelf.figures.get(name) != Some(&figure);
            match shelf.figures.get_mut(name) {
                Some(known) => *known = figure,
                None => drop(shelf.figures.insert(name.to_owned(), figure)),
            }
        }
    }

    /// From now on keeps samples for a function over time.
    pub fn keep(&mut self, kept: &Kept) {
        let Some(shelf) = self.by_name.get(&kept.service).and_then(|at| self.shelves.get_mut(*at)) else { return };
        let name = kept.probe.as_ref().map_or_else(|| kept.name.clone(), |probe| format!("{probe}.{}", kept.name));
        let windows = shelf.windows.entry(name).or_default();
        if !windows.iter().any(|window| window.length() == kept.window) {
            windows.push(Window::new(kept.window));
        }
    }

    /// Takes in a sample of before.
    pub fn recall(&mut self, kept: &Kept, at: UnixMs, value: f64) {
        let Some(shelf) = self.by_name.get(&kept.service).and_then(|at| self.shelves.get_mut(*at)) else { return };
        let name = kept.probe.as_ref().map_or_else(|| kept.name.clone(), |probe| format!("{probe}.{}", kept.name));
        let windows = shelf.windows.get_mut(&name).into_iter().flatten();
        windows.filter(|window| window.length() == kept.window).for_each(|window| window.add(at, value));
    }

    /// Which series a dotted name means, seen from a service.
    pub fn series(&self, subject: Option<usize>, path: &str, window: Duration) -> Option<Kept> {
        let of = |shelf: usize, probe: Option<&str>, name: &str| Kept {
            service: self.shelves[shelf].service.clone(),
            probe: probe.map(str::to_owned),
            name: if name == "state" { "health".to_owned() } else { name.to_owned() },
            window,
        };
        let first = |shelf: usize| self.shelves[shelf].probes.first().map(|probe| probe.name.as_str());
        // A latency without a probe is the first one's.
        let bare = |shelf: usize, name: &str| of(shelf, first(shelf).filter(|_| name == "latency_ms"), name);
        match path.split('.').collect::<Vec<_>>()[..] {
            [name] => Some(bare(subject?, name)),
            [head, name] => match self.find(head) {
                Some(shelf) => Some(bare(shelf, name)),
                None => Some(of(subject?, Some(head), name)),
            },
            [head, probe, name] => Some(of(self.find(head)?, Some(probe), name)),
            _ => None,
        }
    }

    /// The shelves that a condition reads, seen from a service.
    pub fn read_by(&self, subject: Option<usize>, condition: &Condition) -> BTreeSet<usize> {
        condition.names().iter().filter_map(|name| self.find(name)).chain(subject).collect()
    }

    /// What changed since this was last asked, by shelf: a figure, a state, or that it grew stale.
    pub fn take_changed(&mut self, now: UnixMs) -> Vec<bool> {
        self.shelves.iter_mut().map(|shelf| shelf.take_changed(now)).collect()
    }

    /// Moves every moment by so many milliseconds: the wall clock was set.
    pub fn shift(&mut self, by: i64) {
        let moved = |at: &mut UnixMs| at.0 = at.0.saturating_add(by);
        for shelf in &mut self.shelves {
            shelf.probes.iter_mut().filter_map(|probe| probe.at.as_mut()).for_each(moved);
            shelf.stale_at.iter_mut().for_each(moved);
            shelf.windows.values_mut().flatten().for_each(|window| window.shift(by));
        }
    }

    /// Takes over what another, of an earlier configuration, knows of the same.
    pub fn inherit(&mut self, before: &Self) {
        for shelf in &mut self.shelves {
            let Some(known) = before.by_name.get(&shelf.service).map(|at| &before.shelves[*at]) else { continue };
            for probe in &mut shelf.probes {
                if let Some(known) = known.probes.iter().find(|known| known.name == probe.name) {
                    *probe = Probe { fresh_for: probe.fresh_for, ..known.clone() };
                }
            }
            let probe = |index: usize| {
                let name = &known.probes.get(index)?.name;
                shelf.probes.iter().position(|probe| probe.name == *name)
            };
            for (name, figure) in &known.figures {
                let of = figure.probe.and_then(probe);
                if of.is_some() || figure.probe.is_none() {
                    shelf.figures.insert(name.clone(), Figure { value: figure.value, probe: of });
                }
            }
            for (name, windows) in &mut shelf.windows {
                for window in windows {
                    let same = known.windows.get(name).into_iter().flatten();
                    if let Some(known) = same.into_iter().find(|known| known.length() == window.length()) {
                        *window = known.clone();
                    }
                }
            }
            shelf.stale_at = shelf.next_stale(UnixMs(i64::MIN));
        }
    }

    /// The state of a service by what is fresh.
    pub fn health(&self, service: &str, now: UnixMs) -> Health {
        let Some(shelf) = self.by_name.get(service).and_then(|at| self.shelves.get(*at)) else {
            return Health::Unknown;
        };
        let is_fresh = |probe: &&Probe| probe.at.is_some_and(|at| now.since(at) <= probe.fresh_for);
        service_health(shelf.probes.iter().filter(is_fresh).map(|probe| probe.health))
    }

    /// The service and the probe of a place.
    pub fn names(&self, place: Place) -> (&str, &str) {
        let shelf = self.shelves.get(place.service);
        let probe = shelf.and_then(|shelf| shelf.probes.get(place.probe));
        (shelf.map_or("", |shelf| &shelf.service), probe.map_or("", |probe| &probe.name))
    }

    /// The name of a shelf's service.
    pub fn service(&self, shelf: usize) -> &str {
        self.shelves.get(shelf).map_or("", |shelf| &shelf.service)
    }
}

impl Shelf {
    fn figure(&mut self, probe: usize, name: &str, at: UnixMs, value: Option<f64>) {
        let figure = Figure { value, probe: Some(probe) };
        match self.figures.get_mut(name) {
            Some(known) if *known == figure => {}
            Some(known) => {
                *known = figure;
                self.changed = true;
            }
            None => {
                self.figures.insert(name.to_owned(), figure);
                self.changed = true;
            }
        }
        self.keep(probe, name, at, value);
    }

    fn keep(&mut self, probe: usize, name: &str, at: UnixMs, value: Option<f64>) {
        if self.windows.is_empty() {
            return;
        }
        let Some(value) = value else { return };
        self.windows.get_mut(name).into_iter().flatten().for_each(|window| window.add(at, value));
        let full = format!("{}.{name}", self.probes[probe].name);
        self.windows.get_mut(&full).into_iter().flatten().for_each(|window| window.add(at, value));
    }

    fn take_changed(&mut self, now: UnixMs) -> bool {
        if self.stale_at.is_some_and(|at| now > at) {
            let next = self.next_stale(now);
            // What was looked at again in the meantime is not stale, only the note of when it would be was old.
            for probe in self.probes.iter_mut().filter(|probe| probe.at.is_some()) {
                let is_stale = !probe.is_fresh(now);
                self.changed |= is_stale != probe.is_told_stale;
                probe.is_told_stale = is_stale;
            }
            self.stale_at = next;
        }
        std::mem::take(&mut self.changed)
    }

    fn next_stale(&self, after: UnixMs) -> Option<UnixMs> {
        let each = self.probes.iter().filter_map(|probe| Some(probe.at?.after(probe.fresh_for)));
        each.filter(|at| *at >= after).min()
    }

    fn health(&self, now: UnixMs) -> Health {
        let each = self.probes.iter().map(|probe| if probe.is_fresh(now) { probe.health } else { Health::Unknown });
        service_health(each)
    }

    /// A figure of the service, or of one of its probes.
    fn value(&self, probe: Option<usize>, name: &str, now: UnixMs) -> Option<Value> {
        let of = |probe: usize| self.probes.get(probe).filter(|probe| probe.is_fresh(now));
        match name {
            "health" | "state" => word(probe.map_or_else(|| Some(self.health(now)), |at| Some(of(at)?.health))?),
            "latency_ms" => of(probe.unwrap_or(0))?.latency_ms.map(Value::from),
            _ => {
                let figure = self.figures.get(name).filter(|figure| probe.is_none() || figure.probe == probe)?;
                let is_fresh = figure.probe.is_none_or(|probe| of(probe).is_some());
                figure.value.filter(|_| is_fresh).map(Value::from)
            }
        }
    }

    /// Whether what a series is made of still comes in.
    fn is_fresh(&self, probe: Option<&str>, name: &str, now: UnixMs) -> bool {
        let index = match probe {
            Some(name) => self.probes.iter().position(|probe| probe.name == name),
            None => self.figures.get(name).and_then(|figure| figure.probe),
        };
        match index {
            Some(index) => self.probes.get(index).is_some_and(|probe| probe.is_fresh(now)),
            None => self.probes.iter().any(|probe| probe.is_fresh(now)),
        }
    }
}

impl Probe {
    fn is_fresh(&self, now: UnixMs) -> bool {
        self.at.is_some_and(|at| now.since(at) <= self.fresh_for)
    }
}

/// The word of a state in conditions; unknown is not known.
fn word(health: Health) -> Option<Value> {
    let word = match health {
        Health::Up => "up",
        Health::Degraded => "degraded",
        Health::Down => "down",
        Health::Maintenance => "maintenance",
        Health::Unknown => return None,
    };
    Some(Value::from(word))
}

/// States that conditions may compare with.
pub const STATES: [&str; 4] = ["up", "degraded", "down", "maintenance"];

/// A state as a number, of which only changes are counted.
fn code(health: Health) -> Option<f64> {
    match health {
        Health::Up => Some(0.0),
        Health::Degraded => Some(1.0),
        Health::Down => Some(2.0),
        Health::Maintenance => Some(3.0),
        Health::Unknown => None,
    }
}

/// The book as a condition reads it: at a moment, seen from a service.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'b> {
    /// What is known.
    pub book: &'b Book,
    /// Whose names are bare; none for a condition over named services only.
    pub subject: Option<usize>,
    /// When.
    pub now: UnixMs,
}

impl Scope for Desk<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.book.shelves.get(self.subject?)?.value(None, name, self.now).map(Cow::Owned)
    }

    fn field(&self, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        if let Some(shelf) = self.book.find(name) {
            return self.book.shelves[shelf].value(None, field, self.now).map(Cow::Owned);
        }
        let shelf = self.book.shelves.get(self.subject?)?;
        let probe = shelf.probes.iter().position(|probe| probe.name == name)?;
        shelf.value(Some(probe), field, self.now).map(Cow::Owned)
    }

    fn is_known_by_field(&self, _: &str) -> bool {
        true
    }

    fn over(&self, function: OverTime, series: &str, window: Duration) -> Option<f64> {
        let kept = self.book.series(self.subject, series, window)?;
        let shelf = &self.book.shelves[self.book.find(&kept.service)?];
        if !shelf.is_fresh(kept.probe.as_deref(), &kept.name, self.now) {
            return None;
        }
        self.window(&kept)?.over(function, self.now)
    }
}

impl Desk<'_> {
    /// The samples kept of a series.
    pub fn window(&self, kept: &Kept) -> Option<&Window> {
        let shelf = &self.book.shelves[*self.book.by_name.get(&kept.service)?];
        let name = kept.probe.as_ref().map_or_else(|| kept.name.clone(), |probe| format!("{probe}.{}", kept.name));
        shelf.windows.get(&name)?.iter().find(|window| window.length() == kept.window)
    }

    /// When what a name means was last looked at.
    pub fn looked_at(&self, path: &str) -> Option<UnixMs> {
        let kept = self.book.series(self.subject, path, Duration::ZERO)?;
        let shelf = &self.book.shelves[*self.book.by_name.get(&kept.service)?];
        let index = match &kept.probe {
            Some(name) => shelf.probes.iter().position(|probe| probe.name == *name),
            None => shelf.figures.get(&kept.name).and_then(|figure| figure.probe),
        };
        match index {
            Some(index) => shelf.probes.get(index)?.at,
            None => shelf.probes.iter().filter_map(|probe| probe.at).max(),
        }
    }
}
