//! Each channel once, against a sink that answers as its provider documents.

use std::{
    fs,
    io::Read,
    net::{TcpListener, UdpSocket},
    os::unix::{fs::PermissionsExt, net::UnixDatagram},
    thread,
    time::Duration,
};

use quarterdeck::domain::{
    alert::{Outcome, Reason},
    time::UnixMs,
};
use serde_json::json;

use super::{
    Office, SENTINEL,
    outage::Watcher,
    sink::{Asked, MailSink, Says, Sink},
};
use crate::support::run::wait_for;

#[expect(clippy::unnecessary_wraps, reason = "what a sink says may be nothing")]
fn says(status: u16, body: &str) -> Says {
    Some((status, "", body.to_owned()))
}

/// What each provider answers when all is well.
fn provider(_: usize, asked: &Asked) -> Says {
    match asked.path() {
        "/slack/hook" => says(200, "ok"),
        "/slack/api/chat.postMessage" => says(200, r#"{"ok":true,"channel":"C1","ts":"1.2"}"#),
        "/pd/v2/enqueue" => says(202, r#"{"status":"success","message":"Event processed","dedup_key":"k"}"#),
        path if path.starts_with("/og/v2/alerts") => {
            says(202, r#"{"result":"Request will be processed","took":0.1,"requestId":"r"}"#)
        }
        "/twilio/2010-04-01/Accounts/AC42/Messages.json" => {
            says(201, r#"{"sid":"SM1","status":"queued","error_code":null}"#)
        }
        "/teams" => says(202, ""),
        "/discord" => Some((204, "", String::new())),
        "/ntfy/" => says(200, r#"{"id":"x","event":"message","topic":"ops"}"#),
        "/hook" => says(200, "{}"),
        path => says(404, &format!("no {path}")),
    }
}

fn channels(sink: &Sink) -> String {
    let at = &sink.address;
    format!(
        r##"
[channels.slack]
slack = {{ webhook = "{{{{ secret('SLACK') }}}}" }}
[channels.bot]
slack = {{ token = "{{{{ secret('KEY') }}}}", channel = "#ops", url = "{at}/slack" }}
[channels.pd]
pagerduty = {{ routing_key = "{{{{ secret('KEY') }}}}", url = "{at}/pd" }}
[channels.og]
opsgenie = {{ key = "{{{{ secret('KEY') }}}}", url = "{at}/og", teams = ["ops"] }}
[channels.sms]
sms = {{ account = "AC42", token = "{{{{ secret('KEY') }}}}", from = "+15017122661", to = ["+491701111111", "+491702222222"], url = "{at}/twilio" }}
every = "0s"
[channels.teams]
teams = {{ webhook = "{{{{ secret('TEAMS') }}}}" }}
[channels.discord]
discord = {{ webhook = "{{{{ secret('DISCORD') }}}}" }}
[channels.ntfy]
ntfy = {{ topic = "ops", token = "{{{{ secret('KEY') }}}}", url = "{at}/ntfy" }}
[channels.hook]
webhook = {{ url = "{at}/hook", headers = {{ X-Token = "{{{{ secret('KEY') }}}}" }}, sign = "{{{{ secret('KEY') }}}}" }}
"##
    )
}

fn office(sink: &Sink) -> Office {
    let whole = |path: &str| format!("{}{path}", sink.address);
    let (slack, teams, discord) = (whole("/slack/hook"), whole("/teams"), whole("/discord"));
    let secrets = [("KEY", SENTINEL), ("SLACK", &slack), ("TEAMS", &teams), ("DISCORD", &discord)];
    Office::with_secrets(&channels(sink), &secrets)
}

const ALL: [&str; 9] = ["slack", "bot", "pd", "og", "sms", "teams", "discord", "ntfy", "hook"];

#[test]
fn every_provider_gets_a_firing_and_its_resolution_in_its_own_form() {
    let sink = Sink::start(provider);
    let office = office(&sink);
    let _courier = office.courier();
    let mut posts = Vec::new();
    for channel in ALL {
        posts.push(office.post(channel, "here/api", Reason::First, "High error rate - api"));
        posts.push(office.post(channel, "here/api", Reason::AllResolved, "High error rate - api over"));
    }
    for post in &posts {
        office.delivered(*post);
    }
    let of =
        |path: &str| -> Vec<Asked> { sink.asked().into_iter().filter(|one| one.path().starts_with(path)).collect() };

    let slack = of("/slack/hook");
    assert_eq!(slack.len(), 2);
    let text = slack[0].json()["attachments"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("&lt;!channel&gt;") && text.contains("3 min after deploy #418 (1.9.2)"), "{text}");
    assert!(slack[1].json()["text"].as_str().unwrap().contains("RESOLVED"));

    let bot = of("/slack/api/");
    assert_eq!(bot[0].header("authorization"), Some(format!("Bearer {SENTINEL}").as_str()));
    assert_eq!(bot[0].json()["channel"], "#ops");

    let (opened, closed) = (of("/pd/")[0].json(), of("/pd/")[1].json());
    assert_eq!((&opened["event_action"], &closed["event_action"]), (&json!("trigger"), &json!("resolve")));
    assert_eq!((&opened["dedup_key"], &opened["payload"]["source"]), (&closed["dedup_key"], &json!("api")));

    let opsgenie = of("/og/");
    assert_eq!(opsgenie[0].json()["priority"], "P1");
    assert_eq!(opsgenie[1].path(), "/og/v2/alerts/quarterdeck%2FShop%2Fhere%2Fapi/close?identifierType=alias");

    let sms = of("/twilio/");
    let to: Vec<_> =
        sms.iter().map(|one| url::form_urlencoded::parse(one.body.as_bytes()).next().unwrap().1.into_owned()).collect();
    assert_eq!(to, ["+491701111111", "+491702222222", "+491701111111", "+491702222222"], "each recipient once");

    assert_eq!(of("/teams")[0].json()["attachments"][0]["contentType"], "application/vnd.microsoft.card.adaptive");
    let discord = of("/discord")[0].json();
    assert_eq!(discord["allowed_mentions"], json!({ "parse": [] }));
    assert!(!discord.to_string().contains("@everyone"), "{discord}");
    assert_eq!(
        (of("/ntfy/")[0].json()["topic"].clone(), of("/ntfy/")[1].json()["priority"].clone()),
        (json!("ops"), json!(3))
    );
    let hook = &of("/hook")[0];
    assert!(hook.header("x-quarterdeck-signature").unwrap().starts_with("sha256="), "{hook:?}");
    assert_eq!(
        (hook.json()["status"].clone(), of("/hook")[1].json()["status"].clone()),
        (json!("firing"), json!("resolved"))
    );
    // What a channel is opened with is not in what is said over it.
    for one in sink.asked().iter().filter(|one| one.path() != "/pd/v2/enqueue") {
        assert!(
            !one.body.contains(SENTINEL)
                || one.path().starts_with("/slack/hook")
                || one.path() == "/teams"
                || one.path() == "/discord",
            "{one:?}"
        );
    }
}

#[test]
fn f62_the_secrets_of_channels_are_in_no_row_no_log_and_no_output_though_the_other_side_repeats_them() {
    // It refuses, and says back everything that was sent to it.
    let sink = Sink::start(|asked, one| {
        let said = json!({ "message": format!("you said {} {}", one.head, one.body), "error": one.head, "ok": false });
        says(if asked.is_multiple_of(2) { 500 } else { 400 }, &said.to_string())
    });
    let office = office(&sink);
    let address = sink.address.trim_start_matches("http://").to_owned();
    let watcher = Watcher::start(&office);
    let posts: Vec<_> = ALL
        .iter()
        .map(|channel| {
            let mut notice = super::notice(channel, "g", Reason::First, "title");
            notice.firing[0].explanation = "nothing".into();
            office.store.post(notice, (*channel).to_owned()).wait().unwrap().unwrap()
        })
        .collect();
    for post in &posts {
        wait_for("an attempt", || office.read(*post).last);
        wait_for("its end", || {
            office
                .read(*post)
                .settled
                .or_else(|| (office.read(*post).attempts >= 2).then(|| (UnixMs::default(), Outcome::Delivered)))
        });
    }
    drop(watcher);
    let printed = office.command(&["notify", "outbox", "--json"]).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("you said") || printed.contains("refused"), "{printed}");
    let mut found = vec![printed.into_bytes()];
    for entry in walk(&office.state()) {
        found.push(fs::read(entry).unwrap());
    }
    let hooks = [format!("{address}/slack/hook"), format!("{address}/discord"), format!("{address}/teams")];
    for bytes in found {
        for secret in hooks.iter().map(String::as_str).chain([SENTINEL]) {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{secret} is somewhere");
        }
    }
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn what_a_provider_refuses_or_puts_off_is_done_as_it_says() {
    let sink = Sink::start(|asked, one| match (one.path(), asked) {
        ("/slack/hook", 0) => Some((429, "retry-after: 1\r\n", "rate_limited".into())),
        ("/slack/hook", _) => says(200, "ok"),
        ("/discord", _) => says(404, r#"{"message":"Unknown Webhook","code":10015}"#),
        _ => says(400, r#"{"status":"invalid event","message":"Event object is invalid","errors":["routing_key"]}"#),
    });
    let office = office(&sink);
    let slack = office.post("slack", "g", Reason::First, "one");
    let courier = office.courier();
    office.delivered(slack);
    let post = office.read(slack);
    assert_eq!((post.attempts, post.last.unwrap().answer.as_str()), (1, "status 200: ok"));
    let (discord, pd) =
        (office.post("discord", "g", Reason::First, "two"), office.post("pd", "g", Reason::First, "three"));
    assert_eq!(office.settled(discord), Outcome::GivenUp { why: "status 404: Unknown Webhook".into() });
    assert_eq!(office.settled(pd), Outcome::GivenUp { why: "status 400: Event object is invalid; routing_key".into() });
    drop(courier);
}

#[test]
fn a_mail_reaches_each_recipient_as_text_and_html_though_one_is_gone_and_the_server_wants_to_be_asked_twice() {
    let sink = MailSink::start();
    let office = Office::new(&format!(
        "[channels.mail]\nemail = {{ server = \"{}\", encryption = \"none\", from = \"Deck <deck@example.com>\", \
         to = [\"a@example.com\", \"gone@example.com\", \"b@example.com\"] }}\nevery = \"0s\"\n",
        sink.address
    ));
    let _courier = office.courier();
    let post = office.post("mail", "here/api", Reason::First, "High error rate\r\nBcc: evil@example.com");
    let Outcome::Partly { why } = office.settled(post) else { panic!("{:?}", office.read(post)) };
    assert!(
        why.contains("1 of 3 refused") && why.contains("gone@example.com") && why.contains("no such mailbox"),
        "{why}"
    );
    let mails = sink.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["a@example.com", "b@example.com"]);
    let (head, body) = mails[0].data.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc:")), "{head}");
    for part in
        ["From: Deck <deck@example.com>", "Auto-Submitted: auto-generated", "multipart/alternative", "References: <"]
    {
        assert!(head.contains(part), "{part} is missing: {head}");
    }
    assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
    let again = office.post("mail", "here/api", Reason::AllResolved, "High error rate over");
    office.settled(again);
    let thread = |data: &str| data.lines().find(|line| line.starts_with("References: ")).map(str::to_owned);
    assert_eq!(thread(&sink.mails()[0].data), thread(&sink.mails()[2].data), "one thread for each group");
}

#[test]
fn a_syslog_gets_one_line_by_datagram_and_with_its_length_by_tcp() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("log");
    let unix = UnixDatagram::bind(&socket).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    unix.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    udp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let office = Office::new(&format!(
        "[channels.unix]\nsyslog = {{ to = \"unix:{}\", facility = \"local0\" }}\n[channels.udp]\nsyslog = {{ to = \"udp://{}\" }}\n\
         [channels.tcp]\nsyslog = {{ to = \"tcp://{}\" }}\n",
        socket.display(),
        udp.local_addr().unwrap(),
        tcp.local_addr().unwrap()
    ));
    let heard = thread::spawn(move || {
        let mut text = String::new();
        tcp.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let _courier = office.courier();
    for channel in ["unix", "udp", "tcp"] {
        office.delivered(office.post(channel, "g", Reason::First, "High error rate"));
    }
    let mut buffer = [0; 4096];
    let length = unix.recv(&mut buffer).unwrap();
    let line = String::from_utf8(buffer[..length].to_vec()).unwrap();
    assert!(
        line.starts_with("<130>1 20") && line.contains(" quarterdeck ") && line.contains("rule=\"High error rate\""),
        "{line}"
    );
    assert!(!line.contains('\n'), "{line}");
    let length = udp.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"<26>1 "));
    let text = heard.join().unwrap();
    let (length, line) = text.split_once(' ').unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), line.len());
}

#[test]
fn a_command_gets_the_notice_and_its_exit_says_what_becomes_of_it() {
    let office = Office::new(
        "[channels.page]\ncommand = { run = [\"./page\"], env = { TOKEN = \"{{ secret('KEY') }}\" } }\nevery = \"0s\"\n\
         [channels.wrong]\ncommand = { run = [\"./wrong\"] }\n[channels.hangs]\ncommand = { run = [\"./hangs\"], timeout = \"1s\" }\n",
    );
    let script = |name: &str, text: &str| {
        let path = office.dir.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    // The first time it fails and says its secret.
    script("page", "[ -e tried ] || { touch tried; echo \"token $TOKEN was no good\" >&2; exit 1; }\ncat > got.json");
    script("wrong", "echo 'no such team' >&2; exit 65");
    script("hangs", "sleep 600 & sleep 600");
    let _courier = office.courier();
    let (page, wrong, hangs) = (
        office.post("page", "g", Reason::First, "a"),
        office.post("wrong", "g", Reason::First, "b"),
        office.post("hangs", "g", Reason::First, "c"),
    );
    office.delivered(page);
    let deliveries = office.store.reader().unwrap().deliveries(page, 9).unwrap();
    assert!(deliveries[1].answer.contains("token •••••• was no good"), "{deliveries:?}");
    let got: serde_json::Value =
        serde_json::from_slice(&fs::read(office.dir.path().join("got.json")).unwrap()).unwrap();
    assert_eq!((&got["title"], &got["firing"][0]["service"]), (&json!("a"), &json!("api")));
    assert!(matches!(office.settled(wrong), Outcome::GivenUp { why } if why.contains("exit status: 65: no such team")));
    let last = wait_for("it is ended", || office.read(hangs).last);
    assert!(last.answer.contains("did not end within 1s"), "{last:?}");
}

#[test]
fn the_bell_of_open_consoles_is_a_row() {
    let office = Office::new("[channels.bell]\nbell = true\n");
    let _courier = office.courier();
    office.delivered(office.post("bell", "g", Reason::First, "High error\x1b]52;c;AAAA\x07 rate"));
    let bells = office.store.reader().unwrap().bells_after(0).unwrap();
    assert_eq!(bells.len(), 1);
    assert!(bells[0].title.contains("High error") && !bells[0].title.contains('\x1b'), "{bells:?}");
}

#[test]
fn a_test_goes_the_way_of_every_message_and_says_what_became_of_it() {
    let sink = Sink::start(provider);
    let office = office(&sink);
    let run = |arguments: &[&str]| {
        let output = office.command(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, out, error) = run(&["notify", "test", "pd"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(
        out.contains("pd: test: delivered")
            && out.contains("pd: test is over: delivered")
            && out.contains("Event processed"),
        "{out}"
    );
    let actions: Vec<_> = sink.asked().iter().map(|one| one.json()["event_action"].clone()).collect();
    assert_eq!(actions, ["trigger", "resolve"], "no incident stays open");
    let (code, out, _) = run(&["notify", "outbox"]);
    assert!(code == 0 && out.contains("delivered") && out.contains("test of channel 'pd'"), "{out}");
    let (code, _, error) = run(&["notify", "test", "pagr"]);
    assert!(code == 2 && error.contains("there is no channel 'pagr'; there are: slack, bot, pd"), "{error}");
}

#[test]
fn the_worked_configurations_tell_people_where_their_owners_want_to_be_told() {
    let load = |system: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/systems").join(system);
        quarterdeck::config::load(&path).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false))).outlets
    };
    let kinds = |outlets: &quarterdeck::domain::environment::Outlets| -> Vec<&'static str> {
        outlets.channels.iter().map(|channel| channel.kind.word()).collect()
    };
    assert_eq!(kinds(&load("xswarm-boss")), ["pagerduty", "slack", "email", "sms"]);
    let digital = load("digital-manager");
    assert_eq!(kinds(&digital), ["pagerduty", "slack", "email"]);
    assert_eq!(digital.summary.unwrap().to, ["p2"]);
    assert_eq!(kinds(&load("continuity-bridge")), ["email"]);
}
