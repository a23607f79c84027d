//! Given, when, then: each test is a sentence about the console.

mod log;
mod randomly;
mod runs;
mod screens;
mod wizards;
mod world;
