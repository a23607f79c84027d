//! What leaves this machine on request or by itself: the HTTP endpoints, and the export of series.

use core::net::SocketAddr;
use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{histogram::Histogram, id::LookKey, series::LookRow, template::Rendered, time::UnixMs};

/// The HTTP endpoints (`[serve]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Serve {
    /// Where to listen. Beyond loopback only with a token.
    pub listen: SocketAddr,
    /// What callers must send as `Authorization: Bearer ...`.
    pub token: Option<Rendered>,
    /// Certificate chain and key, PEM.
    pub tls: Option<TlsFiles>,
}

/// A certificate on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Where series go (`[export]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// Where, and in which words.
    pub to: ExportTo,
    /// Headers of each request.
    pub headers: Vec<(String, Rendered)>,
    /// Between two batches while nothing is behind.
    pub every: Duration,
}

/// An endpoint, in full, by the protocol it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportTo {
    /// OTLP/HTTP for metrics, in JSON: `https://collector/v1/metrics`.
    Otlp(String),
    /// Prometheus's remote write, version 1: `https://prometheus/api/v1/write`.
    RemoteWrite(String),
}

impl ExportTo {
    /// The address.
    pub fn url(&self) -> &str {
        match self {
            Self::Otlp(url) | Self::RemoteWrite(url) => url,
        }
    }
}

/// What the watcher writes down of itself every few seconds. That it can be written is the proof that the history takes
/// writes; that it is recent is the proof that the watcher goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pulse {
    /// When it was written.
    pub at: UnixMs,
    /// When this watcher began.
    pub since: UnixMs,
    /// Looks begun since then.
    pub looks: u64,
    /// Probes on the schedule.
    pub probes: usize,
    /// Looks under way.
    pub under_way: usize,
    /// Looks that are due and wait for their turn.
    pub waiting: usize,
    /// Looks taken and not yet handed to the history.
    pub unwritten: usize,
    /// How late looks began, in milliseconds, since then: a [`Histogram`]'s bytes.
    pub lateness: Vec<u8>,
    /// The sum of it, in milliseconds.
    pub lateness_sum_ms: f64,
    /// Half of the looks of about the last minute began at most this late, in milliseconds.
    pub recent_p50_ms: Option<f64>,
    /// 99 of 100 of them.
    pub recent_p99_ms: Option<f64>,
    /// Resident memory of the watcher, in bytes.
    pub resident_bytes: Option<u64>,
    /// Its open file descriptors.
    pub open_fds: Option<u64>,
}

impl Pulse {
    /// The lateness of looks, in milliseconds.
    pub fn lateness(&self) -> Histogram {
        Histogram::from_bytes(&self.lateness).unwrap_or_default()
    }
}

/// Up to where looks were exported: those of `at` and before, and of `at` itself those up to the look's number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exported {
    /// Time of the last look.
    pub at: UnixMs,
    /// Its number.
    pub look: u32,
}

/// How the export stands, as the watcher writes it down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportState {
    /// Acknowledged up to here.
    pub upto: Exported,
    /// Points acknowledged, ever.
    pub points: u64,
    /// Requests acknowledged, ever.
    pub batches: u64,
    /// Requests that failed, ever.
    pub failures: u64,
    /// Points the other side took the request with, but said that it dropped.
    pub rejected: u64,
    /// Looks that could not be sent because they were pruned or refused for good.
    pub lost: u64,
    /// Looks that wait, as far as was counted.
    pub waiting: u64,
    /// What failed last, if the latest request did: a short sentence without anything from outside.
    pub trouble: Option<String>,
    /// When this was written.
    pub at: UnixMs,
}

/// A stored look with its names, for those who pass it on.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLook {
    /// Which probe.
    pub key: Arc<LookKey>,
    /// The names of its recorded numbers.
    pub names: Arc<[String]>,
    /// What was seen.
    pub row: LookRow,
}

impl NamedLook {
    /// Its place in the order of export.
    pub fn place(&self) -> Exported {
        Exported { at: self.row.at, look: self.row.look.0 }
    }
}
