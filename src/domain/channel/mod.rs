//! Channels: the ways to tell people, and the form a notice takes on each.
//!
//! A [`Channel`] is configured; [`compose`] makes a [`Message`] of a notice for it, in the [`Style`] of the
//! other side. Everything of the world is cleaned, masked and escaped before a template sees it, so that no template can
//! forget to.

pub mod daily;
mod digest;
mod message;
mod style;

use std::{path::PathBuf, time::Duration};

use super::{
    probe::MailTls,
    template::{Rendered, Template},
};

pub use digest::{Day, SPAN};
pub use message::{Message, compose, document, payload, sample};
pub use style::{Style, fit};

/// A way to tell people (`[channels.NAME]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// Its own title, instead of the default.
    pub title: Option<Template>,
    /// Its own body.
    pub body: Option<Template>,
    /// How fast it may be told things.
    pub pace: Pace,
    /// A notice that can't be delivered for so long is given up.
    pub give_up: Duration,
}

/// How fast a channel may be told things. What is over waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two messages at least.
    pub every: Duration,
    /// Messages in any minute at most.
    pub per_minute: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(1), per_minute: 20 }
    }
}

/// What a channel is.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelKind {
    /// Slack, by an incoming webhook or as a bot.
    Slack(Slack),
    /// PagerDuty, by its Events API v2.
    PagerDuty {
        /// Of the API: `https://events.pagerduty.com`.
        url: String,
        /// Of the service's integration.
        routing_key: Rendered,
    },
    /// Opsgenie, by its Alert API.
    Opsgenie(Opsgenie),
    /// Mail, by SMTP.
    Email(Email),
    /// SMS, by Twilio.
    Sms(Sms),
    /// Any HTTP endpoint.
    Webhook(Webhook),
    /// Microsoft Teams, by a workflow.
    Teams {
        /// The workflow's address.
        webhook: Rendered,
    },
    /// Discord, by a webhook.
    Discord {
        /// Its address.
        webhook: Rendered,
    },
    /// ntfy, the public or one's own.
    Ntfy(Ntfy),
    /// Syslog, RFC 5424.
    Syslog(Syslog),
    /// A command, which gets the notice as JSON.
    Command(Command),
    /// The bell of open consoles.
    Bell,
}

/// Slack.
#[derive(Debug, Clone, PartialEq)]
pub enum Slack {
    /// By an incoming webhook, whose address is a secret.
    Webhook(Rendered),
    /// As a bot.
    Bot {
        /// Of the API: `https://slack.com`.
        url: String,
        /// `xoxb-...`.
        token: Rendered,
        /// `#ops`, or a channel's number.
        channel: String,
    },
}

/// Opsgenie.
#[derive(Debug, Clone, PartialEq)]
pub struct Opsgenie {
    /// Of the API: `https://api.opsgenie.com`.
    pub url: String,
    /// Of the API integration.
    pub key: Rendered,
    /// Teams that are to respond.
    pub teams: Vec<String>,
    /// Tags of each alert.
    pub tags: Vec<String>,
}

/// Mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    /// `mail.example:587`.
    pub server: String,
    /// How the connection is encrypted.
    pub encryption: MailTls,
    /// User and password.
    pub auth: Option<(Rendered, Rendered)>,
    /// Certificates to trust beside the system's, PEM.
    pub ca: Option<PathBuf>,
    /// `Quarterdeck <ops@example>`.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// SMS by Twilio.
#[derive(Debug, Clone, PartialEq)]
pub struct Sms {
    /// Of the API: `https://api.twilio.com`.
    pub url: String,
    /// The account's SID.
    pub account: Rendered,
    /// Its token.
    pub token: Rendered,
    /// A number, or the SID of a messaging service.
    pub from: String,
    /// Numbers, `+491701234567`.
    pub to: Vec<String>,
    /// Parts that a message may have at most.
    pub parts: usize,
}

