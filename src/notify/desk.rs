//! What goes out next, and what follows from an answer. Time comes in with each call, so that ten minutes are a loop in a test.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    task::{Id, JoinSet, spawn_blocking},
    time::sleep,
};

use super::{
    lane::Lane,
    line::Line,
    speak::{Parcel, Sent},
};
use crate::{
    domain::{
        alert::{Attempt, Delivered, Delivery, Next, NoticeId, Outcome, Post},
        channel::{Channel, ChannelKind, compose, document, payload},
        environment::Project,
        text::clean_line,
        time::UnixMs,
    },
    store::{Reader, Store, StoreError},
};

/// Attempts with secrets that were read anew, before those who don't know us are believed.
const DENIALS: u32 = 3;
/// Characters of an answer that are kept.
const ANSWER: usize = 300;
/// Between two attempts to note a delivery.
const NOTE_AGAIN: Duration = Duration::from_secs(1);
/// What went out in this time counts for the pace.
const RECENT: Duration = Duration::from_mins(1);

/// The desk everything goes over.
pub struct Desk {
    store: Store,
    /// Given to the reading under way and back.
    reader: Option<Reader>,
    project: Arc<Project>,
    channels: BTreeMap<String, Way>,
    under_way: JoinSet<Done>,
    /// Which channel each is of: none has two.
    tasks: HashMap<Id, String>,
}

struct Way {
    channel: Arc<Channel>,
    lane: Lane,
    /// Opened with the first message, and anew after each failure: secrets may have changed.
    line: Option<Arc<Line>>,
}

/// An attempt that came to its end.
pub struct Done {
    post: Post,
    channel: Arc<Channel>,
    line: Option<Arc<Line>>,
    sent: Sent,
    trouble: Option<String>,
    began: UnixMs,
    took: Duration,
}

impl Desk {
    /// With the channels of a project.
    pub async fn open(store: Store, project: Arc<Project>, now: UnixMs) -> Result<Self, StoreError> {
        let mut desk = Self {
            store,
            reader: None,
            project,
            channels: BTreeMap::new(),
            under_way: JoinSet::new(),
            tasks: HashMap::new(),
        };
        let recent = desk.read(move |reader| reader.attempts_since(now.before(RECENT))).await?;
        desk.configure(Arc::clone(&desk.project));
        for (channel, at) in recent {
            if let Some(way) = desk.channels.get_mut(&channel) {
                way.lane.sends(at);
            }
        }
        Ok(desk)
    }

    /// From now on with the channels of this project. A channel that changed keeps its pace and what is under way.
    pub fn configure(&mut self, project: Arc<Project>) {
        let mut before = std::mem::take(&mut self.channels);
        for channel in &project.outlets.channels {
            let mut lane = before.remove(&channel.name).map_or_else(|| Lane::new(channel.pace, []), |way| way.lane);
            lane.set_pace(channel.pace);
            lane.answered();
            let way = Way { channel: Arc::new(channel.clone()), lane, line: None };
            self.channels.insert(channel.name.clone(), way);
        }
        self.project = project;
    }

