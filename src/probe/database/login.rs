//! Where to log in, for those who stay longer than a look: the room `database` migrates, backs up and restores there.

use std::path::PathBuf;

use tokio_rustls::TlsConnector;

use super::{
    endpoint::{Endpoint, Privacy},
    mysql, postgres, trust,
};

/// A database's URL, read as looks read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    endpoint: Endpoint,
}

/// How private the connection must be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that some client of a database asks")]
pub struct Wants {
    /// It is encrypted if the server can.
    pub encrypt: bool,
    /// It must be encrypted.
    pub must: bool,
    /// The certificate must be signed by somebody trusted.
    pub chain: bool,
    /// And be in the name of the host.
    pub name: bool,
    /// Certificates to trust instead of the platform's.
    pub authority: Option<PathBuf>,
}

impl Login {
    /// Reads a `postgres://` URL. No error shows it.
    pub fn postgres(url: &str) -> Result<Self, String> {
        Endpoint::parse(url, &postgres::DIALECT).map(|endpoint| Self { endpoint })
    }

    /// Reads a `mysql://` or `mariadb://` URL. No error shows it.
    pub fn mysql(url: &str) -> Result<Self, String> {
        Endpoint::parse(url, &mysql::DIALECT).map(|endpoint| Self { endpoint })
    }

    /// Name or address.
    pub fn host(&self) -> &str {
        &self.endpoint.origin.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.endpoint.origin.port
    }

    /// Who.
    pub fn user(&self) -> Option<&str> {
        self.endpoint.user.as_deref()
    }

    /// The password: never to be shown.
    pub fn password(&self) -> Option<&str> {
        self.endpoint.password.as_deref()
    }

    /// The database.
    pub fn database(&self) -> Option<&str> {
        self.endpoint.name.as_deref()
    }

    /// The same server and user, another database.
    #[must_use]
    pub fn at(&self, database: &str) -> Self {
        let endpoint = Endpoint { name: Some(database.to_owned()), ..self.endpoint.clone() };
        Self { endpoint }
    }

    /// How private the connection must be.
    pub fn wants(&self) -> Wants {
        let endpoint = &self.endpoint;
        Wants {
            encrypt: endpoint.privacy != Privacy::Off,
            must: endpoint.privacy >= Privacy::Require,
            chain: endpoint.authority.is_some() || endpoint.privacy >= Privacy::Authority,
            name: endpoint.privacy == Privacy::Full,
            authority: endpoint.authority.clone(),
        }
    }

    /// What encrypts as it wants. Reads files.
    pub fn connector(&self) -> Result<TlsConnector, String> {
        trust::connector(&self.endpoint)
    }
}
