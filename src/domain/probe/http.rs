//! HTTP requests, and what TLS is told about them.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::domain::template::{Context, Rendered, Template, TemplateError};

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpRequest<T = Rendered> {
    /// Upper-case method, `GET` unless given.
    pub method: String,
    /// Absolute URL, http or https.
    pub url: T,
    /// Header names and values.
    pub headers: Vec<(String, T)>,
    /// Request body.
    pub body: Option<T>,
    /// Redirects to follow; 0 by default. Secret headers never follow to another host.
    pub redirects: u8,
    /// The `Authorization` header, in parts.
    #[serde(default = "none")]
    pub auth: Option<Auth<T>>,
    /// Which version of HTTP.
    #[serde(default)]
    pub version: HttpVersion,
    /// What TLS is told beyond the platform's ways.
    #[serde(default = "TlsOptions::default")]
    pub tls: TlsOptions<T>,
}

fn none<T>() -> Option<T> {
    None
}

/// Who we say we are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth<T = Rendered> {
    /// A token.
    Bearer(T),
    /// A user and a password.
    Basic {
        /// The user.
        user: T,
        /// The password.
        password: T,
    },
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// HTTP/1.1, which everything speaks.
    #[default]
    One,
    /// HTTP/2 only; over plain `http` without asking first.
    Two,
    /// Over https whatever the server prefers, else HTTP/1.1.
    Auto,
}

/// What TLS is told beyond the platform's ways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TlsOptions<T = Rendered> {
    /// Certificates of authorities that are trusted instead of the platform's: a PEM file, or PEM itself.
    pub ca: Option<T>,
    /// Our own certificate with its chain: a PEM file, or PEM itself.
    pub client_cert: Option<T>,
    /// Its key: a PEM file, or PEM itself.
    pub client_key: Option<T>,
    /// Trusts any certificate.
    pub insecure: bool,
}

impl<T> Default for TlsOptions<T> {
    fn default() -> Self {
        Self { ca: None, client_cert: None, client_key: None, insecure: false }
    }
}

impl<T> HttpRequest<T> {
    /// A `GET` and nothing else.
    pub fn get(url: T) -> Self {
        Self {
            method: "GET".to_owned(),
            url,
            headers: Vec::new(),
            body: None,
            redirects: 0,
            auth: None,
            version: HttpVersion::One,
            tls: TlsOptions::default(),
        }
    }

    /// The same request with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<HttpRequest<U>, E> {
        Ok(HttpRequest {
            method: self.method.clone(),
            url: fill(&self.url)?,
            headers: self
                .headers
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill(value)?)))
                .collect::<Result<_, E>>()?,
            body: self.body.as_ref().map(&mut *fill).transpose()?,
            redirects: self.redirects,
            auth: self.auth.as_ref().map(|auth| auth.try_map(fill)).transpose()?,
            version: self.version,
            tls: self.tls.try_map(fill)?,
        })
    }

    /// Every text of the request.
    pub fn texts(&self) -> Vec<&T> {
        let mut found = Vec::new();
        let Ok(_) = self.try_map::<(), Infallible>(&mut |text| {
            found.push(text);
            Ok(())
        });
        found
    }
}

impl<T> Auth<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<Auth<U>, E> {
        Ok(match self {
            Self::Bearer(token) => Auth::Bearer(fill(token)?),
            Self::Basic { user, password } => Auth::Basic { user: fill(user)?, password: fill(password)? },
        })
    }
}

impl<T> TlsOptions<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<TlsOptions<U>, E> {
        let mut each = |text: &'t Option<T>| text.as_ref().map(&mut *fill).transpose();
        Ok(TlsOptions {
            ca: each(&self.ca)?,
            client_cert: each(&self.client_cert)?,
            client_key: each(&self.client_key)?,
            insecure: self.insecure,
        })
    }
}

impl HttpRequest<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<HttpRequest<Rendered>, TemplateError> {
        self.try_map(&mut |template| template.render(context))
    }
}
