//! Rules: what is told when it is so.

use super::{
    Section,
    Shape::{Condition, Duration, Either, List, Map, Number, Section as Sub, Text, Word},
    key,
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
