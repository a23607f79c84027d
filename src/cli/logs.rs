//! `logs`: lines of services' logs, filtered, and followed as they come.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    args::{Global, LogsArguments},
    deck::{self, Deck},
    exit,
    output::{Failure, Mode, Outcome, Output, remark},
};
use crate::domain::{
    environment::Environment,
    service_log::{LogFilter, ServiceLine, StoredLine},
    time::UnixMs,
};

pub fn run(global: &Global, arguments: &LogsArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let services = services(environment, arguments.service.as_deref())?;
    let filter = LogFilter {
        level: arguments.level,
        request: arguments.request.clone(),
        user: arguments.user.clone(),
        text: arguments.grep.clone(),
        since: arguments.since.map(|since| now().before(since)),
    };
    let output = Output::new(global);
    let reader = deck.reader()?;
    let page = reader.service_logs(&environment.name, &services, &filter, arguments.tail)?;
    if page.more {
        remark(format_args!("these are the last {}: give --tail LINES for more", arguments.tail));
    }
    if page.lines.is_empty() && !arguments.follow && output.mode == Mode::Human {
        output.line("no such line is kept: a service's log is followed once it has [services.NAME.logs.SOURCE]")?;
    }
    let mut printer = Printer { output, deck: &deck, width: width(environment, &services) };
    page.lines.iter().try_for_each(|line| printer.print(line))?;
    let mut cursor = page.cursor;
    let _present = super::follow::present(&deck)?;
    if !arguments.follow {
        return Ok(exit::OK);
    }
    loop {
        std::thread::sleep(deck::PAUSE);
        let page = reader.service_logs_after(&environment.name, &services, &filter, &cursor, PAGE)?;
        if page.more {
            remark(format_args!("lines came faster than they can be shown: of these, the last {PAGE} follow"));
        }
        page.lines.iter().try_for_each(|line| printer.print(line))?;
        cursor = page.cursor;
    }
}

/// Lines shown at once while following.
const PAGE: usize = 5_000;

/// The services to look at; all if none is named.
fn services(environment: &Environment, named: Option<&str>) -> Result<Vec<String>, Failure> {
    let Some(name) = named else { return Ok(Vec::new()) };
    let Some(service) = environment.service(name) else {
        let known: Vec<_> = environment.services.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::usage(format_args!("there is no service '{name}'; there are: {}", known.join(", "))));
    };
    if service.logs.is_empty() {
        remark(format_args!(
            "no log of '{name}' is followed: give it one under [services.{name}.logs.main], such as file = \"/var/log/{name}.log\""
        ));
    }
    Ok(vec![service.name.clone()])
}

fn width(environment: &Environment, services: &[String]) -> usize {
    match services {
        [] => environment.services.iter().map(|service| service.name.len()).max().unwrap_or(0),
        _ => 0,
    }
}

struct Printer<'d> {
    output: Output,
    deck: &'d Deck,
    /// Columns of the service's name; 0 where only one is shown.
    width: usize,
}

impl Printer<'_> {
    fn print(&mut self, stored: &StoredLine) -> Result<(), Failure> {
        let StoredLine { service, line, .. } = stored;
        if self.output.mode == Mode::Json {
            return Ok(self.output.line(document(service, line))?);
        }
        let level = if line.note { "-" } else { line.level.map_or("", |level| level.word()) };
        let said = said(line);
        if self.output.mode == Mode::Plain {
            let at = line.at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            return Ok(self.output.line(format_args!("{at} {service} {level} {said}"))?);
        }
        let at = line.at.to_utc().with_timezone(&self.deck.project.timezone).format("%H:%M:%S%.3f");
        let name = if self.width > 0 { format!("{service:<width$} ", width = self.width) } else { String::new() };
        Ok(self.output.line(format_args!("{at} {name}{level:<5} {said}"))?)
    }
}

/// What a line says, on one line: message, ids, duration, context.
fn said(line: &ServiceLine) -> String {
    let mut said = line.message.clone();
    // A plain line has its ids in its text.
    for (name, id) in [("request", &line.request), ("user", &line.user)] {
        if let Some(id) = id
            && !line.message.contains(id.as_str())
        {
            said += &format!(" {name}={id}");
        }
    }
    if let Some(ms) = line.duration_ms {
        said += &format!(" {ms} ms");
    }
    if !line.context.is_empty() {
        said += &format!(" {}", line.context);
    }
    said
}

/// A line as JSON, in the shape of Quarterdeck's own log.
pub fn document(service: &str, line: &ServiceLine) -> Value {
    let mut out = Map::new();
    let at = line.at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    out.insert("timestamp".into(), at.into());
    out.insert("level".into(), json!(line.level));
    out.insert("requestId".into(), json!(line.request));
    out.insert("userId".into(), json!(line.user));
    out.insert("service".into(), service.into());
    out.insert("message".into(), line.message.as_str().into());
    // A context that was cut short is no JSON any more, and stays as it is.
    let context = serde_json::from_str(&line.context).unwrap_or_else(|_| match line.context.as_str() {
        "" => Value::Null,
        text => text.into(),
    });
    out.insert("context".into(), context);
    out.insert("duration".into(), json!(line.duration_ms));
    if line.note {
        out.insert("quarterdeck".into(), true.into());
    }
    Value::Object(out)
}

/// `15m`, `2h`, `1d`: for `--since`.
pub fn parse_since(text: &str) -> Result<Duration, humantime::DurationError> {
    humantime::parse_duration(text)
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::service_log::Level;

    #[test]
    fn a_line_says_on_one_line_what_it_knows() {
        let line = ServiceLine {
            level: Some(Level::Warn),
            message: "slow".into(),
            request: Some("r-1".into()),
            duration_ms: Some(12.5),
            context: "{\"a\":1}".into(),
            ..ServiceLine::default()
        };
        assert_eq!(said(&line), "slow request=r-1 12.5 ms {\"a\":1}");
        let plain =
            ServiceLine { message: "x request_id=r-1".into(), request: Some("r-1".into()), ..ServiceLine::default() };
        assert_eq!(said(&plain), "x request_id=r-1");
        let document = document("api", &line);
        assert_eq!(
            (&document["level"], &document["context"]["a"], &document["userId"]),
            (&json!("warn"), &json!(1), &Value::Null)
        );
    }
}
