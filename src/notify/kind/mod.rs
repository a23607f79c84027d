//! One file for each provider: what it wants to be asked, what its answers mean.

mod discord;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod slack;
mod sms;
mod teams;
mod webhook;

use crate::domain::{
    channel::ChannelKind,
    template::{Rendered, Unresolved},
};

use super::speak::Speak;

/// The one who speaks to the provider of a channel; `None` if that is not done over HTTP.
pub fn speaker(
    kind: &ChannelKind,
    resolve: &dyn Fn(&Rendered) -> Result<String, Unresolved>,
) -> Result<Option<Box<dyn Speak>>, Unresolved> {
    Ok(Some(match kind {
        ChannelKind::Slack(slack) => Box::new(slack::Slack::new(slack, resolve)?),
        ChannelKind::PagerDuty { url, routing_key } => {
            Box::new(pagerduty::PagerDuty { url: format!("{url}/v2/enqueue"), routing_key: resolve(routing_key)? })
        }
        ChannelKind::Opsgenie(opsgenie) => Box::new(opsgenie::Opsgenie {
            url: opsgenie.url.clone(),
            key: resolve(&opsgenie.key)?,
            teams: opsgenie.teams.clone(),
            tags: opsgenie.tags.clone(),
        }),
        ChannelKind::Sms(sms) => Box::new(sms::Sms::new(sms, resolve)?),
        ChannelKind::Webhook(webhook) => Box::new(webhook::Webhook::new(webhook, resolve)?),
        ChannelKind::Teams { webhook } => Box::new(teams::Teams { webhook: resolve(webhook)? }),
        ChannelKind::Discord { webhook } => Box::new(discord::Discord { webhook: resolve(webhook)? }),
        ChannelKind::Ntfy(ntfy) => Box::new(ntfy::Ntfy {
            url: ntfy.url.clone(),
            topic: resolve(&ntfy.topic)?,
            token: ntfy.token.as_ref().map(resolve).transpose()?,
        }),
        ChannelKind::Email(_) | ChannelKind::Syslog(_) | ChannelKind::Command(_) | ChannelKind::Bell => {
            return Ok(None);
        }
    }))
}

#[cfg(test)]
mod fixture;