    /// Notes which channels are gone, and gives up what waits for one that has been for `patience`.
    pub async fn note_channels(&mut self, now: UnixMs, patience: Duration) -> Result<(), StoreError> {
        let waiting = self.read(Reader::waiting_channels).await?;
        let known: BTreeSet<&String> = self.channels.keys().collect();
        let gone: Vec<_> = waiting.iter().filter(|name| !known.contains(name)).collect();
        if !gone.is_empty() {
            tracing::warn!(channels = ?gone, "messages wait for channels that are not in the configuration any more");
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let known = self.channels.keys().cloned().collect();
        let given_up = self.store.note_channels(known, now, now.before(patience)).await?;
        if given_up > 0 {
            tracing::error!(messages = given_up, "given up: their channel has not been in the configuration for a day");
        }
        Ok(())
    }

    /// Starts everything that may go out now: at most one message for each channel.
    pub async fn begin(&mut self, now: UnixMs) -> Result<(), StoreError> {
        let busy: BTreeSet<&String> = self.tasks.values().collect();
        let ways = self.channels.iter_mut().filter(|(name, _)| !busy.contains(name));
        let free: Vec<String> = ways.filter_map(|(name, way)| way.lane.is_free(now).then(|| name.clone())).collect();
        if free.is_empty() {
            return Ok(());
        }
        for post in self.read(move |reader| reader.due(&free, now)).await? {
            let Some(way) = self.channels.get_mut(&post.notice.channel) else { continue };
            let channel_name = post.notice.channel.clone();
            way.lane.sends(now);
            let (channel, line) = (Arc::clone(&way.channel), way.line.clone());
            let task =
                self.under_way.spawn(deliver(channel, line, Arc::clone(&self.project), self.store.clone(), post, now));
            self.tasks.insert(task.id(), channel_name);
        }
        Ok(())
    }

    /// Waits for the next attempt to end; `None` if none is under way.
    pub async fn next(&mut self) -> Option<Done> {
        loop {
            match self.under_way.join_next_with_id().await? {
                Ok((task, done)) => {
                    self.tasks.remove(&task);
                    return Some(done);
                }
                Err(error) => {
                    // It broke a rule of the program: its channel is free again, and its message still waits.
                    tracing::error!(%error, "a delivery broke off");
                    self.tasks.remove(&error.id());
                }
            }
        }
    }

    /// Writes an attempt down, with what follows from it.
    pub async fn settle(&mut self, done: Done, now: UnixMs) -> Result<(), StoreError> {
        let Done { post, channel, line, sent, trouble, began, took } = done;
        let recipients = line.as_ref().map_or(1, |line| line.recipients());
        let said = |text: &str| {
            let masked = line.as_ref().map_or_else(|| text.to_owned(), |line| line.mask(text));
            clean_line(&masked, ANSWER)
        };
        let trouble = trouble.map(|trouble| format!(" ({})", said(&trouble))).unwrap_or_default();
        // Gone from the configuration meanwhile, or another by now: what came of this one counts all the same.
        let mut way = self.channels.get_mut(&post.notice.channel);
        if let Some(way) = &mut way {
            let holds = matches!(sent, Sent::Delivered { .. }) && Arc::ptr_eq(&way.channel, &channel);
            way.line = line.clone().filter(|_| holds);
        }
        let sent = match sent {
            Sent::Denied { why } if post.attempts + 1 < DENIALS => Sent::Later { why, pause: None },
            Sent::Denied { why } => Sent::Refused { why },
            sent => sent,
        };
        let (delivered, answer, pause) = match sent {
            Sent::Delivered { answer } => (Delivered::Yes, said(&answer) + &trouble, None),
            Sent::Refused { why } | Sent::Denied { why } => (Delivered::Refused, said(&why) + &trouble, None),
            Sent::Later { why, pause } => (Delivered::Later, said(&why) + &trouble, Some(pause)),
        };
        let mut progress = post.progress;
        let next = if let Some(asked) = pause {
            let chance = fastrand::f64();
            let again = way.map_or(now, |way| way.lane.failed(now, post.attempts, asked, chance));
            let late = now.since(post.notice.at) > channel.give_up;
            if late {
                let limit = humantime::format_duration(channel.give_up);
                Next::Settled(Outcome::GivenUp { why: format!("not delivered for {limit}: {answer}") })
            } else {
                Next::Again(again)
            }
        } else {
            if let Some(way) = way {
                way.lane.answered();
            }
            progress += 1;
            if (progress as usize) < recipients {
                Next::Recipient
            } else {
                Next::Settled(self.outcome(post.id, recipients, delivered, &answer).await)
            }
        };
        log(&post, &next, &answer);
        let delivery = Delivery { at: began, took_ms: took.as_millis() as u64, delivered, answer };
        self.note(Attempt { id: post.id, delivery, progress, next }).await
    }

    /// How a notice ended whose last recipient is done with.
    async fn outcome(&mut self, id: NoticeId, recipients: usize, last: Delivered, answer: &str) -> Outcome {
        let mut refused: Vec<String> = Vec::new();
        if recipients > 1 {
            // What can't be read now is in the rows all the same; what was delivered must be noted in any case.
            let before = self.read(move |reader| reader.deliveries(id, 1_000)).await.unwrap_or_default();
            refused.extend(
                before.into_iter().rev().filter(|one| one.delivered == Delivered::Refused).map(|one| one.answer),
            );
        }
        if last == Delivered::Refused {
            refused.push(answer.to_owned());
        }
        match refused.len() {
            0 => Outcome::Delivered,
            all if all >= recipients => Outcome::GivenUp { why: refused.join("; ") },
            some => Outcome::Partly { why: format!("{some} of {recipients} refused: {}", refused.join("; ")) },
        }
    }

    /// What was delivered is noted as long as it takes, before anything else goes out: what is not noted is told again.
    async fn note(&self, attempt: Attempt) -> Result<(), StoreError> {
        loop {
            match self.store.note_attempt(attempt.clone()).await {
                Err(error) if error.is_passing() => {
                    tracing::error!(%error, "a delivery can't be noted yet; nothing goes out until it is");
                    sleep(NOTE_AGAIN).await;
                }
                noted => return noted,
            }
        }
    }

    /// Reads off this thread: a history that hangs must hold up neither what is under way nor the end.
    async fn read<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, reader) = (self.store.clone(), self.reader.take());
        let reading = spawn_blocking(move || {
            let reader = reader.map_or_else(|| store.reader(), Ok)?;
            let found = read(&reader)?;
            Ok((reader, found))
        });
        let done = reading.await;
        let (reader, found) =
            done.unwrap_or_else(|_| Err(StoreError::Stopped("a reading for the channels broke off".into())))?;
        self.reader = Some(reader);
        Ok(found)
    }
}

