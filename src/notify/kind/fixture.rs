//! Parcels and answers for the tests of providers.

use crate::{
    domain::{
        alert::Reason,
        channel::{Message, sample},
        time::UnixMs,
    },
    notify::speak::{Answer, Parcel},
};

pub fn parcel(reason: Reason) -> Parcel {
    let mut notice = sample(reason, UnixMs(1_700_000_000_000));
    notice.severity = crate::domain::alert::Severity::Critical;
    Parcel {
        id: 7,
        dedup: "d7".into(),
        message: Message {
            title: "[CRITICAL] High error rate - api".into(),
            body: "line one\nline two".into(),
            ..Message::default()
        },
        document: "{\"id\":7}".into(),
        recipient: 0,
        now: notice.at,
        notice,
    }
}

pub fn answer(status: u16, body: &str) -> Answer {
    Answer { status, retry_after: None, body: body.into() }
}

pub fn body(request: &crate::notify::speak::Request) -> serde_json::Value {
    serde_json::from_str(&request.body).unwrap()
}
