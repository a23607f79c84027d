//! What the `record` expressions of a look may read: its facts, the numbers recorded before, and its scrapes.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use crate::domain::{
    condition::Scope,
    fact::Facts,
    probe::{Dropped, PageDetails, ProbeSpec, Recording},
};

use super::{
    masking::Mask,
    prometheus::{Group, Scrapes},
};

struct Recorded<'a> {
    spec: &'a ProbeSpec,
    facts: &'a Facts,
    values: &'a [Option<f64>],
    scrapes: &'a Scrapes,
}

impl Scope for Recorded<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        let before = self.spec.record.iter().zip(self.values).find(|(record, _)| record.name == name);
        match before {
            Some((_, value)) => value.map(|value| Cow::Owned(value.into())),
            None => self.facts.get(name).map(Cow::Borrowed),
        }
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        self.scrapes.answer(function, arguments, Group::default()).filter(|value| value.is_finite()).map(Value::from)
    }
}

/// The recorded numbers in their order. What is infinite or not a number is a gap.
pub(super) fn record(spec: &ProbeSpec, facts: &Facts, scrapes: &Scrapes) -> Vec<Option<f64>> {
    let mut values = Vec::with_capacity(spec.record.len());
    for record in &spec.record {
        let value = record.value.number(&Recorded { spec, facts, values: &values, scrapes });
        // An empty sum is a negative zero, which nobody wants to read.
        values.push(value.filter(|value| value.is_finite()).map(|value| value + 0.0));
    }
    values
}

/// The label values of each recording that are kept: those seen first, and no more of them than allowed.
pub(super) type Kept = BTreeMap<String, Vec<String>>;

/// What the page says beyond the recorded numbers: by label, and how far its percentiles reach.
pub(super) fn details(
    spec: &ProbeSpec,
    facts: &Facts,
    scrapes: &Scrapes,
    values: &[Option<f64>],
    kept: &mut Kept,
    mask: Option<&Mask>,
) -> PageDetails {
    let masked = |text: &str| mask.map_or_else(|| text.to_owned(), |mask| mask.text(text));
    let mut details = PageDetails::default();
    for record in &spec.record {
        if let Some(ceiling) = ceiling(record, scrapes) {
            details.ceilings.push((record.name.clone(), ceiling));
        }
        if record.by.is_empty() {
            continue;
        }
        let groups = scrapes.groups(record);
        let kept = kept.entry(record.name.clone()).or_default();
        let mut missed = Vec::new();
        for labels in groups {
            if !kept.iter().any(|known| known == labels) {
                if kept.len() < spec.limits.labels {
                    kept.push(labels.to_owned());
                } else {
                    missed.push(labels);
                }
            }
        }
        for labels in kept.iter() {
            let group = Group { by: &record.by, labels };
            let value = record.value.number(&Labelled { spec, facts, values, scrapes, group, done: &details });
            let value = value.filter(|value| value.is_finite()).map(|value| value + 0.0);
            details.labelled.push((masked(&format!("{}{labels}", record.name)), value));
        }
        if let Some(first) = missed.first() {
            let such_as = masked(first);
            details.dropped.push(Dropped {
                name: record.name.clone(),
                kept: kept.len(),
                dropped: missed.len(),
                such_as,
            });
        }
    }
    details
}

/// The highest value that a percentile can tell, where nothing but a percentile and constants makes the number.
fn ceiling(record: &Recording, scrapes: &Scrapes) -> Option<f64> {
    let calls = record.value.calls();
    let plain = calls.len() == 1 && calls[0].function == "quantile" && record.value.names().is_empty();
    plain.then(|| record.value.number(&Ceiling(scrapes))).flatten()
}

/// Every percentile lies in the last bucket.
struct Ceiling<'a>(&'a Scrapes);

impl Scope for Ceiling<'_> {
    fn name(&self, _: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn call(&self, _: &str, arguments: &[Value]) -> Option<Value> {
        self.0.ceiling(arguments).map(Value::from)
    }
}

/// One value of the labels: numbers recorded before by the same labels are those of that value, all others the totals.
struct Labelled<'a> {
    spec: &'a ProbeSpec,
    facts: &'a Facts,
    values: &'a [Option<f64>],
    scrapes: &'a Scrapes,
    group: Group<'a>,
    done: &'a PageDetails,
}

