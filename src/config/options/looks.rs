//! Probes and checks: both are looks, and share what a look may say.

use super::{
    ARGV, CONDITIONS, Key, Section,
    Shape::{self, Any, Bool, Condition, Duration, Either, Integer, List, Map, Section as Sub, Template, Text, Word},
    join, key,
};
use crate::domain::probe::{self, DnsType, KindWords};

/// Kinds of look that come later.
const LATER_KINDS: &[(&str, &str)] = &[("preset", "presets of checks"), ("migrations", "migrations")];

const fn kind(words: &'static KindWords, shape: Shape) -> Key {
    key(words.word, shape, "", words.about)
}

/// Requests of a flow.
const FLOW_STEPS: Shape = List(&Sub(&FLOW_STEP));

/// What is sent.
const SEND: Shape = Either(&[Template, Sub(&LETTER)]);

/// The key that names each kind.
const KINDS: [Key; 24] = [
    kind(&probe::HTTP, Template),
    kind(&probe::JSON, Template),
    kind(&probe::PROMETHEUS, Template),
    kind(&probe::TCP, Template),
    kind(&probe::COMMAND, ARGV),
    kind(&probe::FILE, Template),
    kind(&probe::DISK, Template),
    kind(&probe::HOST, Word(&["local"])),
    kind(&probe::ENV, Text),
    kind(&probe::TLS, Template),
    kind(&probe::DNS, Template),
    kind(&probe::ICMP, Template),
    kind(&probe::GRPC, Template),
    kind(&probe::WEBSOCKET, Template),
    kind(&probe::SMTP, Template),
    kind(&probe::IMAP, Template),
    kind(&probe::WEBHOOK, Template),
    kind(&probe::PROMQL, Template),
    kind(&probe::POSTGRES, Template),
    kind(&probe::MYSQL, Template),
    kind(&probe::REDIS, Template),
    kind(&probe::SQL, Template),
    kind(&probe::FLOW, FLOW_STEPS),
    kind(&probe::BENCH, Template),
];

/// What the kinds take beside it.
const OF_KINDS: [Key; 33] = [
    key("method", Text, "\"GET\"", "http, json, prometheus: method."),
    key(
        "headers",
        Map(&Template),
        "",
        "Request headers. One that holds a secret never follows a redirect to another host.",
    ),
    key("body", Either(&[Template, Any]), "", "Request body: a string, or a table or list that is sent as JSON."),
    key("redirects", Integer(0, 10), "0", "Redirects to follow."),
    key("auth", Sub(&AUTH), "", "Who we are: a token, or a user and a password."),
    key(
        "version",
        Word(&["1.1", "2", "auto"]),
        "\"1.1\"",
        "http, json, prometheus: version of HTTP; `auto` is what an https server prefers.",
    ),
    key("ca", Template, "the platform's", CA),
    key("client_cert", Template, "", CLIENT_CERT),
    key("client_key", Template, "", CLIENT_KEY),
    key("insecure", Bool, "false", INSECURE),
    key("server_name", Template, "the host", "tls: the name that is asked for and checked."),
    key(
        "starttls",
        Word(&["smtp", "imap", "postgres"]),
        "",
        "tls: the protocol that is asked for TLS before the handshake.",
    ),
    key("record_type", Word(DnsType::WORDS), "\"A\"", "dns: what is asked for."),
    key("resolver", Template, "the system's", "dns: who is asked, `ip` or `ip:port`."),
    key("packets", Integer(1, 20), "3", "icmp: packets to send."),
    key("grpc_service", Template, "the whole server", "grpc: the service that is asked about."),
    key("send", SEND, "", "websocket: text to send; then an answer must come. smtp: a mail to send."),
    key("query", Template, "", "promql: the query, required there."),
    key("cleanup", FLOW_STEPS, "[]", "flow: requests sent at the end however it went."),
    key("requests", Integer(1, 10_000), "100", "bench: how many."),
    key("concurrency", Integer(1, 100), "10", "bench: how many at once, each over a connection of its own."),
    key("duration", Duration, "until all are made", "bench: no new requests after that."),
    key("database", Template, "", "Where `sql` runs: a URL of `postgres://`, `mysql://`, or `sqlite:` with a path."),
    key(
        "encryption",
        Word(&["starttls", "implicit", "none"]),
        "by the port: 465 and 993 implicit, else starttls",
        "smtp, imap: when the connection is encrypted.",
    ),
    key("mailbox", Template, "\"INBOX\"", "imap: the mailbox."),
    key("subject", Template, "", "imap: what the subject of a mail must hold."),
    key("wait", Duration, "\"0s\"", "imap: how long the mail is waited for, within `timeout`."),
    key("delete", Bool, "false", "imap: deletes the mails that were found."),
    key("provoke", Sub(&PROVOKE), "", "imap, webhook: what is done so that the mail, or the callback, comes."),
    key("within", Duration, "\"60s\"", "webhook: how long the callback may take."),
    key("token", Template, "new for each look", TOKEN),
    key(
        "holds",
        Template,
        "",
        "webhook: what the callback must hold, in its query or its body: `MessageStatus=delivered`. Others are passed over.",
    ),
    key("signature", Sub(&SIGNATURE), "", "webhook: how the provider signs what it sends."),
];

