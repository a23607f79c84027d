//! Services, probes and suites.

use super::{
    ARGV, CONDITIONS, Section,
    Shape::{Any, Bool, Condition, Duration, Either, Integer, List, Map, Named, Section as Sub, Template, Text},
    key,
};

/// `[services.NAME]`
pub static SERVICE: Section = Section {
    name: "services.NAME",
    about: "Something that runs and is watched.",
    keys: &[
        key("url", Template, "", "Its address: `{{ service.url }}` in its probes."),
        key("environments", List(&Text), "all", "The environments it lives in."),
        key(
            "depends_on",
            List(&Text),
            "[]",
            "Services it needs; those that don't live in an environment don't count there.",
        ),
        key("debounce", Sub(&DEBOUNCE), "", "How many looks it takes to call it bad or good again."),
        key("probes", Named(&PROBE), "", "How it is looked at."),
    ],
    later: &[("slo", "service level objectives"), ("runbook", "runbooks"), ("hosts", "hosts")],
};

/// `debounce`
pub static DEBOUNCE: Section = Section {
    name: "services.NAME.debounce",
    about: "How many looks it takes to call a service bad or good again. The very first look decides at once.",
    keys: &[
        key("bad", Integer(1, 100), "2", "Bad looks that make it bad ..."),
        key("of", Integer(1, 100), "3", "... among so many latest ones."),
        key("recover", Integer(1, 100), "2", "Good looks in a row that make it good again."),
    ],
    later: &[],
};

/// Kinds of look that come later, with what they will be.
const LATER_PROBES: &[(&str, &str)] = &[
    ("tls", ""),
    ("dns", ""),
    ("icmp", ""),
    ("postgres", ""),
    ("mysql", ""),
    ("redis", ""),
    ("smtp", ""),
    ("grpc", ""),
    ("websocket", ""),
    ("promql", ""),
    ("sql", ""),
    ("command", ""),
    ("file", ""),
    ("disk", ""),
    ("env", ""),
    ("flow", ""),
    ("bench", ""),
];

/// `[services.NAME.probes.NAME]`
pub static PROBE: Section = Section {
    name: "services.NAME.probes.NAME",
    about: "One way to look at the service. Exactly one of `http`, `json`, `prometheus`, `tcp` names its kind.",
    keys: &[
        key(
            "http",
            Template,
            "",
            "A URL: facts `status`, `latency_ms`, `headers`, `body_bytes`, `json` if the body is JSON, `health` (`pass`, `warn`, `fail`) and `version` if it says them.",
        ),
        key("json", Template, "", "A URL that must answer with JSON."),
        key(
            "prometheus",
            Template,
            "",
            "A URL of Prometheus text: `record` may use `rate`, `value`, `sum`, `quantile`.",
        ),
        key("tcp", Template, "", "`host:port` that must accept a connection: fact `latency_ms`."),
        key("every", Duration, "\"10s\"", "How often; at least 200 ms."),
        key("timeout", Duration, "\"10s\"", "Bound on the whole look."),
        key("method", Text, "\"GET\"", "HTTP method."),
        key(
            "headers",
            Map(&Template),
            "",
            "Request headers. One that holds a secret never follows a redirect to another host.",
        ),
        key("body", Either(&[Template, Any]), "", "Request body: a string, or a table or list that is sent as JSON."),
        key("redirects", Integer(0, 10), "0", "Redirects to follow."),
        key("expect", CONDITIONS, "status 200 to 299; connected", "Conditions that must all hold."),
        key("degraded", CONDITIONS, "[]", "If one of these holds the service is degraded, not down."),
        key(
            "record",
            Map(&Condition),
            "",
            "Numbers to remember by name; each may use those before it. Names are unique within a service.",
        ),
        key("kpi", List(&Text), "[]", "Recorded names that are key figures."),
        key("limits", Sub(&LIMITS), "", "Bounds on what the other side may do."),
    ],
    later: LATER_PROBES,
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

/// `[suites.NAME]`
pub static SUITE: Section = Section {
    name: "suites.NAME",
    about: "A list of checks: run by hand, by a `verify` step, or as a pipeline's `preflight`.",
    keys: &[key("checks", List(&Sub(&CHECK)), "required", "In order.")],
    later: &[],
};

/// `checks`, one entry
pub static CHECK: Section = Section {
    name: "suites.NAME.checks[]",
    about: "One check. Exactly one of `http`, `json`, `prometheus`, `tcp`, `service`, `env`, `run` says what is done.",
    keys: &[
        key("name", Text, "from what it does", "Shown in the report."),
        key("http", Template, "", "A look at a URL, as in a probe."),
        key("json", Template, "", "A look at a URL that must answer with JSON."),
        key("prometheus", Template, "", "A look at a page of Prometheus text."),
        key("tcp", Template, "", "A look at `host:port`."),
        key("service", Text, "", "A service that must be up or degraded now, by a fresh look of each of its probes."),
        key("env", Text, "", "An environment variable or secret that must be set and not empty."),
        key("run", ARGV, "", "A command that must end with exit code 0."),
        key("fix", Text, "", "What to do when it fails."),
        key("optional", Bool, "false", "A failure is reported but does not fail the suite."),
        key("timeout", Duration, "\"10s\"", "Bound on the look."),
        key("method", Text, "\"GET\"", "HTTP method."),
        key("headers", Map(&Template), "", "Request headers."),
        key("body", Either(&[Template, Any]), "", "Request body: a string, or a table or list that is sent as JSON."),
        key("redirects", Integer(0, 10), "0", "Redirects to follow."),
        key("expect", CONDITIONS, "status 200 to 299; connected", "Conditions that must all hold."),
        key("record", Map(&Condition), "", "Numbers that `expect` may use."),
        key("limits", Sub(&LIMITS), "", "Bounds on what the other side may do."),
    ],
    later: &[
        ("preset", "presets of checks"),
        ("migrations", "migrations"),
        ("tls", ""),
        ("dns", ""),
        ("icmp", ""),
        ("postgres", ""),
        ("mysql", ""),
        ("redis", ""),
        ("smtp", ""),
        ("grpc", ""),
        ("websocket", ""),
        ("promql", ""),
        ("sql", ""),
        ("command", ""),
        ("file", ""),
        ("disk", ""),
        ("flow", ""),
        ("bench", ""),
    ],
};
