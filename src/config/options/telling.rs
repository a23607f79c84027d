//! Who is told of alerts, how often, and what holds them.

use super::{
    Section,
    Shape::{Bool, Duration, Integer, List, Map, Section as Sub, Text, Word},
    key,
};

const SEVERITY: super::Shape = List(&Word(&["critical", "high", "medium", "low"]));

/// `[[routes]]`
pub static ROUTE: Section = Section {
    name: "routes",
    about: "Who is told of which alerts. The first route that takes an alert has it, unless it says `continue`; each key that is left out takes all.",
    keys: &[
        key(
            "name",
            Text,
            "its channels, joined by `+`",
            "Part of the keys of its groups: what a provider knows an incident by.",
        ),
        key("severity", SEVERITY, "all", "Alerts of these severities."),
        key("services", List(&Text), "all", "Alerts about these services."),
        key("rules", List(&Text), "all", "Alerts of these rules."),
        key("environments", List(&Text), "all", "Alerts in these environments."),
        key("labels", Map(&Text), "", "Alerts whose rule has all of these labels."),
        key("to", List(&Text), "required", "Channels."),
        key("continue", Bool, "false", "Later routes may take the alert as well; no channel is told twice."),
        key(
            "group_by",
            List(&Text),
            "[\"service\"]",
            "What alerts of one message have in common, beside the environment: `service`, `rule`, `severity`, or labels.",
        ),
        key(
            "group_wait",
            Duration,
            "\"30s\"",
            "From the first alert of a group to its message, so that others can join.",
        ),
        key("group_interval", Duration, "\"5m\"", "Between two messages of a group at least."),
        key("repeat_every", Duration, "\"4h\"", "What still fires and nobody acknowledged is told again."),
        key(
            "cool_down",
            Duration,
            "\"0s\"",
            "An alert that was told isn't told as firing anew for so long, however often it ends and fires again.",
        ),
        key("limit", Sub(&LIMIT), "", "A bound on messages to each channel; what is beyond waits."),
        key("escalate", List(&Sub(&ESCALATION)), "[]", "Who else is told if nobody acknowledges."),
    ],
    later: &[],
};

/// `limit`
pub static LIMIT: Section = Section {
    name: "routes.limit",
    about: "A bound on messages to each channel of a route.",
    keys: &[
        key("messages", Integer(1, 1_000), "required", "So many ..."),
        key("within", Duration, "required", "... within so long."),
    ],
    later: &[],
};

/// `escalate`
pub static ESCALATION: Section = Section {
    name: "routes.escalate",
    about: "One step of an escalation.",
    keys: &[
        key("after", Duration, "required", "Since the alert was first told, without an acknowledgement."),
        key("to", List(&Text), "required", "Channels that the route does not tell already."),
    ],
    later: &[],
};

/// `[[inhibit]]`
pub static INHIBIT: Section = Section {
    name: "inhibit",
    about: "Alerts that say what a heavier one says already are not told while it fires; that they ended is.",
    keys: &[
        key("by", Sub(&ALERTS_BY), "required", "While one of these fires ..."),
        key("mutes", Sub(&ALERTS_BY), "required", "... these are not told ..."),
        key("same", List(&Text), "[\"service\"]", "... where both agree on these: `service`, `rule`, or labels."),
    ],
    later: &[],
};

/// `by` and `mutes`
pub static ALERTS_BY: Section = Section {
    name: "inhibit.by",
    about: "Alerts by what they are; each key that is left out takes all. So are those of `mutes`.",
    keys: &[
        key("severity", SEVERITY, "all", "Of these severities."),
        key("services", List(&Text), "all", "About these services."),
        key("rules", List(&Text), "all", "Of these rules."),
        key("environments", List(&Text), "all", "In these environments."),
        key("labels", Map(&Text), "", "Whose rule has all of these labels."),
    ],
    later: &[],
};

/// `[maintenance.NAME]`
pub static MAINTENANCE: Section = Section {
    name: "maintenance.NAME",
    about: "A maintenance window: looks go on, services are shown as in maintenance, alerts are held. Once (`from`, `until`) or again and again (`cron`, `lasts`).",
    keys: &[
        key("reason", Text, "", "Why, for people."),
        key("services", List(&Text), "all", "The services it is about."),
        key("environments", List(&Text), "all", "The environments it is about."),
        key(
            "from",
            Text,
            "",
            "Once: its beginning, `2026-11-22 02:00`, or with an offset, `2026-11-22T02:00:00+01:00`.",
        ),
        key("until", Text, "", "Once: its end."),
        key(
            "cron",
            Text,
            "",
            "Again and again: its beginnings, five fields: `0 2 * * sun`. Daylight saving shifts nothing.",
        ),
        key("lasts", Duration, "", "Again and again: how long each time."),
        key("timezone", Text, "the project's", "Whose clocks: an IANA name."),
    ],
    later: &[],
};

/// `[guard]`
pub static GUARD: Section = Section {
    name: "guard",
    about: "If every look over the network gets no answer and those of the guard neither, this machine is cut off: that is the one alert, and those looks count for nothing.",
    keys: &[key(
        "targets",
        List(&Text),
        "required",
        "Looks that only fail then, as SERVICE/PROBE: of something outside that is always there.",
    )],
    later: &[],
};

/// `[expected]`
pub static EXPECTED: Section = Section {
    name: "expected",
    about: "Alerts that begin while a run works on their service are expected and held. What still fires after the step plus `grace` is told at once.",
    keys: &[
        key("grace", Duration, "\"1m\"", "After the step."),
        key("at_most", Duration, "\"30m\"", "From the step's start, however long it takes."),
    ],
    later: &[],
};