const TOKEN: &str = "webhook: the last part of the address, 16 characters and more, where the provider's settings hold a fixed one. \
                     Then the callback must hold `{{ look.id }}`.";

pub(super) const CA: &str =
    "Authorities trusted instead of the platform's: the whole path of a PEM file, or PEM itself from a secret.";
pub(super) const CLIENT_CERT: &str = "Our own certificate with its chain: the whole path of a PEM file, or PEM itself.";
pub(super) const CLIENT_KEY: &str = "Its key: the whole path of a PEM file, or PEM itself from a secret.";
pub(super) const INSECURE: &str = "Trusts any certificate: whoever is in between can read and change everything.";

/// `auth`
pub static AUTH: Section = Section {
    name: "services.NAME.probes.NAME.auth",
    about: "Who we are: either `bearer`, or `user` and `password`. It never follows a redirect to another host.",
    keys: &[
        key("bearer", Template, "", "A token: `{{ secret('API_TOKEN') }}`."),
        key("user", Template, "", "A user."),
        key("password", Template, "", "Its password: `{{ secret('API_PASSWORD') }}`."),
    ],
    later: &[],
};

/// `send` of `smtp`
pub static LETTER: Section = Section {
    name: "services.NAME.probes.NAME.send",
    about: "A mail. `{{ look.id }}` is new for each look; the header `X-Quarterdeck-Look` holds it as well.",
    keys: &[
        key("from", Template, "required", "The sender's address."),
        key("to", Template, "required", "The recipient's address."),
        key("subject", Template, "\"Quarterdeck look {{ look.id }}\"", "Its subject."),
        key("body", Template, "a sentence", "Its text."),
    ],
    later: &[],
};

/// `provoke`
pub static PROVOKE: Section = Section {
    name: "services.NAME.probes.NAME.provoke",
    about: "What makes somebody send a mail or call back. Exactly one key names what is done; the others are those of that kind of \
            look. `{{ look.id }}` is new for each look; `{{ look.hook }}` is the address at which a callback is awaited.",
    keys: &[
        kind(&probe::HTTP, Template),
        kind(&probe::SMTP, Template),
        kind(&probe::FLOW, FLOW_STEPS),
        kind(&probe::COMMAND, ARGV),
        key("method", Text, "\"GET\"", "http: method."),
        key("headers", Map(&Template), "", "http: request headers."),
        key(
            "body",
            Either(&[Template, Any]),
            "",
            "http: request body: a string, or a table or list that is sent as JSON.",
        ),
        key("redirects", Integer(0, 10), "0", "http: redirects to follow."),
        key("auth", Sub(&AUTH), "", "http, smtp: who we are."),
        key("ca", Template, "the platform's", CA),
        key("client_cert", Template, "", CLIENT_CERT),
        key("client_key", Template, "", CLIENT_KEY),
        key("insecure", Bool, "false", INSECURE),
        key(
            "encryption",
            Word(&["starttls", "implicit", "none"]),
            "by the port",
            "smtp: when the connection is encrypted.",
        ),
        key("send", Sub(&LETTER), "", "smtp: the mail."),
        key("cleanup", FLOW_STEPS, "[]", "flow: requests sent at the end however it went."),
        key("expect", CONDITIONS, "what its kind takes for success", "Conditions that must all hold."),
    ],
    later: &[],
};

