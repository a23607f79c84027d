//! The app: a model, and a pure function that moves it.
//!
//! In: [`msg::Msg`] (keys, time, news from the store, answers). Out: the moved [`model::Model`] and a list of
//! [`effect::Effect`]s for the outside. Nothing here does I/O or reads a clock: time comes in with messages.
//!
//! ```text
//!   key, news, answer --> Msg --> update(&mut Model, Msg) --> Vec<Effect> --> console::effects
//!                                        |
//!                                     Model --> view(&Model, ..) -> Buffer
//!                                     Model --> interest(&Model) -> Interest --> console::feed
//! ```
//!
//! A key is looked up in the one table of [`action`]s, by the innermost place that knows it; footer, help, palette and
//! `docs/keys.md` come from the same table. May import `domain` only.

pub mod action;
pub mod alerts;
pub mod command;
pub mod detail;
pub mod effect;
pub mod interest;
pub mod key;
pub mod kpis;
pub mod limits;
pub mod listing;
pub mod log_pane;
pub mod model;
pub mod msg;
pub mod overlay;
pub mod place;
pub mod plot;
pub mod reason;
pub mod releases;
pub mod runs;
pub mod service_log;
pub mod update;
pub mod watch;
pub mod wizard;

pub use update::update;
