//! aiosmtpd with STARTTLS, looked at and sent to, and a mailbox of dovecot.

use std::{fs, os::unix::fs::PermissionsExt};

use super::process::{Server, free_port};
use crate::looks::{Authority, assert_fail, assert_pass, fact, look_with};

const WE: &str = "auth = { user = \"shop\", password = \"{{ secret('MAIL') }}\" }";

const SMTP: &str = "
import sys, ssl, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain('cert.pem', 'key.pem')
class Post:
    async def handle_DATA(self, server, session, envelope):
        import email, email.policy
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if envelope.rcpt_tos[0] not in mail['To'] or mail.defects:
            return '554 not a mail'
        with open('mails', 'a') as mails:
            mails.write(mail['Subject'] + '|' + mail['X-Quarterdeck-Look'] + '|' + mail.get_content().strip() + '\\n')
        return '250 taken'
def known(server, session, envelope, mechanism, data):
    fine = data.login == b'shop' and data.password == b'hunter2-hunter2'
    return AuthResult(success=fine, handled=False)
Controller(Post(), hostname='127.0.0.1', port=int(sys.argv[1]), tls_context=context, authenticator=known,
           auth_require_tls=True, require_starttls=True).start()
while True:
    time.sleep(1)
";

fn with(kind: &str, port: u16, rest: &str) -> String {
    format!("{kind} = \"localhost:{port}\"\nca = \"{{{{ secret('CA') }}}}\"\n{rest}")
}

#[tokio::test]
#[ignore = "needs aiosmtpd: run by .ci/run"]
async fn a_mail_server_that_wants_starttls_knows_us() {
    let (dir, port, authority) = (tempfile::tempdir().unwrap(), free_port(), Authority::new());
    let identity = authority.issue(&["localhost"], -1, 30);
    fs::write(dir.path().join("cert.pem"), &identity.pem).unwrap();
    fs::write(dir.path().join("key.pem"), &identity.key_pem).unwrap();
    fs::write(dir.path().join("smtp.py"), SMTP).unwrap();
    // Debian's module is for Debian's Python.
    let server = Server::start(dir, port, "/usr/bin/python3", &["smtp.py", &port.to_string()]);
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let judged = look_with(&with("smtp", port, WE), &known).await;
    assert_pass(&judged);
    assert!(fact(&judged, "banner").as_str().unwrap().contains("SMTP"), "{:?}", judged.outcome);
    assert_eq!((fact(&judged, "tls"), fact(&judged, "authenticated")), (true.into(), true.into()));
    let unknown = [("CA", authority.pem.as_str()), ("MAIL", "guess-guess")];
    assert_fail(&look_with(&with("smtp", port, WE), &unknown).await, "AUTH was refused: 535");
    assert!(!server.path().join("mails").exists(), "a look that is not asked to sends no mail");
    let send = "send = { from = \"qd@example.com\", to = \"ops@example.com\", subject = \"für {{ look.id }}\", body = \"Grüße\" }";
    let judged = look_with(&with("smtp", port, &format!("{WE}\n{send}")), &known).await;
    assert_pass(&judged);
    let id = fact(&judged, "look_id").as_str().unwrap().to_owned();
    let mails = fs::read_to_string(server.path().join("mails")).unwrap();
    assert_eq!(mails, format!("für {id}|{id}|Grüße\n"));
    let judged =
        look_with(&format!("tls = \"localhost:{port}\"\nstarttls = \"smtp\"\nca = \"{{{{ secret('CA') }}}}\""), &known)
            .await;
    assert_pass(&judged);
}

/// dovecot as this user, with one mailbox.
fn dovecot(identity: &crate::looks::Identity) -> (Server, u16) {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let here = dir.path().display().to_string();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(dir.path().join("cert.pem"), &identity.pem).unwrap();
    fs::write(dir.path().join("key.pem"), &identity.key_pem).unwrap();
    fs::write(dir.path().join("users"), format!("shop:{{PLAIN}}hunter2-hunter2:65534:65534::{here}/home::\n")).unwrap();
    for box_dir in ["home/mail/new", "home/mail/cur", "home/mail/tmp", "run", "state"] {
        fs::create_dir_all(dir.path().join(box_dir)).unwrap();
    }
    fs::write(dir.path().join("home/mail/new/1.mail"), "Subject: token-1 report\r\nFrom: a@b\r\n\r\nhello\r\n")
        .unwrap();
    let text = format!(
        "base_dir = {here}/run\nstate_dir = {here}/state\nprotocols = imap\nlog_path = /dev/stderr\n\
         ssl = required\nssl_cert = <{here}/cert.pem\nssl_key = <{here}/key.pem\n\
         mail_location = maildir:{here}/home/mail\nfirst_valid_uid = 1\n\
         passdb {{\n driver = passwd-file\n args = {here}/users\n}}\nuserdb {{\n driver = passwd-file\n args = {here}/users\n}}\n\
         service imap-login {{\n inet_listener imap {{\n address = 127.0.0.1\n port = {port}\n }}\n\
         inet_listener imaps {{\n port = 0\n }}\n}}\n"
    );
    fs::write(dir.path().join("dovecot.conf"), text).unwrap();
    let status = std::process::Command::new("chown").args(["-R", "65534:65534", &format!("{here}/home")]).status();
    assert!(status.unwrap().success());
    let config = format!("{here}/dovecot.conf");
    (Server::start(dir, port, "dovecot", &["-F", "-c", &config]), port)
}

