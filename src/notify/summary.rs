//! The daily summary: written into the outbox once a day, over restarts: by its day as the dedup key, and by a note of the last.

use std::{sync::Arc, time::Duration};

use chrono::{Days, NaiveDate};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use crate::{
    domain::{
        channel::{Day, SPAN, Summary, daily},
        environment::Project,
        time::UnixMs,
    },
    store::{Reader, Store, StoreError},
};

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(10);
/// What is remembered: the day of the last one.
const LAST: &str = "notify.summary";
/// Rows read for one at most.
const MOST: usize = 1_000;

/// Writes it for ever.
pub async fn write(store: &Store, project: watch::Receiver<Arc<Project>>) {
    loop {
        let now = Arc::clone(&project.borrow());
        if let Some(summary) = &now.outlets.summary
            && let Err(error) = look(store, &now, summary, UnixMs::from(chrono::Utc::now())).await
        {
            tracing::error!(%error, "the daily summary could not be written; it is tried again");
        }
        sleep(LOOK).await;
    }
}

/// Writes it if it is due; the first one once its time comes after it was configured.
async fn look(store: &Store, project: &Arc<Project>, summary: &Summary, now: UnixMs) -> Result<(), StoreError> {
    let last = read(store, |reader| reader.setting(LAST)).await?.and_then(|text| text.parse::<NaiveDate>().ok());
    let zone = project.timezone;
    let Some(last) = last else {
        let today = now.to_utc().with_timezone(&zone).date_naive();
        let is_past = daily::moment(today, summary.at, zone) <= now;
        let last = if is_past { today } else { today - Days::new(1) };
        return store.set_setting(LAST, &last.to_string()).await;
    };
    let Some(day) = daily::due(summary.at, zone, now, Some(last)) else { return Ok(()) };
    let environments = project.environments.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let found = read(store, move |reader| gather(reader, &environments, now)).await?;
    for channel in &summary.to {
        let notice = found.notice(&project.name, channel, now, zone);
        // One that was written before a crash is there, and not taken again.
        store.post(notice, format!("summary/{channel}/{day}")).await?;
    }
    store.set_setting(LAST, &day.to_string()).await
}

fn gather(reader: &Reader, environments: &[String], now: UnixMs) -> Result<Day, StoreError> {
    let since = now.before(SPAN);
    let mut events = Vec::new();
    for env in environments {
        events.extend(reader.alert_events(env, since, MOST)?);
    }
    Ok(Day {
        standings: reader.standings(None)?,
        events,
        given_up: reader.given_up(since, MOST)?,
        backlog: reader.backlog()?,
    })
}

async fn read<T: Send + 'static>(
    store: &Store,
    read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = store.clone();
    let reading = spawn_blocking(move || read(&store.reader()?)).await;
    reading.unwrap_or_else(|_| Err(StoreError::Stopped("a reading for the summary broke off".into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config, store::state_dir::StateDir};

    fn utc(text: &str) -> UnixMs {
        UnixMs(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[tokio::test]
    async fn it_is_written_once_a_day_to_each_channel_also_over_restarts_and_not_before_its_first_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("quarterdeck.toml");
        let text = "[project]\nname = \"Shop\"\ntimezone = \"Europe/Berlin\"\n[environments.here]\n[channels.a]\nbell = true\n\
                    [channels.b]\nbell = true\n[summary]\nat = \"08:00\"\nto = [\"a\", \"b\"]\n";
        std::fs::write(&file, text).unwrap();
        let project = Arc::new(config::load(&file).unwrap());
        let summary = project.outlets.summary.clone().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let mut written = Vec::new();
        // From a Friday afternoon to a Tuesday, over the change to summer time; the history is opened anew each time.
        for hour in 0..90 {
            let store = Store::open(&state).unwrap();
            let now = UnixMs(utc("2026-03-27T14:30:00Z").0 + hour * 3_600_000);
            look(&store, &project, &summary, now).await.unwrap();
            look(&store, &project, &summary, now).await.unwrap();
            written = store.reader().unwrap().posts(None, 100).unwrap();
        }
        let mut told: Vec<_> =
            written.iter().map(|post| (post.dedup.as_str(), post.notice.at.to_utc().to_rfc3339())).collect();
        told.reverse();
        let days = ["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"];
        let keys: Vec<_> =
            days.iter().flat_map(|day| ["a", "b"].map(|channel| format!("summary/{channel}/{day}"))).collect();
        assert_eq!(told.iter().map(|(key, _)| (*key).to_owned()).collect::<Vec<_>>(), keys);
        assert!(told[0].1.starts_with("2026-03-28T07:30") && told[2].1.starts_with("2026-03-29T06:30"), "{told:?}");
    }
}
