//! What an incident cost: how long it lasted, how soon people were at it, and the errors of its services.

use std::time::Duration;

use serde::Serialize;

use super::Incident;
use crate::domain::{series::Point, time::UnixMs};

/// A minute with a larger share of errors than this is one that people noticed.
const BAD: f64 = 0.01;

/// What it cost. All times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Impact {
    /// From its beginning to its end, or until now.
    pub lasted_ms: u64,
    /// Until somebody took it: was named, acknowledged an alert, or said something.
    pub taken_after_ms: Option<u64>,
    /// Until it hurt nobody any more.
    pub mitigated_after_ms: Option<u64>,
    /// Of each service with an error rate.
    pub services: Vec<ServiceImpact>,
}

/// The errors of one service while it lasted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceImpact {
    /// Its name.
    pub service: String,
    /// Minutes in which more than 1 in 100 requests failed.
    pub bad_minutes: u32,
    /// Errors as minutes of a full outage: half of the requests failing for ten minutes are five.
    pub error_minutes: f64,
    /// The worst minute's share of errors.
    pub worst: f64,
}

/// The figures of an incident. `taken`: when somebody was first at it. `errors`: the error rate of each service by minute.
pub fn impact(incident: &Incident, taken: Option<UnixMs>, errors: &[(String, Vec<Point>)], now: UnixMs) -> Impact {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let after = |at: UnixMs| millis(at.since(incident.opened_at));
    let services = errors.iter().filter(|(_, points)| points.iter().any(|point| point.value.is_some()));
    Impact {
        lasted_ms: after(incident.ended_at().unwrap_or(now)),
        taken_after_ms: taken.map(after),
        mitigated_after_ms: incident.mitigated_at.map(after),
        services: services.map(|(service, points)| of_service(service, points)).collect(),
    }
}

fn of_service(service: &str, points: &[Point]) -> ServiceImpact {
    let shares: Vec<f64> = points.iter().filter_map(|point| point.value).map(|share| share.clamp(0.0, 1.0)).collect();
    ServiceImpact {
        service: service.to_owned(),
        bad_minutes: shares.iter().filter(|share| **share > BAD).count() as u32,
        error_minutes: shares.iter().sum(),
        worst: shares.iter().copied().fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        alert::Severity,
        incident::{Entry, IncidentId, Said, Status, fold},
    };

    #[test]
    fn errors_count_as_minutes_of_a_full_outage() {
        let entry = |at: i64, said| Entry { at: UnixMs(at), author: "alice".into(), said };
        let entries = [
            entry(0, Said::Opened { title: "errors".into(), severity: Severity::High, alert: None }),
            entry(120_000, Said::Status { status: Status::Mitigated, note: String::new() }),
            entry(240_000, Said::Status { status: Status::Resolved, note: String::new() }),
        ];
        let incident = fold(IncidentId(1), "production", "api", &entries).unwrap();
        let point = |value| Point { at: UnixMs(0), value, max: None };
        let points = vec![point(Some(0.5)), point(Some(0.25)), point(None), point(Some(0.005))];
        let errors = [("api".to_owned(), points), ("db".to_owned(), vec![point(None)])];
        let impact = impact(&incident, Some(UnixMs(30_000)), &errors, UnixMs(999_000));
        assert_eq!((impact.lasted_ms, impact.mitigated_after_ms), (240_000, Some(120_000)));
        assert_eq!(impact.taken_after_ms, Some(30_000));
        let [api] = &impact.services[..] else { panic!("a service without figures is left out: {impact:?}") };
        assert_eq!((api.bad_minutes, api.worst), (2, 0.5));
        assert!((api.error_minutes - 0.755).abs() < 1e-9, "{}", api.error_minutes);
    }
}
