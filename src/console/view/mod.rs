//! The view: a pure function from the model to cells.

mod canvas;
mod chart;
mod format;
mod frame;
mod glyph;
mod log;
mod paint;
mod points;
mod screens;
mod skin;
mod spark;
mod state;
mod steps;
mod table;
mod text;
mod theme;
