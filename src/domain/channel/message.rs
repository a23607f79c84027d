//! The words of a message: a template of our own or of the configuration, over what a notice says.

use std::sync::LazyLock;

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{
    Channel, ChannelKind,
    style::{Style, fit},
};
use crate::domain::{
    alert::{AlertKey, Card, Notice, Reason, Severity},
    format,
    template::{Context, Template, TemplateError},
    time::UnixMs,
};

/// Characters of one value, of a text, of a title at most.
const VALUE: usize = 400;
const TEXT: usize = 8_000;
const TITLE: usize = 240;
/// Alerts in a message at most; the rest is counted.
const CARDS: usize = 25;

/// A message in the form its channel wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// Lines.
    pub body: String,
    /// The same as HTML, for mail.
    pub html: Option<String>,
    /// Why the configuration's own template was not used, if it could not be.
    pub trouble: Option<String>,
}

/// Writes a message. `mask` hides secrets in what the world wrote. If a template of the configuration can't be rendered, the
/// default serves: nothing stays untold because of a template.
pub fn compose(channel: &Channel, notice: &Notice, zone: Tz, mask: &dyn Fn(&str) -> String) -> Message {
    let style = channel.kind.style();
    let context = context(notice, style, zone, mask);
    let mut trouble = None;
    let mut own = |template: Option<&Template>| {
        let rendered = template.map(|template| plain(template, &context))?;
        rendered.map_err(|error| trouble = Some(format!("its template can't be rendered: {error}"))).ok()
    };
    let title = own(channel.title.as_ref()).unwrap_or_else(|| default(DEFAULTS.title.as_ref(), &context));
    let own_body = own(channel.body.as_ref());
    let is_own = own_body.is_some();
    let default_body = match channel.kind {
        ChannelKind::Sms(_) | ChannelKind::Syslog(_) | ChannelKind::Bell => &DEFAULTS.short,
        _ => &DEFAULTS.body,
    };
    let body = own_body.unwrap_or_else(|| default(default_body.as_ref(), &context));
    let title = fit(&title.split_whitespace().collect::<Vec<_>>().join(" "), TITLE);
    let body = fit(&tidy(&body), channel.kind.most());
    let html = matches!(channel.kind, ChannelKind::Email(_)).then(|| {
        if is_own {
            return format!("<pre style=\"white-space: pre-wrap\">{}</pre>", Style::Html.text(&body, usize::MAX >> 8));
        }
        let headline = Style::Html.text(&title, TITLE);
        let context =
            self::context(notice, Style::Html, zone, mask).with("headline", headline).with("colour", colour(notice));
        default(DEFAULTS.html.as_ref(), &context)
    });
    Message { title, body, html, trouble }
}

/// The notice as JSON, for those who take it apart themselves: webhooks and commands.
pub fn document(notice: &Notice, id: i64, dedup: &str, mask: &dyn Fn(&str) -> String) -> Value {
    let card = |card: &Card| {
        let text = |text: &str| Style::Plain.text(&mask(text), VALUE);
        json!({
            "env": text(&card.key.env), "rule": text(&card.key.rule), "service": text(&card.key.subject),
            "severity": card.severity.word(), "since_ms": card.since.0, "ended_ms": card.ended.map(|at| at.0),
            "summary": text(&card.summary), "explanation": text(&card.explanation),
            "figure": card.figure.as_ref().map(|(name, _)| text(name)), "value": card.figure.as_ref().map(|(_, value)| value),
            "threshold": card.threshold, "last_deploy": card.last_deploy.as_deref().map(text),
            "runbook": card.runbook.as_deref().map(text), "open": text(&card.open),
        })
    };
    let text = |text: &str, most: usize| Style::Plain.text(&mask(text), most);
    json!({
        "id": id, "dedup": dedup, "group": notice.group, "channel": notice.channel, "at_ms": notice.at.0,
        "status": status(notice), "reason": notice.reason.word(), "project": text(&notice.project, VALUE),
        "env": notice.env, "severity": notice.severity.word(), "title": text(&notice.title, TITLE),
        "text": text(&notice.text, TEXT),
        "firing": notice.firing.iter().map(card).collect::<Vec<_>>(),
        "resolved": notice.resolved.iter().map(card).collect::<Vec<_>>(),
        "more": notice.more,
    })
}

/// What is said of a group now, in one word.
fn status(notice: &Notice) -> &'static str {
    match notice.reason {
        Reason::AllResolved => "resolved",
        Reason::Acknowledged { .. } => "acknowledged",
        Reason::Test => "test",
        Reason::Summary => "summary",
        Reason::Said => "said",
        Reason::First | Reason::New | Reason::Resolved | Reason::Repeat | Reason::Escalated { .. } => "firing",
    }
}

fn badge(notice: &Notice) -> String {
    let severity = notice.severity.word().to_uppercase();
    match &notice.reason {
        Reason::First | Reason::New | Reason::Resolved => severity,
        Reason::AllResolved => "RESOLVED".into(),
        Reason::Repeat => format!("STILL {severity}"),
        Reason::Escalated { step } => format!("{severity}, ESCALATED {step}"),
        Reason::Acknowledged { .. } => "ACKNOWLEDGED".into(),
        Reason::Test => "TEST".into(),
        Reason::Summary | Reason::Said => String::new(),
    }
}

fn colour(notice: &Notice) -> &'static str {
    match (&notice.reason, notice.severity) {
        (Reason::AllResolved, _) => "#1a7f37",
        (Reason::Test | Reason::Summary | Reason::Said, _) => "#0969da",
        (_, Severity::Critical) => "#b3261e",
        (_, Severity::High) => "#bc4c00",
        (_, Severity::Medium | Severity::Low) => "#9a6700",
    }
}

