//! Who is told of an alert.

use super::{matcher::Alert, policy::Route};

/// A channel that is to be told of an alert, by a route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seat<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The route.
    pub route: &'a Route,
    /// 0: at once; else the step of the escalation, from 1.
    pub level: u32,
}

/// The channels of the first route that takes an alert, and of those after it as long as they say `continue`. A channel is
/// told once, however many routes name it: by the first.
pub fn seats<'a>(routes: &'a [Route], alert: &Alert) -> Vec<Seat<'a>> {
    let mut seats: Vec<Seat<'a>> = Vec::new();
    for route in routes.iter().filter(|route| route.matches.takes(alert)) {
        let steps = route.escalate.iter().zip(1..).flat_map(|(step, level)| step.to.iter().map(move |to| (to, level)));
        for (channel, level) in route.to.iter().map(|to| (to, 0)).chain(steps) {
            if seats.iter().all(|seat| seat.channel != channel) {
                seats.push(Seat { channel, route, level });
            }
        }
        if !route.goes_on {
            break;
        }
    }
    seats
}

/// The labels by which a route groups an alert, the environment first.
pub fn group_labels(route: &Route, alert: &Alert) -> Vec<(String, String)> {
    let names = ["env"].into_iter().chain(route.group_by.iter().map(String::as_str).filter(|name| *name != "env"));
    names.map(|name| (name.to_owned(), alert.label(name).to_owned())).collect()
}

/// The key of a group: unique for a channel, and what a provider knows it by. `ops/env=production,service=api`, with `+1`
/// after the route for the first step of an escalation.
pub fn group_key(route: &Route, level: u32, labels: &[(String, String)]) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let level = if level == 0 { String::new() } else { format!("+{level}") };
    format!("{}{level}/{}", route.name, labels.join(","))
}
