use super::*;
use crate::domain::{
    channel::{Email, Pace, Slack},
    probe::MailTls,
    template::Rendered,
};

const AT: UnixMs = UnixMs(1_700_000_000_000);

fn channel(kind: ChannelKind) -> Channel {
    Channel {
        name: "ops".into(),
        kind,
        title: None,
        body: None,
        pace: Pace::default(),
        give_up: std::time::Duration::from_hours(72),
    }
}

fn slack() -> Channel {
    channel(ChannelKind::Slack(Slack::Webhook(Rendered::text("https://hooks.example"))))
}

fn email() -> Channel {
    channel(ChannelKind::Email(Email {
        server: "mail.example:587".into(),
        encryption: MailTls::Starttls,
        auth: None,
        ca: None,
        from: "a@example.com".into(),
        to: vec!["b@example.com".into()],
    }))
}

fn write(channel: &Channel, notice: &Notice) -> Message {
    compose(channel, notice, chrono_tz::Europe::Berlin, &|text| text.replace("hunter2-hunter2", "••••••"))
}

fn first() -> Notice {
    Notice {
        text: String::new(),
        resolved: Vec::new(),
        more: 0,
        severity: Severity::Critical,
        ..sample(Reason::First, AT)
    }
}

#[test]
fn a_message_says_which_service_since_when_the_figure_its_threshold_the_deploy_the_runbook_and_the_command() {
    let message = write(&slack(), &first());
    assert_eq!(message.title, "[CRITICAL] production: High error rate - api");
    insta::assert_snapshot!(message.body, @"
    *LOW High error rate - api (production)*
    Requests fail
    error_rate 0.12 &gt; 0.1
    since 2023-11-14 23:09 CET, for 4m
    error_rate: 12 % (threshold 10 %)
    last deploy: 3 min after deploy #418 (1.9.2)
    runbook: docs/runbooks/error-rate.md
    open: `quarterdeck --env production alerts explain 'High error rate' api`
    ");
}

#[test]
fn a_resolved_says_from_when_to_when() {
    let notice = Notice { firing: Vec::new(), more: 3, ..sample(Reason::AllResolved, AT) };
    let message = write(&email(), &Notice { text: String::new(), ..notice });
    assert_eq!(message.title, "[RESOLVED] production: High error rate - api");
    insta::assert_snapshot!(message.body, @"
    RESOLVED High error rate - api (production)
    error_rate 0.12 > 0.1
    from 2023-11-14 23:09 CET to 2023-11-14 23:13 CET, for 4m

    and 3 more
    ");
}

#[test]
fn every_default_is_a_template_that_renders_for_every_reason() {
    let reasons = [
        Reason::First,
        Reason::New,
        Reason::Resolved,
        Reason::AllResolved,
        Reason::Repeat,
        Reason::Escalated { step: 2 },
        Reason::Acknowledged { by: "alice".into() },
        Reason::Test,
        Reason::Summary,
        Reason::Said,
    ];
    for reason in reasons {
        let notice = sample(reason, AT);
        let context =
            context(&notice, Style::Html, Tz::UTC, &str::to_owned).with("headline", "x").with("colour", "red");
        for template in [&DEFAULTS.title, &DEFAULTS.body, &DEFAULTS.short, &DEFAULTS.html] {
            let text = plain(template.as_ref().unwrap(), &context).unwrap();
            assert!(!text.trim().is_empty(), "{:?}", notice.reason);
        }
    }
}

#[test]
fn f53_f66_what_the_world_wrote_has_no_powers_in_any_part_of_a_message() {
    let mut notice = first();
    notice.title = "x\r\nBcc: evil@example.com\x1b[2J <!channel> <script>".into();
    notice.firing[0].explanation = "<script>alert(1)</script>\r\n.\r\nQUIT".into();
    let message = write(&email(), &notice);
    assert!(!message.title.chars().any(char::is_control), "{:?}", message.title);
    let html = message.html.unwrap();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    let message = write(&slack(), &notice);
    assert!(!message.title.contains("<!channel>") && message.title.contains("&lt;!channel&gt;"), "{}", message.title);
}

#[test]
fn f62_a_secret_in_what_the_world_wrote_is_masked_in_every_part() {
    let mut notice = sample(Reason::Repeat, AT);
    notice.text = "password hunter2-hunter2".into();
    notice.title = "hunter2-hunter2".into();
    for cards in [&mut notice.firing, &mut notice.resolved] {
        let (card, secret) = (&mut cards[0], "hunter2-hunter2".to_owned());
        (card.summary, card.explanation, card.open) = (secret.clone(), secret.clone(), secret.clone());
        (card.runbook, card.last_deploy) = (Some(secret.clone()), Some(secret));
    }
    let message = write(&email(), &notice);
    let document = document(&notice, 1, "d", &|text| text.replace("hunter2-hunter2", "••••••"));
    for text in [&message.title, &message.body, message.html.as_ref().unwrap(), &document.to_string()] {
        assert!(!text.contains("hunter2") && text.contains("••••••"), "{text}");
    }
}

#[test]
fn a_configured_template_is_used_and_one_that_fails_is_told_and_the_default_serves() {
    let mut channel = slack();
    channel.title = Template::parse("{{ severity }} {{ firing | length }}").ok();
    channel.body = Template::parse("{% for a in firing %}{{ a.service }}: {{ a.value }}{% endfor %}").ok();
    let message = write(&channel, &first());
    assert_eq!((message.title.as_str(), message.body.as_str()), ("critical 1", "api: 12 %"));
    channel.body = Template::parse("{{ firing[7].rule }}").ok();
    let message = write(&channel, &first());
    assert!(message.body.contains("High error rate"), "{}", message.body);
    assert!(message.trouble.unwrap().contains("can't be rendered"));
}

#[test]
fn a_value_can_be_no_template() {
    let mut notice = first();
    notice.firing[0].summary = "{{ secret('TOKEN') }}{% for a in firing %}".into();
    assert!(write(&slack(), &notice).body.contains("{{ secret('TOKEN') }}"));
}

#[test]
fn a_hundred_alerts_are_a_bounded_message_that_says_how_many_are_left_out() {
    let mut notice = first();
    notice.firing = vec![notice.firing[0].clone(); 100];
    let message = write(&email(), &notice);
    assert!(message.body.ends_with("and 75 more"), "{}", message.body);
    assert!(write(&slack(), &notice).body.chars().count() <= 3_000);
}
