//! Telling people: outbox, channel, delivery.
//!
//! In: notices, in the order in which they were put into the outbox with the changes they tell of. Out: messages to Slack,
//! PagerDuty, mail and the others, and each attempt written down. May import `domain`, `store`, `config` and `secret`.
//!
//! It runs in the watcher's process on a thread of its own ([`Courier`]) and never holds it up. An attempt is written down, with
//! what follows from it, after the other side answered: after a crash the message goes out once more rather than never. Within
//! a channel and group nothing overtakes; each channel has one message under way, its own pace and its own pauses
//! ([`lane`]), so that one that is down delays nobody else. [`desk`] decides what goes out next and what follows from an
//! answer, [`line`](mod@line) is a channel with its secrets, [`speak`] the words between it and each provider in [`kind`].
//! [`heartbeat`] and [`summary`] go out beside.

mod command;
mod courier;
mod desk;
mod heartbeat;
mod kind;
mod lane;
mod line;
mod mail;
mod speak;
mod summary;
mod syslog;

pub use courier::Courier;
