//! Services and suites.

use super::{
    ARGV, Section,
    Shape::{Either, Integer, List, Named, Section as Sub, Template, Text, Word},
    alerts::SLO,
    key,
    looks::{CHECK, PROBE},
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
        key("logs", Named(&LOG), "", "Where its log is followed."),
        key("slo", Sub(&SLO), "", "How much of it may go wrong: see `docs/alerts.md`."),
    ],
    later: &[("runbook", "runbooks"), ("hosts", "hosts")],
};

/// One name or several.
const NAMES: super::Shape = Either(&[Text, List(&Text)]);

/// `[services.NAME.logs.NAME]`
pub static LOG: Section = Section {
    name: "services.NAME.logs.NAME",
    about: "One source of the service's log, followed by the watcher. Exactly one of `command`, `file`, `journal` says what is followed.",
    keys: &[
        key(
            "command",
            ARGV,
            "",
            "A command that follows a log and prints it, as a list of words: `[\"wrangler\", \"tail\", \"--format\", \"json\"]`. One that ends is started again.",
        ),
        key(
            "file",
            Template,
            "",
            "A file, or a pattern with `*` and `?`. Followed through rotation from where it was read last; a relative path starts at the configuration.",
        ),
        key("journal", Template, "", "A systemd unit, followed by journalctl from where it was read last."),
        key(
            "format",
            Word(&["auto", "json", "plain"]),
            "\"auto\"",
            "How lines are written; `auto` takes each as it looks. A line that is no JSON object is plain.",
        ),
        key("fields", Sub(&LOG_FIELDS), "", "Names of the fields of JSON lines."),
    ],
    later: &[],
};

/// `fields`
pub static LOG_FIELDS: Section = Section {
    name: "services.NAME.logs.NAME.fields",
    about: "Names of the fields of JSON lines, one or a list: the first that is there counts. A name with a dot goes into objects.",
    keys: &[
        key("timestamp", NAMES, "[\"timestamp\", \"time\", \"ts\", \"@timestamp\"]", "When the line was written."),
        key("level", NAMES, "[\"level\", \"severity\"]", "How bad: a word, or a number of syslog or pino."),
        key("message", NAMES, "[\"message\", \"msg\"]", "What it says."),
        key("request", NAMES, "[\"requestId\", \"request_id\", \"trace_id\"]", "The request it belongs to."),
        key("user", NAMES, "[\"userId\", \"user_id\"]", "The user it belongs to."),
        key("service", NAMES, "[\"service\"]", "Who wrote it; not shown where it is the service itself."),
        key("context", NAMES, "[\"context\"]", "An object with more, shown with all other fields."),
        key("duration", NAMES, "[\"duration\", \"duration_ms\"]", "Milliseconds, or text such as `1.5s`."),
        key(
            "stack",
            NAMES,
            "[\"stack\", \"error.stack\", \"err.stack\", \"exception\"]",
            "A stack trace: its top frame helps to tell errors apart.",
        ),
    ],
    later: &[],
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

/// `[suites.NAME]`
pub static SUITE: Section = Section {
    name: "suites.NAME",
    about: "A list of checks: run by hand, by a `verify` step, or as a pipeline's `preflight`.",
    keys: &[key("checks", List(&Sub(&CHECK)), "required", "In order.")],
    later: &[],
};