/// Any HTTP endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Where to.
    pub url: Rendered,
    /// `POST`, `PUT` or `PATCH`.
    pub method: String,
    /// Of each request.
    pub headers: Vec<(String, Rendered)>,
    /// What is sent, instead of the notice as JSON.
    pub payload: Option<Template>,
    /// What each request is signed with.
    pub sign: Option<Rendered>,
}

/// ntfy.
#[derive(Debug, Clone, PartialEq)]
pub struct Ntfy {
    /// Of the server: `https://ntfy.sh`.
    pub url: String,
    /// Who knows the name of a topic can read it.
    pub topic: Rendered,
    /// An access token.
    pub token: Option<Rendered>,
}

/// Syslog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Where to.
    pub to: SyslogTo,
    /// Number of the facility, 0 to 23.
    pub facility: u8,
}

/// Where a syslog listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogTo {
    /// A datagram socket of this machine: `/dev/log`.
    Unix(PathBuf),
    /// Host and port.
    Udp(String),
    /// Host and port; each message with its length before it (RFC 6587).
    Tcp(String),
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Program and arguments; it gets the notice as JSON on standard input.
    pub argv: Vec<String>,
    /// Added to its environment.
    pub env: Vec<(String, Rendered)>,
    /// Then it is ended.
    pub timeout: Duration,
}

/// The dead man's switch: pushed out while all is well (`[heartbeat]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// Where to.
    pub url: Rendered,
    /// How often.
    pub every: Duration,
    /// `GET`, `POST` or `HEAD`.
    pub method: String,
}

/// The daily summary (`[summary]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// When, in the project's time zone.
    pub at: chrono::NaiveTime,
    /// Which channels.
    pub to: Vec<String>,
}

impl ChannelKind {
    /// As configured.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Opsgenie(_) => "opsgenie",
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
            Self::Webhook(_) => "webhook",
            Self::Teams { .. } => "teams",
            Self::Discord { .. } => "discord",
            Self::Ntfy(_) => "ntfy",
            Self::Syslog(_) => "syslog",
            Self::Command(_) => "command",
            Self::Bell => "bell",
        }
    }

    /// Whether what is told stays open there until it is told to be resolved.
    pub fn keeps_open(&self) -> bool {
        matches!(self, Self::PagerDuty { .. } | Self::Opsgenie(_))
    }

    /// How its text is written.
    pub fn style(&self) -> Style {
        match self {
            Self::Slack(_) => Style::Mrkdwn,
            Self::Discord { .. } => Style::Discord,
            _ => Style::Plain,
        }
    }

    /// Characters of a body at most.
    pub fn most(&self) -> usize {
        match self {
            Self::Slack(_) | Self::Ntfy(_) => 3_000,
            Self::Discord { .. } => 3_800,
            Self::Sms(sms) => sms.parts * 160,
            Self::Syslog(_) => 1_500,
            Self::Opsgenie(_) | Self::Teams { .. } => 12_000,
            _ => 50_000,
        }
    }

    /// Names of the secrets it takes, each once.
    pub fn secrets(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.rendered().into_iter().flat_map(Rendered::secrets).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    fn rendered(&self) -> Vec<&Rendered> {
        match self {
            Self::Slack(Slack::Webhook(webhook)) | Self::Teams { webhook } | Self::Discord { webhook } => vec![webhook],
            Self::Slack(Slack::Bot { token, .. }) => vec![token],
            Self::PagerDuty { routing_key, .. } => vec![routing_key],
            Self::Opsgenie(opsgenie) => vec![&opsgenie.key],
            Self::Email(email) => email.auth.iter().flat_map(|(user, password)| [user, password]).collect(),
            Self::Sms(sms) => vec![&sms.account, &sms.token],
            Self::Webhook(webhook) => {
                let headers = webhook.headers.iter().map(|(_, value)| value);
                headers.chain([&webhook.url]).chain(&webhook.sign).collect()
            }
            Self::Ntfy(ntfy) => [&ntfy.topic].into_iter().chain(&ntfy.token).collect(),
            Self::Command(command) => command.env.iter().map(|(_, value)| value).collect(),
            Self::Syslog(_) | Self::Bell => Vec::new(),
        }
    }
}
