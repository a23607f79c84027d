//! Rules: what is told when it is so.

use super::{
    Key, Section,
    Shape::{Condition, Duration, Either, Integer, List, Map, Number, Section as Sub, Text, Word},
    join, key,
};

const SEVERITIES: super::Shape = Word(&["critical", "high", "medium", "low"]);

/// `[[alerts]]`, one entry
pub static ALERT: Section = Section {
    name: "alerts",
    about: "A rule, judged of each service it names; see `docs/alerts.md`. Either `when`, or `measure` with thresholds.",
    keys: &[
        key("name", Text, "required", "What people call it; unique."),
        key(
            "when",
            Condition,
            "",
            "It fires while this is true: `error_rate > 0.1`, `health == 'down'`, `avg_over(p95_ms, '5m') > 2 * db.p95_ms`.",
        ),
        key("measure", Condition, "", "A figure with thresholds instead of `when`: a line of the SLA table."),
        key("target", Number, "", "What `measure` should reach. Nothing fires beyond it."),
        key("warning", Number, "", "Beyond it `NAME: warning` fires, of severity medium."),
        key("critical", Number, "", "Beyond it `NAME: critical` fires, of severity critical."),
        key("for", Duration, "\"0s\"", "True for so long before it fires."),
        key("keep_firing_for", Duration, "\"0s\"", "Fires on for so long after it was last true."),
        key("severity", SEVERITIES, "\"medium\"", "How much it matters; of `measure`, in place of critical."),
        key(
            "services",
            Either(&[Text, List(&Text)]),
            "all that have what it reads",
            "The services it is judged of. A rule that names its services itself, as in `api.error_rate`, needs none.",
        ),
        key(
            "over",
            Word(&["each", "any", "all"]),
            "\"each\"",
            "Each service apart, or all together: true of any of them, or of all.",
        ),
        key("environments", List(&Text), "all", "The environments it is judged in."),
        key("summary", Text, "", "What it means, for people."),
        key("runbook", Text, "", "What to do: a path or an address."),
        key("labels", Map(&Text), "", "Free words for routes and silences."),
        key(
            "no_data",
            Either(&[Word(&["keep"]), Sub(&NO_DATA)]),
            "{ after = \"10m\", severity = \"medium\" }",
            "While it can't be judged its state stays as it was, and after a while a separate alert says so; `\"keep\"`: none does.",
        ),
    ],
    later: &[],
};

/// `no_data`
pub static NO_DATA: Section = Section {
    name: "alerts.no_data",
    about: "The separate alert that a rule can't be judged.",
    keys: &[
        key("after", Duration, "\"10m\"", "How long nothing could be judged."),
        key("severity", SEVERITIES, "\"medium\"", "Of that alert."),
    ],
    later: &[],
};

static PAIR: super::Shape = Sub(&BURN);

const OBJECTIVE: [Key; 6] = [
    key("objective", Number, "required", "Percent of events that should be good: 99.9."),
    key("window", Duration, "\"30d\"", "Over how long, 1d to 90d."),
    key(
        "good",
        Either(&[Word(&["probes"]), Condition]),
        "\"probes\"",
        "What is good: looks that pass, or events a second from recorded series: `requests - errors`.",
    ),
    key("total", Condition, "", "With such a `good`: all events a second."),
    key("min_bad", Integer(1, 1_000_000), "5", "Bad events in the long window, before anybody is told."),
    key(
        "burn",
        List(&PAIR),
        "1h/5m 14.4x, 6h/30m 6x, 1d/2h 3x, 3d/6h 1x, for 30d; scaled for other windows",
        "Pairs of windows that must both burn so many times as fast as the budget lasts.",
    ),
];

/// `slo`
pub static SLO: Section = Section {
    name: "services.NAME.slo",
    about: "How much may go wrong, and when somebody is told that too much does.",
    keys: &OBJECTIVE,
    later: &[],
};

/// `[slos.NAME]`
pub static SLOS: Section = Section {
    name: "slos.NAME",
    about: "An objective of a service that has another one already, or that has a name of its own.",
    keys: &join::<2, 6, 8>(
        [
            key("service", Text, "required", "The service it is about."),
            key("environments", List(&Text), "all", "The environments it holds in."),
        ],
        OBJECTIVE,
    ),
    later: &[],
};

/// `burn`, one entry
pub static BURN: Section = Section {
    name: "services.NAME.slo.burn",
    about: "A pair of windows.",
    keys: &[
        key("long", Duration, "required", "Says that it matters."),
        key("short", Duration, "required", "Says that it still goes on."),
        key("factor", Number, "required", "Times as fast as the budget lasts."),
        key("severity", SEVERITIES, "\"high\"", "Of the alert."),
    ],
    later: &[],
};
