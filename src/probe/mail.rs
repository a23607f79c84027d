//! What looks at mail servers have in common: a connection that is encrypted when it should be, and who we are.

use tokio::time::timeout_at;

use crate::domain::{
    probe::{Auth, MailServer, MailTls, Outcome, Phase, ProbeError, StartTls},
    text::clean_line,
};

use super::{
    certificate::{Certificate, days_until},
    dial::{self, Bounds, Stream},
    error::{failed, timed_out},
    lookup::SecretLookup,
    net::Net,
    starttls,
    target::{resolve, ways},
    tcp::origin,
    tls::NO_ALPN,
};

/// Who we are, with secrets filled in.
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

/// Who we say we are; `None` if nothing is said of it.
pub(super) fn credentials(server: &MailServer, secrets: SecretLookup<'_>) -> Result<Option<Credentials>, ProbeError> {
    let wrong = |why: &str| failed(Phase::Prepare, "bad_auth", format!("nothing was sent: {why}"));
    let Some(auth) = &server.auth else { return Ok(None) };
    let Auth::Basic { user, password } = auth else { return Err(wrong("auth needs a user and a password")) };
    let (user, password) = (resolve(user, secrets)?, resolve(password, secrets)?);
    if [&user, &password].iter().any(|text| text.contains(|letter: char| letter.is_control())) {
        return Err(wrong("the user or the password of auth holds a line break or control character"));
    }
    Ok(Some(Credentials { user, password }))
}

/// Connects, and encrypts when it should be; a server that does not offer STARTTLS where it is wanted fails.
pub(super) async fn open(
    net: &Net,
    server: &MailServer,
    protocol: StartTls,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<Box<dyn Stream>, ProbeError> {
    let mut origin = origin(&resolve(&server.address, secrets)?)?;
    let ways = ways(&server.tls, secrets)?;
    outcome.facts.set("tls", server.encryption != MailTls::None);
    if server.encryption == MailTls::None {
        return Ok(Box::new(dial::connect(net, &origin, bounds, false, &mut outcome.phases).await?));
    }
    origin.tls = true;
    let connector = net.tls.connector(&ways, NO_ALPN).await?;
    let mut stream = dial::connect(net, &origin, bounds, false, &mut outcome.phases).await?;
    if server.encryption == MailTls::Starttls {
        let banner = starttls::ask(&mut stream, protocol, bounds, &outcome.phases).await?;
        outcome.facts.set("banner", banner);
    }
    let stream = dial::secure(stream, &origin, &origin.host, bounds, &connector, &mut outcome.phases).await?;
    let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(Certificate::read);
    if let Some(leaf) = leaf {
        outcome.facts.set("tls_days_left", days_until(leaf.not_after));
    }
    if server.tls.insecure {
        outcome.facts.set("insecure", true);
    }
    Ok(Box::new(stream))
}

/// What a talk comes to, if it ends in time.
pub(super) async fn in_time<T>(
    talk: impl Future<Output = Result<T, ProbeError>>,
    what: &str,
    bounds: &Bounds<'_>,
    outcome: &Outcome,
) -> Result<T, ProbeError> {
    timeout_at(bounds.end(), talk)
        .await
        .map_err(|_| timed_out(Phase::Processing, &format!("{what} did not end"), bounds.timeout, &outcome.phases))?
}

/// What the server refused, in its own words.
pub(super) fn refused(what: &str, said: &str) -> ProbeError {
    failed(Phase::Processing, "refused", format!("{what} was refused: {}", clean_line(said, 300)))
}
