//! Show: the interactive screen.
//!
//! `app` holds the model and the pure `update`; `view` draws it, purely; `feed` turns the store into messages; `effects`
//! carries out what `update` asks for; `run_loop` ties them together. May import domain, store, config, term, `run::launch`.

pub mod app;
