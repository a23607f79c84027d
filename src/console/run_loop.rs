//! The loop: one channel in, one frame out.
//!
//! ```text
//!   input, signals, feed, effects, keeper, writer --> channel --> drain --> update --> (interest) --> one frame, if it differs
//! ```
//!
//! The queue is drained before a frame is drawn, so 200 keys at once end in one frame. Nothing ticks while nothing is live:
//! the loop sleeps until something comes or the clock shows another minute.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use crate::{
    domain::time::UnixMs,
    store::lock::HeldLock,
    term::{
        capabilities::Capabilities,
        clipboard::{self, Route},
        event::Event,
        frame::{self, Painter},
        guard::{self, Guard},
        input::Input,
        signals::Listener,
        suspend,
        writer::Writer,
    },
};

use super::{
    ConsoleOptions,
    app::{
        effect::Effect,
        interest::{Interest, interest},
        key::{Key, Size},
        model::Model,
        msg::Msg,
        update,
    },
    boot::{self, Opened},
    effects::{Effects, copy_to_file},
    error::ConsoleError,
    feed::Feed,
    keeper::Keeper,
    look::Look,
    wake::{self, Wake, Wakes},
};

/// Messages that may wait; who sends more waits until the loop took some.
const QUEUE: usize = 1_024;
/// Messages taken in before a frame is drawn in any case.
const ROUND: usize = 4_096;
/// While a run is live its durations move each second.
const LIVE: Duration = Duration::from_secs(1);
const MINUTE_MS: i64 = 60_000;
/// How long a suspend waits for a frame that is being written.
const UNFINISHED: Duration = Duration::from_millis(200);

/// Runs the console until the person quits or the line is gone.
pub fn run(options: &ConsoleOptions, terminal: Capabilities, look: Look) -> Result<(), ConsoleError> {
    let guard = Guard::take()?;
    guard::restore_on_panic();
    let (wakes, receiver) = mpsc::sync_channel(QUEUE);
    let io = |source| ConsoleError::Io { doing: "start its threads", source };
    let writer = Writer::start(sender(&wakes, Wake::Written)).map_err(io)?;
    let model = look.first_model(options, size(), now());
    let mut console = Console {
        terminal,
        look,
        model,
        writer,
        painter: Painter::new(),
        outside: None,
        interest: Interest::default(),
        dirty: true,
        guard,
        wakes: wakes.clone(),
        crash_point: options.crash_point,
    };
    // The first frame waits for nothing, not even for the threads that will feed it.
    console.draw();
    let input = Input::start(sender(&wakes, Wake::Terminal)).map_err(io)?;
    let signals = Listener::start(sender(&wakes, Wake::Terminal)).map_err(io)?;
    // Before that nobody was told of a size that changed after the first frame.
    drop(update(&mut console.model, Msg::Resize(size())));
    console.dirty = true;
    open(options.clone(), &wakes)?;
    drop(wakes);
    // Declared last, so dropped first, also when this thread panics: senders fail from then on, and no thread waits for us
    // while we wait for it.
    let inbox = receiver;
    let result = console.live(&inbox);
    drop(inbox);
    drop((input, signals));
    result
}

fn sender<T: 'static>(wakes: &Wakes, wrap: fn(T) -> Wake) -> impl FnMut(T) -> bool + Send + 'static + use<T> {
    let wakes = wakes.clone();
    move |event| wakes.send(wrap(event)).is_ok()
}

fn open(options: ConsoleOptions, wakes: &Wakes) -> Result<(), ConsoleError> {
    wake::spawn("boot", wakes.clone(), move |wakes| {
        let wake = match boot::open(&options) {
            Ok(opened) => Wake::Opened(Box::new(opened)),
            Err(error) => Wake::Refused(Box::new(error)),
        };
        // The person may have quit before it was open.
        let _ = wakes.send(wake);
    })
    .map_err(|source| ConsoleError::Io { doing: "start its threads", source })
}

