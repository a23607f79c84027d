//! A channel with its secrets: the line that a parcel goes through.

use std::{path::PathBuf, time::Duration};

use super::{
    command::{self, Run},
    kind,
    mail::Mail,
    speak::{Client, Parcel, Sent, Speak},
    syslog,
};
use crate::{
    domain::{
        channel::{Channel, ChannelKind, Syslog},
        environment::Project,
        template::Rendered,
        text::Masker,
    },
    secret::Secrets,
    store::Store,
};

/// Longer than any line's own bounds together: whatever hangs, hangs no longer.
const WHOLE: Duration = Duration::from_secs(90);

/// An open line.
pub struct Line {
    way: Way,
    masker: Masker,
    patience: Duration,
}

enum Way {
    Http(Client, Box<dyn Speak>),
    Mail(Box<Mail>),
    Syslog(Syslog),
    Command(Run, PathBuf),
    Bell(Store),
}

impl Line {
    /// Looks up the secrets; may take as long as a secret's command does. The error is a sentence without any of them.
    pub fn open(channel: &Channel, project: &Project, store: &Store) -> Result<Self, String> {
        let secrets = Secrets::resolve(&channel.kind.secrets(), &project.outlets.secrets, &project.root)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        let (masker, _) = Masker::of_those_possible(secrets.iter());
        let resolve = |rendered: &Rendered| rendered.resolve(&|name| secrets.get(name).map(str::to_owned), &|_| None);
        let patience = match &channel.kind {
            ChannelKind::Command(command) => command.timeout + WHOLE,
            _ => WHOLE,
        };
        let way = match &channel.kind {
            ChannelKind::Email(email) => Way::Mail(Box::new(Mail::new(email, &resolve)?)),
            ChannelKind::Syslog(syslog) => Way::Syslog(syslog.clone()),
            ChannelKind::Bell => Way::Bell(store.clone()),
            ChannelKind::Command(command) => {
                let env = command.env.iter().map(|(name, value)| Ok((name.clone(), resolve(value)?)));
                let env = env
                    .collect::<Result<_, _>>()
                    .map_err(|error: crate::domain::template::Unresolved| error.to_string())?;
                let run = Run { argv: command.argv.clone(), env, patience: command.timeout };
                Way::Command(run, project.root.clone())
            }
            kind => {
                let speaker = kind::speaker(kind, &resolve).map_err(|error| error.to_string())?;
                let speaker = speaker.ok_or_else(|| format!("a {} is spoken to in no way", kind.word()))?;
                Way::Http(Client::new()?, speaker)
            }
        };
        Ok(Self { way, masker, patience })
    }

    /// How many recipients are sent to one after the other.
    pub fn recipients(&self) -> usize {
        match &self.way {
            Way::Http(_, speaker) => speaker.recipients(),
            Way::Mail(mail) => mail.recipients(),
            Way::Syslog(_) | Way::Command(..) | Way::Bell(_) => 1,
        }
    }

    /// Hides this channel's secrets.
    pub fn mask(&self, text: &str) -> String {
        self.masker.mask(text).into_owned()
    }

    /// Sends one parcel, within bounds.
    pub async fn send(&self, parcel: &Parcel) -> Sent {
        let sending = async {
            match &self.way {
                Way::Http(client, speaker) => match client.send(&speaker.request(parcel)).await {
                    Ok(answer) => speaker.meaning(&answer),
                    Err(sent) => sent,
                },
                Way::Mail(mail) => mail.send(parcel).await,
                Way::Syslog(syslog) => syslog::send(syslog, parcel).await,
                Way::Command(run, root) => command::send(run, root, parcel).await,
                Way::Bell(store) => {
                    let rung = store.ring(parcel.now, parcel.notice.severity, parcel.message.title.clone()).await;
                    rung.map_or_else(
                        |error| Sent::later(error.to_string()),
                        |()| Sent::Delivered { answer: "rung".into() },
                    )
                }
            }
        };
        tokio::time::timeout(self.patience, sending).await.unwrap_or_else(|_| Sent::later("it did not end in time"))
    }
}
