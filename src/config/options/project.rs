//! The top level, environments and secrets.

use super::{
    Section,
    Shape::{Any, Duration, Integer, List, Map, Named, Overrides, Section as Sub, Text, Word},
    alerts::{ALERT, SLOS},
    channels::{CHANNEL, HEARTBEAT, SUMMARY},
    databases::DATABASE,
    incidents::{INCIDENTS, PLAYBOOK},
    key,
    outlets::{EXPORT, SERVE},
    pipelines::PIPELINE,
    services::{SERVICE, SUITE},
    telling::{EXPECTED, GUARD, INHIBIT, MAINTENANCE, ROUTE},
};

/// Top level.
pub static ROOT: Section = Section {
    name: "",
    about: "The top level of a file, or of all files of a directory together.",
    keys: &[
        key("project", Sub(&PROJECT), "required", "What this is all about."),
        key(
            "state_dir",
            Text,
            "below the platform's state directory",
            "Where the history, locks and logs live; a relative path starts at the configuration.",
        ),
        key("retention", Sub(&RETENTION), "", "How long history is kept."),
        key("serve", Sub(&SERVE), "off", "Health, metrics and status over HTTP."),
        key("export", Sub(&EXPORT), "off", "Series for a central store."),
        key("channels", Named(&CHANNEL), "", "Ways to tell people."),
        key("heartbeat", Sub(&HEARTBEAT), "off", "A dead man's switch."),
        key("summary", Sub(&SUMMARY), "off", "Once a day, what was not worth a message of its own."),
        key("routes", List(&Sub(&ROUTE)), "", "Who is told of which alerts: each `[[routes]]`, in order."),
        key("inhibit", List(&Sub(&INHIBIT)), "", "Alerts that hold others: each `[[inhibit]]`."),
        key("maintenance", Named(&MAINTENANCE), "", "Maintenance windows."),
        key("guard", Sub(&GUARD), "off", "Looks that tell whether this machine is cut off."),
        key("expected", Sub(&EXPECTED), "", "Alerts while a run works on their service."),
        key("environments", Named(&ENVIRONMENT), "required", "Where services live; at least one."),
        key(
            "secrets",
            Named(&SECRET),
            "",
            "Where `secret('NAME')` finds its value; names not listed are environment variables.",
        ),
        key("services", Named(&SERVICE), "", "What is watched."),
        key(
            "alerts",
            List(&Sub(&ALERT)),
            "",
            "What is told when it is so: each `[[alerts]]` is a rule, see `docs/alerts.md`.",
        ),
        key("slos", Named(&SLOS), "", "Objectives beside those that services say of themselves."),
        key("incidents", Sub(&INCIDENTS), "", "Which alerts open an incident."),
        key("playbooks", Named(&PLAYBOOK), "", "What to do when an alert fires."),
        key("alerts_every", Duration, "\"10s\"", "How often rules are judged, 1s to 5m."),
        key("suites", Named(&SUITE), "", "Lists of checks."),
        key("databases", Named(&DATABASE), "", "What is migrated, backed up and restored."),
        key("pipelines", Named(&PIPELINE), "", "What can be run: deploys, verifications, rollbacks, tasks."),
    ],
    later: &[
        ("schedules", "scheduled runs"),
        ("roles", "roles and approvals"),
        ("freezes", "deploy freezes"),
        ("silences", "silences"),
    ],
};

/// `[project]`
pub static PROJECT: Section = Section {
    name: "project",
    about: "What this is all about.",
    keys: &[
        key("name", Text, "required", "Shown in the header; also the default target of pipelines."),
        key("timezone", Text, "\"UTC\"", "An IANA name such as `Europe/Berlin`: for times shown to people."),
    ],
    later: &[],
};

/// `[retention]`
pub static RETENTION: Section = Section {
    name: "retention",
    about: "How long history is kept.",
    keys: &[
        key("raw", Duration, "\"48h\"", "Every single look."),
        key("minutes", Duration, "\"30d\"", "One-minute rollups."),
        key("hours", Duration, "\"400d\"", "One-hour rollups."),
        key("runs", Duration, "\"400d\"", "Runs with their logs. Releases are kept for good."),
        key("logs", Duration, "\"48h\"", "Lines of services' logs ..."),
        key(
            "logs_mb",
            Integer(1, 1_000_000),
            "512",
            "... and so many megabytes of them at most, the oldest going first.",
        ),
        key("errors", Duration, "\"90d\"", "Errors of services, since they were last seen."),
    ],
    later: &[],
};

/// `[environments.NAME]`
pub static ENVIRONMENT: Section = Section {
    name: "environments.NAME",
    about: "A place where the services live. The first is the one shown at the start.",
    keys: &[
        key("url", Text, "", "Its public address: `{{ env.url }}`."),
        key(
            "color",
            Word(&["red", "yellow", "green", "blue", "magenta", "cyan"]),
            "",
            "Shown wherever this environment is named.",
        ),
        key("protection", Sub(&PROTECTION), "", "What it takes to start something here."),
        key("vars", Map(&Any), "", "Free values for templates: `{{ env.vars.region }}`."),
        key("secrets", Named(&SECRET), "", "As `[secrets]`, looked at first."),
        key("services", Overrides(&SERVICE), "", "Laid over `[services]` key by key; lists are replaced whole."),
        key("suites", Overrides(&SUITE), "", "Laid over `[suites]`; one that is new lives only here."),
        key("databases", Overrides(&DATABASE), "", "Laid over `[databases]`; one that is new lives only here."),
        key("pipelines", Overrides(&PIPELINE), "", "Laid over `[pipelines]`; one that is new lives only here."),
    ],
    later: &[
        ("freezes", "deploy freezes"),
        ("alerts", "alert rules"),
        ("channels", "notification channels"),
        ("roles", "roles and approvals"),
    ],
};

/// `protection`
pub static PROTECTION: Section = Section {
    name: "environments.NAME.protection",
    about: "What it takes to start something in this environment.",
    keys: &[key(
        "confirm",
        Word(&["enter", "type-name"]),
        "\"enter\"",
        "The last act before a start: Enter on the plan, or typing the environment's name.",
    )],
    later: &[("approvals", "approvals by a second person"), ("mfa", "one-time codes"), ("roles", "roles")],
};

/// `[secrets]`, one entry
pub static SECRET: Section = Section {
    name: "secrets.NAME",
    about: "Where one secret comes from: exactly one of these keys. Values are never stored or shown.",
    keys: &[
        key("env", Text, "", "An environment variable of that name."),
        key("file", Text, "", "A file nobody else may read (mode 0600); a relative path starts at the configuration."),
        key(
            "command",
            List(&Text),
            "",
            "A command that prints it: `[\"op\", \"read\", \"op://ops/stripe/key\"]`; 30 s at most.",
        ),
    ],
    later: &[("vault", "built-in vault")],
};
