//! `smtp` and `imap` looks at servers made by hand.

use std::sync::Mutex;

use quarterdeck::domain::verdict::Verdict;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Authority, assert_fail, assert_pass, fact, look_with, serve_tls};

/// Greets, then answers each line with what `answer` makes of it; nothing ends the connection.
async fn lines<S: AsyncRead + AsyncWrite + Unpin>(stream: S, greeting: &str, answer: impl Fn(&str) -> String) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let mut next = greeting.to_owned();
    loop {
        if next.is_empty() || stream.write_all(next.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        line.clear();
        if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            return;
        }
        next = answer(line.trim_end());
    }
}

fn smtp(line: &str) -> String {
    match line {
        "EHLO quarterdeck" => "250-mail.example hello\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n".into(),
        // \0shop\0hunter2-hunter2
        "AUTH PLAIN AHNob3AAaHVudGVyMi1odW50ZXIy" => "235 welcome\r\n".into(),
        _ if line.starts_with("AUTH") => "535 5.7.8 who are you?\r\n".into(),
        "MAIL FROM:<qd@example.com>" | "RCPT TO:<ops@example.com>" => "250 fine\r\n".into(),
        "RCPT TO:<gone@example.com>" => "550 5.1.1 no such user\r\n".into(),
        "DATA" => "354 go on\r\n".into(),
        // The lines of the mail; nothing is said to them before the last.
        "." => "250 2.0.0 queued as 7\r\n".into(),
        "QUIT" => String::new(),
        _ => "500 what?\r\n".into(),
    }
}

/// One mail of number 7 with the subject `token-1`; it is there until it is expunged.
fn imap(line: &str) -> String {
    let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
    let before = match command {
        "LOGIN \"shop\" \"hunter2-hunter2\"" | "NOOP" | "UID EXPUNGE 7" | "UID STORE 7 +FLAGS.SILENT (\\Deleted)" => "",
        "SELECT \"INBOX\"" => "* FLAGS (\\Deleted)\r\n* 3 EXISTS\r\n",
        "UID SEARCH UNDELETED SUBJECT \"token-1\"" => "* SEARCH 7\r\n",
        _ if command.starts_with("UID SEARCH") => "* SEARCH\r\n",
        _ => return format!("{tag} NO not that\r\n"),
    };
    format!("{before}{tag} OK done\r\n")
}

async fn serve(greeting: &'static str, answer: fn(&str) -> String) -> (Authority, String) {
    let authority = Authority::new();
    let identity = authority.issue(&["localhost"], -1, 30);
    let address = serve_tls(identity.server(&[], None), move |stream| lines(stream, greeting, answer)).await;
    (authority, address)
}

fn with(kind: &str, address: &str, rest: &str) -> String {
    format!(
        "{kind} = \"{address}\"\nencryption = \"implicit\"\nca = \"{{{{ secret('CA') }}}}\"\ntimeout = \"3s\"\n{rest}"
    )
}

const WE: &str = "auth = { user = \"shop\", password = \"{{ secret('MAIL') }}\" }";

#[tokio::test]
async fn a_mail_server_greets_and_knows_us() {
    let (authority, address) = serve("220-mail.example\r\n220 ready\r\n", smtp).await;
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let judged = look_with(&with("smtp", &address, WE), &known).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "banner"), "mail.example");
    assert_eq!(fact(&judged, "extensions"), serde_json::json!(["SIZE 1000", "AUTH PLAIN LOGIN"]));
    assert_eq!((fact(&judged, "tls"), fact(&judged, "authenticated")), (true.into(), true.into()));
    assert_eq!(fact(&look_with(&with("smtp", &address, ""), &known).await, "authenticated"), false);
    let unknown = [("CA", authority.pem.as_str()), ("MAIL", "guess-guess")];
    assert_fail(&look_with(&with("smtp", &address, WE), &unknown).await, "AUTH was refused: 535 5.7.8 who are you?");
}

/// Takes one mail, and keeps what was said.
async fn post_office() -> (Authority, String, std::sync::Arc<Mutex<String>>) {
    let (authority, said) = (Authority::new(), std::sync::Arc::new(Mutex::new(String::new())));
    let identity = authority.issue(&["localhost"], -1, 30);
    let kept = std::sync::Arc::clone(&said);
    let address = serve_tls(identity.server(&[], None), move |stream| {
        let kept = std::sync::Arc::clone(&kept);
        async move {
            let mut stream = BufReader::new(stream);
            let (mut line, mut reading) = (String::new(), false);
            let mut next = "220 ready\r\n".to_owned();
            loop {
                if stream.write_all(next.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                line.clear();
                if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                    return;
                }
                *kept.lock().unwrap() += &line;
                let ends = line == ".\r\n";
                next = if reading && !ends { String::new() } else { smtp(line.trim_end()) };
                reading = line == "DATA\r\n" || (reading && !ends);
            }
        }
    })
    .await;
    (authority, address, said)
}

