//! Slack: an incoming webhook answers `ok` or a word and a status; the Web API answers 200 with `ok` true or false.

use serde_json::{Value, json};

use crate::{
    domain::{
        alert::{Reason, Severity},
        channel,
        template::{Rendered, Unresolved},
    },
    notify::speak::{Answer, Parcel, Request, Sent, Speak},
};

/// Words of the Web API after which it may be fine the next time.
const PASSING: [&str; 8] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
    "accesslimited",
];
/// Words that say who we are is the trouble.
const UNKNOWN: [&str; 5] = ["invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive"];

/// One of the two ways.
pub enum Slack {
    Webhook { url: String },
    Bot { url: String, token: String, channel: String },
}

impl Slack {
    pub fn new(
        slack: &channel::Slack,
        resolve: &dyn Fn(&Rendered) -> Result<String, Unresolved>,
    ) -> Result<Self, Unresolved> {
        Ok(match slack {
            channel::Slack::Webhook(webhook) => Self::Webhook { url: resolve(webhook)? },
            channel::Slack::Bot { url, token, channel } => Self::Bot {
                url: format!("{url}/api/chat.postMessage"),
                token: resolve(token)?,
                channel: channel.clone(),
            },
        })
    }
}

impl Speak for Slack {
    fn request(&self, parcel: &Parcel) -> Request {
        let mut message = message(parcel);
        match self {
            Self::Webhook { url } => Request::json(url, &message),
            Self::Bot { url, token, channel } => {
                message["channel"] = channel.as_str().into();
                let mut request = Request::json(url, &message).with("authorization", format!("Bearer {token}"));
                request.headers[0].1 = "application/json; charset=utf-8".into();
                request
            }
        }
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        if matches!(self, Self::Webhook { .. }) || !answer.is_success() {
            return answer.meaning(&answer.body);
        }
        let said = answer.json();
        let error = said["error"].as_str().unwrap_or("an answer that is none");
        match said["ok"].as_bool() {
            Some(true) => Sent::Delivered { answer: "ok".into() },
            _ if PASSING.contains(&error) || said["ok"].is_null() => {
                Sent::Later { why: error.to_owned(), pause: answer.retry_after }
            }
            _ if UNKNOWN.contains(&error) => Sent::Denied { why: error.to_owned() },
            _ => Sent::Refused { why: error.to_owned() },
        }
    }
}

fn message(parcel: &Parcel) -> Value {
    json!({
        "text": format!("*{}*", parcel.message.title),
        "attachments": [{
            "color": colour(&parcel.notice.reason, parcel.notice.severity),
            "text": parcel.message.body,
            "fallback": parcel.message.title,
            "mrkdwn_in": ["text"],
        }],
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn colour(reason: &Reason, severity: Severity) -> &'static str {
    match (reason, severity) {
        (Reason::AllResolved, _) => "good",
        (_, Severity::Critical | Severity::High) => "danger",
        _ => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::kind::fixture::{answer, body, parcel};

    fn webhook() -> Slack {
        Slack::Webhook { url: "https://hooks.slack.example/services/T/B/x".into() }
    }

    fn bot() -> Slack {
        Slack::Bot {
            url: "https://slack.example/api/chat.postMessage".into(),
            token: "xoxb-1".into(),
            channel: "#ops".into(),
        }
    }

    #[test]
    fn a_webhook_gets_text_and_an_attachment() {
        let request = webhook().request(&parcel(Reason::First));
        let sent = body(&request);
        assert_eq!(sent["text"], "*[CRITICAL] High error rate - api*");
        assert_eq!(
            (&sent["attachments"][0]["color"], &sent["attachments"][0]["text"]),
            (&json!("danger"), &json!("line one\nline two"))
        );
        assert!(sent["channel"].is_null() && request.headers.len() == 1);
    }

    #[test]
    fn a_bot_says_who_it_is_and_where_it_writes() {
        let request = bot().request(&parcel(Reason::AllResolved));
        assert_eq!(
            (&body(&request)["channel"], &body(&request)["attachments"][0]["color"]),
            (&json!("#ops"), &json!("good"))
        );
        assert!(request.headers.contains(&("authorization".into(), "Bearer xoxb-1".into())));
    }

    #[test]
    fn answers_of_a_webhook_mean_what_slack_says() {
        let means = |status, said: &str| webhook().meaning(&answer(status, said));
        assert!(matches!(means(200, "ok"), Sent::Delivered { .. }));
        assert_eq!(means(400, "invalid_payload"), Sent::Refused { why: "status 400: invalid_payload".into() });
        assert!(matches!(means(404, "no_service"), Sent::Refused { .. }));
        assert!(matches!(means(403, "action_prohibited"), Sent::Denied { .. }));
        assert!(matches!(means(500, "rollup_error"), Sent::Later { .. }));
        let limited = Answer { retry_after: Some(std::time::Duration::from_secs(30)), ..answer(429, "rate_limited") };
        assert!(matches!(webhook().meaning(&limited), Sent::Later { pause: Some(pause), .. } if pause.as_secs() == 30));
    }

    #[test]
    fn answers_of_the_api_are_in_its_body() {
        let means = |said: &str| bot().meaning(&answer(200, said));
        assert!(matches!(means(r#"{"ok":true,"ts":"1"}"#), Sent::Delivered { .. }));
        assert_eq!(
            means(r#"{"ok":false,"error":"channel_not_found"}"#),
            Sent::Refused { why: "channel_not_found".into() }
        );
        assert!(matches!(means(r#"{"ok":false,"error":"invalid_auth"}"#), Sent::Denied { .. }));
        assert!(matches!(means(r#"{"ok":false,"error":"internal_error"}"#), Sent::Later { .. }));
        assert!(matches!(means("<html>"), Sent::Later { .. }), "a proxy's page is no ok");
    }
}
