//! What runs, beside what was released: the versions that instances report themselves.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::status::ServiceNow;

/// The versions of one target: the one that is live, and those released before, also failed ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Versions {
    /// The target.
    pub target: String,
    /// The released version.
    pub live: String,
    /// Every version a run ever tried to release.
    pub known: Vec<String>,
}

/// A service of which some instances report another version than the released one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OffRelease {
    /// The service.
    pub service: String,
    /// What was released.
    pub target: String,
    /// The released version.
    pub released: String,
    /// Looks that report a version: each is one instance.
    pub instances: usize,
    /// Other versions, with how many instances report each.
    pub others: BTreeMap<String, usize>,
}

impl OffRelease {
    /// Instances that are on another version.
    pub fn off(&self) -> usize {
        self.others.values().sum()
    }
}

impl fmt::Display for OffRelease {
    /// `2 of 5 still on 1.9.1, released is 1.9.2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions: Vec<&str> = self.others.keys().map(String::as_str).collect();
        let (off, all) = (self.off(), self.instances);
        // Where nobody is on it yet, nobody is behind the others.
        let still = if off < all { "still " } else { "" };
        write!(f, "{off} of {all} {still}on {}, released is {}", versions.join(" and "), self.released)
    }
}

/// Services that are not on the released version, in their order. A service counts as one of a target if an instance reports
/// a version that some run released, or tried to: what a database says of itself is nobody's release. Where targets number
/// their versions alike, the target whose released version it reports comes first, and a service of which every instance
/// reports what is live on some target is as released.
pub fn off_release(services: &[ServiceNow], targets: &[Versions]) -> Vec<OffRelease> {
    let mut found = Vec::new();
    for service in services {
        let reported: Vec<&str> =
            service.looks.iter().filter(|look| !look.stale).filter_map(|look| look.version.as_deref()).collect();
        if reported.iter().all(|version| targets.iter().any(|one| is(version, &one.live))) {
            continue;
        }
        let on = |version: &str| reported.iter().any(|reported| is(reported, version));
        let live = targets.iter().find(|one| on(&one.live));
        let ever = || targets.iter().find(|one| one.known.iter().any(|known| on(known)));
        let Some(target) = live.or_else(ever) else { continue };
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for version in reported.iter().filter(|version| !is(version, &target.live)) {
            *others.entry((*version).to_owned()).or_default() += 1;
        }
        if !others.is_empty() {
            found.push(OffRelease {
                service: service.service.clone(),
                target: target.target.clone(),
                released: target.live.clone(),
                instances: reported.len(),
                others,
            });
        }
    }
    found
}

/// The same version, however its tag is written.
fn is(version: &str, other: &str) -> bool {
    bare(version.trim()) == bare(other.trim())
}

/// `v1.9.2` as `1.9.2`.
fn bare(version: &str) -> &str {
    match version.strip_prefix('v') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => version,
    }
}

/// The standing condition, in one sentence; `None` while all is as released.
pub fn standing(env: &str, off: &[OffRelease]) -> Option<String> {
    let first = off.first()?;
    let services: Vec<&str> = off.iter().map(|one| one.service.as_str()).collect();
    Some(format!("{env} is not on the released version {} {}: {}", first.target, first.released, services.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Health, id::LookKey, probe::Phases, status::LookNow, time::UnixMs, verdict::Verdict};

    fn service(name: &str, versions: &[Option<&str>]) -> ServiceNow {
        let look = |version: Option<&str>| LookNow {
            key: LookKey { env: "production".into(), service: name.into(), probe: "ready".into() },
            at: UnixMs(0),
            stale: false,
            health: Health::Up,
            since: UnixMs(0),
            verdict: Verdict::Pass,
            latency_ms: None,
            detail: String::new(),
            phases: Phases::default(),
            values: Vec::new(),
            version: version.map(str::to_owned),
            ceilings: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
        };
        ServiceNow {
            service: name.into(),
            health: Health::Up,
            since: None,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            ceiling_ms: None,
            error_rate: None,
            rps: None,
            trend: Vec::new(),
            version: None,
            looks: versions.iter().copied().map(look).collect(),
        }
    }

    fn shop() -> Vec<Versions> {
        vec![Versions { target: "shop".into(), live: "1.9.2".into(), known: vec!["1.9.2".into(), "1.9.1".into()] }]
    }

    #[test]
    fn instances_left_behind_are_counted() {
        let mixed = service("api", &[Some("1.9.1"), Some("1.9.2"), None, Some("1.9.1"), Some("1.9.2"), Some("v1.9.2")]);
        let off = off_release(&[mixed], &shop());
        assert_eq!(off[0].to_string(), "2 of 5 still on 1.9.1, released is 1.9.2");
        assert_eq!(standing("production", &off).unwrap(), "production is not on the released version shop 1.9.2: api");
    }

    #[test]
    fn what_is_as_released_and_what_is_nobodys_release_is_silent() {
        let services = [
            service("api", &[Some("1.9.2"), Some("v1.9.2")]),
            service("db", &[Some("15.2")]),
            service("quiet", &[None]),
        ];
        assert_eq!(off_release(&services, &shop()), []);
        assert_eq!(off_release(&[service("api", &[Some("1.9.1")])], &[]), [], "nothing was released yet");
        assert_eq!(standing("production", &[]), None);
    }

    #[test]
    fn of_targets_that_number_their_versions_alike_a_service_is_one_of_that_whose_release_it_runs() {
        let all = |live: &str| vec!["1.9.1".to_owned(), "1.9.2".into(), live.into()];
        let target = |target: &str, live: &str| Versions { target: target.into(), live: live.into(), known: all(live) };
        let targets = [target("web", "1.9.2"), target("billing", "1.9.1")];
        let as_released = [service("web", &[Some("1.9.2")]), service("billing", &[Some("1.9.1"), Some("v1.9.1")])];
        assert_eq!(off_release(&as_released, &targets), []);
        let behind = service("billing", &[Some("1.9.1"), Some("1.9.0")]);
        assert_eq!(off_release(&[behind], &targets)[0].to_string(), "1 of 2 still on 1.9.0, released is 1.9.1");
    }

    #[test]
    fn a_whole_service_on_another_version_and_a_stale_look() {
        let mut old = service("api", &[Some("1.9.1"), Some("1.9.0")]);
        old.looks[1].stale = true;
        assert_eq!(off_release(&[old], &shop())[0].to_string(), "1 of 1 on 1.9.1, released is 1.9.2");
    }
}
