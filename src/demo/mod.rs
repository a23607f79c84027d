//! The embedded fleet: real HTTP services on loopback, a traffic switch, load, releases good and bad, faults.
//!
//! May import domain and config.
