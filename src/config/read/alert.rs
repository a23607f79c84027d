//! Rules: `[[alerts]]`, for one environment.

use std::{collections::BTreeMap, time::Duration};

use super::{
    subject::{Seen, subjects},
    world::World,
};
use crate::{
    config::{
        names::check_known,
        options::{ALERT, NO_DATA},
        reader::{At, Reader},
        tree::{Node, Value},
        view::View,
    },
    domain::{
        alert::{NoData, Origin, Over, Rule, Rulebook, Severity, Thresholds},
        condition::Condition,
    },
};

const LEAST_EVERY: Duration = Duration::from_secs(1);
const MOST_EVERY: Duration = Duration::from_mins(5);
/// Longest name, in characters: it stands in tables, messages and keys of providers.
const LONGEST_NAME: usize = 80;

/// Reads how often rules are judged.
pub fn every(top: &View<'_>) -> Duration {
    let every = top.duration("alerts_every", LEAST_EVERY).unwrap_or(Rulebook::default().every);
    if every > MOST_EVERY {
        let help = "write alerts_every = \"5m\" or less".to_owned();
        top.reader.problem(top.place_of("alerts_every"), "'alerts_every' must be at most 5m", help);
    }
    every
}

/// Reads all rules as they are judged in an environment.
pub fn rulebook<'a>(
    world: &World<'_>,
    reader: &'a Reader<'a>,
    items: &'a [Node],
    environments: &[&str],
    every: Duration,
) -> Rulebook {
    let mut book = Rulebook { every, ..Rulebook::default() };
    let mut names: BTreeMap<&str, At<()>> = BTreeMap::new();
    for item in items {
        let Value::Table(table) = &item.value else {
            let message = format!("each of 'alerts' must be a table, not {}", item.value.noun());
            reader.problem(item.place, message, "write [[alerts]] and its options below".to_owned());
            continue;
        };
        let view = View::new(reader, &ALERT, table, item.place);
        let name = name(&view);
        if let Some(name) = name {
            if let Some(first) = names.get(name.value) {
                let message =
                    format!("there are two alerts '{}': the first at {}", name.value, reader.spoken(first.place));
                reader.problem(name.place, message, "give one of them another name".to_owned());
            }
            names.entry(name.value).or_insert(At { value: (), place: name.place });
        }
        entry(world, &view, name.map_or("", |name| name.value), environments, &mut book);
        view.finish("an alert");
    }
    book
}

fn name<'a>(view: &View<'a>) -> Option<At<&'a str>> {
    let name = view.text("name");
    if !view.has("name") {
        view.missing("name", "name = \"High error rate\"");
    }
    let name = name?;
    if name.value.chars().count() > LONGEST_NAME || name.value.contains(['/', '\n', '\t', '(']) {
        let help = format!("use at most {LONGEST_NAME} characters, no '/' and no '('");
        view.reader.problem(name.place, format!("'{}' can't be the name of an alert", name.value), help);
    }
    Some(name)
}

/// The rules of one entry: one, or one for each threshold.
fn entry(world: &World<'_>, view: &View<'_>, name: &str, environments: &[&str], book: &mut Rulebook) {
    let listed = view.texts("environments");
    for one in listed.iter().filter(|_| !environments.is_empty()) {
        check_known(view.reader, "environment", one.value, one.place, environments.iter().copied());
    }
    let here = !view.has("environments") || listed.iter().any(|one| one.value == world.env);
    let severity = severity(view, "severity");
    let over = match view.word("over").map(|word| word.value) {
        Some("any") => Over::Any,
        Some("all") => Over::All,
        _ => Over::Each,
    };
    let kind = view.exactly_one(&["when", "measure"], "an alert");
    let condition = condition(view, kind.unwrap_or("when"));
    let services = condition.as_ref().and_then(|condition| subjects(world, view, condition, over, here));
    let frame = Rule {
        name: name.to_owned(),
        when: Condition::nothing(),
        hold: view.duration("for", Duration::ZERO).unwrap_or_default(),
        keep_firing_for: view.duration("keep_firing_for", Duration::ZERO).unwrap_or_default(),
        severity: severity.unwrap_or(Severity::Medium),
        services: Vec::new(),
        over,
        no_data: no_data(view),
        summary: view.text("summary").map(|text| text.value.to_owned()),
        runbook: view.text("runbook").map(|text| text.value.to_owned()),
        labels: view.text_map("labels").iter().map(|(name, text)| (name.value.into(), text.value.into())).collect(),
        origin: Origin::Rule,
    };
    let lines = lines(view, kind == Some("measure"));
    let (Some(condition), Some(Seen::From(services)), true) = (condition, services, here) else { return };
    let Some(lines) = lines else {
        book.rules.push(Rule { when: condition.value, services, ..frame });
        return;
    };
    let thresholds = Thresholds { name: name.to_owned(), measure: condition.value, services, over, ..lines };
    let levels = [("warning", thresholds.warning, None), ("critical", thresholds.critical, severity)];
    for (level, line, severity) in levels {
        let Some(when) = line.and_then(|line| Condition::parse(&thresholds.crossing(line)).ok()) else { continue };
        let usual = if level == "critical" { Severity::Critical } else { Severity::Medium };
        book.rules.push(Rule {
            name: format!("{name}: {level}"),
            when,
            severity: severity.unwrap_or(usual),
            services: thresholds.services.clone(),
            origin: Origin::Threshold(name.to_owned()),
            // That the figure is not known is told once.
            no_data: if level == "warning" && thresholds.critical.is_some() { NoData::Keep } else { frame.no_data },
            ..frame.clone()
        });
    }
    book.thresholds.push(thresholds);
}

