//! Incidents and playbooks.

use super::{
    Section,
    Shape::{Either, List, Section as Sub, Text, Word},
    key,
    pipelines::STEP,
};

/// `[incidents]`
pub static INCIDENTS: Section = Section {
    name: "incidents",
    about: "Which alerts open an incident: see `docs/incidents.md`.",
    keys: &[key(
        "open_on",
        List(&Word(&["critical", "high", "medium", "low"])),
        "[\"critical\"]",
        "Alerts of these severities open an incident, or join the one that is open for their services; `[]`: none.",
    )],
    later: &[],
};

/// `[playbooks.NAME]`
pub static PLAYBOOK: Section = Section {
    name: "playbooks.NAME",
    about: "What to do when an alert fires, step by step.",
    keys: &[
        key("about", Text, "", "What it is for, in a line."),
        key("alerts", List(&Text), "", "Names of the rules whose alerts it is for."),
        key(
            "steps",
            List(&Either(&[Sub(&PLAYBOOK_READ), Sub(&STEP)])),
            "required",
            "In order: something to `read`, a suite to `verify`, or a command (`run`, `shell`, `http`, as in a pipeline) that runs when a person starts it.",
        ),
    ],
    later: &[],
};

/// `steps` of a playbook, one that is read
pub static PLAYBOOK_READ: Section = Section {
    name: "playbooks.NAME.steps[]",
    about: "A step to read, and to do by hand. Any other step is one of `pipelines.NAME.steps[]`.",
    keys: &[key("name", Text, "required", "Shown in the list."), key("read", Text, "required", "The text.")],
    later: &[],
};
