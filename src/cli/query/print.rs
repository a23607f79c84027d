//! Answers on paper: tables, JSON, CSV and plots.

use serde_json::{Value, json};

use super::{
    super::{
        args::Global,
        format,
        output::{Failure, Mode, Output},
    },
    Pair,
};
use crate::{
    console::{
        app::{limits, watch::Limit},
        view::{Plot, plot},
    },
    domain::{
        environment::{Environment, Project},
        format as figures,
        query::{Answer, Difference, SeriesName},
        series::Point,
        status::DeployMark,
        time::UnixMs,
    },
};

/// What is printed, and how.
pub struct Page<'a> {
    pub output: Output,
    pub project: &'a Project,
    pub environment: &'a Environment,
    pub answers: &'a [Pair],
    pub marks: &'a [DeployMark],
    pub global: &'a Global,
}

impl Page<'_> {
    /// One row for each step, one column for each series; below, the whole window.
    pub fn table(&self) -> Result<(), Failure> {
        let mut headings: Vec<String> = vec!["time".into()];
        for pair in self.answers {
            headings.push(pair.now.series.clone());
            if pair.before.is_some() {
                headings.extend(["before".into(), "difference".into()]);
            }
        }
        let steps = self.answers.iter().map(|pair| pair.now.points.len()).max().unwrap_or(0);
        let mut rows = Vec::with_capacity(steps);
        for step in 0..steps {
            let at = self.answers.iter().find_map(|pair| pair.now.points.get(step)).map(|point| point.at);
            let mut row = vec![at.map(|at| format::moment(at, self.project.timezone)).unwrap_or_default()];
            for pair in self.answers {
                let value = |answer: &Answer| answer.points.get(step).and_then(|point| point.value);
                row.extend(cells(pair, value));
            }
            rows.push(row);
        }
        let mut whole = vec!["whole window".to_owned()];
        self.answers.iter().for_each(|pair| whole.extend(cells(pair, |answer| answer.whole)));
        rows.push(whole);
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        self.output.table(&headings, &rows)?;
        for pair in self.answers {
            self.output.line(made_of(&pair.now))?;
        }
        Ok(())
    }

    /// A line for each step: the moment in RFC 3339, then the number of each series; a gap is empty.
    pub fn csv(&self) -> Result<(), Failure> {
        let mut heading = vec!["time".to_owned()];
        for pair in self.answers {
            heading.push(quoted(&pair.now.series));
            heading.extend(pair.before.as_ref().map(|before| quoted(&format!("{} before", before.series))));
        }
        self.output.line(heading.join(","))?;
        let steps = self.answers.iter().map(|pair| pair.now.points.len()).max().unwrap_or(0);
        for step in 0..steps {
            let at = self.answers.iter().find_map(|pair| pair.now.points.get(step)).map(|point| point.at);
            let mut line = vec![at.map(rfc3339).unwrap_or_default()];
            for answer in self.answers.iter().flat_map(|pair| [Some(&pair.now), pair.before.as_ref()]).flatten() {
                let value = answer.points.get(step).and_then(|point| point.value);
                line.push(value.map(|value| value.to_string()).unwrap_or_default());
            }
            self.output.line(line.join(","))?;
        }
        Ok(())
    }

    /// One document with everything.
    pub fn json(&self) -> Result<(), Failure> {
        let answer = |answer: &Answer| -> Result<Value, Failure> {
            let mut value = serde_json::to_value(answer)?;
            let beyond: Vec<_> = answer
                .points
                .iter()
                .filter(|point| point.value.is_some_and(|value| answer.is_beyond(value)))
                .map(|point| point.at)
                .collect();
            value["beyond_ceiling"] = json!(beyond);
            Ok(value)
        };
        let mut all = Vec::new();
        for pair in self.answers {
            let mut now = answer(&pair.now)?;
            if let Some(before) = &pair.before {
                now["before"] = answer(before)?;
                now["difference"] = serde_json::to_value(Difference::between(pair.now.whole, before.whole))?;
            }
            all.push(now);
        }
        self.output.json(&json!({ "environment": self.environment.name, "answers": all, "deploys": self.marks }))
    }

    /// A picture of each series, below it in words what it comes to.
    pub fn plot(&self) -> Result<(), Failure> {
        let width = terminal_width();
        let height = if self.answers.len() > 1 { 8 } else { 16 };
        for pair in self.answers {
            let name: Option<SeriesName> = pair.now.series.parse().ok();
            let limits = name.as_ref().map_or_else(Vec::new, |name| self.limits(name, &pair.now));
            self.output.line(format_args!("{}  {}", pair.now.series, pair.now.aggregation))?;
            self.draw(&pair.now, &pair.now.points, &limits, self.marks, (width, height))?;
            self.output.line(summary(&pair.now))?;
            if let Some(before) = &pair.before {
                self.output.line("")?;
                self.output.line(format_args!("before  {}", pair.now.series))?;
                self.draw(before, &before.points, &limits, &[], (width, height))?;
                self.output.line(summary(before))?;
                let difference = Difference::between(pair.now.whole, before.whole);
                self.output.line(format_args!("difference  {}", shown(&pair.now, difference)))?;
            }
        }
        for mark in self.marks {
            self.output.line(format_args!("{}  {}", format::moment(mark.at, self.project.timezone), mark.label))?;
        }
        Ok(())
    }

    fn draw(
        &self,
        answer: &Answer,
        points: &[Point],
        limits: &[Limit],
        marks: &[DeployMark],
        (width, height): (u16, u16),
    ) -> Result<(), Failure> {
        let percent = answer.aggregation.keeps_unit() && answer.shown(0.5).ends_with('%');
        let plain = Plot {
            project: self.project,
            from: answer.since,
            to: answer.until,
            step: answer.step,
            points,
            limits,
            marks,
            percent,
            ascii: self.global.ascii || self.output.mode == Mode::Plain,
        };
        for line in plot(&plain, width, height) {
            self.output.line(line)?;
        }
        Ok(())
    }

    /// Lines at which conditions about this series turn, where the plot is in their unit.
    fn limits(&self, name: &SeriesName, answer: &Answer) -> Vec<Limit> {
        let service = self.environment.service(&name.service).filter(|_| answer.aggregation.keeps_unit());
        service.map_or_else(Vec::new, |service| limits::of(self.environment, service, &[name.bare()]))
    }
}

