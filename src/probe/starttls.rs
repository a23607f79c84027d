//! Asking a plain protocol for TLS, before the handshake.

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout_at,
};

use crate::domain::{
    probe::{Phase, Phases, ProbeError, StartTls},
    text::clean_line,
};

use super::{
    dial::Bounds,
    error::{failed, timed_out},
    lines::Lines,
};

/// PostgreSQL's `SSLRequest`: its length, and a version that no version has.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Talks until the other side is ready for a handshake; returns its greeting, if it has one.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Send + Unpin>(
    stream: &mut S,
    protocol: StartTls,
    bounds: &Bounds<'_>,
    phases: &Phases,
) -> Result<String, ProbeError> {
    let talk = async {
        match protocol {
            StartTls::Postgres => {
                stream.write_all(&SSL_REQUEST).await.map_err(|error| lost(&error))?;
                match stream.read_u8().await.map_err(|error| lost(&error))? {
                    b'S' => Ok(String::new()),
                    _ => Err(refused("it has no TLS (ssl = off)")),
                }
            }
            StartTls::Smtp => {
                let mut lines = Lines::new(stream);
                let hello = lines.smtp().await?;
                greeting(hello.code, 220)?;
                lines.send("EHLO quarterdeck\r\n").await?;
                greeting(lines.smtp().await?.code, 250)?;
                lines.send("STARTTLS\r\n").await?;
                let answer = lines.smtp().await?;
                if answer.code != 220 {
                    return Err(refused(&answer.text()));
                }
                lines.is_drained()?;
                Ok(hello.lines.into_iter().next().unwrap_or_default())
            }
            StartTls::Imap => {
                let mut lines = Lines::new(stream);
                let hello = lines.line().await?;
                lines.send("a STARTTLS\r\n").await?;
                let answer = lines.imap("a").await?;
                if !answer.ok {
                    return Err(refused(&answer.text));
                }
                lines.is_drained()?;
                Ok(clean_line(hello.trim_start_matches("* OK "), 300))
            }
        }
    };
    timeout_at(bounds.end(), talk)
        .await
        .map_err(|_| timed_out(Phase::Processing, "no answer to STARTTLS", bounds.timeout, phases))?
}

fn greeting(code: u16, wanted: u16) -> Result<(), ProbeError> {
    if code == wanted { Ok(()) } else { Err(refused(&format!("it answered {code} instead of {wanted}"))) }
}

fn refused(why: &str) -> ProbeError {
    failed(Phase::Processing, "starttls", format!("STARTTLS was refused: {}", clean_line(why, 200)))
}

fn lost(error: &std::io::Error) -> ProbeError {
    failed(Phase::Processing, "connection_lost", format!("the connection broke before TLS: {error}"))
}