/// `signature`
pub static SIGNATURE: Section = Section {
    name: "services.NAME.probes.NAME.signature",
    about: "HMAC-SHA-256 over the callback's body. A callback with a wrong one does not count.",
    keys: &[
        key("header", Text, "required", "The header that holds it: `X-Hub-Signature-256`."),
        key("secret", Template, "required", "The shared secret: `{{ secret('HOOK_SECRET') }}`."),
        key(
            "scheme",
            Word(&["hex", "base64", "stripe"]),
            "\"hex\"",
            "How it is written: hexadecimal (with or without `sha256=`), base 64, or as Stripe does, with its time.",
        ),
    ],
    later: &[],
};

/// `flow`, one entry
pub static FLOW_STEP: Section = Section {
    name: "services.NAME.probes.NAME.flow[]",
    about: "One request. Exactly one key names its method and URL.",
    keys: &[
        key("get", Template, "", "A URL to GET."),
        key("post", Template, "", "A URL to POST to."),
        key("put", Template, "", "A URL to PUT to."),
        key("patch", Template, "", "A URL to PATCH."),
        key("delete", Template, "", "A URL to DELETE."),
        key("head", Template, "", "A URL to ask for the headers of."),
        key("name", Text, "method and URL", "How errors call it."),
        key("headers", Map(&Template), "", "Request headers."),
        key("json", Any, "", "A table or list that is sent as JSON. Captured values are escaped."),
        key("body", Either(&[Template, Any]), "", "A body that is sent as it is."),
        key("auth", Sub(&AUTH), "", "Who we are: a token, or a user and a password."),
        key("redirects", Integer(0, 10), "0", "Redirects to follow."),
        key("expect", CONDITIONS, "status 200 to 299", "Conditions that must all hold."),
        key(
            "capture",
            Map(&Condition),
            "",
            "Values of the answer for later requests: `capture.token = \"json.token\"`.",
        ),
        key("capture_secret", List(&Text), "[]", "Names of captures that are masked wherever they would show."),
    ],
    later: &[],
};

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

const OF_PROBES: [Key; 4] = [
    key("every", Duration, "\"10s\"", "How often; at least 200 ms."),
    key("degraded", CONDITIONS, "[]", "If one of these holds the service is degraded, not down."),
    key("kpi", List(&Text), "[]", "Recorded names that are key figures."),
    key(
        "by",
        Map(&List(&Text)),
        "",
        "Labels by which a number recorded from metrics is split too: `by.requests = [\"path\"]` records \
         `requests{path=\"/x\"}` beside `requests`.",
    ),
];

const OF_CHECKS: [Key; 5] = [
    key("name", Text, "from what it does", "Shown in the report."),
    key("service", Text, "", "A service that must be up or degraded now, by a fresh look of each of its probes."),
    key("run", ARGV, "", "A command that must end with exit code 0."),
    key("fix", Text, "", "What to do when it fails."),
    key("optional", Bool, "false", "A failure is reported but does not fail the suite."),
];

const LOOK: [Key; 61] = join(KINDS, join::<33, 4, 37>(OF_KINDS, ANY));
const PROBE_KEYS: [Key; 65] = join(LOOK, OF_PROBES);
const CHECK_KEYS: [Key; 66] = join(LOOK, OF_CHECKS);

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
        key(
            "labels",
            Integer(1, 1_000),
            "50",
            "Series of one recording that is split by labels; what is beyond is told.",
        ),
    ],
    later: &[],
};
