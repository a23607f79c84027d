//! Mail by SMTP: to each recipient a mail of their own, as text and HTML, in one thread for each group.

use std::{path::Path, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};

use super::speak::{Parcel, Sent};
use crate::domain::{
    channel::Email,
    probe::MailTls,
    template::{Rendered, Unresolved},
};

/// For each step of the conversation.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server, who we are to it, and the recipients.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    host: String,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mail {
    /// Reads the certificates, if there are any of one's own. The error is a sentence.
    pub fn new(email: &Email, resolve: &dyn Fn(&Rendered) -> Result<String, Unresolved>) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (host, port) = email.server.rsplit_once(':').unwrap_or((&email.server, "587"));
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = port.parse().map_err(|_| format!("'{port}' is no port"))?;
        let tls = match email.encryption {
            MailTls::None => Tls::None,
            MailTls::Starttls => Tls::Required(parameters(&host, email.ca.as_deref())?),
            MailTls::Implicit => Tls::Wrapper(parameters(&host, email.ca.as_deref())?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str());
        builder = builder.port(port).tls(tls).timeout(Some(PATIENCE));
        if let Some((user, password)) = &email.auth {
            let resolve = |value| resolve(value).map_err(|error| error.to_string());
            builder = builder.credentials(Credentials::new(resolve(user)?, resolve(password)?));
        }
        let mailbox =
            |text: &String| text.parse::<Mailbox>().map_err(|error| format!("'{text}' is no mail address: {error}"));
        let (from, to) = (mailbox(&email.from)?, email.to.iter().map(mailbox).collect::<Result<_, _>>()?);
        Ok(Self { transport: builder.build(), host, from, to })
    }

    /// How many get one.
    pub fn recipients(&self) -> usize {
        self.to.len()
    }

    /// Sends the mail of one recipient.
    pub async fn send(&self, parcel: &Parcel) -> Sent {
        let Some(to) = self.to.get(parcel.recipient) else {
            return Sent::Refused { why: "there is no such recipient any more".into() };
        };
        let mail = match self.mail(parcel, to) {
            Ok(mail) => mail,
            Err(error) => return Sent::Refused { why: format!("no mail can be made of it: {error}") },
        };
        match self.transport.send(mail).await {
            Ok(answer) => Sent::Delivered {
                answer: format!(
                    "{} to {}: {} {}",
                    self.host,
                    to.email,
                    answer.code(),
                    answer.message().collect::<Vec<_>>().join(" ")
                ),
            },
            Err(error) => {
                let why = format!("{} to {}: {}", self.host, to.email, causes(&error));
                let code = error.status().map(|code| code.to_string());
                match code.as_deref() {
                    // 530, 534, 535, 538: who we are is the trouble.
                    Some(code) if code.starts_with("53") => Sent::Denied { why },
                    Some(_) if error.is_permanent() => Sent::Refused { why },
                    _ => Sent::later(why),
                }
            }
        }
    }

    fn mail(&self, parcel: &Parcel, to: &Mailbox) -> Result<Message, lettre::error::Error> {
        // The same number for the same mail, so that one that comes twice can be known; one thread for each group.
        let domain = self.from.email.domain();
        let thread = format!("<{}@{domain}>", digest(&parcel.incident(200)));
        let number = format!("<{}.{}@{domain}>", digest(&parcel.dedup), parcel.recipient);
        let message = &parcel.message;
        let html = message.html.clone().unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(to.clone())
            .subject(message.title.as_str())
            .message_id(Some(number))
            .references(thread.clone())
            .in_reply_to(thread)
            .header(AutoSubmitted)
            .date(parcel.notice.at.to_utc().into())
            .multipart(MultiPart::alternative_plain_html(message.body.clone(), html))
    }
}

fn parameters(host: &str, ca: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca {
        let shown = path.display();
        let pem = std::fs::read(path).map_err(|error| format!("the certificates {shown} can't be read: {error}"))?;
        let found = Certificate::from_pem(&pem).map_err(|_| format!("{shown} holds no certificate in PEM"))?;
        builder = builder.add_root_certificate(found);
    }
    builder.build().map_err(|error| format!("TLS can't be set up: {}", causes(&error)))
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_told = cause.to_string();
        if !told.contains(&cause_told) {
            told = format!("{told}: {cause_told}");
        }
        next = cause.source();
    }
    told
}

fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps automatic replies away (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
