//! `notify`: try a channel, and look into the outbox.

use std::time::{Duration, Instant};

use super::{
    args::Global,
    deck::{self, Deck},
    exit, follow, format,
    notify_args::NotifyAction,
    output::{Failure, Mode, Outcome, Output, remark},
};
use crate::{
    domain::{
        alert::{AlertKey, Backlog, Card, Delivered, Notice, NoticeId, Outcome as Ended, Post, Reason, Severity},
        channel::Channel,
        time::UnixMs,
    },
    run::launch,
    store::Reader,
};

pub fn run(global: &Global, action: &NotifyAction) -> Outcome {
    match action {
        NotifyAction::Test { channel, wait } => test(global, channel, *wait),
        NotifyAction::Outbox { channel, limit } => outbox(global, channel.as_deref(), *limit),
    }
}

fn test(global: &Global, name: &str, wait: Duration) -> Outcome {
    let deck = Deck::load(global)?;
    let channel = find(&deck, name)?;
    let output = Output::new(global);
    let store = deck.store()?;
    let _present = follow::present(&deck)?;
    launch::ensure_watcher(&store, &deck.config)?;
    let mut posts = Vec::new();
    let now = now();
    let reasons = if channel.kind.keeps_open() { vec![Reason::Test, Reason::AllResolved] } else { vec![Reason::Test] };
    for reason in reasons {
        let what = if reason == Reason::Test { "test" } else { "test is over" };
        let notice = notice(&deck, channel, reason, now);
        let dedup = format!("test/{name}/{}/{what}", now.0);
        let id =
            store.post(notice, dedup).wait()?.ok_or_else(|| Failure::usage("another test began this very moment"))?;
        let post = settled(&store.reader()?, id, wait, output.mode)?;
        let ended = matches!(&post.settled, Some((_, Ended::Delivered)));
        if output.mode != Mode::Json {
            output.line(told(name, what, &post))?;
        }
        posts.push(post);
        if !ended {
            break;
        }
    }
    if output.mode == Mode::Json {
        output.json(&posts)?;
    }
    Ok(match posts.last().and_then(|post| post.settled.as_ref()) {
        Some((_, Ended::Delivered)) => exit::OK,
        Some(_) => exit::FAILED,
        None => exit::INCONCLUSIVE,
    })
}

fn find<'d>(deck: &'d Deck, name: &str) -> Result<&'d Channel, Failure> {
    let channels = &deck.project.outlets.channels;
    channels.iter().find(|channel| channel.name == name).ok_or_else(|| {
        let known: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
        Failure::usage(match known.as_slice() {
            [] => "no channel is configured: docs/channels.md says how".to_owned(),
            _ => format!("there is no channel '{name}'; there are: {}", known.join(", ")),
        })
    })
}

fn notice(deck: &Deck, channel: &Channel, reason: Reason, at: UnixMs) -> Notice {
    let over = reason == Reason::AllResolved;
    let card = Card {
        key: AlertKey {
            env: String::new(),
            rule: format!("Test of channel '{}'", channel.name),
            subject: String::new(),
        },
        severity: Severity::Low,
        since: at,
        ended: over.then_some(at),
        summary: format!("Nothing is wrong: {} tries this channel.", launch::current_actor()),
        explanation: "test 1 > 0".into(),
        figure: Some(("test".into(), 1.0)),
        threshold: Some(0.0),
        last_deploy: None,
        runbook: None,
        open: "quarterdeck notify outbox".into(),
    };
    let (firing, resolved) = if over { (Vec::new(), vec![card]) } else { (vec![card], Vec::new()) };
    Notice {
        channel: channel.name.clone(),
        group: format!("test/{}", at.0),
        at,
        reason,
        project: deck.project.name.clone(),
        env: None,
        severity: Severity::Low,
        title: format!("test of channel '{}' of {}", channel.name, deck.project.name),
        text: String::new(),
        firing,
        resolved,
        more: 0,
    }
}

