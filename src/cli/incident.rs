//! `incident`: open, tell, hand over, close, and write down what went wrong.

use std::{fs, path::Path, time::Duration};

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    incident_args::{IncidentAction, IncidentStatus, SeverityWord},
    output::{Failure, Mode, Outcome, Output},
};
use crate::{
    console::view::{Plot, plot},
    domain::{
        alert::{AlertEvent, Severity},
        id::{LookKey, SeriesKey},
        incident::{
            Entry, Incident, IncidentId, Said, Status, group_of,
            impact::{Impact, impact},
            members,
            report::{Chart, Papers},
            svg,
            timeline::{Beat, Material, timeline},
        },
        series::Point,
        status::DeployMark,
        text::clean_line,
        time::UnixMs,
    },
    run::launch,
    store::{Reader, StoreError},
};

/// Before it was noticed, something changed: so much of the time before belongs to the story.
const BEFORE: Duration = Duration::from_mins(30);
/// The longest text of one entry.
const LONGEST: usize = 4_000;
/// Runs, happenings and alert events looked through.
const MOST: usize = 10_000;

pub fn run(global: &Global, action: &IncidentAction) -> Outcome {
    let deck = Deck::load(global)?;
    let desk = Desk { output: Output::new(global), deck: &deck, ascii: global.ascii };
    match action {
        IncidentAction::Open { title, service, severity } => desk.open(title, service.as_deref(), (*severity).into()),
        IncidentAction::List { limit } => desk.list(global.env.as_deref(), *limit),
        IncidentAction::Show { id } => desk.show(*id),
        IncidentAction::Note { id, text } => desk.say(*id, Said::Note { text: clean(text) }, "noted"),
        IncidentAction::Role { id, role, person } => {
            let person = clean(person.as_deref().unwrap_or_default());
            desk.say(*id, Said::Role { role: clean(role), person }, "kept")
        }
        IncidentAction::Severity { id, severity } => {
            desk.say(*id, Said::Severity { severity: (*severity).into() }, "kept")
        }
        IncidentAction::Status { id, status, note } => {
            let note = clean(note.as_deref().unwrap_or_default());
            desk.say(*id, Said::Status { status: (*status).into(), note }, "kept")
        }
        IncidentAction::Close { id, note } => {
            desk.say(*id, Said::Closed { note: clean(note.as_deref().unwrap_or_default()) }, "closed")
        }
        IncidentAction::Handover { id, to, next } => desk.hand_over(*id, to.as_deref(), next.as_deref()),
        IncidentAction::Export { id, dir } => desk.export(*id, dir.as_deref()),
    }
}

fn clean(text: &str) -> String {
    clean_line(text, LONGEST)
}

struct Desk<'a> {
    output: Output,
    deck: &'a Deck,
    ascii: bool,
}

/// An incident with all that belongs to it.
struct Case {
    incident: Incident,
    timeline: Vec<Beat>,
    impact: Impact,
    errors: Vec<(String, Vec<Point>)>,
    from: UnixMs,
    to: UnixMs,
}

