//! ntfy: JSON published at the server's root, answered by the message with its id.

use serde_json::json;

use crate::{
    domain::alert::{Reason, Severity},
    notify::speak::{Answer, Parcel, Request, Sent, Speak},
};

/// One topic.
pub struct Ntfy {
    pub url: String,
    pub topic: String,
    pub token: Option<String>,
}

impl Speak for Ntfy {
    fn request(&self, parcel: &Parcel) -> Request {
        let (priority, tag) = match (&parcel.notice.reason, parcel.notice.severity) {
            (Reason::AllResolved, _) => (3, "white_check_mark"),
            (_, Severity::Critical) => (5, "rotating_light"),
            (_, Severity::High) => (4, "warning"),
            (_, Severity::Medium) => (3, "warning"),
            (_, Severity::Low) => (2, "information_source"),
        };
        let message = json!({
            "topic": self.topic,
            "title": parcel.message.title,
            "message": if parcel.message.body.is_empty() { &parcel.message.title } else { &parcel.message.body },
            "priority": priority,
            "tags": [tag],
        });
        let request = Request::json(format!("{}/", self.url), &message);
        match &self.token {
            Some(token) => request.with("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        answer.meaning(said["error"].as_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::kind::fixture::{answer, body, parcel};

    #[test]
    fn a_message_is_published_to_its_topic() {
        let ntfy = Ntfy { url: "https://ntfy.example".into(), topic: "ops".into(), token: Some("tk".into()) };
        let request = ntfy.request(&parcel(Reason::First));
        assert_eq!((&body(&request)["topic"], &body(&request)["priority"]), (&json!("ops"), &json!(5)));
        assert!(request.headers.contains(&("authorization".into(), "Bearer tk".into())));
        assert_eq!(request.url, "https://ntfy.example/");
    }

    #[test]
    fn answers_mean_what_ntfy_says() {
        let ntfy = Ntfy { url: String::new(), topic: String::new(), token: None };
        assert!(matches!(ntfy.meaning(&answer(200, r#"{"id":"a","event":"message"}"#)), Sent::Delivered { .. }));
        let limited = r#"{"code":42901,"http":429,"error":"limit reached: too many requests"}"#;
        assert!(
            matches!(ntfy.meaning(&answer(429, limited)), Sent::Later { why, .. } if why.contains("too many requests"))
        );
        assert!(matches!(ntfy.meaning(&answer(403, r#"{"code":40301,"error":"forbidden"}"#)), Sent::Denied { .. }));
    }
}
