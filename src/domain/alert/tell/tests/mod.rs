//! The manners, each as a sentence, on a clock that only the tests move.

mod held;
mod manners;
mod people;
mod properties;
mod runs;
mod world;
