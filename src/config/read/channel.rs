//! `[channels.NAME]`: who is told, and how.

use std::{path::Path, time::Duration};

use super::{recipient, secret};
use crate::{
    config::{
        names::{Words, check_name},
        options::{CHANNEL, COMMAND, DISCORD, EMAIL, NTFY, OPSGENIE, PAGERDUTY, SLACK, SMS, SYSLOG, TEAMS, WEBHOOK},
        reader::At,
        view::View,
    },
    domain::{
        alert::Reason,
        channel::{
            Channel, ChannelKind, Command, Email, Ntfy, Opsgenie, Pace, Slack, Sms, Syslog, Webhook, compose, payload,
            sample,
        },
        probe::MailTls,
        template::{Context, Rendered, Template},
        time::UnixMs,
    },
};

const KINDS: [&str; 12] = [
    "slack",
    "pagerduty",
    "opsgenie",
    "email",
    "sms",
    "webhook",
    "teams",
    "discord",
    "ntfy",
    "syslog",
    "command",
    "bell",
];
/// What templates of messages may use.
const NAMES: [&str; 18] = [
    "project", "channel", "env", "group", "status", "reason", "badge", "severity", "title", "text", "at", "by", "step",
    "firing", "resolved", "more", "em", "code",
];
const GIVE_UP: Duration = Duration::from_hours(72);

/// Reads all channels.
pub fn channels(top: &View<'_>, root: &Path) -> Vec<Channel> {
    let named = top.named("channels", &CHANNEL);
    named
        .into_iter()
        .filter_map(|(name, view)| {
            check_name(top.reader, "a channel", name);
            channel(name.value, &view, root)
        })
        .collect()
}

fn channel(name: &str, view: &View<'_>, root: &Path) -> Option<Channel> {
    let (title, body) = (wording(view, "title"), wording(view, "body"));
    let pace = Pace::default();
    let pace = Pace {
        every: view.duration("every", Duration::ZERO).unwrap_or(pace.every),
        per_minute: view.integer("per_minute").and_then(|most| u32::try_from(most).ok()).unwrap_or(pace.per_minute),
    };
    let give_up = view.duration("give_up", Duration::from_mins(1)).unwrap_or(GIVE_UP);
    let Some(key) = view.exactly_one(&KINDS, "a channel") else {
        view.finish_strange();
        return None;
    };
    let kind = kind_of(view, key, root);
    view.finish(&format!("a '{key}' channel"));
    let channel = Channel { name: name.to_owned(), kind: kind?, title, body, pace, give_up };
    try_wording(view, &channel);
    Some(channel)
}

fn wording(view: &View<'_>, key: &'static str) -> Option<Template> {
    let template = view.template(key)?;
    words().check(view.reader, &template);
    Some(template.value)
}

fn words() -> Words {
    NAMES.iter().fold(Words::default(), |words, name| words.with(name, serde_json::Value::Null))
}

/// Renders its templates over notices in which everything is said, so that a typo is found today and not tonight.
fn try_wording(view: &View<'_>, channel: &Channel) {
    for reason in [Reason::First, Reason::AllResolved] {
        let notice = sample(reason, UnixMs(0));
        let message = compose(channel, &notice, chrono_tz::Tz::UTC, &str::to_owned);
        if let Some(trouble) = message.trouble {
            let key = if view.has("body") { "body" } else { "title" };
            let help = "what can be used is listed in docs/channels.md".to_owned();
            return view.reader.problem(view.place_of(key), format!("of '{}' {trouble}", channel.name), help);
        }
    }
}

