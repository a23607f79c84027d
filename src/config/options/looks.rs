//! Probes and checks: both are looks, and share what a look may say.

use super::{
    ARGV, CONDITIONS, Key, Section,
    Shape::{self, Any, Bool, Condition, Duration, Either, Integer, List, Map, Section as Sub, Template, Text, Word},
    join, key,
};
use crate::domain::probe::{self, KindWords};

/// Kinds of look that come later.
const LATER_KINDS: &[(&str, &str)] = &[
    ("tls", ""),
    ("dns", ""),
    ("icmp", ""),
    ("postgres", ""),
    ("mysql", ""),
    ("redis", ""),
    ("smtp", ""),
    ("imap", ""),
    ("grpc", ""),
    ("websocket", ""),
    ("promql", ""),
    ("sql", ""),
    ("flow", ""),
    ("bench", ""),
    ("preset", "presets of checks"),
    ("migrations", "migrations"),
];

const fn kind(words: &'static KindWords, shape: Shape) -> Key {
    key(words.word, shape, "", words.about)
}

/// The key that names each kind.
const KINDS: [Key; 9] = [
    kind(&probe::HTTP, Template),
    kind(&probe::JSON, Template),
    kind(&probe::PROMETHEUS, Template),
    kind(&probe::TCP, Template),
    kind(&probe::COMMAND, ARGV),
    kind(&probe::FILE, Template),
    kind(&probe::DISK, Template),
    kind(&probe::HOST, Word(&["local"])),
    kind(&probe::ENV, Text),
];

/// What the kinds take beside it.
const OF_KINDS: [Key; 4] = [
    key("method", Text, "\"GET\"", "HTTP method."),
    key(
        "headers",
        Map(&Template),
        "",
        "Request headers. One that holds a secret never follows a redirect to another host.",
    ),
    key("body", Either(&[Template, Any]), "", "Request body: a string, or a table or list that is sent as JSON."),
    key("redirects", Integer(0, 10), "0", "Redirects to follow."),
];

/// What any look may say.
const ANY: [Key; 4] = [
    key("timeout", Duration, "\"10s\"", "Bound on the whole look."),
    key("expect", CONDITIONS, "what its kind takes for success", "Conditions that must all hold."),
    key(
        "record",
        Map(&Condition),
        "",
        "Numbers to remember by name; each may use those before it. Names are unique within a service.",
    ),
    key("limits", Sub(&LIMITS), "", "Bounds on what the other side may do."),
];

const OF_PROBES: [Key; 3] = [
    key("every", Duration, "\"10s\"", "How often; at least 200 ms."),
    key("degraded", CONDITIONS, "[]", "If one of these holds the service is degraded, not down."),
    key("kpi", List(&Text), "[]", "Recorded names that are key figures."),
];

const OF_CHECKS: [Key; 5] = [
    key("name", Text, "from what it does", "Shown in the report."),
    key("service", Text, "", "A service that must be up or degraded now, by a fresh look of each of its probes."),
    key("run", ARGV, "", "A command that must end with exit code 0."),
    key("fix", Text, "", "What to do when it fails."),
    key("optional", Bool, "false", "A failure is reported but does not fail the suite."),
];

const LOOK: [Key; 17] = join(KINDS, join::<4, 4, 8>(OF_KINDS, ANY));
const PROBE_KEYS: [Key; 20] = join(LOOK, OF_PROBES);
const CHECK_KEYS: [Key; 22] = join(LOOK, OF_CHECKS);

/// `[services.NAME.probes.NAME]`
pub static PROBE: Section = Section {
    name: "services.NAME.probes.NAME",
    about: "One way to look at the service. Exactly one key names its kind, such as `http` or `tcp`.",
    keys: &PROBE_KEYS,
    later: LATER_KINDS,
};

/// `checks`, one entry
pub static CHECK: Section = Section {
    name: "suites.NAME.checks[]",
    about: "One check. Exactly one key says what is done: `service`, `run`, or a kind of look.",
    keys: &CHECK_KEYS,
    later: LATER_KINDS,
};

/// `limits`
pub static LIMITS: Section = Section {
    name: "services.NAME.probes.NAME.limits",
    about: "Bounds on what the other side may do.",
    keys: &[
        key("resolve", Duration, "\"2s\"", "Name resolution."),
        key("connect", Duration, "\"3s\"", "TCP handshake."),
        key("tls", Duration, "\"3s\"", "TLS handshake."),
        key("header_bytes", Integer(1, 1 << 20), "65536", "Bytes of response headers."),
        key("body_bytes", Integer(1, 1 << 30), "262144, prometheus 16777216", "Bytes of body on the wire."),
        key("inflated_bytes", Integer(1, 1 << 30), "262144, prometheus 33554432", "Bytes of body after inflating."),
        key("series", Integer(1, 1_000_000), "50000", "Series of one scrape."),
    ],
    later: &[],
};
