//! The kinds of look: the words of each, and the one way through the templates they hold.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::{
    HttpRequest,
    local::{COMMAND, CommandLook, DISK, ENV, FILE, FileLook, HOST},
    words::KindWords,
};
use crate::domain::template::{Context, Rendered, Template, TemplateError};

/// Every kind, in the order of the reference.
pub static KINDS: &[&KindWords] = &[&HTTP, &JSON, &PROMETHEUS, &TCP, &COMMAND, &FILE, &DISK, &HOST, &ENV];

const SUCCESS: &str = "status >= 200 && status < 300";
const STATUS: (&str, &str) = ("status", "the status code");
const HEADERS: (&str, &str) = ("headers", "the answer's headers, by lower-case name");
const BODY_BYTES: (&str, &str) = ("body_bytes", "bytes of the body as sent");

/// `http`
pub const HTTP: KindWords = KindWords {
    word: "http",
    about: "A URL that is asked for.",
    facts: &[
        STATUS,
        HEADERS,
        BODY_BYTES,
        ("json", "the body, if it is JSON"),
        ("health", "`pass`, `warn` or `fail`, if the body says it"),
        ("version", "the version the body tells"),
    ],
    passes: "status 200 to 299",
    success: SUCCESS,
};

/// `json`
pub const JSON: KindWords = KindWords { word: "json", about: "A URL that must answer with JSON.", ..HTTP };

/// `prometheus`
pub const PROMETHEUS: KindWords = KindWords {
    word: "prometheus",
    about: "A URL of Prometheus text: `record` may use `rate`, `value`, `sum`, `quantile`.",
    facts: &[STATUS, HEADERS, BODY_BYTES],
    passes: "status 200 to 299",
    success: SUCCESS,
};

/// `tcp`
pub const TCP: KindWords = KindWords {
    word: "tcp",
    about: "`host:port` that must accept a connection.",
    facts: &[],
    passes: "connected",
    success: "",
};

/// The kinds of look. `T` is [`Template`] until its context is known, then [`Rendered`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind<T = Rendered> {
    /// An HTTP request; the answer's status, headers and body are facts.
    Http(HttpRequest<T>),
    /// An HTTP request whose answer must be a JSON document.
    Json(HttpRequest<T>),
    /// A scrape of a Prometheus text page.
    Prometheus(HttpRequest<T>),
    /// A TCP connection, opened and closed.
    Tcp {
        /// `host:port`.
        address: T,
    },
    /// A program's exit code and output.
    Command(CommandLook<T>),
    /// A file's presence, age, content.
    File(FileLook<T>),
    /// The room on a file system.
    Disk(FileLook<T>),
    /// Memory, processors and load of this machine.
    Host,
    /// A variable or secret that must be set.
    Env {
        /// Its name.
        name: String,
    },
}

impl<T> ProbeKind<T> {
    /// Its row of [`KINDS`].
    pub fn words(&self) -> &'static KindWords {
        match self {
            Self::Http(_) => &HTTP,
            Self::Json(_) => &JSON,
            Self::Prometheus(_) => &PROMETHEUS,
            Self::Tcp { .. } => &TCP,
            Self::Command(_) => &COMMAND,
            Self::File(_) => &FILE,
            Self::Disk(_) => &DISK,
            Self::Host => &HOST,
            Self::Env { .. } => &ENV,
        }
    }

    /// The key that names the kind in the configuration.
    pub fn word(&self) -> &'static str {
        self.words().word
    }

    /// What is looked at: the value of the key that names the kind.
    pub fn target(&self) -> Option<&T> {
        match self {
            Self::Http(request) | Self::Json(request) | Self::Prometheus(request) => Some(&request.url),
            Self::Tcp { address } => Some(address),
            Self::Command(look) => look.words.first(),
            Self::File(look) | Self::Disk(look) => Some(&look.path),
            Self::Host | Self::Env { .. } => None,
        }
    }

    /// The request of a kind that is one HTTP request.
    pub fn request(&self) -> Option<&HttpRequest<T>> {
        match self {
            Self::Http(request) | Self::Json(request) | Self::Prometheus(request) => Some(request),
            _ => None,
        }
    }

    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<ProbeKind<U>, E> {
        Ok(match self {
            Self::Http(request) => ProbeKind::Http(request.try_map(fill)?),
            Self::Json(request) => ProbeKind::Json(request.try_map(fill)?),
            Self::Prometheus(request) => ProbeKind::Prometheus(request.try_map(fill)?),
            Self::Tcp { address } => ProbeKind::Tcp { address: fill(address)? },
            Self::Command(look) => ProbeKind::Command(look.try_map(fill)?),
            Self::File(look) => ProbeKind::File(look.try_map(fill)?),
            Self::Disk(look) => ProbeKind::Disk(look.try_map(fill)?),
            Self::Host => ProbeKind::Host,
            Self::Env { name } => ProbeKind::Env { name: name.clone() },
        })
    }

    /// Every text of the look.
    pub fn texts(&self) -> Vec<&T> {
        let mut found = Vec::new();
        let Ok(_) = self.try_map::<(), Infallible>(&mut |text| {
            found.push(text);
            Ok(())
        });
        found
    }
}

impl ProbeKind {
    /// The names of all secrets of the look, in order.
    pub fn secret_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.texts().into_iter().flat_map(Rendered::secrets).map(str::to_owned).collect();
        if let Self::Env { name } = self {
            names.push(name.clone());
        }
        names.sort();
        names.dedup();
        names
    }
}

impl<T> HttpRequest<T> {
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

impl ProbeKind<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<ProbeKind<Rendered>, TemplateError> {
        self.try_map(&mut |template| template.render(context))
    }
}

impl HttpRequest<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<HttpRequest<Rendered>, TemplateError> {
        self.try_map(&mut |template| template.render(context))
    }
}