fn kind_of(view: &View<'_>, key: &'static str, root: &Path) -> Option<ChannelKind> {
    let inner = match key {
        "slack" => view.section(key, &SLACK),
        "pagerduty" => view.section(key, &PAGERDUTY),
        "opsgenie" => view.section(key, &OPSGENIE),
        "email" => view.section(key, &EMAIL),
        "sms" => view.section(key, &SMS),
        "webhook" => view.section(key, &WEBHOOK),
        "teams" => view.section(key, &TEAMS),
        "discord" => view.section(key, &DISCORD),
        "ntfy" => view.section(key, &NTFY),
        "syslog" => view.section(key, &SYSLOG),
        "command" => view.section(key, &COMMAND),
        _ => {
            if !view.flag(key) && view.reader.is_fine() {
                let help = "write bell = true, or remove the channel".to_owned();
                view.reader.problem(view.place_of(key), "a bell that is off is no channel", help);
            }
            return Some(ChannelKind::Bell);
        }
    }?;
    let view = &inner;
    let kind = match key {
        "slack" => slack(view),
        "pagerduty" => pagerduty(view),
        "opsgenie" => opsgenie(view),
        "email" => email(view, root),
        "sms" => sms(view),
        "webhook" => webhook(view),
        "teams" => secret::address(view, "webhook").map(|webhook| ChannelKind::Teams { webhook }),
        "discord" => secret::address(view, "webhook").map(|webhook| ChannelKind::Discord { webhook }),
        "ntfy" => ntfy(view),
        "syslog" => syslog(view),
        _ => command(view),
    };
    view.finish(key);
    kind
}

fn slack(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::base(view, "url", "https://slack.com");
    if view.has("webhook") {
        for key in ["token", "channel", "url"].into_iter().filter(|key| view.has(key)) {
            let help = "keep the webhook, or token and channel".to_owned();
            view.reader.problem(view.place_of(key), format!("'{key}' has no meaning beside 'webhook'"), help);
        }
        let _ = (view.take("token"), view.take("channel"));
        return secret::address(view, "webhook").map(|webhook| ChannelKind::Slack(Slack::Webhook(webhook)));
    }
    if !view.has("token") {
        view.missing("webhook", "webhook = \"{{ secret('SLACK_WEBHOOK') }}\", or token and channel");
        return None;
    }
    let token = secret::only(view, "token", "SLACK_TOKEN");
    let channel = required(view, "channel", "channel = \"#ops\"");
    Some(ChannelKind::Slack(Slack::Bot { url: url?, token: token?, channel: channel?.value.to_owned() }))
}

fn pagerduty(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::base(view, "url", "https://events.pagerduty.com");
    let routing_key = secret::only(view, "routing_key", "PD_KEY");
    Some(ChannelKind::PagerDuty { url: url?, routing_key: routing_key? })
}

fn opsgenie(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::base(view, "url", "https://api.opsgenie.com");
    let key = secret::only(view, "key", "OPSGENIE_KEY");
    let list = |key| view.texts(key).into_iter().map(|text| text.value.to_owned()).collect();
    let (teams, tags) = (list("teams"), list("tags"));
    Some(ChannelKind::Opsgenie(Opsgenie { url: url?, key: key?, teams, tags }))
}

fn email(view: &View<'_>, root: &Path) -> Option<ChannelKind> {
    let server = required(view, "server", "server = \"mail.example.com:587\"");
    let server = server.and_then(|text| recipient::host_and_port(view, text));
    let encryption = match (view.word("encryption").map(|word| word.value), &server) {
        (Some("implicit"), _) => MailTls::Implicit,
        (Some("none"), _) => MailTls::None,
        (None, Some(server)) if server.ends_with(":465") => MailTls::Implicit,
        _ => MailTls::Starttls,
    };
    let (user, password) =
        (secret::any(view, "user"), view.has("password").then(|| secret::only(view, "password", "MAIL_PASSWORD")));
    let auth = match (view.has("user"), password) {
        (true, Some(password)) => user.zip(password),
        (false, None) => None,
        _ => {
            let help = "give both, or neither".to_owned();
            view.reader.problem(view.place, "'user' and 'password' go together", help);
            None
        }
    };
    if encryption == MailTls::None && view.has("password") {
        let help = "remove encryption = \"none\", or user and password".to_owned();
        view.reader.problem(view.place_of("password"), "a password is not sent without encryption", help);
    }
    let from = required(view, "from", "from = \"Quarterdeck <ops@example.com>\"");
    let from = from.and_then(|text| recipient::mail_address(view, text));
    let to = recipient::list(view, "to", "to = [\"oncall@example.com\"]", recipient::mail_address);
    let ca = view.text("ca").map(|text| root.join(text.value));
    Some(ChannelKind::Email(Email { server: server?, encryption, auth, ca, from: from?, to: to? }))
}