impl Scope for Labelled<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        let Some(at) = self.spec.record.iter().position(|record| record.name == name) else {
            return self.facts.get(name).map(Cow::Borrowed);
        };
        let value = if self.spec.record[at].by == self.group.by {
            let series = format!("{name}{}", self.group.labels);
            self.done.labelled.iter().find(|(known, _)| *known == series)?.1
        } else {
            *self.values.get(at)?
        };
        value.map(|value| Cow::Owned(value.into()))
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        self.scrapes.answer(function, arguments, self.group).filter(|value| value.is_finite()).map(Value::from)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        condition::Condition,
        probe::{HttpRequest, Limits, ProbeKind},
        template::Rendered,
    };

    const PAGES: [&str; 2] = [
        "r{path=\"/a\",code=\"200\"} 10\nr{path=\"/a\",code=\"500\"} 0\nr{path=\"/b\",code=\"200\"} 5\nq 4\n\
         d_bucket{le=\"0.1\"} 0\nd_bucket{le=\"10\"} 0\nd_bucket{le=\"+Inf\"} 0\n",
        "r{path=\"/a\",code=\"200\"} 40\nr{path=\"/a\",code=\"500\"} 10\nr{path=\"/b\",code=\"200\"} 65\nq 4\n\
         d_bucket{le=\"0.1\"} 0\nd_bucket{le=\"10\"} 1\nd_bucket{le=\"+Inf\"} 100\n",
    ];

    fn spec(labels: usize) -> ProbeSpec {
        let record = [
            ("requests", "rate('r')", true),
            ("errors", "rate('r{code=\"500\"}')", true),
            ("error_rate", "errors / requests", false),
            ("errors_of_all", "sum('r{code=\"500\"}') / sum('r')", true),
            ("p99_ms", "quantile(0.99, 'd') * 1000", false),
        ];
        let record = record.map(|(name, value, split)| Recording {
            name: name.into(),
            value: Condition::parse(value).unwrap(),
            by: if split { vec!["path".into()] } else { Vec::new() },
        });
        ProbeSpec {
            name: "metrics".into(),
            kind: ProbeKind::Prometheus(HttpRequest::get(Rendered::text("http://127.0.0.1/metrics"))),
            every: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            expect: Vec::new(),
            degraded: Vec::new(),
            record: record.into(),
            kpi: Vec::new(),
            limits: Limits { labels, ..Limits::metrics() },
        }
    }

    fn read(labels: usize) -> (Vec<Option<f64>>, PageDetails) {
        let spec = spec(labels);
        let mut scrapes = Scrapes::plan(&spec).unwrap();
        for page in PAGES {
            scrapes.take(page.as_bytes(), None, 100).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        let facts = Facts::default();
        let values = record(&spec, &facts, &scrapes);
        let details = details(&spec, &facts, &scrapes, &values, &mut Kept::default(), None);
        (values, details)
    }

    fn of(details: &PageDetails, series: &str) -> f64 {
        details.labelled.iter().find(|(name, _)| name == series).unwrap().1.unwrap()
    }

    #[test]
    fn each_label_value_has_a_series_and_together_they_are_the_total() {
        let (values, details) = read(50);
        let (a, b) = (of(&details, "requests{path=\"/a\"}"), of(&details, "requests{path=\"/b\"}"));
        assert!((a / b - 40.0 / 60.0).abs() < 1e-9 && (a + b - values[0].unwrap()).abs() < 1e-6, "{a} {b}");
        assert!((of(&details, "errors_of_all{path=\"/a\"}") - 0.2).abs() < 1e-9);
        assert_eq!(details.dropped, []);
    }

    #[test]
    fn label_values_beyond_the_bound_are_counted_and_named() {
        let (_, details) = read(1);
        assert!(details.labelled.iter().all(|(series, _)| series.ends_with("{path=\"/a\"}")));
        let dropped = &details.dropped[0];
        assert_eq!((dropped.kept, dropped.dropped, dropped.such_as.as_str()), (1, 1, "{path=\"/b\"}"));
        assert!(dropped.to_string().contains("limits.labels = 1"));
    }

    #[test]
    fn a_percentile_tells_how_far_it_reaches() {
        let (values, details) = read(50);
        assert_eq!(details.ceilings, [("p99_ms".to_owned(), 10_000.0)]);
        assert_eq!(values[4], Some(10_000.0), "in the +Inf bucket");
    }
}
