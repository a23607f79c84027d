//! `query`: a series over time, from the history: a table, plain lines, JSON, CSV, or a plot.

mod print;
pub mod when;

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
        environment::{Environment, Service},
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
    let ask = |step| -> Result<Vec<Pair>, Failure> {
        let mut answers = Vec::new();
        for one in &series {
            let exact = of_first_probe(one, service);
            let question = Query::new(&environment.name, exact, window, step, aggregation).map_err(Failure::usage)?;
            let put = |question: &Query| -> Result<Answer, Failure> {
                Ok(Answer { series: one.to_string(), ..reader.query(question)? })
            };
            let before = arguments.compare.map(|ago| put(&question.earlier(ago))).transpose()?;
            answers.push(Pair { now: put(&question)?, before });
        }
        Ok(answers)
    };
    let answers = side_by_side(step, ask)?;
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

impl Pair {
    fn steps(&self) -> impl Iterator<Item = Duration> {
        [Some(self.now.step), self.before.as_ref().map(|before| before.step)].into_iter().flatten()
    }
}

/// Asks, and where some answers come in wider steps than others, as less is kept of them, asks for all in the widest: they
/// stand side by side. `ask` widens a step only to whole minutes or hours, so that this ends.
fn side_by_side<E>(mut step: Duration, ask: impl Fn(Duration) -> Result<Vec<Pair>, E>) -> Result<Vec<Pair>, E> {
    loop {
        let answers = ask(step)?;
        let widest = answers.iter().flat_map(Pair::steps).max().unwrap_or(step);
        if widest <= step || answers.iter().flat_map(Pair::steps).all(|one| one == widest) {
            return Ok(answers);
        }
        step = widest;
    }
}

/// Of a service, `latency_ms` is that of its first probe in the order of the configuration.
fn of_first_probe(series: &SeriesName, service: Option<&Service>) -> SeriesName {
    let probes = service.map_or(&[][..], |service| &service.probes);
    let recorded = probes.iter().flat_map(|probe| &probe.record).any(|recording| recording.name == series.name);
    let first = probes.first().filter(|_| series.name == BUILT_IN[0].0 && !recorded).map(|probe| probe.name.clone());
    SeriesName { probe: series.probe.clone().or(first), ..series.clone() }
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

    fn pair(now: u64, before: u64) -> Pair {
        let answer = |step: u64| Answer {
            series: "api.p95_ms".into(),
            aggregation: query::Aggregation::Max,
            since: UnixMs(0),
            until: UnixMs(0),
            step: Duration::from_secs(step),
            from: query::Grain::Look,
            points: Vec::new(),
            whole: None,
            samples: 0,
            ceiling: None,
        };
        Pair { now: answer(now), before: Some(answer(before)) }
    }

    #[test]
    fn answers_that_stand_side_by_side_have_the_same_steps() {
        // Of one only hours are left before, of the other everything.
        let ask = |step: Duration| {
            let step = step.as_secs();
            Ok::<_, ()>(vec![pair(step, step.next_multiple_of(3_600)), pair(step, step)])
        };
        let steps = |step| {
            let answers = side_by_side(Duration::from_secs(step), ask).unwrap();
            answers.iter().flat_map(Pair::steps).map(|step| step.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(steps(90), [3_600; 4]);
        assert_eq!(steps(7_200), [7_200; 4]);
    }

    #[test]
    fn the_latency_of_a_service_is_that_of_its_first_probe() {
        let text = "[project]\nname = \"Shop\"\n[environments.test]\n\
                    [services.api.probes.ready]\nhttp = \"http://127.0.0.1:9/\"\n\
                    [services.api.probes.alive]\ntcp = \"127.0.0.1:9\"\n";
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarterdeck.toml");
        std::fs::write(&path, text).unwrap();
        let project = crate::config::load(&path).unwrap();
        let service = project.environments[0].service("api");
        let named = |name: &str| of_first_probe(&name.parse().unwrap(), service).to_string();
        assert_eq!(named("api.latency_ms"), "api.ready.latency_ms");
        assert_eq!(named("api.alive.latency_ms"), "api.alive.latency_ms");
        assert_eq!(named("api.availability"), "api.availability");
        assert_eq!(of_first_probe(&"gone.latency_ms".parse().unwrap(), None).to_string(), "gone.latency_ms");
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
