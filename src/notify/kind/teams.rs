//! Microsoft Teams: a workflow takes an adaptive card and answers 202. Text stands in runs, which know no Markdown.

use serde_json::json;

use crate::{
    domain::alert::{Reason, Severity},
    notify::speak::{Answer, Parcel, Request, Sent, Speak},
};

/// One workflow.
pub struct Teams {
    pub webhook: String,
}

impl Speak for Teams {
    fn request(&self, parcel: &Parcel) -> Request {
        let colour = match (&parcel.notice.reason, parcel.notice.severity) {
            (Reason::AllResolved, _) => "good",
            (_, Severity::Critical | Severity::High) => "attention",
            _ => "warning",
        };
        let run = |text: &str, rest: serde_json::Value| {
            let mut run = json!({ "type": "TextRun", "text": text });
            if let (Some(run), Some(rest)) = (run.as_object_mut(), rest.as_object()) {
                run.extend(rest.clone());
            }
            json!({ "type": "RichTextBlock", "inlines": [run], "spacing": "none" })
        };
        let title = run(&parcel.message.title, json!({ "weight": "bolder", "size": "medium", "color": colour }));
        // A line break within a run is not kept everywhere; an empty run is not allowed.
        let lines = parcel.message.body.lines().map(|line| run(if line.is_empty() { " " } else { line }, json!({})));
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": { "width": "Full" },
            "body": std::iter::once(title).chain(lines.take(200)).collect::<Vec<_>>(),
        });
        let message = json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card,
            }],
        });
        Request::json(&self.webhook, &message)
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        let error = &said["error"];
        let told: Vec<_> = [&error["code"], &error["message"]].into_iter().filter_map(|word| word.as_str()).collect();
        answer.meaning(&told.join(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::kind::fixture::{answer, body, parcel};

    #[test]
    fn a_card_says_title_and_lines_as_text_without_markup() {
        let teams = Teams { webhook: "https://prod.example/workflows/1".into() };
        let mut parcel = parcel(Reason::First);
        parcel.message.body = "[a](http://evil) **b**\n\n<at>all</at>".into();
        let sent = body(&teams.request(&parcel));
        let card = &sent["attachments"][0]["content"];
        assert_eq!(
            (&card["type"], &card["body"][0]["inlines"][0]["color"]),
            (&json!("AdaptiveCard"), &json!("attention"))
        );
        let texts: Vec<_> = card["body"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| {
                assert_eq!(block["type"], "RichTextBlock", "a TextBlock would read Markdown");
                block["inlines"][0]["text"].as_str().unwrap()
            })
            .collect();
        assert_eq!(texts, ["[CRITICAL] High error rate - api", "[a](http://evil) **b**", " ", "<at>all</at>"]);
    }

    #[test]
    fn answers_mean_what_the_workflow_says() {
        let teams = Teams { webhook: String::new() };
        assert!(matches!(teams.meaning(&answer(202, "")), Sent::Delivered { .. }));
        let wrong = r#"{"error":{"code":"TriggerInputSchemaMismatch","message":"The input body is invalid."}}"#;
        assert!(
            matches!(teams.meaning(&answer(400, wrong)), Sent::Refused { why } if why.contains("TriggerInputSchemaMismatch: The input"))
        );
        assert!(matches!(teams.meaning(&answer(429, "")), Sent::Later { .. }));
    }
}