/// The console at work.
struct Console {
    terminal: Capabilities,
    look: Look,
    model: Model,
    writer: Writer,
    painter: Painter,
    outside: Option<Outside>,
    /// What the feed was told last.
    interest: Interest,
    dirty: bool,
    guard: Guard,
    wakes: Wakes,
    crash_point: Option<fn(&'static str)>,
}

/// What is there once configuration and history are open. Dropped in this order: the presence lock last.
struct Outside {
    feed: Feed,
    effects: Effects,
    /// The state directory.
    state: PathBuf,
    _keeper: Keeper,
    _presence: Option<HeldLock>,
}

/// Whether the console goes on.
enum Next {
    GoOn,
    End,
}

impl Console {
    fn live(&mut self, inbox: &Receiver<Wake>) -> Result<(), ConsoleError> {
        loop {
            let first = match inbox.recv_timeout(self.until_tick()) {
                Ok(wake) => Some(wake),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            self.take_msg(Msg::Tick(now()), inbox);
            for wake in first.into_iter().chain(inbox.try_iter()).take(ROUND) {
                if let Next::End = self.take(wake, inbox)? {
                    return Ok(());
                }
            }
            self.tell_interest();
            self.draw();
        }
    }

    fn take(&mut self, wake: Wake, inbox: &Receiver<Wake>) -> Result<Next, ConsoleError> {
        match wake {
            Wake::Msg(msg) => {
                if let (Msg::Reloaded(project), Some(outside)) = (&msg, &self.outside) {
                    outside.feed.reload(Arc::clone(project));
                }
                return Ok(self.take_msg(msg, inbox));
            }
            Wake::Terminal(event) => return Ok(self.take_event(event, inbox)),
            Wake::Opened(opened) => {
                let ready = opened.ready.clone();
                self.connect(*opened)?;
                return Ok(self.take_msg(Msg::Ready(Box::new(ready)), inbox));
            }
            Wake::Refused(error) => return Err(*error),
            Wake::Crashed(thread) => return Err(ConsoleError::Crashed(thread)),
            Wake::Written(true) => self.writer.written(),
            Wake::Written(false) => return Ok(Next::End),
        }
        Ok(Next::GoOn)
    }

    fn take_event(&mut self, event: Event, inbox: &Receiver<Wake>) -> Next {
        match event {
            Event::Key(Key::Ctrl('l')) => {
                self.painter.forget(true);
                self.dirty = true;
            }
            Event::Key(key) => {
                if let Some(point) = self.crash_point {
                    point("console.key");
                }
                return self.take_msg(Msg::Key(key), inbox);
            }
            Event::Paste(text) => return self.take_msg(Msg::Paste(text), inbox),
            Event::Resized => return self.take_msg(Msg::Resize(size()), inbox),
            Event::Stopped => self.suspend(inbox),
            Event::Continued => self.come_back(),
            Event::Terminated | Event::Gone => return Next::End,
        }
        Next::GoOn
    }

    fn take_msg(&mut self, msg: Msg, inbox: &Receiver<Wake>) -> Next {
        // A tick alone shows at most another time; whether it does is seen when the frame is compared.
        self.dirty = true;
        for effect in update(&mut self.model, msg) {
            match effect {
                Effect::Quit => return Next::End,
                Effect::Suspend => self.suspend(inbox),
                Effect::Copy { text, what } => self.copy(&text, &what),
                effect => {
                    if let Some(outside) = &self.outside {
                        outside.effects.carry_out(effect);
                    }
                }
            }
        }
        Next::GoOn
    }

    fn connect(&mut self, opened: Opened) -> Result<(), ConsoleError> {
        let project = Arc::clone(&opened.ready.project);
        let feed = Feed::start(opened.store.clone(), project, self.wakes.clone(), self.crash_point)?;
        let effects = Effects::new(opened.store.clone(), self.wakes.clone())?;
        let read_only = self.model.options.read_only;
        let Opened { store, config, presence, .. } = opened;
        let state = store.state().path().to_owned();
        let keeper = Keeper::start(store, config, read_only, self.wakes.clone())?;
        self.outside = Some(Outside { feed, effects, state, _keeper: keeper, _presence: presence });
        Ok(())
    }

    fn tell_interest(&mut self) {
        let wanted = interest(&self.model);
        if let Some(outside) = self.outside.as_ref().filter(|_| wanted != self.interest) {
            outside.feed.want(wanted.clone());
            self.interest = wanted;
        }
    }

    /// Draws the newest state, unless a frame is still being written: then once it is.
    fn draw(&mut self) {
        // A panic elsewhere may just have given the terminal back.
        if !self.dirty || self.writer.is_busy() || !guard::is_taken() {
            return;
        }
        self.dirty = false;
        let area = frame::area(self.model.size.width, self.model.size.height);
        let panes = Look::panes(&self.model, area);
        if panes != self.model.panes {
            drop(update(&mut self.model, Msg::Laid(panes)));
            self.tell_interest();
        }
        let buffer = self.look.draw(&self.model, area);
        if let Some(bytes) = self.painter.paint(buffer) {
            self.writer.write(bytes);
        }
    }

    /// Until durations move, or the clock shows another minute.
    fn until_tick(&self) -> Duration {
        let live = self.model.project.is_some() && self.model.live_run().is_some();
        let next_minute = MINUTE_MS - now().0.rem_euclid(MINUTE_MS);
        let minute = Duration::from_millis(u64::try_from(next_minute).unwrap_or(1));
        if live { LIVE.min(minute) } else { minute }
    }

    fn copy(&mut self, text: &str, what: &str) {
        let route = clipboard::route(self.terminal, text.len());
        let filed = (route != Route::Terminal).then(|| match &self.outside {
            Some(outside) => copy_to_file(&outside.state, text),
            None => Err("there is no state directory yet".to_owned()),
        });
        if route != Route::File {
            self.painter.pass(clipboard::sequence(self.terminal, text));
        }
        let said = match (route, filed) {
            (Route::Both, Some(Ok(path))) => format!("copied {what} to the clipboard (OSC 52), and to {path}"),
            (Route::File, Some(Ok(path))) => {
                format!("copied {what} to {path}: this terminal's clipboard can't take it")
            }
            (Route::File, Some(Err(why))) => format!("{what} could not be copied: {why}"),
            _ => format!("copied {what} to the clipboard (OSC 52)"),
        };
        drop(update(&mut self.model, Msg::Copied(said)));
    }

    /// Gives the terminal back and stops; goes on here once continued.
    fn suspend(&mut self, inbox: &Receiver<Wake>) {
        self.finish_frame(inbox);
        guard::give_back();
        let stopped = suspend::stop();
        self.come_back();
        if let Err(why) = stopped {
            drop(update(&mut self.model, Msg::Hint(format!("not suspended: {why}"))));
        }
    }

    fn come_back(&mut self) {
        // A terminal that can't be taken back will say so at the next read.
        let _ = self.guard.retake();
        self.painter.forget(true);
        drop(update(&mut self.model, Msg::Resize(size())));
        drop(update(&mut self.model, Msg::Resumed));
        self.dirty = true;
    }

    /// Lets a frame that is being written finish, for a moment; what else comes meanwhile is taken in.
    fn finish_frame(&mut self, inbox: &Receiver<Wake>) {
        while self.writer.is_busy() {
            match inbox.recv_timeout(UNFINISHED) {
                Ok(Wake::Written(_)) => self.writer.written(),
                Ok(Wake::Msg(msg)) => drop(update(&mut self.model, msg)),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

fn size() -> Size {
    let (width, height) = guard::size();
    Size { width, height }
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}
