//! Names of series as people write them: `api.p95_ms`, `api.ready.latency_ms`, `api.requests{path="/x"}`.

use std::{fmt, str::FromStr};

/// Series every look has, with what they are.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("latency_ms", "how long a look took, in milliseconds (of a service: of its first probe)"),
    ("availability", "1 for a look that passed and 0 for one that failed (of a service: of all its probes)"),
    ("degraded", "1 for each look that passed but was degraded: with --agg count, how many"),
    ("unknown", "1 for each look that came to no verdict: with --agg count, how many"),
];

/// A series of a service, or of one of its probes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesName {
    /// Service.
    pub service: String,
    /// The probe, where it is said; recorded names are unique within a service anyway.
    pub probe: Option<String>,
    /// The recorded name with its labels, or one of [`BUILT_IN`].
    pub name: String,
}

impl SeriesName {
    /// Of a service.
    pub fn of(service: &str, name: &str) -> Self {
        Self { service: service.to_owned(), probe: None, name: name.to_owned() }
    }

    /// The name without its labels.
    pub fn bare(&self) -> &str {
        self.name.split('{').next().unwrap_or_default()
    }
}

impl fmt::Display for SeriesName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.probe {
            Some(probe) => write!(f, "{}.{probe}.{}", self.service, self.name),
            None => write!(f, "{}.{}", self.service, self.name),
        }
    }
}

impl FromStr for SeriesName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, labels) = text.split_at(text.find('{').unwrap_or(text.len()));
        if !labels.is_empty() && !labels.ends_with('}') {
            return Err(format!("'{text}' has a {{ without its }}: write api.requests{{path=\"/x\"}}"));
        }
        let parts: Vec<&str> = path.split('.').collect();
        let (service, probe, name) = match parts[..] {
            [service, name] => (service, None, name),
            [service, probe, name] => (service, Some(probe), name),
            _ => return Err(format!("'{text}' is not a series: write SERVICE.NAME, as in api.p95_ms")),
        };
        if [Some(service), probe, Some(name)].into_iter().flatten().any(str::is_empty) {
            return Err(format!("'{text}' is not a series: write SERVICE.NAME, as in api.p95_ms"));
        }
        Ok(Self { service: service.to_owned(), probe: probe.map(str::to_owned), name: format!("{name}{labels}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in ["api.p95_ms", "web-1.ready.latency_ms", "api.requests{path=\"/a.b\"}"] {
            assert_eq!(text.parse::<SeriesName>().unwrap().to_string(), text);
        }
        assert_eq!("api.requests{path=\"/a.b\"}".parse::<SeriesName>().unwrap().bare(), "requests");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "api", "api.", ".p95", "a.b.c.d", "api.requests{path=\"/x\""] {
            assert!(text.parse::<SeriesName>().is_err(), "{text}");
        }
    }
}
