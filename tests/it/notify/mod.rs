//! Channels against sinks that speak the providers' protocols, through the outbox, as every message goes.

mod outage;
mod providers;
mod sink;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::Duration,
};

use quarterdeck::{
    domain::{
        alert::{AlertKey, Card, Notice, NoticeId, Outcome, Post, Reason, Severity},
        time::UnixMs,
    },
    notify::Courier,
    store::{Store, state_dir::StateDir},
};

use crate::support::{
    quarterdeck,
    run::{now, wait_for},
};

/// What no sink of ours may ever find in a message, nor a test in the state directory.
const SENTINEL: &str = "hunter2-hunter2-sentinel";

/// A project with channels, and its history.
pub struct Office {
    dir: tempfile::TempDir,
    store: Store,
}

impl Office {
    /// With these tables, and a secret `KEY` whose value is the sentinel.
    fn new(channels: &str) -> Self {
        Self::with_secrets(channels, &[("KEY", SENTINEL)])
    }

    pub fn with_secrets(channels: &str, secrets: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut text = format!("[project]\nname = \"Shop\"\n[environments.here]\n{channels}\n");
        for (name, value) in secrets {
            let path = dir.path().join(format!("secret-{name}"));
            fs::write(&path, value).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            text += &format!("[secrets.{name}]\nfile = \"secret-{name}\"\n");
        }
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        Self { store: Store::open(&state).unwrap(), dir }
    }

    fn state(&self) -> std::path::PathBuf {
        self.dir.path().join("state")
    }

    pub fn courier(&self) -> Courier {
        Courier::start(self.store.clone(), self.dir.path().join("quarterdeck.toml")).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.dir.path().join("quarterdeck.toml"));
        command.arg("--state").arg(self.state()).stdin(Stdio::null());
        command
    }

    pub fn post(&self, channel: &str, group: &str, reason: Reason, title: &str) -> NoticeId {
        let notice = notice(channel, group, reason, title);
        let dedup = format!("{channel}/{group}/{title}");
        self.store.post(notice, dedup).wait().unwrap().unwrap()
    }

    pub fn read(&self, id: NoticeId) -> Post {
        self.store.reader().unwrap().notice(id).unwrap().unwrap()
    }

    pub fn settled(&self, id: NoticeId) -> Outcome {
        wait_for("it is settled", || self.read(id).settled.map(|(_, outcome)| outcome))
    }

    /// It was delivered; what the other side answered.
    fn delivered(&self, id: NoticeId) -> String {
        assert_eq!(self.settled(id), Outcome::Delivered, "{:?}", self.read(id));
        self.read(id).last.unwrap().answer
    }
}

/// A notice of one alert, in which the world wrote what it likes.
fn notice(channel: &str, group: &str, reason: Reason, title: &str) -> Notice {
    let over = reason == Reason::AllResolved;
    let at = now();
    let card = Card {
        key: AlertKey { env: "here".into(), rule: "High error rate".into(), subject: "api".into() },
        severity: Severity::Critical,
        since: at.before(Duration::from_mins(3)),
        ended: over.then_some(at),
        summary: "Requests fail @everyone <!channel>".into(),
        explanation: format!("error: password={SENTINEL}\r\nBcc: evil@example.com"),
        figure: Some(("error_rate".into(), 0.12)),
        threshold: Some(0.1),
        last_deploy: Some("3 min after deploy #418 (1.9.2)".into()),
        runbook: Some("https://wiki.example/error-rate".into()),
        open: "quarterdeck --env here alerts explain 'High error rate' api".into(),
    };
    let (firing, resolved) = if over { (vec![], vec![card]) } else { (vec![card], vec![]) };
    Notice {
        channel: channel.into(),
        group: group.into(),
        at: UnixMs(at.0),
        reason,
        project: "Shop".into(),
        env: Some("here".into()),
        severity: Severity::Critical,
        title: title.into(),
        text: String::new(),
        firing,
        resolved,
        more: 0,
    }
}