impl Desk<'_> {
    fn open(&self, title: &str, service: Option<&str>, severity: Severity) -> Outcome {
        let environment = self.deck.named_environment()?;
        if let Some(name) = service.filter(|name| environment.service(name).is_none()) {
            let known: Vec<_> = environment.services.iter().map(|one| one.name.as_str()).collect();
            return Err(Failure::usage(format_args!("there is no service '{name}'; there are: {}", known.join(", "))));
        }
        let group = group_of(&environment.services, service.unwrap_or_default());
        let entry = entry(Said::Opened { title: clean(title), severity, alert: None });
        let id = self.deck.store()?.open_incident(&environment.name, &group, entry).wait()?;
        self.told(id, "opened")
    }

    fn list(&self, env: Option<&str>, limit: usize) -> Outcome {
        let all = self.deck.reader()?.incidents(env, limit)?;
        if self.output.mode == Mode::Json {
            self.output.json(&all)?;
            return Ok(exit::OK);
        }
        if all.is_empty() && self.output.mode == Mode::Human {
            self.output.line("no incident was ever opened")?;
            return Ok(exit::OK);
        }
        let now = now();
        let rows: Vec<_> = all
            .iter()
            .map(|one| {
                vec![
                    one.id.to_string(),
                    one.env.clone(),
                    one.severity.word().into(),
                    one.word().into(),
                    format::moment(one.opened_at, self.deck.project.timezone),
                    format::duration(one.ended_at().unwrap_or(now).since(one.opened_at)),
                    one.roles.get("commander").cloned().unwrap_or_default(),
                    one.title.clone(),
                ]
            })
            .collect();
        self.output.table(&["", "env", "severity", "status", "opened", "lasted", "commander", "title"], &rows)?;
        Ok(exit::OK)
    }

    fn show(&self, id: Option<u64>) -> Outcome {
        let case = self.case(id)?;
        if self.output.mode == Mode::Json {
            self.output.json(&serde_json::json!({
                "incident": case.incident, "impact": case.impact, "timeline": case.timeline,
            }))?;
            return Ok(exit::OK);
        }
        let (incident, papers) = (&case.incident, self.papers(&case));
        self.output.line(format_args!(
            "{} {}, {}, {}: {}",
            incident.id,
            incident.env,
            incident.severity.word(),
            incident.word(),
            incident.title
        ))?;
        for line in papers.impact_lines() {
            self.output.line(format_args!("  {line}"))?;
        }
        for (role, person) in &incident.roles {
            self.output.line(format_args!("  {role}: {person}"))?;
        }
        self.output.line("")?;
        for beat in &case.timeline {
            let at = format::moment(beat.at, self.deck.project.timezone);
            let who = if beat.who.is_empty() { String::new() } else { format!("{}: ", beat.who) };
            self.output.line(format_args!("{at} {:<8} {who}{}", beat.of, beat.text))?;
        }
        Ok(exit::OK)
    }

    fn say(&self, id: Option<u64>, said: Said, word: &str) -> Outcome {
        let id = self.which(id)?;
        self.deck.store()?.say_in_incident(id, entry(said)).wait()?;
        self.told(id, word)
    }

    fn hand_over(&self, id: Option<u64>, to: Option<&str>, next: Option<&str>) -> Outcome {
        let id = self.which(id)?;
        if let Some(to) = to {
            let said = Said::HandedOver { to: clean(to), next: clean(next.unwrap_or_default()) };
            self.deck.store()?.say_in_incident(id, entry(said)).wait()?;
        }
        let case = self.read(id)?;
        let text = self.papers(&case).handover();
        if self.output.mode == Mode::Json {
            self.output.json(&serde_json::json!({ "incident": case.incident, "text": text }))?;
        } else {
            self.output.line(text.trim_end())?;
        }
        Ok(exit::OK)
    }

    /// The post-mortem on standard output, or as files in a directory: Markdown, and an SVG of each chart.
    fn export(&self, id: Option<u64>, dir: Option<&Path>) -> Outcome {
        let case = self.case(id)?;
        let mut charts = Vec::new();
        let marks: Vec<(UnixMs, String)> = case
            .timeline
            .iter()
            .filter(|beat| beat.of == "run" && beat.text.ends_with(" started"))
            .map(|beat| (beat.at, beat.text.trim_end_matches(" started").to_owned()))
            .collect();
        for (service, points) in case.errors.iter().filter(|(_, all)| all.iter().any(|point| point.value.is_some())) {
            let title = format!("error rate of {service}");
            let deploys: Vec<_> =
                marks.iter().map(|(at, label)| DeployMark { at: *at, label: label.clone() }).collect();
            let drawing = Plot {
                project: &self.deck.project,
                from: case.from,
                to: case.to,
                step: Duration::from_mins(1),
                points,
                limits: &[],
                marks: &deploys,
                percent: true,
                ascii: self.ascii,
            };
            let file = match dir {
                None => None,
                Some(dir) => {
                    let name = format!("{}-{service}.svg", case.incident.id);
                    let drawn = svg(&title, points, (case.from, case.to), &marks, self.deck.project.timezone);
                    write(dir, &name, &drawn)?;
                    Some(name)
                }
            };
            charts.push(Chart { title, lines: plot(&drawing, 100, 14), file });
        }
        let page = self.papers(&case).post_mortem(&charts);
        let Some(dir) = dir else {
            if self.output.mode == Mode::Json {
                self.output.json(&serde_json::json!({ "incident": case.incident, "text": page }))?;
            } else {
                self.output.line(page.trim_end())?;
            }
            return Ok(exit::OK);
        };
        let name = format!("{}.md", case.incident.id);
        write(dir, &name, &page)?;
        let page = dir.join(name);
        if self.output.mode == Mode::Json {
            let charts: Vec<_> = charts.iter().filter_map(|chart| Some(dir.join(chart.file.as_ref()?))).collect();
            self.output.json(&serde_json::json!({ "incident": case.incident, "page": page, "charts": charts }))?;
        } else {
            self.output.line(format_args!("written: {}", page.display()))?;
        }
        Ok(exit::OK)
    }

    fn told(&self, id: IncidentId, word: &str) -> Outcome {
        if self.output.mode == Mode::Json {
            let (incident, _) = self.deck.reader()?.incident(id)?;
            self.output.json(&incident)?;
        } else {
            self.output.line(format_args!("{id} {word}"))?;
        }
        Ok(exit::OK)
    }

    /// The incident of that number; without one, the one that is open.
    fn which(&self, id: Option<u64>) -> Result<IncidentId, Failure> {
        if let Some(id) = id {
            return Ok(IncidentId(i64::try_from(id).unwrap_or(i64::MAX)));
        }
        let env = self.deck.environment()?.name.clone();
        let all = self.deck.reader()?.incidents(Some(&env), 100)?;
        let open: Vec<_> = all.iter().filter(|one| one.closed_at.is_none()).collect();
        match open[..] {
            [only] => Ok(only.id),
            [] => Err(Failure::usage(format_args!("no incident of {env} is open: give its number"))),
            _ => {
                let ids: Vec<_> = open.iter().map(|one| one.id.to_string()).collect();
                Err(Failure::usage(format_args!("which incident? Give --id, one of: {}", ids.join(", "))))
            }
        }
    }

    fn case(&self, id: Option<u64>) -> Result<Case, Failure> {
        self.read(self.which(id)?)
    }

    fn read(&self, id: IncidentId) -> Result<Case, Failure> {
        let reader = self.deck.reader()?;
        let (incident, entries) = reader.incident(id)?;
        let from = incident.opened_at.before(BEFORE);
        let to = incident.closed_at.or(incident.resolved_at).unwrap_or_else(now).after(Duration::from_mins(1));
        let services = match self.deck.project.environment(&incident.env) {
            Some(environment) if !incident.group.is_empty() => members(&environment.services, &incident.group),
            _ => Vec::new(),
        };
        let material = material(&reader, &incident, entries, from, to)?;
        let timeline = timeline(&material, &services, &incident.alerts);
        let taken = taken(&material, &incident);
        let errors = self.errors(&reader, &incident, &services, to)?;
        let impact = impact(&incident, taken, &errors, now());
        Ok(Case { incident, timeline, impact, errors, from: to.before(to.since(from)), to })
    }

    /// The error rate by minute of each service that records one.
    fn errors(
        &self,
        reader: &Reader,
        incident: &Incident,
        services: &[String],
        to: UnixMs,
    ) -> Result<Vec<(String, Vec<Point>)>, StoreError> {
        let Some(environment) = self.deck.project.environment(&incident.env) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for service in environment.services.iter().filter(|one| services.is_empty() || services.contains(&one.name)) {
            let records = |name: &str| {
                service.probes.iter().find(|probe| probe.record.iter().any(|recording| recording.name == name))
            };
            let Some(probe) = records("error_rate") else { continue };
            let look = LookKey { env: incident.env.clone(), service: service.name.clone(), probe: probe.name.clone() };
            let key = SeriesKey { look, name: "error_rate".into() };
            let points = reader.series(&key, incident.opened_at.before(BEFORE), to, Duration::from_mins(1))?;
            found.push((service.name.clone(), points));
        }
        Ok(found)
    }

    fn papers<'c>(&'c self, case: &'c Case) -> Papers<'c> {
        Papers {
            project: &self.deck.project.name,
            zone: self.deck.project.timezone,
            incident: &case.incident,
            timeline: &case.timeline,
            impact: &case.impact,
            now: now(),
        }
    }
}

