//! Counters and histograms of one service, written as a Prometheus text page.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Upper bounds of the duration buckets, in seconds.
const BOUNDS: &[f64] = &[0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0];

#[derive(Debug, Default)]
struct Line {
    by_status: BTreeMap<u16, u64>,
    buckets: Vec<u64>,
    sum: f64,
}

/// Requests by label set; the label sets of the demo are few and fixed by its own code.
#[derive(Debug, Default)]
pub struct Metrics {
    lines: Mutex<BTreeMap<String, Line>>,
    gauges: Mutex<BTreeMap<String, f64>>,
}

impl Metrics {
    /// Counts one request. `labels` is the inside of the braces: `service="api",colour="blue"`.
    pub fn record(&self, labels: &str, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(labels.to_owned()).or_default();
        line.buckets.resize(BOUNDS.len() + 1, 0);
        *line.by_status.entry(status).or_default() += 1;
        line.sum += seconds;
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        line.buckets[bucket] += 1;
    }

    /// Sets a gauge; `name` may carry labels.
    pub fn gauge(&self, name: &str, value: f64) {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value);
    }

    /// The page: `http_requests_total`, `http_request_duration_seconds`, and the gauges.
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> std::fmt::Result {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        page.push_str("# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter\n");
        for (labels, line) in lines.iter() {
            for (status, count) in &line.by_status {
                writeln!(page, "http_requests_total{{{labels},status=\"{status}\"}} {count}")?;
            }
        }
        page.push_str("# HELP http_request_duration_seconds Time to answer.\n");
        page.push_str("# TYPE http_request_duration_seconds histogram\n");
        for (labels, line) in lines.iter() {
            let mut count = 0;
            for (bound, in_bucket) in BOUNDS.iter().map(f64::to_string).chain(["+Inf".into()]).zip(&line.buckets) {
                count += in_bucket;
                writeln!(page, "http_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}")?;
            }
            writeln!(page, "http_request_duration_seconds_sum{{{labels}}} {}", line.sum)?;
            writeln!(page, "http_request_duration_seconds_count{{{labels}}} {count}")?;
        }
        let gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, value) in gauges.iter() {
            let bare = name.split('{').next().unwrap_or(name);
            writeln!(page, "# TYPE {bare} gauge\n{name} {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_end_with_the_count() {
        let metrics = Metrics::default();
        metrics.record("service=\"api\"", 200, Duration::from_millis(7));
        metrics.record("service=\"api\"", 500, Duration::from_secs(9));
        let page = metrics.page();
        assert!(page.contains("http_requests_total{service=\"api\",status=\"500\"} 1\n"));
        assert!(page.contains("http_request_duration_seconds_bucket{service=\"api\",le=\"0.01\"} 1\n"));
        assert!(page.contains("http_request_duration_seconds_bucket{service=\"api\",le=\"+Inf\"} 2\n"));
        assert!(page.contains("http_request_duration_seconds_count{service=\"api\"} 2\n"));
    }
}