fn log(post: &Post, next: &Next, answer: &str) {
    let (channel, title) = (&post.notice.channel, &post.notice.title);
    match next {
        Next::Settled(Outcome::Delivered) => tracing::info!(channel, id = post.id.0, "told"),
        Next::Settled(outcome) => {
            tracing::error!(channel, id = post.id.0, title, why = outcome.why(), "{}", outcome.word());
        }
        Next::Again(_) => tracing::warn!(channel, id = post.id.0, attempts = post.attempts + 1, answer, "not told yet"),
        Next::Recipient => {}
    }
}

/// One attempt, from the secrets to the answer.
async fn deliver(
    channel: Arc<Channel>,
    line: Option<Arc<Line>>,
    project: Arc<Project>,
    store: Store,
    post: Post,
    began: UnixMs,
) -> Done {
    let start = Instant::now();
    let opened = if let Some(line) = line {
        Ok(line)
    } else {
        let (channel, project) = (Arc::clone(&channel), Arc::clone(&project));
        let opening = spawn_blocking(move || Line::open(&channel, &project, &store)).await;
        opening.unwrap_or_else(|error| Err(error.to_string())).map(Arc::new)
    };
    let (line, sent, trouble) = match opened {
        Err(why) => (None, Sent::later(why), None),
        Ok(line) => {
            let mask = |text: &str| line.mask(text);
            let message = compose(&channel, &post.notice, project.timezone, &mask);
            let trouble = message.trouble.clone();
            let own = match &channel.kind {
                ChannelKind::Webhook(webhook) => webhook.payload.as_ref(),
                _ => None,
            };
            let own = own.map(|own| payload(own, &post.notice, post.id.0, project.timezone, &mask));
            let (document, wrong) = match own {
                Some(Ok(own)) => (own, None),
                Some(Err(error)) => (String::new(), Some(format!("its payload can't be rendered: {error}"))),
                None => (document(&post.notice, post.id.0, &post.dedup, &mask).to_string(), None),
            };
            let parcel = Parcel {
                id: post.id.0,
                dedup: post.dedup.clone(),
                notice: masked(&post, &mask),
                message,
                document,
                recipient: post.progress as usize,
                now: began,
            };
            let sent = match wrong {
                Some(why) => Sent::Refused { why },
                None => line.send(&parcel).await,
            };
            (Some(line), sent, trouble)
        }
    };
    Done { post, channel, line, sent, trouble, began, took: start.elapsed() }
}

/// The notice as providers may read it: without this channel's secrets, wherever they may have got into it.
fn masked(post: &Post, mask: &dyn Fn(&str) -> String) -> crate::domain::alert::Notice {
    let mut notice = post.notice.clone();
    for card in notice.firing.iter_mut().chain(&mut notice.resolved) {
        let key = &mut card.key;
        for text in [&mut key.env, &mut key.rule, &mut key.subject] {
            *text = clean_line(&mask(text), 200);
        }
        card.runbook = card.runbook.as_deref().map(|text| clean_line(&mask(text), 500));
    }
    notice.env = notice.env.as_deref().map(|text| clean_line(&mask(text), 200));
    notice.project = clean_line(&mask(&notice.project), 200);
    notice
}

#[cfg(test)]
mod tests;
