//! `query`: a series over time, from the history: a table, plain lines, JSON, CSV, or a plot.

mod print;
mod when;

use std::{collections::BTreeSet, time::Duration};

use super::{
    args::Global,
    deck::Deck,
    exit,
    output::{Failure, Mode, Outcome, Output},
    query_args::QueryArguments,
};
use crate::{
    domain::{
        environment::Environment,
        nearest::nearest_few,
        query::{self, Answer, BUILT_IN, Query, SeriesName},
        time::UnixMs,
    },
    store::Reader,
};

/// Most steps unless a step is asked for.
const STEPS: u64 = 100;

pub fn run(global: &Global, arguments: &QueryArguments) -> Outcome {
    if global.json && (arguments.plot || arguments.csv) {
        return Err(Failure::usage("take one of --json, --csv and --plot"));
    }
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let output = Output::new(global);
    let reader = deck.reader()?;
    let known = known(&reader, environment)?;
    if arguments.list {
        return list(output, environment, &known);
    }
    let asked: SeriesName = arguments.series.as_deref().unwrap_or_default().parse().map_err(Failure::usage)?;
    let series = selected(&asked, arguments.by.as_deref(), &known)?;
    let now = UnixMs::from(chrono::Utc::now());
    let zone = deck.project.timezone;
    let since = when::parse(&arguments.since, now, zone).map_err(Failure::usage)?;
    let until = arguments.until.as_deref().map_or(Ok(now), |text| when::parse(text, now, zone));
    let window = (since, until.map_err(Failure::usage)?);
    let step = arguments.step.unwrap_or_else(|| usual_step(window.1.since(window.0)));
    let service = environment.service(&asked.service);
    let aggregation = arguments.agg.unwrap_or_else(|| query::usual(service, asked.bare()));
    if let Some(why) = query::refusal(service, asked.bare(), aggregation) {
        return Err(Failure::usage(why));
    }
    let mut answers = Vec::new();
    for one in series {
        let question = Query::new(&environment.name, one, window, step, aggregation).map_err(Failure::usage)?;
        let before = match arguments.compare {
            Some(ago) => Some(reader.query(&question.earlier(ago))?),
            None => None,
        };
        answers.push(Pair { now: reader.query(&question)?, before });
    }
    let marks = reader.deploy_marks(&environment.name, window.0, window.1)?;
    let page = print::Page { output, project: &deck.project, environment, answers: &answers, marks: &marks, global };
    match output.mode {
        _ if arguments.plot => page.plot()?,
        _ if arguments.csv => page.csv()?,
        Mode::Json => page.json()?,
        Mode::Human | Mode::Plain => page.table()?,
    }
    Ok(exit::OK)
}

/// An answer, and that of the window it is compared with.
struct Pair {
    now: Answer,
    before: Option<Answer>,
}

/// Every series there is: those with any history, those configured, and what every look has. Recorded names are unique
/// within a service, so that they need no probe.
fn known(reader: &Reader, environment: &Environment) -> Result<BTreeSet<SeriesName>, Failure> {
    let mut known: BTreeSet<SeriesName> = BTreeSet::new();
    for name in reader.catalogue(&environment.name)? {
        known.insert(SeriesName { probe: None, ..name });
    }
    for service in &environment.services {
        let recorded = service.probes.iter().flat_map(|probe| &probe.record);
        known.extend(recorded.map(|recording| SeriesName::of(&service.name, &recording.name)));
        for (built_in, _) in BUILT_IN {
            known.insert(SeriesName::of(&service.name, built_in));
            let of_probe =
                |probe: &str| SeriesName { probe: Some(probe.to_owned()), ..SeriesName::of(&service.name, built_in) };
            known.extend(service.probes.iter().map(|probe| of_probe(&probe.name)));
        }
    }
    Ok(known)
}

