//! What leaves this machine: endpoints and export.

use super::{
    Section,
    Shape::{Duration, Map, Template, Text},
    key,
};

/// `[serve]`
pub static SERVE: Section = Section {
    name: "serve",
    about: "Health, metrics and status over HTTP, served by the watcher: see `docs/serve.md`.",
    keys: &[
        key("listen", Text, "\"127.0.0.1:9464\"", "Address and port. Beyond loopback only with a `token`."),
        key(
            "token",
            Template,
            "",
            "What callers send as `Authorization: Bearer ...`: `{{ secret('NAME') }}`, at least 16 characters.",
        ),
        key("tls_cert", Text, "", "Certificate chain, PEM; a relative path starts at the configuration."),
        key("tls_key", Text, "", "Its private key, PEM."),
    ],
    later: &[],
};

/// `[export]`
pub static EXPORT: Section = Section {
    name: "export",
    about: "Every look goes to a central store as well, from the history: nothing is lost while it can't be reached.",
    keys: &[
        key("otlp", Text, "", "An OTLP/HTTP endpoint for metrics (JSON): `https://collector:4318/v1/metrics`."),
        key(
            "remote_write",
            Text,
            "",
            "Instead of it: an endpoint that takes Prometheus's remote write: `https://prometheus:9090/api/v1/write`.",
        ),
        key(
            "headers",
            Map(&Template),
            "",
            "Headers of each request: `Authorization = \"Bearer {{ secret('NAME') }}\"`.",
        ),
        key(
            "every",
            Duration,
            "\"10s\"",
            "Between two requests, 10 s to 60 s; without pause while something is behind.",
        ),
    ],
    later: &[],
};
