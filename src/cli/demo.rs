//! `demo`: the whole loop on the embedded fleet, with the console or headless.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    args::{Global, OnHold, StartArguments},
    console,
    demo_args::{ControlAction, DemoArguments, DemoPart, Scenario},
    exit,
    output::{Failure, Outcome, Output, remark},
    start,
};
use crate::{
    demo::{
        behaviour,
        control::{self, Control},
        fleet,
        site::Site,
    },
    domain::decision::Decision,
    proc::{detached, identity},
    run::launch,
    store::{Store, lock, state_dir::StateDir},
};

/// How long to wait for the fleet to answer, and for everything to be gone.
const PATIENCE: Duration = Duration::from_secs(15);

pub fn run(global: &Global, arguments: &DemoArguments) -> Outcome {
    match &arguments.part {
        None => whole(global, arguments),
        Some(DemoPart::Versions) => {
            for (version, ..) in behaviour::RELEASES {
                Output::new(global).line(version)?;
            }
            Ok(exit::OK)
        }
        Some(DemoPart::Fleet { keep }) => {
            let site = Site::open_or_create(directory(arguments)?, &std::env::current_exe()?)?;
            if fleet::run(&site, *keep)? {
                return Ok(exit::OK);
            }
            Err(Failure::with(exit::FAILED, format_args!("a fleet is running in {} already", site.dir().display())))
        }
        Some(DemoPart::Control { action }) => act(arguments, &translate(action)),
        Some(DemoPart::Fault { name }) => act(arguments, &Control::Fault { name: name.clone() }),
    }
}

fn directory(arguments: &DemoArguments) -> Result<&Path, Failure> {
    arguments.dir.as_deref().ok_or_else(|| Failure::usage("which demo? Give --dir DIR"))
}

fn translate(action: &ControlAction) -> Control {
    match action {
        ControlAction::Start { version } => Control::Start { version: version.clone() },
        ControlAction::Weight { percent } => Control::Weight { percent: *percent },
        ControlAction::Promote => Control::Promote,
        ControlAction::Discard => Control::Discard,
        ControlAction::Backup => Control::Backup,
        ControlAction::Stop => Control::Stop,
    }
}

fn act(arguments: &DemoArguments, control: &Control) -> Outcome {
    let site = Site::open(directory(arguments)?)?;
    control::run(&site, control, &mut std::io::stdout().lock())?;
    Ok(exit::OK)
}

/// Sets up a site, starts its fleet and history, runs the console or the scenario, and cleans up.
fn whole(global: &Global, arguments: &DemoArguments) -> Outcome {
    let place = Place::new(arguments.dir.clone())?;
    let site = Site::open_or_create(&place.dir, &std::env::current_exe()?)?;
    start_fleet(&site)?;
    let inner = Global {
        config: Some(site.configuration()),
        state: Some(site.state()),
        env: Some("demo".into()),
        ..global.clone()
    };
    let state = StateDir::at(site.state());
    state.create()?;
    // Held throughout, so that fleet and watcher stay between two runs.
    let present = lock::try_lock(&state.path().join(format!("locks/console-demo-{}.lock", std::process::id())))?;
    start_watcher(&site)?;
    let outcome = match arguments.scenario {
        Some(scenario) => headless(&inner, scenario),
        None => with_console(&inner),
    };
    drop(present);
    if place.temporary {
        wind_up(&site, &state);
    } else {
        remark(format_args!(
            "the demo stays in {0}; open it again with: quarterdeck demo --dir {0}",
            site.dir().display()
        ));
    }
    outcome
}

fn headless(global: &Global, scenario: Scenario) -> Outcome {
    lay_history(global)?;
    let version = match scenario {
        Scenario::GoodRelease => behaviour::GOOD_RELEASE,
        Scenario::BadRelease => behaviour::BAD,
    };
    start::deploy(global, Some(version), &unattended(None))
}

/// The console opens at once; the first releases are deployed behind it, and can be watched.
fn with_console(global: &Global) -> Outcome {
    let background = global.clone();
    let laying = std::thread::spawn(move || lay_history(&background).err().map(|failure| failure.code));
    let outcome = console::run(global);
    // Somebody who leaves at once does not wait for it: what is under way is cancelled with the rest.
    if laying.is_finished() && laying.join().ok().flatten().is_some() {
        remark("the demo's first releases could not all be deployed; the log of their runs says why");
    }
    outcome
}

