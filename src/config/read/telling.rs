//! `[[routes]]`, `[[inhibit]]`, `[guard]` and `[expected]`: who is told of alerts, how often, and what holds them.

use std::time::Duration;

use super::{known::Known, maintenance};
use crate::{
    config::{
        names::{check_known, check_name},
        options::{ALERTS_BY, ESCALATION, EXPECTED, GUARD, INHIBIT, LIMIT, ROUTE, Section},
        reader::At,
        tree::Value,
        view::View,
    },
    domain::alert::{
        Severity,
        tell::{Escalation, Expected, GuardLook, Inhibit, Limit, Matcher, Pace, Policy, Route},
    },
};

/// Reads everything that is said of telling.
pub fn policy(top: &View<'_>, known: &Known<'_>) -> Policy {
    let mut routes: Vec<Route> = Vec::new();
    for view in tables(top, "routes", &ROUTE) {
        let route = route(&view, known, &routes);
        view.finish("a route");
        routes.push(route);
    }
    let inhibits = tables(top, "inhibit", &INHIBIT).iter().map(|view| inhibit(view, known)).collect();
    let guard = top.section("guard", &GUARD).map(|view| guard(&view, known)).unwrap_or_default();
    let expected = top.section("expected", &EXPECTED).map(|view| expected(&view)).unwrap_or_default();
    Policy { routes, inhibits, windows: maintenance::windows(top, known), guard, expected }
}

/// Takes a list of tables.
fn tables<'a>(view: &View<'a>, key: &'static str, section: &'static Section) -> Vec<View<'a>> {
    let items = view.list(key).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            if let Value::Table(table) = &item.value {
                return Some(View::new(view.reader, section, table, item.place));
            }
            let message = format!("each of '{key}' must be a table, not {}", item.value.noun());
            view.reader.problem(item.place, message, format!("write [[{key}]] and its options below"));
            None
        })
        .collect()
}

fn route(view: &View<'_>, known: &Known<'_>, before: &[Route]) -> Route {
    let to = channels(view, known);
    let given = view.text("name");
    let taken = |name: &str| before.iter().any(|route| route.name == name);
    if let Some(name) = given
        && check_name(view.reader, "a route", name)
        && taken(name.value)
    {
        let help = "give one of them another name".to_owned();
        view.reader.problem(name.place, format!("there are two routes '{}'", name.value), help);
    }
    let name = given.map_or_else(
        || {
            let plain = to.join("+");
            let numbered = (2..).map(|number| format!("{plain}-{number}"));
            std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
        },
        |name| name.value.to_owned(),
    );
    let default = Pace::default();
    let group_interval = view.duration("group_interval", Duration::from_secs(1)).unwrap_or(default.group_interval);
    let repeat_every = view.duration("repeat_every", Duration::from_secs(1)).unwrap_or(default.repeat_every);
    if repeat_every < group_interval {
        let message = "'repeat_every' is shorter than 'group_interval', which no message is";
        let help = "write a longer repeat_every, or a shorter group_interval".to_owned();
        view.reader.problem(view.place_of("repeat_every"), message, help);
    }
    let group_by = view.has("group_by").then(|| view.texts("group_by"));
    Route {
        name,
        matches: matcher(view, known),
        goes_on: view.flag("continue"),
        group_by: group_by.map_or_else(
            || vec!["service".to_owned()],
            |labels| labels.iter().map(|label| label.value.to_owned()).collect(),
        ),
        pace: Pace {
            group_wait: view.duration("group_wait", Duration::ZERO).unwrap_or(default.group_wait),
            group_interval,
            repeat_every,
            cool_down: view.duration("cool_down", Duration::ZERO).unwrap_or(default.cool_down),
        },
        limit: view.section("limit", &LIMIT).and_then(|view| limit(&view)),
        escalate: escalate(view, known, &to),
        to,
    }
}

fn channels(view: &View<'_>, known: &Known<'_>) -> Vec<String> {
    let to = known.channels_of(view, "to");
    if !view.has("to") {
        view.missing("to", "to = [\"...\"], names of [channels]");
    } else if view.list("to").is_some_and(<[_]>::is_empty) {
        view.reader.problem(view.place_of("to"), "'to' names no channel", "name one at least".to_owned());
    }
    to
}

