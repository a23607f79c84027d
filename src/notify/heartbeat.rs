//! The dead man's switch: as long as the watcher and the history are well, somebody outside is told so.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use super::speak::{Client, Request, Sent};
use crate::{
    domain::{channel::Heartbeat, environment::Project, template::Rendered, text::clean_line, time::UnixMs},
    secret::Secrets,
    store::{Store, StoreError},
};

/// The watcher writes its pulse every few seconds; one that is older says that something is wrong.
const PULSE: Duration = Duration::from_mins(1);
/// Between two looks at a configuration without a heartbeat.
const IDLE: Duration = Duration::from_secs(2);
/// After one that failed, at most.
const AGAIN: Duration = Duration::from_secs(10);

/// Beats for ever.
pub async fn beat(store: &Store, mut project: watch::Receiver<Arc<Project>>) {
    let mut trouble = None;
    loop {
        let now = Arc::clone(&project.borrow_and_update());
        let Some(heartbeat) = now.outlets.heartbeat.clone() else {
            sleep(IDLE).await;
            continue;
        };
        let beaten = match is_well(store, UnixMs::from(chrono::Utc::now())).await {
            Ok(()) => push(&heartbeat, &now).await,
            Err(why) => Err(why),
        };
        let pause = if beaten.is_ok() { heartbeat.every } else { heartbeat.every.min(AGAIN) };
        let why = beaten.err();
        if why != trouble {
            if let Some(why) = &why {
                tracing::warn!(why, "no heartbeat went out");
            } else {
                tracing::info!("the heartbeat goes out again");
            }
            trouble = why;
        }
        tokio::select! {
            () = sleep(pause) => {}
            changed = project.changed() => if changed.is_err() { sleep(pause).await },
        }
    }
}

/// Whether the history takes writes and the watcher goes on: both are said by a pulse that is fresh.
async fn is_well(store: &Store, now: UnixMs) -> Result<(), String> {
    let store = store.clone();
    let reading = spawn_blocking(move || store.reader()?.pulse()).await;
    let pulse = reading.unwrap_or_else(|_| Err(StoreError::Stopped("a reading broke off".into())));
    match pulse.map_err(|error| error.to_string())? {
        Some(pulse) if now.since(pulse.at) <= PULSE => Ok(()),
        Some(_) => Err("the watcher has written nothing for a minute".into()),
        None => Err("the watcher has written nothing yet".into()),
    }
}

/// The error names nothing of the address, which may be a secret, but its host.
async fn push(heartbeat: &Heartbeat, project: &Arc<Project>) -> Result<(), String> {
    let (rendered, project) = (heartbeat.url.clone(), Arc::clone(project));
    let url = spawn_blocking(move || resolve(&rendered, &project)).await.map_err(|error| error.to_string())??;
    let method = match heartbeat.method.as_str() {
        "POST" => "POST",
        "HEAD" => "HEAD",
        _ => "GET",
    };
    let request = Request { method, url, headers: Vec::new(), body: String::new() };
    match Client::new()?.send(&request).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(format!("it was answered with status {}", answer.status)),
        Err(Sent::Later { why, .. } | Sent::Refused { why } | Sent::Denied { why }) => Err(clean_line(&why, 200)),
        Err(Sent::Delivered { .. }) => Ok(()),
    }
}

fn resolve(rendered: &Rendered, project: &Project) -> Result<String, String> {
    let names: Vec<String> = rendered.secrets().into_iter().map(str::to_owned).collect();
    let secrets = Secrets::resolve(&names, &project.outlets.secrets, &project.root)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    rendered.resolve(&|name| secrets.get(name).map(str::to_owned), &|_| None).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::outlet::Pulse, store::state_dir::StateDir};

    #[tokio::test]
    async fn all_is_well_only_while_the_pulse_of_the_watcher_is_fresh() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let store = Store::open(&state).unwrap();
        let at = UnixMs(1_700_000_000_000);
        assert!(is_well(&store, at).await.unwrap_err().contains("nothing yet"));
        store.set_pulse(Pulse { at, ..Pulse::default() }).await.unwrap();
        assert_eq!(is_well(&store, at.after(Duration::from_secs(59))).await, Ok(()));
        assert!(is_well(&store, at.after(Duration::from_secs(61))).await.unwrap_err().contains("nothing for a minute"));
    }

    #[tokio::test]
    async fn f62_a_heartbeat_that_fails_names_nothing_of_its_address() {
        let heartbeat =
            Heartbeat { url: Rendered::text("http://127.0.0.1:1/ping/geheimnis"), every: PULSE, method: "GET".into() };
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("quarterdeck.toml");
        std::fs::write(&file, "[project]\nname = \"x\"\n[environments.here]\n").unwrap();
        let project = Arc::new(crate::config::load(&file).unwrap());
        let why = push(&heartbeat, &project).await.unwrap_err();
        assert!(why.contains("127.0.0.1") && !why.contains("geheimnis"), "{why}");
    }
}
