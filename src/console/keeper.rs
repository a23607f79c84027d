//! Keeping the other processes alive (a watcher while nobody watches, a runner for every run whose runner died), and the
//! configuration up to date: a wrong one never replaces a right one. What rings the bell of open consoles is passed on.

use std::{
    sync::mpsc::{self, RecvTimeoutError, SyncSender},
    time::Duration,
};

use crate::{
    config::{Reload, Reloader},
    run::launch,
    store::{Reader, Store},
};

use super::{
    app::msg::{Msg, News},
    error::ConsoleError,
    wake::{self, Wake, Wakes},
};

/// A dead watcher or runner is replaced, and a changed configuration seen, within this time.
const ROUND: Duration = Duration::from_secs(2);

/// The keeping thread; dropping it ends it.
#[derive(Debug)]
pub struct Keeper {
    _stop: SyncSender<()>,
}

impl Keeper {
    /// Looks after the processes of this history, at once and then every 2 s.
    pub fn start(store: Store, config: Reloader, read_only: bool, wakes: Wakes) -> Result<Self, ConsoleError> {
        let (stop, stopped) = mpsc::sync_channel(0);
        wake::spawn("keeper", wakes, move |wakes| {
            let mut round = Round { store, config, read_only, wakes, said: String::new(), watcher: "", bells: None };
            loop {
                if !round.look() || stopped.recv_timeout(ROUND) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })
        .map_err(|source| ConsoleError::Io { doing: "start looking after its processes", source })?;
        Ok(Self { _stop: stop })
    }
}

struct Round<'a> {
    store: Store,
    config: Reloader,
    read_only: bool,
    wakes: &'a Wakes,
    /// The last trouble told: the same is not told again.
    said: String,
    watcher: &'static str,
    /// Where bells are read, and the last that was heard: what rang before the console was open is not rung again.
    bells: Option<(Reader, i64)>,
}

impl Round<'_> {
    /// Looks once; false once nobody listens any more.
    fn look(&mut self) -> bool {
        let reloaded = match self.config.poll() {
            Reload::Unchanged => None,
            Reload::Changed(project) => Some(Msg::Reloaded(project)),
            Reload::Invalid(wrong) => {
                Some(Msg::ReloadRefused(wrong.render(false).lines().map(str::to_owned).collect()))
            }
        };
        if reloaded.is_some_and(|msg| self.wakes.send(Wake::Msg(msg)).is_err()) {
            return false;
        }
        let trouble = self.keep().unwrap_or_else(|error| Some(error.to_string())).unwrap_or_default();
        let news = (trouble != self.said).then(|| trouble.clone()).filter(|trouble| !trouble.is_empty());
        self.said = trouble;
        if news.is_some_and(|trouble| self.wakes.send(Wake::Msg(Msg::Trouble(trouble))).is_err()) {
            return false;
        }
        if self.rung().is_some_and(|text| self.wakes.send(Wake::Rung(text)).is_err()) {
            return false;
        }
        let watcher = launch::watcher(self.store.state());
        if watcher != self.watcher {
            self.watcher = watcher;
            return self.wakes.send(Wake::Msg(Msg::News(News::Watcher(watcher)))).is_ok();
        }
        true
    }

    /// What the bell is to ring for, if anything: several at once ring once.
    fn rung(&mut self) -> Option<String> {
        let Some((reader, last)) = &mut self.bells else {
            // A history that can't be read is told elsewhere, and asked again.
            let reader = self.store.reader().ok()?;
            let newest = reader.newest_bell().ok()?;
            self.bells = Some((reader, newest));
            return None;
        };
        let bells = reader.bells_after(*last).ok()?;
        *last = bells.last()?.id;
        let heaviest = bells.iter().min_by_key(|bell| bell.severity)?;
        Some(match bells.len() {
            1 => heaviest.title.clone(),
            more => format!("{} (and {} more)", heaviest.title, more - 1),
        })
    }

    /// What a person should know of it, if anything.
    fn keep(&self) -> Result<Option<String>, launch::LaunchError> {
        if self.read_only {
            return Ok(None);
        }
        launch::ensure_watcher(&self.store, self.config.path())?;
        let adopted = launch::adopt_orphans(&self.store)?;
        let state = self.store.state();
        Ok(state.trouble().or_else(|| adopted.iter().find_map(|adopted| adopted.trouble(state))))
    }
}