fn sms(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::base(view, "url", "https://api.twilio.com");
    if !view.has("account") {
        view.missing("account", "account = \"AC...\"");
    }
    let account = secret::any(view, "account");
    let token = secret::only(view, "token", "TWILIO_TOKEN");
    let from = required(view, "from", "from = \"+15017122661\"");
    let to = recipient::list(view, "to", "to = [\"+491701234567\"]", recipient::phone_number);
    let parts = view.integer("parts").and_then(|parts| usize::try_from(parts).ok()).unwrap_or(2);
    let from = from?.value.to_owned();
    Some(ChannelKind::Sms(Sms { url: url?, account: account?, token: token?, from, to: to?, parts }))
}

fn webhook(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::url(view, "url");
    let method = view.word("method").map_or("POST", |word| word.value).to_owned();
    let headers = secret::table(view, "headers");
    let sign = view.has("sign").then(|| secret::only(view, "sign", "WEBHOOK_KEY"));
    let payload = view.template("payload").map(|template| {
        words().with("id", serde_json::Value::Null).check(view.reader, &template);
        let tried = payload(&template.value, &sample(Reason::First, UnixMs(0)), 1, chrono_tz::Tz::UTC, &str::to_owned);
        if let Err(error) = tried {
            let help = "what can be used is listed in docs/channels.md".to_owned();
            view.reader.problem(template.place, format!("it can't be rendered: {error}"), help);
        }
        template.value
    });
    Some(ChannelKind::Webhook(Webhook { url: url?, method, headers, payload, sign: sign.flatten() }))
}

fn ntfy(view: &View<'_>) -> Option<ChannelKind> {
    let url = secret::base(view, "url", "https://ntfy.sh");
    if !view.has("topic") {
        view.missing("topic", "topic = \"{{ secret('NTFY_TOPIC') }}\"");
    }
    let topic = secret::any(view, "topic");
    let token = view.has("token").then(|| secret::only(view, "token", "NTFY_TOKEN"));
    Some(ChannelKind::Ntfy(Ntfy { url: url?, topic: topic?, token: token.flatten() }))
}

fn syslog(view: &View<'_>) -> Option<ChannelKind> {
    let to = recipient::syslog(view, view.text("to"));
    let facility = match view.word("facility").map_or("daemon", |word| word.value) {
        "user" => 1,
        "auth" => 4,
        local if local.starts_with("local") => local.trim_start_matches("local").parse::<u8>().map_or(3, |n| 16 + n),
        _ => 3,
    };
    Some(ChannelKind::Syslog(Syslog { to: to?, facility }))
}

fn command(view: &View<'_>) -> Option<ChannelKind> {
    if !view.has("run") {
        view.missing("run", "run = [\"/usr/local/bin/page\"]");
    }
    let argv: Option<Vec<String>> =
        view.argv("run").map(|words| words.iter().filter_map(|word| argument(view, word)).collect());
    let env = secret::table(view, "env");
    let timeout = view.duration("timeout", Duration::from_secs(1)).unwrap_or(Duration::from_secs(30));
    Some(ChannelKind::Command(Command { argv: argv?, env, timeout }))
}

fn argument(view: &View<'_>, word: &At<Template>) -> Option<String> {
    Words::default().check(view.reader, word);
    let rendered: Rendered = word.value.render(&Context::new()).ok()?;
    if !rendered.secrets().is_empty() {
        let help = "pass it as env.NAME = \"{{ secret('NAME') }}\"".to_owned();
        view.reader.problem(word.place, "everybody on this machine can see the arguments of a command", help);
    }
    Some(rendered.shown())
}

fn required<'a>(view: &View<'a>, key: &'static str, example: &str) -> Option<At<&'a str>> {
    if !view.has(key) {
        view.missing(key, example);
    }
    view.text(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_template_is_one_that_notices_have_and_every_kind_is_an_option() {
        for name in NAMES {
            let template = Template::parse(&format!("{{% if {name} %}}x{{% endif %}}")).unwrap();
            payload(&template, &sample(Reason::First, UnixMs(0)), 1, chrono_tz::Tz::UTC, &str::to_owned).unwrap();
        }
        assert!(KINDS.iter().all(|kind| CHANNEL.key(kind).is_some()));
    }
}