/// What templates may use. Everything from the world is masked, cleaned and escaped here; what is absent is empty.
fn context(notice: &Notice, style: Style, zone: Tz, mask: &dyn Fn(&str) -> String) -> Context {
    let text = |text: &str, most: usize| style.text(&mask(text), most);
    let value = |value: &str| text(value, VALUE);
    let at = |at: UnixMs| at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string();
    let card = |card: &Card| {
        let (figure, reading) = card.figure.as_ref().map_or_else(Default::default, |(name, reading)| {
            (value(name), style.text(&format::by_name(name, *reading), VALUE))
        });
        let name = card.figure.as_ref().map_or("", |(name, _)| name);
        json!({
            "env": value(&card.key.env),
            "rule": value(&card.key.rule),
            "service": value(&card.key.subject),
            "severity": card.severity.word(),
            "summary": value(&card.summary),
            "explanation": value(&card.explanation),
            "figure": figure,
            "value": reading,
            "threshold": card.threshold.map(|held| style.text(&format::by_name(name, held), VALUE)).unwrap_or_default(),
            "since": at(card.since),
            "ended": card.ended.map(at).unwrap_or_default(),
            "lasted": format::duration(card.ended.unwrap_or(notice.at).since(card.since)),
            "last_deploy": card.last_deploy.as_deref().map(value).unwrap_or_default(),
            "runbook": card.runbook.as_deref().map(value).unwrap_or_default(),
            "open": style.code_text(&mask(&card.open), VALUE),
        })
    };
    let cards = |cards: &[Card]| cards.iter().take(CARDS).map(card).collect::<Vec<_>>();
    let beyond = notice.firing.len().saturating_sub(CARDS) + notice.resolved.len().saturating_sub(CARDS);
    let (by, step) = match &notice.reason {
        Reason::Acknowledged { by } => (value(by), 0),
        Reason::Escalated { step } => (String::new(), *step),
        _ => (String::new(), 0),
    };
    Context::new()
        .with("project", value(&notice.project))
        .with("channel", value(&notice.channel))
        .with("env", notice.env.as_deref().map(value).unwrap_or_default())
        .with("group", value(&notice.group))
        .with("status", status(notice))
        .with("reason", notice.reason.word())
        .with("badge", badge(notice))
        .with("severity", notice.severity.word())
        .with("title", text(&notice.title, TITLE))
        .with("text", text(&notice.text, TEXT))
        .with("at", at(notice.at))
        .with("by", by)
        .with("step", step)
        .with("firing", cards(&notice.firing))
        .with("resolved", cards(&notice.resolved))
        .with("more", notice.more + beyond)
        .with("em", style.strong())
        .with("code", style.code())
}

/// Renders what is configured for a webhook: over the same values, plain, and the number of the notice.
pub fn payload(
    template: &Template,
    notice: &Notice,
    id: i64,
    zone: Tz,
    mask: &dyn Fn(&str) -> String,
) -> Result<String, TemplateError> {
    plain(template, &context(notice, Style::Plain, zone, mask).with("id", id))
}

fn plain(template: &Template, context: &Context) -> Result<String, TemplateError> {
    let rendered = template.render(context)?;
    if !rendered.secrets().is_empty() {
        return Err(TemplateError { message: "a message can't hold a secret".into(), offset: 0 });
    }
    Ok(rendered.shown())
}

/// Without blank lines at the ends, and never two in a row.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && blank) {
            out.push_str(line);
            out.push('\n');
        }
        blank = line.is_empty();
    }
    out.trim_end().to_owned()
}

struct Defaults {
    title: Option<Template>,
    body: Option<Template>,
    short: Option<Template>,
    html: Option<Template>,
}

static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| Defaults {
    title: Template::parse(include_str!("words/title.j2").trim_end()).ok(),
    body: Template::parse(include_str!("words/body.j2")).ok(),
    short: Template::parse(include_str!("words/short.j2")).ok(),
    html: Template::parse(include_str!("words/mail.html.j2")).ok(),
});

/// One of our own templates, which tests hold to be right.
fn default(template: Option<&Template>, context: &Context) -> String {
    template.and_then(|template| plain(template, context).ok()).unwrap_or_default()
}

/// A notice in which everything is said that may be: templates of the configuration are tried on it when they are read, and
/// `notify test` sends one like it.
pub fn sample(reason: Reason, at: UnixMs) -> Notice {
    let card = Card {
        key: AlertKey { env: "production".into(), rule: "High error rate".into(), subject: "api".into() },
        severity: Severity::Low,
        since: at.before(std::time::Duration::from_mins(4)),
        ended: Some(at),
        summary: "Requests fail".into(),
        explanation: "error_rate 0.12 > 0.1".into(),
        figure: Some(("error_rate".into(), 0.12)),
        threshold: Some(0.1),
        last_deploy: Some("3 min after deploy #418 (1.9.2)".into()),
        runbook: Some("docs/runbooks/error-rate.md".into()),
        open: "quarterdeck --env production alerts explain 'High error rate' api".into(),
    };
    Notice {
        channel: "ops".into(),
        group: "production/api".into(),
        at,
        reason,
        project: "Shop".into(),
        env: Some("production".into()),
        severity: Severity::Low,
        title: "High error rate - api".into(),
        text: "A text.".into(),
        firing: vec![Card { ended: None, ..card.clone() }],
        resolved: vec![card],
        more: 1,
    }
}

#[cfg(test)]
mod tests;