/// All that was written down in that time.
fn material(
    reader: &Reader,
    incident: &Incident,
    entries: Vec<Entry>,
    from: UnixMs,
    to: UnixMs,
) -> Result<Material, StoreError> {
    let within = |at: UnixMs| at >= from && at <= to;
    let mut runs = reader.runs(Some(&incident.env), MOST)?;
    runs.retain(|run| run.requested_at <= to && run.ended_at.is_none_or(|at| at >= from));
    let mut decisions = Vec::new();
    for run in &runs {
        decisions.extend(reader.decisions(run.id, 0)?);
    }
    decisions.retain(|row| within(row.at));
    let mut alerts = reader.alert_events(&incident.env, from, MOST)?;
    alerts.retain(|row| within(row.at));
    let mut happenings = reader.happenings(&incident.env, MOST)?;
    happenings.retain(|one| within(one.at));
    Ok(Material { entries, alerts, runs, decisions, happenings })
}

/// When somebody was first at it: a person's word in it, or an acknowledged alert.
fn taken(material: &Material, incident: &Incident) -> Option<UnixMs> {
    let said = material.entries.iter().filter(|entry| entry.author != "quarterdeck").map(|entry| entry.at);
    let acknowledged = material.alerts.iter().filter(|row| incident.alerts.contains(&row.key));
    let acknowledged =
        acknowledged.filter(|row| matches!(row.event, AlertEvent::Acknowledged { .. })).map(|row| row.at);
    said.chain(acknowledged).filter(|at| *at >= incident.opened_at).min()
}

fn entry(said: Said) -> Entry {
    Entry { at: now(), author: launch::current_actor().to_string(), said }
}

fn write(dir: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::with(exit::FAILED, format_args!("{} can't be written: {error}", dir.join(name).display()))
    };
    fs::create_dir_all(dir).map_err(failed)?;
    fs::write(dir.join(name), text).map_err(failed)
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Critical => Self::Critical,
            SeverityWord::High => Self::High,
            SeverityWord::Medium => Self::Medium,
            SeverityWord::Low => Self::Low,
        }
    }
}

impl From<IncidentStatus> for Status {
    fn from(word: IncidentStatus) -> Self {
        match word {
            IncidentStatus::Open => Self::Open,
            IncidentStatus::Mitigated => Self::Mitigated,
            IncidentStatus::Resolved => Self::Resolved,
        }
    }
}
