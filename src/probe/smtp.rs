//! SMTP up to the point where a mail could be sent, and beyond it only where a mail is asked for.

use std::time::Instant;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::domain::{
    probe::{MailTls, Outcome, ProbeError, SmtpLook, StartTls},
    text::clean_line,
};

use super::{
    dial::{Bounds, Stream, ms_since},
    letter::{self, Mail},
    lines::Lines,
    lookup::SecretLookup,
    mail::{Credentials, credentials, in_time, open, refused},
    net::Net,
};

/// What the talk brought.
struct Said {
    banner: Option<String>,
    extensions: Vec<String>,
    /// What the server said to the mail.
    accepted: Option<String>,
}

/// Greets, encrypts, says who we are, sends the mail if there is one, and leaves. `id` is the look's.
pub(super) async fn look(
    net: &Net,
    look: &SmtpLook,
    id: &str,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let server = &look.server;
    let known = credentials(server, secrets)?;
    let mail = look.send.as_ref().map(|letter| letter::write(letter, id, secrets)).transpose()?;
    let begun = Instant::now();
    let mut stream = open(net, server, StartTls::Smtp, bounds, secrets, outcome).await?;
    let talk = async {
        let mut lines = Lines::new(&mut stream);
        let banner = match server.encryption {
            // The greeting came before the encryption.
            MailTls::Starttls => None,
            MailTls::Implicit | MailTls::None => {
                let greeting = lines.smtp().await?;
                if greeting.code != 220 {
                    return Err(refused("the greeting", &greeting.text()));
                }
                greeting.lines.first().cloned()
            }
        };
        lines.send("EHLO quarterdeck\r\n").await?;
        let offered = lines.smtp().await?;
        if offered.code != 250 {
            return Err(refused("EHLO", &offered.text()));
        }
        // The first line is the server's name.
        let extensions: Vec<_> = offered.lines.into_iter().skip(1).collect();
        if let Some(known) = &known {
            authenticate(&mut lines, known, &extensions).await?;
        }
        let accepted = match &mail {
            Some(mail) => Some(hand_over(&mut lines, mail).await?),
            None => None,
        };
        // A goodbye that is not answered is no failure of the look.
        let _ = lines.send("QUIT\r\n").await;
        Ok(Said { banner, extensions, accepted })
    };
    let said = in_time(talk, "the talk", bounds, outcome).await;
    outcome.latency_ms = Some(ms_since(begun));
    let said = said?;
    if let Some(banner) = said.banner {
        outcome.facts.set("banner", banner);
    }
    outcome.facts.set("extensions", said.extensions);
    outcome.facts.set("authenticated", known.is_some());
    if let Some(accepted) = said.accepted {
        outcome.facts.set("sent", true);
        outcome.facts.set("accepted", accepted);
    }
    Ok(())
}

/// Sends the mail; what the server said when it took it.
async fn hand_over<S: Stream>(lines: &mut Lines<'_, S>, mail: &Mail) -> Result<String, ProbeError> {
    for (command, words) in [("MAIL FROM", &mail.from), ("RCPT TO", &mail.to)] {
        lines.send(&format!("{command}:<{words}>\r\n")).await?;
        let answer = lines.smtp().await?;
        if !(250..260).contains(&answer.code) {
            return Err(refused(command, &answer.text()));
        }
    }
    lines.send("DATA\r\n").await?;
    let ready = lines.smtp().await?;
    if ready.code != 354 {
        return Err(refused("DATA", &ready.text()));
    }
    lines.send(&mail.data()).await?;
    let answer = lines.smtp().await?;
    if (250..260).contains(&answer.code) {
        Ok(clean_line(&answer.text(), 300))
    } else {
        Err(refused("the mail", &answer.text()))
    }
}

async fn authenticate<S: Stream>(
    lines: &mut Lines<'_, S>,
    known: &Credentials,
    extensions: &[String],
) -> Result<(), ProbeError> {
    let offered = extensions.iter().find(|line| line.to_ascii_uppercase().starts_with("AUTH")).cloned();
    let Some(offered) = offered else { return Err(refused("AUTH", "the server does not offer it here")) };
    let methods = offered.to_ascii_uppercase();
    let answer = if methods.split([' ', '=']).any(|method| method == "PLAIN") {
        let pair = BASE64_STANDARD.encode(format!("\0{}\0{}", known.user, known.password));
        lines.send(&format!("AUTH PLAIN {pair}\r\n")).await?;
        lines.smtp().await?
    } else if methods.split([' ', '=']).any(|method| method == "LOGIN") {
        lines.send("AUTH LOGIN\r\n").await?;
        let asked = lines.smtp().await?;
        if asked.code != 334 {
            return Err(refused("AUTH", &asked.text()));
        }
        lines.send(&format!("{}\r\n", BASE64_STANDARD.encode(&known.user))).await?;
        lines.smtp().await?;
        lines.send(&format!("{}\r\n", BASE64_STANDARD.encode(&known.password))).await?;
        lines.smtp().await?
    } else {
        return Err(refused("AUTH", &format!("neither PLAIN nor LOGIN is offered ({offered})")));
    };
    if answer.code == 235 { Ok(()) } else { Err(refused("AUTH", &answer.text())) }
}
