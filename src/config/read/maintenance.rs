//! `[maintenance.NAME]`: windows, once or again and again.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::{known::Known, zone::zone};
use crate::{
    config::{names::check_name, options::MAINTENANCE, reader::At, view::View},
    domain::{
        alert::tell::{When, Window},
        cron::Cron,
        time::UnixMs,
    },
};

/// A window that lasts longer hides more than it is for.
const LONGEST: Duration = Duration::from_hours(24 * 31);

/// Reads all windows.
pub fn windows(top: &View<'_>, known: &Known<'_>) -> Vec<Window> {
    let mut windows = Vec::new();
    for (name, view) in top.named("maintenance", &MAINTENANCE) {
        check_name(view.reader, "a maintenance window", name);
        let place = zone(&view).unwrap_or(known.zone);
        let when = match view.exactly_one(&["from", "cron"], "a maintenance window") {
            Some("from") => once(&view, place),
            Some(_) => again(&view, place),
            None => None,
        };
        let reason = view.text("reason").map(|text| text.value.to_owned());
        let (services, env) = (known.services_of(&view, "services"), known.environments_of(&view, "environments"));
        view.finish(match when {
            Some(When::Again { .. }) => "a window that comes again",
            _ => "a window that comes once",
        });
        windows.extend(when.map(|when| Window { name: name.value.to_owned(), reason, services, env, when }));
    }
    windows
}

fn once(view: &View<'_>, zone: Tz) -> Option<When> {
    if !view.has("until") {
        view.missing("until", "until = \"2026-11-22 04:00\"");
    }
    let (from, until) = (view.text("from"), view.text("until"));
    let (from, until) =
        (from.and_then(|text| moment(view, text, zone)), until.and_then(|text| moment(view, text, zone)));
    let (from, until) = (from?, until?);
    if until <= from {
        let help = "write an end that is later, or an earlier beginning".to_owned();
        view.reader.problem(view.place_of("until"), "this window ends before it begins", help);
    }
    Some(When::Once { from, until })
}

fn again(view: &View<'_>, zone: Tz) -> Option<When> {
    if !view.has("lasts") {
        view.missing("lasts", "lasts = \"2h\"");
    }
    let text = view.text("cron");
    let lasts = view.duration("lasts", Duration::from_mins(1));
    if lasts.is_some_and(|lasts| lasts > LONGEST) {
        let help = "write lasts = \"31d\" or less".to_owned();
        view.reader.problem(view.place_of("lasts"), "a window lasts 31 days at most", help);
    }
    let text = text?;
    let cron = text.value.parse::<Cron>().map_err(|error| {
        let help = "write five fields, minute, hour, day, month, day of week: cron = \"0 2 * * sun\"".to_owned();
        view.reader.problem(text.place, format!("'{}' is no cron: {error}", text.value), help);
    });
    Some(When::Again { cron: Box::new(cron.ok()?), zone, lasts: lasts? })
}

/// A moment with its offset, or by the clocks of a place.
fn moment(view: &View<'_>, text: At<&str>, zone: Tz) -> Option<UnixMs> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text.value) {
        return Some(UnixMs(at.timestamp_millis()));
    }
    let local = text.value.replacen('T', " ", 1);
    let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    let Some(local) = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&local, form).ok()) else {
        let help = "write \"2026-11-22 02:00\", or with an offset \"2026-11-22T02:00:00+01:00\"".to_owned();
        view.reader.problem(text.place, format!("'{}' is no moment", text.value), help);
        return None;
    };
    // Of an hour that comes twice in autumn, the first.
    let Some(at) = zone.from_local_datetime(&local).earliest() else {
        let help = "clocks are set forward over it: write the hour after".to_owned();
        view.reader.problem(text.place, format!("'{}' does not exist in {zone}", text.value), help);
        return None;
    };
    Some(UnixMs(at.timestamp_millis()))
}
