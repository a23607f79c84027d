//! `watch`: keep observing without a screen.

use std::time::Duration;

use super::{
    args::Global,
    deck::Deck,
    exit,
    output::{Failure, Outcome, remark},
    own_log, serve,
};
use crate::{
    export::Exporter,
    notify::Courier,
    serve::{Beside, ServeOptions},
    watch::{self, Stay, WatchError, WatchOptions},
};

pub fn run(global: &Global, while_needed: bool, linger: Duration) -> Outcome {
    let deck = Deck::load(global)?;
    deck.state.create()?;
    own_log::start(&deck.state, "watch");
    let stay = if while_needed { Stay::WhileNeeded { linger } } else { Stay::Always };
    if !while_needed {
        remark(format_args!("watching {} from {}; stop with Ctrl-C", deck.project.name, deck.config.display()));
    }
    let Deck { state, config, project, .. } = deck;
    // What is watched is read again, and again whenever it changes: this one was to say early what is wrong with it.
    drop(project);
    let serving = ServeOptions { state: state.clone(), config: config.clone() };
    let options = WatchOptions { state, config, stay };
    match watch::main(&options, |store| {
        let exporter = Exporter::start(store.clone(), serving.config.clone());
        let courier = Courier::start(store.clone(), serving.config.clone());
        (Beside::start(serving, store.clone(), serve::resolve()), exporter, courier)
    }) {
        Ok(()) => Ok(exit::OK),
        // Another one was faster, which is all that was wanted.
        Err(WatchError::Held { .. }) if while_needed => Ok(exit::OK),
        Err(error @ WatchError::Held { .. }) => Err(Failure::with(exit::LOCKED, error)),
        Err(error) => Err(error.into()),
    }
}
