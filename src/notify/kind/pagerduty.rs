//! PagerDuty, Events API v2: one incident for each group, by its `dedup_key`.

use serde_json::json;

use crate::{
    domain::alert::Severity,
    notify::speak::{Action, Answer, Parcel, Request, Sent, Speak},
};

/// Longest `dedup_key` and `summary`.
const KEY: usize = 255;
const SUMMARY: usize = 1_024;

/// One integration of a service.
pub struct PagerDuty {
    pub url: String,
    pub routing_key: String,
}

impl Speak for PagerDuty {
    fn request(&self, parcel: &Parcel) -> Request {
        let action = match parcel.action() {
            Action::Open => "trigger",
            Action::Acknowledge => "acknowledge",
            Action::Resolve => "resolve",
        };
        let mut event =
            json!({ "routing_key": self.routing_key, "event_action": action, "dedup_key": parcel.incident(KEY) });
        if parcel.action() == Action::Open {
            let notice = &parcel.notice;
            let first = notice.firing.first();
            let source = first.map(|card| card.key.subject.as_str()).filter(|subject| !subject.is_empty());
            let runbooks = notice.firing.iter().filter_map(|card| card.runbook.as_deref());
            let links: Vec<_> = runbooks
                .filter(|runbook| runbook.starts_with("https://") || runbook.starts_with("http://"))
                .map(|runbook| json!({ "href": runbook, "text": "runbook" }))
                .take(5)
                .collect();
            event["payload"] = json!({
                "summary": parcel.message.title.chars().take(SUMMARY).collect::<String>(),
                "source": source.unwrap_or(&notice.project),
                "severity": severity(notice.severity),
                "timestamp": notice.at.to_utc().to_rfc3339(),
                "component": source,
                "group": notice.env,
                "class": first.map(|card| &card.key.rule),
                "custom_details": { "text": parcel.message.body, "reason": notice.reason.word() },
            });
            event["client"] = "Quarterdeck".into();
            event["links"] = links.into();
        }
        Request::json(&self.url, &event)
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        let errors = said["errors"].as_array().into_iter().flatten().filter_map(|error| error.as_str());
        let told: Vec<_> = said["message"].as_str().into_iter().chain(errors).collect();
        answer.meaning(&told.join("; "))
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::alert::Reason,
        notify::kind::fixture::{answer, body, parcel},
    };

    fn pagerduty() -> PagerDuty {
        PagerDuty { url: "https://events.pagerduty.example/v2/enqueue".into(), routing_key: "R0".into() }
    }

    fn sent(reason: Reason) -> serde_json::Value {
        body(&pagerduty().request(&parcel(reason)))
    }

    #[test]
    fn a_resolution_closes_the_incident_that_the_firing_opened() {
        let (first, again) = (sent(Reason::First), sent(Reason::Repeat));
        assert_eq!((&first["event_action"], &first["routing_key"]), (&json!("trigger"), &json!("R0")));
        assert_eq!(first["payload"]["summary"], "[CRITICAL] High error rate - api");
        assert_eq!((&first["payload"]["source"], &first["payload"]["severity"]), (&json!("api"), &json!("critical")));
        let acknowledged = sent(Reason::Acknowledged { by: "alice".into() });
        let resolved = sent(Reason::AllResolved);
        assert_eq!(
            (&acknowledged["event_action"], &resolved["event_action"]),
            (&json!("acknowledge"), &json!("resolve"))
        );
        assert!(resolved["payload"].is_null());
        for other in [&again, &acknowledged, &resolved] {
            assert_eq!(other["dedup_key"], first["dedup_key"]);
        }
        assert_eq!(sent(Reason::Resolved)["event_action"], "trigger", "others of the group still fire");
    }

    #[test]
    fn a_key_that_is_too_long_is_another_and_still_the_same_each_time() {
        let mut long = parcel(Reason::First);
        long.notice.group = "g".repeat(900);
        let mut other = long.clone();
        other.notice.group = "g".repeat(901);
        assert!(long.incident(KEY).len() <= KEY);
        assert_eq!(long.incident(KEY), long.clone().incident(KEY));
        assert_ne!(long.incident(KEY), other.incident(KEY));
    }

    #[test]
    fn answers_mean_what_pagerduty_says() {
        let means = |status, said: &str| pagerduty().meaning(&answer(status, said));
        let taken = r#"{"status":"success","message":"Event processed","dedup_key":"k"}"#;
        assert_eq!(means(202, taken), Sent::Delivered { answer: "status 202: Event processed".into() });
        let invalid = r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}"#;
        let Sent::Refused { why } = means(400, invalid) else { panic!() };
        assert!(why.contains("Event object is invalid; Length of 'routing_key' is incorrect"), "{why}");
        assert!(matches!(means(429, ""), Sent::Later { .. }));
        assert!(matches!(means(503, ""), Sent::Later { .. }));
    }
}
