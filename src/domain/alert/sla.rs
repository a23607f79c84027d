//! Thresholds: a figure with a target, a warning and a critical line, and how well it is kept.

use serde::{Deserialize, Serialize};

use super::{
    book::{Book, Desk},
    over::Over,
};
use crate::domain::{condition::Condition, time::UnixMs};

/// A figure with its thresholds (`measure` of `[[alerts]]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// What people call it.
    pub name: String,
    /// The figure.
    pub measure: Condition,
    /// Larger is better: uptime; else smaller is: latency.
    pub rising: bool,
    /// What it should reach.
    pub target: Option<f64>,
    /// Beyond it somebody should look.
    pub warning: Option<f64>,
    /// Beyond it something is wrong.
    pub critical: Option<f64>,
    /// Judged of these services; empty: once.
    pub services: Vec<String>,
    /// Each apart, or all together.
    pub over: Over,
}

/// How well a threshold is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compliance {
    /// The target is reached.
    Met,
    /// It is not, but no line is crossed.
    Missed,
    /// Beyond the warning line.
    Warning,
    /// Beyond the critical line.
    Critical,
    /// Not known.
    Unknown,
}

impl Compliance {
    /// The word shown beside every colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "unknown",
        }
    }
}

/// A line of the table: one figure of one subject now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub name: String,
    /// The service; empty for all together.
    pub subject: String,
    /// As written.
    pub measure: String,
    /// Larger is better.
    pub rising: bool,
    /// See [`Thresholds`].
    pub target: Option<f64>,
    /// Likewise.
    pub warning: Option<f64>,
    /// Likewise.
    pub critical: Option<f64>,
    /// The figure now, if it is known.
    pub now: Option<f64>,
    /// How well it is kept.
    pub verdict: Compliance,
}

impl Thresholds {
    /// How well a figure keeps them.
    pub fn judge(&self, figure: Option<f64>) -> Compliance {
        let Some(figure) = figure else { return Compliance::Unknown };
        let beyond =
            |line: Option<f64>| line.is_some_and(|line| if self.rising { figure < line } else { figure > line });
        match () {
            () if beyond(self.critical) => Compliance::Critical,
            () if beyond(self.warning) => Compliance::Warning,
            () if beyond(self.target) => Compliance::Missed,
            () => Compliance::Met,
        }
    }

    /// The condition that a line is crossed: `p95_ms > 1000`.
    pub fn crossing(&self, line: f64) -> String {
        let source = self.measure.source().trim();
        let simple = source.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        let sign = if self.rising { "<" } else { ">" };
        if simple { format!("{source} {sign} {line}") } else { format!("({source}) {sign} {line}") }
    }

    /// The lines of the table now: of several services together, the worst.
    pub fn lines(&self, book: &Book, now: UnixMs) -> Vec<Line> {
        let of = |subject: Option<usize>| self.measure.number(&Desk { book, subject, now });
        let line = |subject: &str, figure: Option<f64>| Line {
            name: self.name.clone(),
            subject: subject.to_owned(),
            measure: self.measure.source().to_owned(),
            rising: self.rising,
            target: self.target,
            warning: self.warning,
            critical: self.critical,
            now: figure,
            verdict: self.judge(figure),
        };
        if self.services.is_empty() {
            return vec![line("", of(None))];
        }
        let each = self.services.iter().map(|service| (service, book.find(service).and_then(|shelf| of(Some(shelf)))));
        match self.over {
            Over::Each => each.map(|(service, figure)| line(service, figure)).collect(),
            // Any of them beyond a line: the worst decides; all of them: the best.
            Over::Any | Over::All => {
                let greatest = self.rising == (self.over == Over::All);
                let choose = |a: f64, b: f64| if greatest { a.max(b) } else { a.min(b) };
                vec![line("", each.filter_map(|(_, figure)| figure).reduce(choose))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(rising: bool, lines: [f64; 3]) -> Thresholds {
        Thresholds {
            name: "Response".into(),
            measure: Condition::parse("p95_ms").unwrap(),
            rising,
            target: Some(lines[0]),
            warning: Some(lines[1]),
            critical: Some(lines[2]),
            services: Vec::new(),
            over: Over::Each,
        }
    }

    #[test]
    fn a_figure_is_met_missed_warning_or_critical_by_the_line_it_is_beyond() {
        use Compliance::{Critical, Met, Missed, Unknown, Warning};
        let falling = thresholds(false, [200.0, 500.0, 1_000.0]);
        let figures = [Some(200.0), Some(201.0), Some(500.5), Some(1_001.0), None];
        assert_eq!(figures.map(|figure| falling.judge(figure)), [Met, Missed, Warning, Critical, Unknown]);
        let rising = thresholds(true, [99.9, 99.5, 99.0]);
        let figures = [Some(99.95), Some(99.6), Some(99.1), Some(98.0)];
        assert_eq!(figures.map(|figure| rising.judge(figure)), [Met, Missed, Warning, Critical]);
    }

    #[test]
    fn a_line_is_crossed_by_the_condition_that_the_rule_asks() {
        assert_eq!(thresholds(false, [1.0, 2.0, 3.0]).crossing(3.0), "p95_ms > 3");
        let mut share = thresholds(true, [1.0, 0.5, 0.25]);
        share.measure = Condition::parse("good / total").unwrap();
        assert_eq!(share.crossing(0.5), "(good / total) < 0.5");
    }
}