/// Really deploys the first releases, so that there is something to go back to. Nothing to do in a demo kept from before.
fn lay_history(global: &Global) -> Result<(), Failure> {
    let deck = super::deck::Deck::load(global)?;
    let store = deck.store()?;
    if !store.reader()?.runs(None, 1)?.is_empty() {
        return Ok(());
    }
    let environment = deck.environment()?;
    launch::ensure_watcher(&store, &deck.config)?;
    for version in behaviour::HISTORY {
        let input = crate::domain::plan::PlanInput {
            params: [("version".to_owned(), (*version).to_owned())].into(),
            ..Default::default()
        };
        let plan = launch::prepare(&deck.project, environment, "install", input, &store.reader()?)?;
        let hash = plan.hash();
        let run = launch::start(&store, plan, &hash, launch::current_actor(), None)?;
        let code = super::follow::wait(&deck, &store, run)?;
        if code != exit::OK {
            return Err(Failure::with(code, format_args!("the demo could not deploy {version}: see run {run}")));
        }
    }
    // A release needs some time under load before its figures say anything.
    std::thread::sleep(Duration::from_secs(4));
    Ok(())
}

fn unattended(pipeline: Option<String>) -> StartArguments {
    StartArguments {
        pipeline,
        param: Vec::new(),
        yes: true,
        confirm: None,
        dry_run: false,
        detach: false,
        on_hold: OnHold::Stop,
    }
}

/// Starts the detached fleet and waits until its control interface answers.
fn start_fleet(site: &Site) -> Result<(), Failure> {
    if !lock::is_held(&site.lock())? {
        let words = ["demo", "fleet", "--dir"].map(OsStr::new);
        detached::spawn_detached(&launch::own_binary(), words.into_iter().chain([site.dir().as_os_str()]), None)?;
    }
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], site.ports.control));
    let began = Instant::now();
    while std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        if began.elapsed() > PATIENCE {
            return Err(Failure::with(
                exit::FAILED,
                format_args!(
                    "the demo fleet did not start within 15 s; see why with: quarterdeck demo fleet --dir {}",
                    site.dir().display()
                ),
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Starts a watcher that does not outlive the demo by a minute, as an ordinary one would.
fn start_watcher(site: &Site) -> Result<(), Failure> {
    let (config, state) = (site.configuration(), site.state());
    let words = ["watch", "--while-needed", "--linger", "5s", "--config"].map(OsStr::new);
    let words = words.into_iter().chain([config.as_os_str(), OsStr::new("--state"), state.as_os_str()]);
    detached::spawn_detached(&launch::own_binary(), words, None)?;
    Ok(())
}

/// Ends runs, fleet and watcher, and waits until they are gone.
fn wind_up(site: &Site, state: &StateDir) {
    if let Err(error) = cancel_runs(state) {
        remark(format_args!("a run of the demo could not be cancelled: {error}"));
    }
    if let Err(error) = control::run(site, &Control::Stop, &mut std::io::sink()) {
        remark(format_args!("the fleet could not be told to stop ({error}); it ends by itself in 10 s"));
    }
    let began = Instant::now();
    while began.elapsed() < PATIENCE && anything_lives(site) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn cancel_runs(state: &StateDir) -> anyhow::Result<()> {
    let store = Store::open(state)?;
    let reader = store.reader()?;
    for run in reader.active_runs()? {
        launch::decide(&store, run.id, Decision::Cancel { reason: "the demo was left".into() })?;
    }
    launch::adopt_orphans(&store)?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE && !reader.active_runs()?.is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    // The watcher is told by signal rather than left to find out: a person waits for the prompt.
    if let Some(watcher) = lock::holder(&state.watch_lock()) {
        identity::signal(&watcher, rustix::process::Signal::TERM)?;
    }
    Ok(())
}

/// Runners and the watcher hold a lock in `locks`, supervisors one beside their attempt's files.
fn anything_lives(site: &Site) -> bool {
    let locks = entries(&site.state().join("locks"));
    let attempts = entries(&site.state().join("runs")).flat_map(|run| entries(&run));
    let supervisors = attempts.map(|attempt| attempt.join("attempt.lock"));
    locks.chain(supervisors).chain([site.lock()]).any(|path| lock::is_held(&path).unwrap_or(false))
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The demo's directory, removed when dropped if it is a temporary one.
struct Place {
    dir: PathBuf,
    temporary: bool,
}

impl Place {
    fn new(asked: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(dir) = asked {
            return Ok(Self { dir, temporary: false });
        }
        let dir = std::env::temp_dir().join(format!("quarterdeck-demo-{}", std::process::id()));
        std::fs::create_dir(&dir).map_err(|error| {
            Failure::with(exit::FAILED, format_args!("can't create {}: {error}; give --dir DIR", dir.display()))
        })?;
        Ok(Self { dir, temporary: true })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = remove(&self.dir)
        {
            // Not worth an exit code: the directory is private and small.
            let _ = writeln!(std::io::stderr(), "quarterdeck: {} is left behind: {error}", self.dir.display());
        }
    }
}

/// A process that has let go of its lock may still write its last file while the directory is taken away under it.
fn remove(dir: &Path) -> std::io::Result<()> {
    let began = Instant::now();
    loop {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(_) if began.elapsed() < Duration::from_secs(2) => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}
