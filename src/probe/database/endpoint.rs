//! A database's URL: who, where, which, and how private.

use std::path::{Path, PathBuf};

use url::Url;

use crate::domain::{
    probe::{Phase, ProbeError},
    template::Rendered,
};

use crate::probe::{
    dial::Origin,
    error::failed,
    lookup::SecretLookup,
    masking::Mask,
    target::{percent_decode, resolve},
};

/// How private the connection must be, as `sslmode` of PostgreSQL has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Privacy {
    /// Plain.
    Off,
    /// Encrypted if the server can; nothing is checked.
    Prefer,
    /// Encrypted; nothing is checked, but a given authority.
    Require,
    /// Encrypted, with a certificate that somebody trusted has signed.
    Authority,
    /// The same, and it is in the name of the host.
    Full,
}

/// Where to log in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The host and port.
    pub(super) origin: Origin,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    /// The database.
    pub(super) name: Option<String>,
    pub(super) privacy: Privacy,
    /// Certificates to trust instead of the platform's.
    pub(super) authority: Option<PathBuf>,
}

/// What belongs to a kind of server.
pub(super) struct Dialect {
    /// What its URLs begin with.
    pub(super) schemes: &'static [&'static str],
    /// Those of them that mean TLS.
    pub(super) tls: &'static [&'static str],
    pub(super) port: u16,
    /// Without anything said.
    pub(super) privacy: Privacy,
}

impl Endpoint {
    /// Reads the rendered URL. No error shows it: it may hold a password.
    pub(super) fn of(url: &Rendered, dialect: &Dialect, secrets: SecretLookup<'_>) -> Result<Self, ProbeError> {
        Self::parse(&resolve(url, secrets)?, dialect)
            .map_err(|why| failed(Phase::Prepare, "bad_url", format!("nothing was sent: {why}")))
    }

    pub(super) fn parse(text: &str, dialect: &Dialect) -> Result<Self, String> {
        let example = format!("write {}://user:password@host:{}/name", dialect.schemes[0], dialect.port);
        let url = Url::parse(text).map_err(|error| format!("the database's URL can't be read ({error}): {example}"))?;
        if !dialect.schemes.contains(&url.scheme()) {
            return Err(format!("the database's URL begins with {}://: {example}", url.scheme()));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the database's URL names no host")?;
        let host = text_of(host.trim_start_matches('[').trim_end_matches(']'));
        let mut endpoint = Self {
            origin: Origin { tls: false, host, port: url.port().unwrap_or(dialect.port) },
            user: Some(text_of(url.username())).filter(|user| !user.is_empty()),
            password: url.password().map(text_of),
            name: Some(text_of(url.path().trim_start_matches('/'))).filter(|name| !name.is_empty()),
            privacy: if dialect.tls.contains(&url.scheme()) { Privacy::Full } else { dialect.privacy },
            authority: None,
        };
        for (name, value) in url.query_pairs() {
            match &*name.to_ascii_lowercase().replace(['-', '_'], "") {
                "sslmode" | "tls" | "ssl" => endpoint.privacy = privacy(&value)?,
                "sslrootcert" | "sslca" => {
                    if !Path::new(&*value).is_absolute() {
                        return Err(format!("{name} must be an absolute path"));
                    }
                    endpoint.authority = Some(PathBuf::from(&*value));
                }
                _ => {}
            }
        }
        Ok(endpoint)
    }

    /// What must never be said: the password, whoever repeats it.
    pub(super) fn mask(&self) -> Mask {
        Mask::new(self.password.iter().map(|password| ("password".to_owned(), password.clone())))
    }

    /// Its user, for messages.
    pub(super) fn who(&self) -> String {
        self.user.as_ref().map_or_else(|| "nobody in particular".to_owned(), |user| format!("'{user}'"))
    }
}

fn text_of(text: &str) -> String {
    String::from_utf8_lossy(&percent_decode(text)).into_owned()
}

fn privacy(word: &str) -> Result<Privacy, String> {
    let known = word.to_ascii_lowercase().replace(['-', '_'], "");
    Ok(match known.as_str() {
        "disable" | "disabled" | "false" | "off" | "0" => Privacy::Off,
        "allow" | "prefer" | "preferred" => Privacy::Prefer,
        "require" | "required" | "true" | "on" | "1" => Privacy::Require,
        "verifyca" => Privacy::Authority,
        "verifyfull" | "verifyidentity" => Privacy::Full,
        _ => return Err("sslmode must be disable, prefer, require, verify-ca or verify-full".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTGRES: Dialect =
        Dialect { schemes: &["postgres", "postgresql"], tls: &[], port: 5432, privacy: Privacy::Prefer };

    fn parse(text: &str) -> Result<Endpoint, String> {
        Endpoint::parse(text, &POSTGRES)
    }

    #[test]
    fn a_url_says_who_where_which_and_how_private() {
        let found = parse("postgresql://al%40ice:p%2Fw@db.example/orders?sslmode=verify-full&sslrootcert=/ca").unwrap();
        assert_eq!((found.user.as_deref(), found.password.as_deref()), (Some("al@ice"), Some("p/w")));
        assert_eq!((found.origin.to_string().as_str(), found.name.as_deref()), ("db.example:5432", Some("orders")));
        assert_eq!((found.privacy, found.authority), (Privacy::Full, Some(PathBuf::from("/ca"))));
        let bare = parse("postgres://[::1]:6000").unwrap();
        assert_eq!((bare.origin.to_string().as_str(), bare.user, bare.name), ("[::1]:6000", None, None));
        assert_eq!(bare.privacy, Privacy::Prefer);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_url() {
        let wrong = [
            "postgres://u:hunter2@",
            "mysql://u:hunter2@h",
            "u:hunter2@h",
            "postgres://u:hunter2@h/db?sslmode=hunter2",
            "postgres://u:hunter2@h/db?sslrootcert=hunter2",
            "postgres://u:hunter2@h:x/db",
        ];
        for text in wrong {
            let Err(why) = parse(text) else { panic!("{text} was taken") };
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