fn limit(view: &View<'_>) -> Option<Limit> {
    for (key, example) in [("messages", "messages = 20"), ("within", "within = \"1h\"")] {
        if !view.has(key) {
            view.missing(key, example);
        }
    }
    let messages = view.integer("messages").and_then(|number| u32::try_from(number).ok());
    let within = view.duration("within", Duration::from_secs(1));
    view.finish("limit");
    Some(Limit { messages: messages?, within: within? })
}

fn escalate(view: &View<'_>, known: &Known<'_>, to: &[String]) -> Vec<Escalation> {
    let mut steps: Vec<Escalation> = Vec::new();
    for view in tables(view, "escalate", &ESCALATION) {
        if !view.has("after") {
            view.missing("after", "after = \"15m\"");
        }
        let after = view.duration("after", Duration::from_secs(1));
        let channels = channels(&view, known);
        view.finish("a step of 'escalate'");
        let told = to.iter().chain(steps.iter().flat_map(|step| &step.to)).find(|one| channels.contains(one));
        if let Some(told) = told {
            let message = format!("'{told}' is told before already");
            let help = "name somebody else; repeats go to those who were told".to_owned();
            view.reader.problem(view.place_of("to"), message, help);
        }
        let Some(after) = after else { continue };
        if steps.last().is_some_and(|before| before.after >= after) {
            let help = "write the steps in order of time".to_owned();
            view.reader.problem(view.place_of("after"), "this step is not after the one before", help);
        }
        steps.push(Escalation { after, to: channels });
    }
    steps
}

fn inhibit(view: &View<'_>, known: &Known<'_>) -> Inhibit {
    let side = |key: &'static str, example: &str| {
        if !view.has(key) {
            view.missing(key, example);
        }
        view.section(key, &ALERTS_BY).map_or_else(Matcher::default, |view| {
            let matcher = matcher(&view, known);
            view.finish(&format!("'{key}'"));
            matcher
        })
    };
    let by = side("by", "by = { severity = [\"critical\"] }");
    let mutes = side("mutes", "mutes = { severity = [\"medium\", \"low\"] }");
    let same = view.has("same").then(|| view.texts("same"));
    let same = same.map_or_else(
        || vec!["service".to_owned()],
        |labels| labels.iter().map(|label| label.value.to_owned()).collect(),
    );
    view.finish("an inhibition");
    Inhibit { by, mutes, same }
}

fn matcher(view: &View<'_>, known: &Known<'_>) -> Matcher {
    Matcher {
        severity: view.texts("severity").into_iter().filter_map(|word| severity(view, word)).collect(),
        services: known.services_of(view, "services"),
        rules: view.texts("rules").iter().map(|rule| rule.value.to_owned()).collect(),
        env: known.environments_of(view, "environments"),
        labels: view.text_map("labels").iter().map(|(name, text)| (name.value.into(), text.value.into())).collect(),
    }
}

fn severity(view: &View<'_>, word: At<&str>) -> Option<Severity> {
    let words = || Severity::ALL.into_iter().map(Severity::word);
    check_known(view.reader, "severity", word.value, word.place, words())
        .then(|| Severity::ALL.into_iter().find(|one| one.word() == word.value))?
}

fn guard(view: &View<'_>, known: &Known<'_>) -> Vec<GuardLook> {
    if !view.has("targets") {
        view.missing("targets", "targets = [\"internet/resolver\"], as SERVICE/PROBE");
    }
    let all = || {
        let services = known.environments.iter().flat_map(|one| &one.services);
        services.flat_map(|service| service.probes.iter().map(move |probe| format!("{}/{}", service.name, probe.name)))
    };
    let looks: Vec<String> = all().collect();
    let fine = view.texts("targets").into_iter().filter(|target| {
        check_known(view.reader, "look", target.value, target.place, looks.iter().map(String::as_str))
    });
    let split = |target: At<&str>| {
        let (service, probe) = target.value.split_once('/')?;
        Some(GuardLook { service: service.to_owned(), probe: probe.to_owned() })
    };
    let found = fine.filter_map(split).collect();
    view.finish("guard");
    found
}

fn expected(view: &View<'_>) -> Expected {
    let default = Expected::default();
    let expected = Expected {
        grace: view.duration("grace", Duration::ZERO).unwrap_or(default.grace),
        at_most: view.duration("at_most", Duration::from_secs(1)).unwrap_or(default.at_most),
    };
    view.finish("expected");
    expected
}
