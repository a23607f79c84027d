//! Who is told, and how.

use super::{
    ARGV, Section,
    Shape::{Bool, Duration, Integer, List, Map, Section as Sub, Template, Text, Word},
    key,
};

/// `[channels.NAME]`
pub static CHANNEL: Section = Section {
    name: "channels.NAME",
    about: "A way to tell people. Exactly one key names its kind: see `docs/channels.md`.",
    keys: &[
        key("slack", Sub(&SLACK), "", "Slack, by an incoming webhook or as a bot."),
        key("pagerduty", Sub(&PAGERDUTY), "", "PagerDuty, by its Events API v2."),
        key("opsgenie", Sub(&OPSGENIE), "", "Opsgenie, by its Alert API."),
        key("email", Sub(&EMAIL), "", "Mail, by SMTP."),
        key("sms", Sub(&SMS), "", "SMS, by Twilio."),
        key("webhook", Sub(&WEBHOOK), "", "Any HTTP endpoint."),
        key("teams", Sub(&TEAMS), "", "Microsoft Teams, by a workflow."),
        key("discord", Sub(&DISCORD), "", "Discord, by a webhook."),
        key("ntfy", Sub(&NTFY), "", "ntfy.sh, or a server of your own."),
        key("syslog", Sub(&SYSLOG), "", "Syslog, RFC 5424."),
        key("command", Sub(&COMMAND), "", "A command that gets the notice as JSON on standard input."),
        key("bell", Bool, "", "`true`: the bell of open consoles."),
        key("title", Template, "", "Its own title: a template over the notice, `[{{ badge }}] {{ title }}`."),
        key(
            "body",
            Template,
            "",
            "Its own body, likewise: `{% for a in firing %}{{ a.service }}: {{ a.explanation }}{% endfor %}`.",
        ),
        key("every", Duration, "\"1s\"", "Between two messages at least; what comes faster waits."),
        key("per_minute", Integer(1, 6_000), "20", "Messages in any minute at most; the rest waits."),
        key("give_up", Duration, "\"3d\"", "A message that can't be delivered for so long is given up, which is told."),
    ],
    later: &[],
};

/// `slack`
pub static SLACK: Section = Section {
    name: "channels.NAME.slack",
    about: "Either `webhook`, or `token` and `channel`.",
    keys: &[
        key(
            "webhook",
            Template,
            "",
            "The webhook's whole address, which is a secret: `{{ secret('SLACK_WEBHOOK') }}`.",
        ),
        key("token", Template, "", "A bot's token with `chat:write`: `{{ secret('SLACK_TOKEN') }}`."),
        key("channel", Text, "", "Where the bot writes: `#ops`, or a channel's ID."),
        key("url", Text, "\"https://slack.com\"", "Of the API, where it is another."),
    ],
    later: &[],
};

/// `pagerduty`
pub static PAGERDUTY: Section = Section {
    name: "channels.NAME.pagerduty",
    about: "Opens, acknowledges and resolves one incident for each group.",
    keys: &[
        key("routing_key", Template, "required", "The integration's key: `{{ secret('PD_KEY') }}`."),
        key(
            "url",
            Text,
            "\"https://events.pagerduty.com\"",
            "Of the API: `https://events.eu.pagerduty.com` in the EU.",
        ),
    ],
    later: &[],
};

/// `opsgenie`
pub static OPSGENIE: Section = Section {
    name: "channels.NAME.opsgenie",
    about: "Opens, acknowledges and closes one alert for each group.",
    keys: &[
        key("key", Template, "required", "The API integration's key: `{{ secret('OPSGENIE_KEY') }}`."),
        key("teams", List(&Text), "", "Teams that are to respond."),
        key("tags", List(&Text), "", "Tags of each alert."),
        key("url", Text, "\"https://api.opsgenie.com\"", "Of the API: `https://api.eu.opsgenie.com` in the EU."),
    ],
    later: &[],
};

/// `email`
pub static EMAIL: Section = Section {
    name: "channels.NAME.email",
    about: "One mail to each recipient, as text and HTML.",
    keys: &[
        key("server", Text, "required", "Host and port: `mail.example.com:587`."),
        key(
            "encryption",
            Word(&["starttls", "implicit", "none"]),
            "implicit on port 465, else starttls",
            "When the connection is encrypted.",
        ),
        key("user", Template, "", "Who we are to the server."),
        key("password", Template, "", "Its password: `{{ secret('MAIL_PASSWORD') }}`."),
        key(
            "ca",
            Text,
            "",
            "Certificates to trust beside the system's: a PEM file; a relative path starts at the configuration.",
        ),
        key("from", Text, "required", "The sender: `Quarterdeck <ops@example.com>`."),
        key("to", List(&Text), "required", "Recipients."),
    ],
    later: &[],
};

