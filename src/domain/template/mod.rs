//! Templates: strict Jinja strings, rendered into pieces that keep secrets and late values apart from text.
//!
//! `{{ secret('STRIPE_KEY') }}` and values that only exist during the run (`weight`, captures, `run.id`) never become
//! text at planning time: rendering yields [`Piece::Secret`] and [`Piece::Late`], which travel through plans and the
//! store by name and are resolved at the last moment. Nothing that was rendered once is ever parsed as a template again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A part of a rendered string.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Text, final.
    Text(String),
    /// The value of the secret of that name, looked up when needed, never stored.
    Secret(String),
    /// A value known only during the run, by dotted name: `weight`, `run.id`, `captures.token`.
    Late(String),
    /// The pieces inside, quoted as one `sh` word once resolved (the `sh` filter).
    Quoted(Vec<Piece>),
}

/// A rendered string whose secrets and late values are still names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rendered(pub Vec<Piece>);

/// A name that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No secret of that name was given.
    #[error("the secret '{0}' is not available here")]
    Secret(String),
    /// No late value of that name exists yet.
    #[error("the value '{0}' does not exist at this point of the run")]
    Late(String),
}

impl Rendered {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// For people: secrets as `••••••`, late values as `<weight>`.
    pub fn shown(&self) -> String {
        todo!()
    }

    /// The names of all secrets inside.
    pub fn secrets(&self) -> Vec<&str> {
        todo!()
    }

    /// The names of all late values inside.
    pub fn late(&self) -> Vec<&str> {
        todo!()
    }

    /// The final string.
    pub fn resolve(
        &self,
        secret: &dyn Fn(&str) -> Option<String>,
        late: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, Unresolved> {
        let _ = (secret, late);
        todo!()
    }
}

/// A parsed template. Serialises as its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
}

/// Why a template was refused or could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, with the nearest known name where one was meant.
    pub message: String,
    /// Byte offset in the source, if known.
    pub offset: usize,
}

/// The names a template may use. `{{ env.url }}`, `{{ version }}`, `{{ previous.version }}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    values: Map<String, Value>,
    late: Vec<String>,
}

impl Context {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a top-level value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// Declares a late value by dotted name (`weight`, `run.id`): it renders as [`Piece::Late`].
    #[must_use]
    pub fn with_late(mut self, name: &str) -> Self {
        self.late.push(name.to_owned());
        self
    }
}

impl Template {
    /// Parses; syntax errors are refused here.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        todo!("{source}")
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The dotted names it reads (`env.url`, `version`), for checking before a run.
    pub fn names(&self) -> Vec<String> {
        todo!()
    }

    /// Whether a value other than one passed through the `sh` filter would land in the text: refused in `shell`.
    pub fn has_unquoted_values(&self) -> bool {
        todo!()
    }

    /// Renders strictly: an undefined name is an error that names it and the nearest known one.
    pub fn render(&self, context: &Context) -> Result<Rendered, TemplateError> {
        let _ = context;
        todo!()
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(source: String) -> Result<Self, TemplateError> {
        Self::parse(&source)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}
