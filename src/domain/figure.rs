//! The figures by which people judge a service: those marked `kpi`, and what every service has.

use super::{
    environment::{Environment, Service},
    format,
    query::{Aggregation, SeriesName, usual},
};

/// One figure of a service: which series, and what its samples come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    /// The series.
    pub series: SeriesName,
    /// What its samples come to over a while.
    pub aggregation: Aggregation,
    /// It is marked as a key figure.
    pub kpi: bool,
}

impl Figure {
    /// A figure of a service that is not marked.
    fn plain(service: &Service, probe: Option<&str>, name: &str, aggregation: Aggregation) -> Self {
        let series = SeriesName { probe: probe.map(str::to_owned), ..SeriesName::of(&service.name, name) };
        Self { series, aggregation, kpi: false }
    }

    /// What it is, without its service: `orders`, `p95`, `error rate`, `requests/s`.
    pub fn title(&self) -> String {
        match (self.series.name.as_str(), self.aggregation) {
            ("p95_ms", _) => "p95".into(),
            ("latency_ms", Aggregation::P95) => "p95 of looks".into(),
            ("error_rate", _) => "error rate".into(),
            ("requests", _) => "requests/s".into(),
            (name, _) => name.to_owned(),
        }
    }

    /// The unit its name tells: `ms`, `%`; empty if it tells none.
    pub fn unit(&self) -> &'static str {
        format::unit(&self.series.name)
    }

    /// A number of it as people read it.
    pub fn shown(&self, value: f64) -> String {
        format::by_name(&self.series.name, value)
    }
}

/// Every figure of an environment: key figures first, then service by service.
pub fn figures(environment: &Environment) -> Vec<Figure> {
    figures_of(&environment.services)
}

fn figures_of(services: &[Service]) -> Vec<Figure> {
    let mut all = Vec::new();
    for service in services {
        for name in service.probes.iter().flat_map(|probe| &probe.kpi) {
            let aggregation = usual(Some(service), name);
            all.push(Figure { kpi: true, ..Figure::plain(service, None, name, aggregation) });
        }
    }
    let marked = all.len();
    for figure in services.iter().flat_map(of_service) {
        if all[..marked].iter().all(|known: &Figure| known.series != figure.series) {
            all.push(figure);
        }
    }
    all
}

/// What every service has: its p95, error rate, request rate and availability, as far as they are known.
pub fn of_service(service: &Service) -> Vec<Figure> {
    let records = |name: &str| service.probes.iter().flat_map(|probe| &probe.record).any(|one| one.name == name);
    let mut all = Vec::new();
    if records("p95_ms") {
        all.push(Figure::plain(service, None, "p95_ms", usual(Some(service), "p95_ms")));
    } else if let Some(first) = service.probes.first() {
        all.push(Figure::plain(service, Some(&first.name), "latency_ms", Aggregation::P95));
    }
    for name in ["error_rate", "requests"] {
        if records(name) {
            all.push(Figure::plain(service, None, name, usual(Some(service), name)));
        }
    }
    if !service.probes.is_empty() {
        all.push(Figure::plain(service, None, "availability", Aggregation::Avg));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        condition::Condition,
        health::Debounce,
        probe::{ProbeKind, ProbeSpec, Recording},
        template::Rendered,
    };

    fn service(name: &str, recorded: &[(&str, &str)], kpi: &[&str]) -> Service {
        let recording = |(name, value): &(&str, &str)| Recording {
            name: (*name).into(),
            value: Condition::parse(value).unwrap(),
            by: Vec::new(),
        };
        let probe = ProbeSpec {
            record: recorded.iter().map(recording).collect(),
            kpi: kpi.iter().map(|name| (*name).to_owned()).collect(),
            ..ProbeSpec::plain("port", ProbeKind::Tcp { address: Rendered::text("127.0.0.1:9") })
        };
        Service {
            name: name.into(),
            url: None,
            depends_on: Vec::new(),
            probes: vec![probe],
            debounce: Debounce::default(),
            logs: Vec::new(),
        }
    }

    fn shop() -> Vec<Figure> {
        let percentile = ("p95_ms", "quantile(0.95, 'm') * 1000");
        let api = [("orders", "json.orders"), percentile, ("error_rate", "json.errors")];
        figures_of(&[service("api", &api, &["orders"]), service("db", &[], &[])])
    }

    #[test]
    fn key_figures_come_first_and_every_service_has_its_ordinary_ones() {
        let all = shop();
        let named: Vec<String> = all.iter().map(|figure| format!("{} {}", figure.series, figure.aggregation)).collect();
        assert_eq!(
            named,
            [
                "api.orders avg",
                "api.p95_ms max",
                "api.error_rate avg",
                "api.availability avg",
                "db.port.latency_ms p95",
                "db.availability avg",
            ]
        );
        assert!(all[0].kpi && !all[1].kpi);
    }

    #[test]
    fn a_figure_says_what_it_is_and_in_which_unit() {
        let said: Vec<_> = shop().iter().map(|figure| format!("{} {}", figure.title(), figure.unit())).collect();
        assert_eq!(said, ["orders ", "p95 ms", "error rate %", "availability %", "p95 of looks ms", "availability %"]);
    }
}