/// The thresholds of a `measure`, which must lie in one direction.
fn lines(view: &View<'_>, measured: bool) -> Option<Thresholds> {
    let keys = ["target", "warning", "critical"];
    let written = keys.map(|key| view.number(key));
    if !measured {
        for key in keys.into_iter().filter(|key| view.has(key)) {
            let help = "write measure = \"p95_ms\" in place of 'when'".to_owned();
            view.reader.problem(view.place_of(key), format!("'{key}' is a threshold of 'measure'"), help);
        }
        return None;
    }
    let there: Vec<At<f64>> = written.iter().copied().flatten().collect();
    let falling = there.windows(2).all(|two| two[0].value < two[1].value);
    let rising = there.windows(2).all(|two| two[0].value > two[1].value);
    if there.len() < 2 {
        let help = "write target = 200, warning = 500 and critical = 1000: at least two of them".to_owned();
        view.reader.problem(view.place_of("measure"), "'measure' needs thresholds", help);
    } else if !falling && !rising {
        let help = "from target over warning to critical they rise (latency) or fall (uptime)".to_owned();
        view.reader.problem(there[1].place, "the thresholds lie in no order", help);
    }
    let [target, warning, critical] = written.map(|line| line.map(|line| line.value));
    Some(Thresholds {
        name: String::new(),
        measure: Condition::nothing(),
        rising: rising && !falling,
        target,
        warning,
        critical,
        services: Vec::new(),
        over: Over::Each,
    })
}

fn condition(view: &View<'_>, key: &'static str) -> Option<At<Condition>> {
    let text = view.text(key)?;
    let condition = view.reader.condition(text)?;
    if key == "when" && condition.is_figure() {
        let help = format!("compare it, as in \"{} > 0.1\"", text.value.trim());
        view.reader.problem(text.place, "'when' is a figure, so it is never true", help);
        return None;
    }
    Some(At { value: condition, place: text.place })
}

fn severity(view: &View<'_>, key: &'static str) -> Option<Severity> {
    let word = view.word(key)?;
    Severity::ALL.into_iter().find(|severity| severity.word() == word.value)
}

fn no_data(view: &View<'_>) -> NoData {
    const AFTER: Duration = Duration::from_mins(10);
    let usual = NoData::Alert { after: AFTER, severity: Severity::Medium };
    let Some(node) = view.take("no_data") else { return usual };
    match &node.value {
        Value::Text(text) if text == "keep" => NoData::Keep,
        Value::Table(_) => {
            let Some(below) = view.as_section("no_data", node, &NO_DATA) else { return usual };
            let after = below.duration("after", Duration::from_secs(1)).unwrap_or(AFTER);
            let severity = severity(&below, "severity").unwrap_or(Severity::Medium);
            below.finish("no_data");
            NoData::Alert { after, severity }
        }
        _ => {
            let help = "write no_data = \"keep\", or no_data = { after = \"10m\", severity = \"medium\" }".to_owned();
            view.reader.problem(node.place, "'no_data' must be \"keep\" or a table", help);
            usual
        }
    }
}