/// `sms`
pub static SMS: Section = Section {
    name: "channels.NAME.sms",
    about: "One message to each number, by Twilio.",
    keys: &[
        key("account", Template, "required", "The account's SID: `AC...`."),
        key("token", Template, "required", "Its token: `{{ secret('TWILIO_TOKEN') }}`."),
        key("from", Text, "required", "A number of yours, `+15017122661`, or a messaging service's SID, `MG...`."),
        key("to", List(&Text), "required", "Numbers, with country: `+491701234567`."),
        key(
            "parts",
            Integer(1, 10),
            "2",
            "Parts of 160 characters (70 where letters need more) that one may have at most.",
        ),
        key("url", Text, "\"https://api.twilio.com\"", "Of the API, where it is another."),
    ],
    later: &[],
};

/// `webhook`
pub static WEBHOOK: Section = Section {
    name: "channels.NAME.webhook",
    about: "The notice as JSON, or what a template makes of it.",
    keys: &[
        key("url", Template, "required", "Where to; a secret may be its whole, or stand behind its host."),
        key("method", Word(&["POST", "PUT", "PATCH"]), "\"POST\"", "Method."),
        key(
            "headers",
            Map(&Template),
            "",
            "Headers of each request: `Authorization = \"Bearer {{ secret('NAME') }}\"`.",
        ),
        key(
            "payload",
            Template,
            "the notice as JSON",
            "A template over the notice: `{\"text\": {{ title | tojson }}}`.",
        ),
        key(
            "sign",
            Template,
            "",
            "A key; requests carry `X-Quarterdeck-Signature: sha256=...`, an HMAC of time and body.",
        ),
    ],
    later: &[],
};

/// `teams`
pub static TEAMS: Section = Section {
    name: "channels.NAME.teams",
    about: "An adaptive card.",
    keys: &[key(
        "webhook",
        Template,
        "required",
        "The address of a workflow 'When a webhook request is received', a secret: `{{ secret('TEAMS_WEBHOOK') }}`.",
    )],
    later: &[],
};

/// `discord`
pub static DISCORD: Section = Section {
    name: "channels.NAME.discord",
    about: "An embed; nobody is mentioned.",
    keys: &[key(
        "webhook",
        Template,
        "required",
        "The webhook's address, a secret: `{{ secret('DISCORD_WEBHOOK') }}`.",
    )],
    later: &[],
};

/// `ntfy`
pub static NTFY: Section = Section {
    name: "channels.NAME.ntfy",
    about: "A push notification.",
    keys: &[
        key("topic", Template, "required", "The topic; who knows its name can read it."),
        key("token", Template, "", "An access token: `{{ secret('NTFY_TOKEN') }}`."),
        key("url", Text, "\"https://ntfy.sh\"", "Of the server."),
    ],
    later: &[],
};

/// `syslog`
pub static SYSLOG: Section = Section {
    name: "channels.NAME.syslog",
    about: "One line for each message.",
    keys: &[
        key("to", Text, "\"unix:/dev/log\"", "`unix:/dev/log`, `udp://host:514` or `tcp://host:601`."),
        key(
            "facility",
            Word(&[
                "user", "daemon", "auth", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
                "local7",
            ]),
            "\"daemon\"",
            "Facility.",
        ),
    ],
    later: &[],
};

/// `command`
pub static COMMAND: Section = Section {
    name: "channels.NAME.command",
    about: "Exit 0 is delivered; 64 to 78 but 75 is refused for good; anything else is tried again.",
    keys: &[
        key("run", ARGV, "required", "Program and arguments. Secrets go into `env`: arguments can be seen by others."),
        key("env", Map(&Template), "", "Added to its environment: `PAGER_KEY = \"{{ secret('PAGER_KEY') }}\"`."),
        key("timeout", Duration, "\"30s\"", "Then it and its children are ended."),
    ],
    later: &[],
};

/// `[heartbeat]`
pub static HEARTBEAT: Section = Section {
    name: "heartbeat",
    about: "A dead man's switch: an address that is asked for while the watcher and the history are well, so that somebody \
            else notices when they are not.",
    keys: &[
        key("url", Template, "required", "Where to; it may be a secret: `{{ secret('HEARTBEAT_URL') }}`."),
        key("every", Duration, "\"1m\"", "How often, 10 s at least."),
        key("method", Word(&["GET", "POST", "HEAD"]), "\"GET\"", "Method."),
    ],
    later: &[],
};

/// `[summary]`
pub static SUMMARY: Section = Section {
    name: "summary",
    about: "Once a day, what was not worth a message of its own: alerts of severity low, and what could not be delivered.",
    keys: &[
        key("at", Text, "\"08:00\"", "When, in the project's time zone."),
        key("to", List(&Text), "required", "Channels."),
    ],
    later: &[],
};