/// The series that were meant: the one of that name, or each that is recorded by the label.
fn selected(asked: &SeriesName, by: Option<&str>, known: &BTreeSet<SeriesName>) -> Result<Vec<SeriesName>, Failure> {
    if let Some(label) = by {
        let (open, next) = (format!("{{{label}=\""), format!(",{label}=\""));
        let labelled: Vec<_> = known
            .iter()
            .filter(|one| one.service == asked.service && one.bare() == asked.name)
            .filter(|one| one.name.contains(&open) || one.name.contains(&next))
            .cloned()
            .collect();
        if !labelled.is_empty() {
            return Ok(labelled);
        }
        if known.contains(asked) {
            let help = format!("write by.{} = [\"{label}\"] beside record.{} of its probe", asked.name, asked.name);
            return Err(Failure::usage(format_args!("{asked} has no history by '{label}': {help}")));
        }
    }
    // A name with its probe is the same series as the name alone, where the service records it.
    let bare = SeriesName { probe: None, ..asked.clone() };
    let recorded = asked.probe.is_some() && known.contains(&bare);
    if known.contains(asked) || recorded {
        return Ok(vec![asked.clone()]);
    }
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let near = nearest_few(&asked.to_string(), names.iter().map(String::as_str), 4);
    let hint = if near.is_empty() {
        "quarterdeck query --list shows those there are".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    Err(Failure::usage(format_args!("there is no series '{asked}': {hint}")))
}

/// A round step in which a window has at most [`STEPS`].
fn usual_step(window: Duration) -> Duration {
    const ROUND: [u64; 14] = [1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800];
    let least = window.as_secs().div_ceil(STEPS);
    Duration::from_secs(ROUND.into_iter().find(|step| *step >= least).unwrap_or(604_800))
}

fn list(output: Output, environment: &Environment, known: &BTreeSet<SeriesName>) -> Outcome {
    let how = |name: &SeriesName| {
        let service = environment.service(&name.service)?;
        let mut recorded = service.probes.iter().flat_map(|probe| &probe.record);
        let recording = recorded.find(|recording| recording.name == name.bare());
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name.name).map(|(_, about)| (*about).to_owned());
        recording.map(|recording| recording.value.source().to_owned()).or(built_in)
    };
    let rows: Vec<_> = known
        .iter()
        .map(|name| vec![name.to_string(), how(name).unwrap_or_else(|| "no longer recorded; its history stays".into())])
        .collect();
    if output.mode == Mode::Json {
        let all: Vec<_> = rows.iter().map(|row| serde_json::json!({ "series": row[0], "about": row[1] })).collect();
        output.json(&all)?;
    } else {
        output.table(&["series", "what"], &rows)?;
    }
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<SeriesName> {
        let names = ["api.p95_ms", "api.requests", "api.requests{path=\"/a\"}", "api.requests{m=\"G\",path=\"/b\"}"];
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn choose(name: &str, by: Option<&str>) -> Result<Vec<String>, String> {
        let found = selected(&name.parse().unwrap(), by, &known());
        found
            .map(|all| all.iter().map(ToString::to_string).collect())
            .map_err(|failure| failure.error.map(|error| error.to_string()).unwrap_or_default())
    }

    #[test]
    fn a_wrong_name_is_told_the_nearest() {
        assert!(choose("api.p59_ms", None).unwrap_err().contains("did you mean api.p95_ms"));
        assert!(choose("x.qqqqq", None).unwrap_err().contains("--list"));
    }

    #[test]
    fn a_label_selects_every_series_that_has_it() {
        let all = choose("api.requests", Some("path")).unwrap();
        assert_eq!(all, ["api.requests{m=\"G\",path=\"/b\"}", "api.requests{path=\"/a\"}"]);
        assert!(choose("api.p95_ms", Some("path")).unwrap_err().contains("by.p95_ms = [\"path\"]"));
    }

    #[test]
    fn a_step_is_round_and_there_are_at_most_a_hundred() {
        assert_eq!(usual_step(Duration::from_secs(3_600)), Duration::from_secs(60));
        assert_eq!(usual_step(Duration::from_secs(7 * 86_400)), Duration::from_secs(10_800));
        assert_eq!(usual_step(Duration::from_secs(20)), Duration::from_secs(1));
    }
}
