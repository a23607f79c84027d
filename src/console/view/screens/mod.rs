//! One file for each screen. Each lays its panes out by a function of its own, so that what is drawn and what
//! [`super::panes`] tells the app are the same.

pub mod alerts;
pub mod kpis;
pub mod releases;
pub mod runs;
pub mod watch;