#[tokio::test]
#[ignore = "needs dovecot: run by .ci/run"]
async fn a_mail_is_found_in_a_mailbox_and_deleted() {
    let authority = Authority::new();
    let (server, port) = dovecot(&authority.issue(&["localhost"], -1, 30));
    let known = [("CA", authority.pem.as_str()), ("MAIL", "hunter2-hunter2")];
    let judged = look_with(&with("imap", port, WE), &known).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "messages"), 1);
    let arriving = format!("{WE}\nsubject = \"token-1\"\nwait = \"3s\"\ndelete = true");
    let judged = look_with(&with("imap", port, &arriving), &known).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "found"), 1);
    let again = format!("{WE}\nsubject = \"token-1\"");
    assert_fail(&look_with(&with("imap", port, &again), &known).await, "no mail with that subject");
    assert!(fs::read_dir(server.path().join("home/mail/cur")).unwrap().next().is_none(), "it is gone");
    // Sent because of the look itself, and told from all others by its id.
    let (relay, deliver) = (wiremock::MockServer::start().await, server.path().join("home/mail/new/2.mail"));
    let post = wiremock::Mock::given(wiremock::matchers::method("POST"));
    post.respond_with(move |request: &wiremock::Request| {
        let mail = format!("Subject: for {}\r\n\r\nhello\r\n", String::from_utf8_lossy(&request.body));
        fs::write(&deliver, mail).unwrap();
        fs::set_permissions(&deliver, fs::Permissions::from_mode(0o666)).unwrap();
        wiremock::ResponseTemplate::new(202)
    })
    .mount(&relay)
    .await;
    let provoked = |subject: &str| {
        format!(
            "{WE}\nsubject = \"{subject}\"\nwait = \"3s\"\ndelete = true\n\
             provoke = {{ http = \"{}\", method = \"POST\", body = \"{{{{ look.id }}}}\" }}",
            relay.uri()
        )
    };
    let judged = look_with(&with("imap", port, &provoked("for {{ look.id }}")), &known).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "found"), 1);
    let judged = look_with(&with("imap", port, &provoked("of {{ look.id }}")), &known).await;
    assert_fail(&judged, "no mail with that subject arrived within 3s");
    let unknown = [("CA", authority.pem.as_str()), ("MAIL", "guess-guess")];
    assert_fail(&look_with(&with("imap", port, WE), &unknown).await, "LOGIN was refused");
}

/// Takes mails of those it knows, after STARTTLS, and writes them down.
const TAKER: &str = "
import sys, ssl, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain('cert.pem', 'key.pem')
class Taker:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('gone@'):
            return '550 5.1.1 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 fine'
    async def handle_DATA(self, server, session, envelope):
        with open('taken.mbox', 'ab') as out:
            out.write(b'To-Envelope: ' + ','.join(envelope.rcpt_tos).encode() + b'\\r\\n' + envelope.content)
        return '250 taken'
def known(server, session, envelope, mechanism, data):
    fine = data.login == b'shop' and data.password == b'hunter2-hunter2'
    return AuthResult(success=fine, handled=False)
Controller(Taker(), hostname='127.0.0.1', port=int(sys.argv[1]), tls_context=context, authenticator=known,
           auth_require_tls=True, require_starttls=True).start()
while True:
    time.sleep(1)
";

#[test]
#[ignore = "needs aiosmtpd: run by .ci/run"]
fn a_mail_is_sent_after_starttls_by_who_is_known_and_by_nobody_else() {
    use crate::notify::Office;
    use quarterdeck::domain::alert::{Outcome, Reason};

    let (dir, port, authority) = (tempfile::tempdir().unwrap(), free_port(), Authority::new());
    let identity = authority.issue(&["localhost"], -1, 30);
    fs::write(dir.path().join("cert.pem"), &identity.pem).unwrap();
    fs::write(dir.path().join("key.pem"), &identity.key_pem).unwrap();
    fs::write(dir.path().join("ca.pem"), &authority.pem).unwrap();
    fs::write(dir.path().join("smtp.py"), TAKER).unwrap();
    let ca = dir.path().join("ca.pem").display().to_string();
    let server = Server::start(dir, port, "/usr/bin/python3", &["smtp.py", &port.to_string()]);
    let channel = |name: &str, ca: &str, secret: &str| {
        format!(
            "[channels.{name}]\nemail = {{ server = \"localhost:{port}\", user = \"shop\", password = \"{{{{ secret('{secret}') }}}}\", \
             {ca}from = \"deck@example.com\", to = [\"a@example.com\", \"gone@example.com\"] }}\nevery = \"0s\"\n"
        )
    };
    let trusted = format!("ca = \"{ca}\", ");
    let channels =
        [channel("known", &trusted, "RIGHT"), channel("unknown", &trusted, "WRONG"), channel("untrusted", "", "RIGHT")];
    let office =
        Office::with_secrets(&channels.concat(), &[("RIGHT", "hunter2-hunter2"), ("WRONG", "guess-guess-guess")]);
    let _courier = office.courier();
    let sent = office.post("known", "g", Reason::First, "High error rate: \u{fc}ber 10 %");
    assert!(matches!(office.settled(sent), Outcome::Partly { why } if why.contains("no such mailbox")));
    let taken = fs::read_to_string(server.path().join("taken.mbox")).unwrap();
    assert!(taken.contains("To-Envelope: a@example.com") && taken.contains("=?utf-8?b?w7xiZXI=?="), "{taken}");
    assert!(!taken.contains("hunter2-hunter2"), "what a password is the beginning of is masked with it: {taken}");
    let unknown = office.post("unknown", "g", Reason::First, "nobody");
    assert!(
        matches!(office.settled(unknown), Outcome::GivenUp { why } if why.contains("535")),
        "{:?}",
        office.read(unknown)
    );
    let untrusted = office.post("untrusted", "g", Reason::First, "nobody");
    let last = crate::support::run::wait_for("an attempt", || office.read(untrusted).last);
    assert!(last.answer.contains("certificate"), "{last:?}");
}
