//! The dialects of health: what a service says of itself, in whichever words.
//!
//! health+json (pass, warn, fail, with `releaseId`), Spring Actuator (UP, DOWN, OUT_OF_SERVICE), ASP.NET (Healthy,
//! Degraded, Unhealthy, as text or JSON) and the `[+]ping ok` lines of Kubernetes all come to pass, warn or fail.

use serde_json::Value;

/// What a body says about health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// `pass`, `warn` or `fail`.
    pub(super) health: Option<&'static str>,
    /// The version it runs.
    pub(super) version: Option<String>,
}

/// Longest version believed, in characters.
const LONGEST_VERSION: usize = 64;

/// Reads a JSON body.
pub(super) fn in_json(json: &Value) -> Said {
    let Some(object) = json.as_object() else { return Said::default() };
    // In health+json `version` is that of the interface and `releaseId` that of the release.
    let version = ["releaseId", "version"].iter().find_map(|name| match object.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(crate::domain::text::clean_line(text, LONGEST_VERSION)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    Said { health: object.get("status").and_then(Value::as_str).and_then(word), version }
}

/// Reads a text body.
pub(super) fn in_text(body: &[u8]) -> Said {
    // No dialect begins otherwise, and most bodies are pages for people.
    if !matches!(body.first(), Some(b'[' | b'H' | b'D' | b'U')) {
        return Said::default();
    }
    let Ok(text) = std::str::from_utf8(body) else { return Said::default() };
    let health = if text.starts_with("[+]") || text.starts_with("[-]") {
        Some(if text.lines().any(|line| line.starts_with("[-]")) { "fail" } else { "pass" })
    } else {
        match text.trim() {
            "Healthy" => Some("pass"),
            "Degraded" => Some("warn"),
            "Unhealthy" => Some("fail"),
            _ => None,
        }
    };
    Said { health, version: None }
}

fn word(status: &str) -> Option<&'static str> {
    if status.len() > 16 {
        return None;
    }
    Some(match status.to_ascii_lowercase().as_str() {
        "pass" | "ok" | "up" | "healthy" => "pass",
        "warn" | "degraded" => "warn",
        "fail" | "error" | "down" | "unhealthy" | "out_of_service" => "fail",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_dialect_comes_to_three_words() {
        let cases = [
            (json!({"status": "pass"}), Some("pass")),
            (json!({"status": "warn", "version": "1"}), Some("warn")),
            (json!({"status": "UP"}), Some("pass")),
            (json!({"status": "OUT_OF_SERVICE"}), Some("fail")),
            (json!({"status": "Degraded"}), Some("warn")),
            (json!({"status": "Unhealthy"}), Some("fail")),
            (json!({"status": "shipped"}), None),
            (json!({"status": 200}), None),
            (json!(["status"]), None),
        ];
        for (json, health) in cases {
            assert_eq!(in_json(&json).health, health, "{json}");
        }
    }

    #[test]
    fn the_release_is_preferred_to_the_interface() {
        assert_eq!(in_json(&json!({"version": "1", "releaseId": "1.9.2"})).version.as_deref(), Some("1.9.2"));
        assert_eq!(in_json(&json!({"version": 2})).version.as_deref(), Some("2"));
        assert_eq!(in_json(&json!({"version": "1\u{1b}[2J"})).version.as_deref(), Some("1⟨CSI 2J⟩"));
    }

    #[test]
    fn kubernetes_lines_fail_if_one_does() {
        assert_eq!(in_text(b"[+]ping ok\n[+]log ok\nreadyz check passed\n").health, Some("pass"));
        assert_eq!(in_text(b"[+]ping ok\n[-]etcd failed: reason withheld\n").health, Some("fail"));
        assert_eq!(in_text(b"Degraded\n").health, Some("warn"));
        assert_eq!(in_text(b"Unhealthy people eat").health, None);
        assert_eq!(in_text(b"[-]\xff").health, None);
    }
}