/// Waits until it is settled, or for so long; tells each attempt that failed.
fn settled(reader: &Reader, id: NoticeId, wait: Duration, mode: Mode) -> Result<Post, Failure> {
    let deadline = Instant::now() + wait;
    let mut told = 0;
    loop {
        let post = reader.notice(id)?.ok_or_else(|| Failure::usage("the message is gone from the outbox"))?;
        if let Some(last) = post.last.as_ref().filter(|last| post.attempts > told && last.delivered == Delivered::Later)
        {
            told = post.attempts;
            if mode != Mode::Json {
                let next = format::duration(post.next_at.since(now()));
                remark(format_args!("not yet: {}; tried again in {next}", last.answer));
            }
        }
        if post.settled.is_some() || Instant::now() >= deadline {
            return Ok(post);
        }
        std::thread::sleep(deck::PAUSE);
    }
}

fn told(channel: &str, what: &str, post: &Post) -> String {
    let took = post.last.as_ref().map_or_else(String::new, |last| format!(" in {} ms", last.took_ms));
    let answer = post.last.as_ref().map_or("", |last| last.answer.as_str());
    match &post.settled {
        Some((_, Ended::Delivered)) => format!("{channel}: {what}: delivered{took}: {answer}"),
        Some((_, ended)) => format!("{channel}: {what}: {}: {}", ended.word(), ended.why().unwrap_or_default()),
        None => format!(
            "{channel}: {what}: still on its way after {} attempts{}; see it with: quarterdeck notify outbox",
            post.attempts,
            if answer.is_empty() { String::new() } else { format!(", the last one said: {answer}") }
        ),
    }
}

fn outbox(global: &Global, channel: Option<&str>, limit: usize) -> Outcome {
    let deck = Deck::load(global)?;
    let reader = deck.reader()?;
    let mut backlog = reader.backlog()?;
    backlog.retain(|one| channel.is_none_or(|name| one.channel == name));
    let posts = reader.posts(channel, limit)?;
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&serde_json::json!({ "backlog": backlog, "posts": posts }))?;
        return Ok(exit::OK);
    }
    if posts.is_empty() && output.mode == Mode::Human {
        output.line("nothing was told yet: try a channel with `quarterdeck notify test CHANNEL`")?;
        return Ok(exit::OK);
    }
    let now = now();
    if !backlog.is_empty() {
        let rows: Vec<_> = backlog.iter().map(|one| backlog_row(&deck, one, now)).collect();
        output.table(&["waits for", "messages", "oldest", "attempts", "next in", "trouble"], &rows)?;
        output.line("")?;
    }
    let rows: Vec<_> = posts.iter().map(|post| row(post, now)).collect();
    output.table(&["id", "age", "channel", "reason", "title", "attempts", "outcome", "answer"], &rows)?;
    Ok(exit::OK)
}

fn backlog_row(deck: &Deck, one: &Backlog, now: UnixMs) -> Vec<String> {
    let known = deck.project.outlets.channels.iter().any(|channel| channel.name == one.channel);
    let trouble = if known { one.trouble.clone().unwrap_or_default() } else { "it is not in the configuration".into() };
    vec![
        one.channel.clone(),
        one.waiting.to_string(),
        format::duration(now.since(one.oldest_at)),
        one.attempts.to_string(),
        format::duration(one.next_at.since(now)),
        trouble,
    ]
}

fn row(post: &Post, now: UnixMs) -> Vec<String> {
    let outcome = post.settled.as_ref().map_or("waits", |(_, outcome)| outcome.word());
    let why = post.settled.as_ref().and_then(|(_, outcome)| outcome.why());
    let answer = why.or(post.last.as_ref().map(|last| last.answer.as_str())).unwrap_or_default();
    let clean = |text: &str| crate::domain::text::clean_line(text, 60);
    vec![
        post.id.0.to_string(),
        format::duration(now.since(post.notice.at)),
        post.notice.channel.clone(),
        post.notice.reason.word().into(),
        clean(&post.notice.title),
        post.attempts.to_string(),
        outcome.into(),
        clean(answer),
    ]
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}
