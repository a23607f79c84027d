//! Opsgenie, Alert API: one alert for each group, by its `alias`. Requests are taken with 202 and worked off later.

use serde_json::json;

use crate::{
    domain::alert::Severity,
    notify::speak::{Action, Answer, Parcel, Request, Sent, Speak},
};

/// Longest `alias` and `message`.
const ALIAS: usize = 512;
const MESSAGE: usize = 130;

/// One API integration.
pub struct Opsgenie {
    pub url: String,
    pub key: String,
    pub teams: Vec<String>,
    pub tags: Vec<String>,
}

impl Speak for Opsgenie {
    fn request(&self, parcel: &Parcel) -> Request {
        let alias = parcel.incident(ALIAS);
        let on = |deed: &str| {
            let mut url = url::Url::parse(&format!("{}/v2/alerts/", self.url)).ok();
            if let Some(mut path) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
                path.pop_if_empty().push(&alias).push(deed);
            }
            url.map_or_else(String::new, |url| format!("{url}?identifierType=alias"))
        };
        let request = match parcel.action() {
            Action::Resolve => {
                Request::json(on("close"), &json!({ "source": "Quarterdeck", "note": parcel.message.title }))
            }
            Action::Acknowledge => {
                Request::json(on("acknowledge"), &json!({ "source": "Quarterdeck", "note": parcel.message.title }))
            }
            Action::Open => Request::json(format!("{}/v2/alerts", self.url), &self.alert(parcel, &alias)),
        };
        request.with("authorization", format!("GenieKey {}", self.key))
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        let word = |name: &str| said[name].as_str().map(str::to_owned);
        let errors = said["errors"].as_object().map(|errors| serde_json::Value::from(errors.clone()).to_string());
        let told: Vec<_> = word("message").or_else(|| word("result")).into_iter().chain(errors).collect();
        answer.meaning(&told.join(" "))
    }
}

impl Opsgenie {
    fn alert(&self, parcel: &Parcel, alias: &str) -> serde_json::Value {
        let notice = &parcel.notice;
        let first = notice.firing.first();
        json!({
            "message": crate::domain::channel::fit(&parcel.message.title, MESSAGE),
            "alias": alias,
            "description": parcel.message.body,
            "priority": priority(notice.severity),
            "entity": first.map(|card| &card.key.subject),
            "source": "Quarterdeck",
            "tags": self.tags,
            "responders": self.teams.iter().map(|team| json!({ "name": team, "type": "team" })).collect::<Vec<_>>(),
            "details": {
                "project": notice.project, "environment": notice.env.as_deref().unwrap_or_default(),
                "rule": first.map_or("", |card| &card.key.rule), "reason": notice.reason.word(),
            },
        })
    }
}

fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "P1",
        Severity::High => "P2",
        Severity::Medium => "P3",
        Severity::Low => "P4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::alert::Reason,
        notify::kind::fixture::{answer, body, parcel},
    };

    fn opsgenie() -> Opsgenie {
        Opsgenie {
            url: "https://api.opsgenie.example".into(),
            key: "k".into(),
            teams: vec!["ops".into()],
            tags: vec![],
        }
    }

    #[test]
    fn an_alert_is_opened_and_closed_by_its_alias() {
        let opened = opsgenie().request(&parcel(Reason::First));
        let alert = body(&opened);
        assert_eq!((&alert["priority"], &alert["responders"][0]["name"]), (&json!("P1"), &json!("ops")));
        assert_eq!(alert["alias"], "quarterdeck/Shop/production/api");
        assert!(opened.headers.contains(&("authorization".into(), "GenieKey k".into())));
        let closed = opsgenie().request(&parcel(Reason::AllResolved));
        let expected =
            "https://api.opsgenie.example/v2/alerts/quarterdeck%2FShop%2Fproduction%2Fapi/close?identifierType=alias";
        assert_eq!(closed.url, expected);
        assert!(opsgenie().request(&parcel(Reason::Acknowledged { by: "a".into() })).url.contains("/acknowledge?"));
    }

    #[test]
    fn a_group_can_not_reach_another_place_of_the_api() {
        let mut parcel = parcel(Reason::AllResolved);
        parcel.notice.group = "../../../v1/x?y#z".into();
        let url = opsgenie().request(&parcel).url;
        assert!(url.contains("..%2F..%2F..%2Fv1%2Fx%3Fy%23z/close?identifierType=alias"), "{url}");
    }

    #[test]
    fn answers_mean_what_opsgenie_says() {
        let means = |status, said: &str| opsgenie().meaning(&answer(status, said));
        let taken = r#"{"result":"Request will be processed","took":0.1,"requestId":"r"}"#;
        assert_eq!(means(202, taken), Sent::Delivered { answer: "status 202: Request will be processed".into() });
        let wrong = r#"{"message":"Request body is not processable. Please check the errors.","errors":{"message":"Message can not be empty."},"took":0.0,"requestId":"r"}"#;
        assert!(matches!(means(422, wrong), Sent::Refused { why } if why.contains("Message can not be empty.")));
        assert!(matches!(means(401, r#"{"message":"Could not authenticate"}"#), Sent::Denied { .. }));
        assert!(matches!(means(429, r#"{"message":"You are making too many requests!"}"#), Sent::Later { .. }));
    }
}
