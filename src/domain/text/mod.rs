//! Text from the world is hostile until it went through here.
//!
//! In: bytes that commands, endpoints and people wrote, and the values of secrets. Out: lines that are safe to store, to
//! show and to send: no control character, nothing invisible, no secret; what could not be shown stands as a mark such as
//! `⟨U+202E⟩`, and a secret as `••••••`.
//!
//! The way of a log: [`mask`] on the raw bytes, [`vt`] (UTF-8 and the terminal's state machine), [`remask`] on the clean
//! text (a secret may have been cut by colours or line ends), [`elide`] (a bound on the whole). [`pipeline`] joins them.
//! Every stage is split-invariant: however the bytes were cut on their way, the same lines come out.
//! One-line texts (errors, headers, versions) go through [`clean_line`].

mod clean;
pub mod elide;
mod forms;
mod line;
mod marks;
pub mod mask;
mod patterns;
pub mod pipeline;
pub mod remask;
mod sgr;
pub mod vt;

pub use self::{
    clean::{clean_line, clean_text},
    mask::{Masker, TooShort},
    pipeline::{Limits, LogPipeline},
};