#[tokio::test]
async fn a_mail_is_sent_where_it_is_asked_for_and_each_is_another() {
    let (authority, address, said) = post_office().await;
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let letter = |to: &str| format!("{WE}\nsend = {{ from = \"qd@example.com\", to = \"{to}\", body = \".\\nQUIT\" }}");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let judged = look_with(&with("smtp", &address, &letter("ops@example.com")), &known).await;
        assert_pass(&judged);
        assert_eq!((fact(&judged, "sent"), fact(&judged, "accepted")), (true.into(), "250 2.0.0 queued as 7".into()));
        ids.push(fact(&judged, "look_id").as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    let said = said.lock().unwrap().clone();
    for id in &ids {
        assert!(said.contains(&format!("\r\nSubject: Quarterdeck look {id}\r\n")), "{said}");
        assert!(said.contains(&format!("\r\nX-Quarterdeck-Look: {id}\r\n")), "{said}");
    }
    assert!(said.contains("\r\n\r\n..\r\nQUIT\r\n.\r\n"), "its text does not end it: {said}");
    let gone = look_with(&with("smtp", &address, &letter("gone@example.com")), &known).await;
    assert_fail(&gone, "RCPT TO was refused: 550 5.1.1 no such user");
}

#[tokio::test]
async fn what_greets_otherwise_is_no_mail_server() {
    let (authority, address) = serve("SSH-2.0-OpenSSH\r\n", smtp).await;
    let judged = look_with(&with("smtp", &address, ""), &[("CA", &authority.pem)]).await;
    assert_fail(&judged, "the answer is not SMTP: \"SSH-2.0-OpenSSH\"");
    let (authority, address) = serve("554 go away\r\n", smtp).await;
    assert_fail(&look_with(&with("smtp", &address, ""), &[("CA", &authority.pem)]).await, "554 go away");
}

#[tokio::test]
async fn a_mail_arrives_or_does_not() {
    let (authority, address) = serve("* OK ready\r\n", imap).await;
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let judged = look_with(&with("imap", &address, WE), &known).await;
    assert_pass(&judged);
    assert_eq!((fact(&judged, "messages"), fact(&judged, "banner")), (3.into(), "ready".into()));
    let arriving = format!("{WE}\nsubject = \"token-1\"\ndelete = true");
    let judged = look_with(&with("imap", &address, &arriving), &known).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "found"), 1);
    let missing = format!("{WE}\nsubject = \"token-2\"\nwait = \"1s\"");
    assert_fail(
        &look_with(&with("imap", &address, &missing), &known).await,
        "no mail with that subject arrived within 1s",
    );
    let unknown = [("CA", authority.pem.as_str()), ("MAIL", "guess-guess")];
    let judged = look_with(&with("imap", &address, WE), &unknown).await;
    assert_fail(&judged, "LOGIN was refused: not that");
    assert!(!judged.detail.contains("guess"));
}

#[tokio::test]
async fn a_mail_is_provoked_before_it_is_waited_for() {
    let (relay, (authority, address)) = (wiremock::MockServer::start().await, serve("* OK ready\r\n", imap).await);
    let fine = wiremock::Mock::given(wiremock::matchers::path("/send"));
    fine.respond_with(wiremock::ResponseTemplate::new(202)).mount(&relay).await;
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let provoke = |path: &str| {
        let url = format!("{}/{path}?id={{{{ look.id }}}}", relay.uri());
        format!("{WE}\nsubject = \"token-1\"\nprovoke = {{ http = \"{url}\", method = \"POST\" }}")
    };
    let judged = look_with(&with("imap", &address, &provoke("send")), &known).await;
    assert_pass(&judged);
    let asked = relay.received_requests().await.unwrap();
    assert_eq!(asked[0].url.query(), Some(format!("id={}", fact(&judged, "look_id").as_str().unwrap()).as_str()));
    assert!(fact(&judged, "delay_ms").as_f64().unwrap() > 0.0);
    let judged = look_with(&with("imap", &address, &provoke("nowhere")), &known).await;
    assert_fail(&judged, "what should provoke it failed: status 404");
}

#[tokio::test]
async fn only_the_mail_that_was_found_is_removed() {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    // A server without UIDPLUS refuses it: then the mail stays, flagged.
    fn without(line: &str) -> String {
        let command = line.split_once(' ').map_or("", |(_, command)| command);
        SAID.lock().unwrap().push(command.to_owned());
        if command.starts_with("UID EXPUNGE") {
            let tag = line.split(' ').next().unwrap_or_default();
            return format!("{tag} BAD unknown command\r\n");
        }
        imap(line)
    }
    let (authority, address) = serve("* OK ready\r\n", without).await;
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let arriving = format!("{WE}\nsubject = \"token-1\"\ndelete = true");
    assert_pass(&look_with(&with("imap", &address, &arriving), &known).await);
    let said = SAID.lock().unwrap();
    let removing: Vec<_> = said.iter().filter(|command| command.contains("EXPUNGE")).collect();
    assert_eq!(removing, ["UID EXPUNGE 7"]);
}

#[tokio::test]
async fn f75_a_server_that_greets_and_then_drips_ends_on_time() {
    let (authority, address) = serve("220 ready\r\n", |_| "250-x".into()).await;
    let lines = with("smtp", &address, "").replace("\"3s\"", "\"400ms\"");
    let judged = look_with(&lines, &[("CA", &authority.pem)]).await;
    assert_fail(&judged, "the talk did not end after 400 ms (");
}

#[tokio::test]
async fn f80_a_line_without_end_is_cut_off() {
    let (authority, address) = serve("220 ready\r\n", |_| "x".repeat(200_000)).await;
    let judged = look_with(&with("smtp", &address, ""), &[("CA", &authority.pem)]).await;
    assert_fail(&judged, "a line of the answer is longer than 8192 bytes");
}

#[tokio::test]
async fn a_bad_certificate_keeps_the_password_at_home() {
    let (_, address) = serve("220 ready\r\n", smtp).await;
    let other = Authority::named("Another");
    let judged = look_with(&with("smtp", &address, WE), &[("CA", &other.pem), ("MAIL", "hunter2-hunter2")]).await;
    assert_eq!(judged.says.verdict, Verdict::Fail);
    assert!(judged.detail.contains("unknown issuer"), "{}", judged.detail);
}
