//! Text to validated domain types: raw -> validate -> resolved, every error at once.
//!
//! In: TOML files. Out: a [`Project`](crate::domain::environment::Project) or [`Diagnostics`]. May import `domain` only.
//!
//! The way of a file: [`source`] reads it, [`tree`] parses it into a tree in which every key and value knows its place,
//! and [`read`] walks the tree with a cursor ([`view`]) that takes typed values out by key. What is wrong is noted in the
//! [`reader`] with its place and the walk goes on; what was not taken at the end is unknown. [`names`] checks each name
//! in a template or condition, so that a typo is found at load. Each environment reads the whole once more with its own
//! tables laid over; a problem found twice is told once.
//!
//! [`options`] is the one table of all options: unknown keys find their nearest name there, and [`mod@schema`] and
//! [`reference`](reference()) are generated from it.

mod diagnostic;
mod load;
mod locate;
mod names;
mod one_look;
mod options;
mod read;
mod reader;
mod reference;
mod reload;
mod schema;
mod selector;
mod source;
mod starter;
mod tree;
mod view;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use load::load;
pub use locate::locate;
pub use one_look::OneLook;
pub use reference::reference;
pub use reload::{Reload, Reloader};
pub use schema::schema;
pub use starter::starter;
