//! The loop: one channel in, one frame out.
//!
//! ```text
//!   input, signals, feed, effects, keeper, writer --> channel --> drain --> update --> (interest) --> one frame, if it differs
//! ```
//!
//! The queue is drained before a frame is drawn, so 200 keys at once end in one frame. Nothing ticks while nothing is live:
//! the loop sleeps until something comes or the clock shows another minute.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use crate::{
    domain::time::UnixMs,
    store::lock::HeldLock,
    term::{
        bell,
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
    boot::{self, Readable, Writable},
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
/// How long the first picture of the services waits for what the history says of them: mostly it takes a millisecond or two,
/// and then one frame shows it all.
const FIRST_READING: Duration = Duration::from_millis(50);
/// What people ask for before the history can be written is kept, so many of them at most.
const EARLY: usize = 64;
/// How long a suspend waits for a frame that is being written.
const UNFINISHED: Duration = Duration::from_millis(200);

/// Runs the console until the person quits or the line is gone.
pub fn run(options: &ConsoleOptions, terminal: Capabilities, look: Look) -> Result<(), ConsoleError> {
    guard::check()?;
    let (wakes, receiver) = mpsc::sync_channel(QUEUE);
    let refused = |source| ConsoleError::Io { doing: "start its threads", source };
    // Configuration and history are opened while the terminal is taken and the outline drawn.
    open(options.clone(), &wakes).map_err(refused)?;
    let guard = Guard::take()?;
    guard::restore_on_panic();
    let writer = Writer::start(sender(&wakes, Wake::Written)).map_err(refused)?;
    let model = look.first_model(options, size(), now());
    let mut console = Console {
        terminal,
        look,
        model,
        writer,
        painter: Painter::new(),
        outside: None,
        early: Vec::new(),
        late: VecDeque::new(),
        settled_by: None,
        interest: Interest::default(),
        dirty: true,
        guard,
        wakes: wakes.clone(),
        crash_point: options.crash_point,
    };
    // The first frame waits for nothing, not even for the threads that will feed it.
    console.draw();
    let input = Input::start(sender(&wakes, Wake::Terminal)).map_err(refused)?;
    let signals = Listener::start(sender(&wakes, Wake::Terminal)).map_err(refused)?;
    // Before that nobody was told of a size that changed after the first frame.
    drop(update(&mut console.model, Msg::Resize(size())));
    console.dirty = true;
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

fn open(options: ConsoleOptions, wakes: &Wakes) -> io::Result<()> {
    wake::spawn("boot", wakes.clone(), move |wakes| {
        // The person may have quit before it was open: then nobody listens.
        let show = |readable| drop(wakes.send(Wake::Readable(Box::new(readable))));
        let _ = wakes.send(match boot::open(&options, show) {
            Ok(writable) => Wake::Writable(Box::new(writable)),
            Err(error) => Wake::Refused(Box::new(error)),
        });
    })
}

/// The console at work.
struct Console {
    terminal: Capabilities,
    look: Look,
    model: Model,
    writer: Writer,
    painter: Painter,
    outside: Option<Outside>,
    /// Effects that wait until the history can be written.
    early: Vec<Effect>,
    /// What came while a suspend waited for a frame, oldest first: taken in before anything newer.
    late: VecDeque<Wake>,
    /// Until then no frame is drawn, as the first reading of the history is under way.
    settled_by: Option<Instant>,
    /// What the feed was told last.
    interest: Interest,
    dirty: bool,
    guard: Guard,
    wakes: Wakes,
    crash_point: Option<fn(&'static str)>,
}

/// What is there once configuration and history can be read.
struct Outside {
    feed: Feed,
    /// The state directory.
    state: PathBuf,
    hands: Option<Hands>,
}

/// What is there once the history can be written. Dropped in this order: the presence lock last.
struct Hands {
    effects: Effects,
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
            self.late.extend(first);
            self.take_msg(Msg::Tick(now()), inbox);
            for _ in 0..ROUND {
                // One of them may be a suspend, which makes more of them late.
                let Some(wake) = self.late.pop_front().or_else(|| inbox.try_recv().ok()) else { break };
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
                if let Msg::Trouble(_) = msg {
                    self.settled_by = None;
                }
                return Ok(self.take_msg(msg, inbox));
            }
            Wake::News(all) => {
                self.settled_by = None;
                for news in all {
                    if let Next::End = self.take_msg(Msg::News(news), inbox) {
                        return Ok(Next::End);
                    }
                }
            }
            Wake::Terminal(event) => return Ok(self.take_event(event, inbox)),
            Wake::Readable(readable) => self.show(*readable, inbox)?,
            Wake::Writable(writable) => self.reach_out(*writable)?,
            Wake::Refused(error) => return Err(*error),
            Wake::Crashed(thread) => return Err(ConsoleError::Crashed(thread)),
            Wake::Rung(text) => {
                self.painter.pass(bell::sequence(self.terminal, &text));
                self.dirty = true;
            }
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
                effect => self.carry_out(effect),
            }
        }
        Next::GoOn
    }

    fn carry_out(&mut self, effect: Effect) {
        if let Some(hands) = self.outside.as_ref().and_then(|outside| outside.hands.as_ref()) {
            hands.effects.carry_out(effect);
        } else if self.early.len() < EARLY {
            self.early.push(effect);
        } else {
            let why = "nothing was done: the history is still being opened for writing".to_owned();
            drop(update(&mut self.model, Msg::Trouble(why)));
        }
    }

    /// Configuration and history can be read: from now on the feed tells what is on the screen.
    fn show(&mut self, readable: Readable, inbox: &Receiver<Wake>) -> Result<(), ConsoleError> {
        let Readable { ready, state, reader } = readable;
        let project = Arc::clone(&ready.project);
        self.take_msg(Msg::Ready(Box::new(ready)), inbox);
        self.lay_out();
        self.interest = interest(&self.model);
        let path = state.path().to_owned();
        let feed = Feed::start(state, reader, project, self.interest.clone(), self.wakes.clone(), self.crash_point)?;
        self.outside = Some(Outside { feed, state: path, hands: None });
        self.settled_by = Some(Instant::now() + FIRST_READING);
        Ok(())
    }

    /// The history can be written: what was asked for meanwhile is done.
    fn reach_out(&mut self, writable: Writable) -> Result<(), ConsoleError> {
        let Writable { store, config, presence } = writable;
        let effects = Effects::new(store.clone(), self.wakes.clone())?;
        let keeper = Keeper::start(store, config, self.model.options.read_only, self.wakes.clone())?;
        if let Some(outside) = &mut self.outside {
            outside.hands = Some(Hands { effects, _keeper: keeper, _presence: presence });
        }
        for effect in std::mem::take(&mut self.early) {
            self.carry_out(effect);
        }
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
        if !self.dirty || self.writer.is_busy() || !guard::is_taken() || !self.settle_time().is_zero() {
            return;
        }
        self.dirty = false;
        let area = self.lay_out();
        self.tell_interest();
        let buffer = self.look.draw(&self.model, area);
        if let Some(bytes) = self.painter.paint(buffer) {
            self.writer.write(bytes);
        }
    }

    /// Tells the model how much its panes have room for.
    fn lay_out(&mut self) -> frame::Area {
        let area = frame::area(self.model.size.width, self.model.size.height);
        let panes = Look::panes(&self.model, area);
        if panes != self.model.panes {
            drop(update(&mut self.model, Msg::Laid(panes)));
        }
        area
    }

    /// How long the first reading of the history may still take before what is there without it is shown.
    fn settle_time(&self) -> Duration {
        self.settled_by.map(|by| by.saturating_duration_since(Instant::now())).unwrap_or_default()
    }

    /// Until durations move, or the clock shows another minute.
    fn until_tick(&self) -> Duration {
        let live = self.model.project.is_some() && self.model.live_run().is_some();
        let next_minute = MINUTE_MS - now().0.rem_euclid(MINUTE_MS);
        let minute = Duration::from_millis(u64::try_from(next_minute).unwrap_or(1));
        let tick = if live { LIVE.min(minute) } else { minute };
        match self.settle_time() {
            _ if !self.late.is_empty() => Duration::ZERO,
            Duration::ZERO => tick,
            settle => settle,
        }
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
        let by = Instant::now() + UNFINISHED;
        while self.writer.is_busy() {
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match inbox.recv_timeout(left) {
                Ok(Wake::Written(_)) => self.writer.written(),
                Ok(wake) => self.late.push_back(wake),
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
