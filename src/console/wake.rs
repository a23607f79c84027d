//! What wakes the loop: everything comes through one bounded channel.

use std::sync::mpsc::SyncSender;

use crate::term::event::Event;

use super::{
    app::msg::{Msg, News},
    boot::{Readable, Writable},
    error::ConsoleError,
};

/// Something for the loop.
#[derive(Debug)]
pub enum Wake {
    /// From the person's side.
    Terminal(Event),
    /// For the model.
    Msg(Msg),
    /// What was read from the history in one go.
    News(Vec<News>),
    /// Configuration and history can be read.
    Readable(Box<Readable>),
    /// The history can be written.
    Writable(Box<Writable>),
    /// They can't be opened: the console ends and says why.
    Refused(Box<ConsoleError>),
    /// A message rang the bell.
    Rung(String),
    /// A frame was written; `false`: the line is gone.
    Written(bool),
    /// A background thread panicked: the console ends and says so.
    Crashed(String),
}

/// Where everybody sends to. Sending blocks while the loop is behind; a failed send means that the console has ended.
pub type Wakes = SyncSender<Wake>;

/// Starts a thread whose panic ends the console with a report, instead of leaving half of it.
pub fn spawn(name: &str, wakes: Wakes, work: impl FnOnce(&Wakes) + Send + 'static) -> std::io::Result<()> {
    let named = name.to_owned();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&wakes)));
            if result.is_err() {
                // Nobody is left to tell if even this fails.
                let _ = wakes.send(Wake::Crashed(named));
            }
        })
        .map(drop)
}