fn cells(pair: &Pair, value: impl Fn(&Answer) -> Option<f64>) -> Vec<String> {
    let text = |answer: &Answer| value(answer).map_or_else(|| "-".into(), |value| answer.shown(value));
    let mut cells = vec![text(&pair.now)];
    if let Some(before) = &pair.before {
        cells.push(text(before));
        cells.push(shown(&pair.now, Difference::between(value(&pair.now), value(before))));
    }
    cells
}

/// `+12 ms (+8.1 %)`.
fn shown(answer: &Answer, difference: Difference) -> String {
    let Some(by) = difference.by else { return "-".into() };
    let sign = if by < 0.0 { "-" } else { "+" };
    // A difference reaches no ceiling of its own.
    let plain = Answer { ceiling: None, points: Vec::new(), ..answer.clone() };
    let share = difference.share.map(|share| format!(" ({sign}{})", figures::percent(share.abs())));
    format!("{sign}{}{}", plain.shown(by.abs()), share.unwrap_or_default())
}

fn summary(answer: &Answer) -> String {
    let known = || answer.points.iter().filter_map(|point| point.value);
    let least = known().fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        return made_of(answer);
    }
    let most = known().fold(f64::NEG_INFINITY, f64::max);
    let whole = answer.whole.map_or_else(|| "-".into(), |value| answer.shown(value));
    format!(
        "{} {whole}, from {} to {}; {}",
        answer.aggregation,
        answer.shown(least),
        answer.shown(most),
        made_of(answer)
    )
}

/// What the answer was made of, in words.
fn made_of(answer: &Answer) -> String {
    format!(
        "{} samples in steps of {}, read from {}",
        answer.samples,
        humantime::format_duration(answer.step),
        answer.from.word()
    )
}

fn rfc3339(at: UnixMs) -> String {
    at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A field of RFC 4180.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Columns of the terminal, or 100 where there is none.
fn terminal_width() -> u16 {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    size.map(|size| size.ws_col).filter(|columns| *columns > 0).unwrap_or(100).clamp(40, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(quoted("api.requests{a=\"1\",b=\"2\"}"), "\"api.requests{a=\"\"1\"\",b=\"\"2\"\"}\"");
        assert_eq!(quoted("api.p95_ms"), "api.p95_ms");
    }
}
