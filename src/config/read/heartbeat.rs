//! `[heartbeat]` and `[summary]`.

use std::time::Duration;

use chrono::NaiveTime;

use super::secret;
use crate::{
    config::{
        names::check_known,
        options::{HEARTBEAT, SUMMARY},
        view::View,
    },
    domain::channel::{Channel, Heartbeat, Summary},
};

/// Reads `[heartbeat]`.
pub fn heartbeat(top: &View<'_>) -> Option<Heartbeat> {
    let view = top.section("heartbeat", &HEARTBEAT)?;
    let url = secret::url(&view, "url");
    let every = view.duration("every", Duration::from_secs(10)).unwrap_or(Duration::from_mins(1));
    let method = view.word("method").map_or("GET", |word| word.value).to_owned();
    view.finish("heartbeat");
    Some(Heartbeat { url: url?, every, method })
}

/// Reads `[summary]`.
pub fn summary(top: &View<'_>, channels: &[Channel]) -> Option<Summary> {
    let view = top.section("summary", &SUMMARY)?;
    let at = view.text("at").map_or_else(
        || NaiveTime::from_hms_opt(8, 0, 0),
        |text| {
            let at = NaiveTime::parse_from_str(text.value, "%H:%M").ok();
            if at.is_none() {
                let help = "write at = \"08:00\"".to_owned();
                view.reader.problem(text.place, format!("'{}' is not a time of day", text.value), help);
            }
            at
        },
    );
    if !view.has("to") {
        view.missing("to", "to = [\"mail\"], names of [channels.NAME]");
    }
    let to: Vec<_> = view.texts("to");
    for name in &to {
        check_known(view.reader, "channel", name.value, name.place, channels.iter().map(|one| one.name.as_str()));
    }
    let to = to.into_iter().map(|name| name.value.to_owned()).collect();
    view.finish("summary");
    Some(Summary { at: at?, to })
}
