//! Discord: a webhook takes an embed and answers 204, or 429 with `retry_after` in seconds.

use std::time::Duration;

use serde_json::json;

use crate::{
    domain::alert::{Reason, Severity},
    notify::speak::{Answer, Parcel, Request, Sent, Speak},
};

/// Longest title of an embed.
const TITLE: usize = 256;

/// One webhook.
pub struct Discord {
    pub webhook: String,
}

impl Speak for Discord {
    fn request(&self, parcel: &Parcel) -> Request {
        let colour = match (&parcel.notice.reason, parcel.notice.severity) {
            (Reason::AllResolved, _) => 0x001a_7f37,
            (_, Severity::Critical) => 0x00b3_261e,
            (_, Severity::High) => 0x00bc_4c00,
            _ => 0x009a_6700,
        };
        let message = json!({
            "embeds": [{
                "title": crate::domain::channel::fit(&parcel.message.title, TITLE),
                "description": parcel.message.body,
                "color": colour,
                "timestamp": parcel.notice.at.to_utc().to_rfc3339(),
            }],
            // Whatever the text says, nobody is mentioned.
            "allowed_mentions": { "parse": [] },
        });
        Request::json(&self.webhook, &message)
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        let told = said["message"].as_str().unwrap_or_default();
        match (answer.meaning(told), said["retry_after"].as_f64()) {
            (Sent::Later { why, pause }, Some(seconds)) => {
                Sent::Later { why, pause: Duration::try_from_secs_f64(seconds).ok().or(pause) }
            }
            (sent, _) => sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::kind::fixture::{answer, body, parcel};

    #[test]
    fn an_embed_mentions_nobody() {
        let discord = Discord { webhook: "https://discord.example/api/webhooks/1/x".into() };
        let sent = body(&discord.request(&parcel(Reason::First)));
        assert_eq!(sent["allowed_mentions"], json!({ "parse": [] }));
        assert_eq!(
            (&sent["embeds"][0]["color"], &sent["embeds"][0]["description"]),
            (&json!(0x00b3_261e), &json!("line one\nline two"))
        );
        assert!(sent["content"].is_null());
    }

    #[test]
    fn answers_mean_what_discord_says() {
        let discord = Discord { webhook: String::new() };
        assert!(matches!(discord.meaning(&answer(204, "")), Sent::Delivered { .. }));
        let limited = r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#;
        let Sent::Later { pause: Some(pause), .. } = discord.meaning(&answer(429, limited)) else { panic!() };
        assert_eq!(pause, Duration::from_millis(64_570));
        let unknown = r#"{"message":"Unknown Webhook","code":10015}"#;
        assert!(
            matches!(discord.meaning(&answer(404, unknown)), Sent::Refused { why } if why.contains("Unknown Webhook"))
        );
    }
}
