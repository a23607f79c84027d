//! Given, when, then: each test is a sentence about the console.

mod alerts;
mod detail;
mod kpis;
mod log;
mod randomly;
mod runs;
mod screens;
mod service_log;
mod wizards;
mod world;
