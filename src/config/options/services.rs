//! Services and suites.

use super::{
    Section,
    Shape::{Integer, List, Named, Section as Sub, Template, Text},
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

/// `[suites.NAME]`
pub static SUITE: Section = Section {
    name: "suites.NAME",
    about: "A list of checks: run by hand, by a `verify` step, or as a pipeline's `preflight`.",
    keys: &[key("checks", List(&Sub(&CHECK)), "required", "In order.")],
    later: &[],
};
