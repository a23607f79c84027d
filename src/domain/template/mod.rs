//! Templates: strict Jinja strings, rendered into pieces that keep secrets and late values apart from text.
//!
//! `{{ secret('STRIPE_KEY') }}` and values that only exist during the run (`weight`, captures, `run.id`) never become
//! text at planning time: rendering yields [`Piece::Secret`] and [`Piece::Late`], which travel through plans and the
//! store by name and are resolved at the last moment. Nothing that was rendered once is ever parsed as a template again.
//!
//! minijinja renders ([`render`]), strictly and with bounded fuel. A secret or late value is an opaque object in there
//! that writes a mark into the output; the marks are split out again afterwards ([`mark`]). Marks begin with a code
//! point that is refused in every value, so no value can forge one; a filter that changed a mark is found out and
//! refused. [`scan`] reads the source for what can be said without rendering.

mod mark;
mod render;
mod scan;

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
    /// A value holds a NUL byte, which neither a command line nor an environment variable can carry.
    #[error("the value of {0} holds a NUL byte, which no command or environment variable can carry")]
    Nul(String),
}

impl Rendered {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// For people: secrets as `••••••`, late values as `<weight>`.
    pub fn shown(&self) -> String {
        shown(&self.0)
    }

    /// The names of all secrets inside.
    pub fn secrets(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.0, &mut names, &|piece| if let Piece::Secret(name) = piece { Some(name) } else { None });
        names
    }

    /// The names of all late values inside.
    pub fn late(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect(&self.0, &mut names, &|piece| if let Piece::Late(name) = piece { Some(name) } else { None });
        names
    }

    /// The final string.
    pub fn resolve(
        &self,
        secret: &dyn Fn(&str) -> Option<String>,
        late: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, Unresolved> {
        resolve(&self.0, secret, late)
    }
}

fn shown(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Secret(_) => "••••••".into(),
            Piece::Late(name) => format!("<{name}>"),
            Piece::Quoted(inner) => quoted(&shown(inner)),
        })
        .collect()
}

fn collect<'a>(pieces: &'a [Piece], names: &mut Vec<&'a str>, pick: &dyn Fn(&'a Piece) -> Option<&'a String>) {
    for piece in pieces {
        if let Piece::Quoted(inner) = piece {
            collect(inner, names, pick);
        } else if let Some(name) = pick(piece)
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
}

fn resolve(
    pieces: &[Piece],
    secret: &dyn Fn(&str) -> Option<String>,
    late: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Unresolved> {
    let mut out = String::new();
    for piece in pieces {
        let (value, what) = match piece {
            Piece::Text(text) => (text.clone(), "a template".to_owned()),
            Piece::Secret(name) => {
                (secret(name).ok_or_else(|| Unresolved::Secret(name.clone()))?, format!("the secret '{name}'"))
            }
            Piece::Late(name) => (late(name).ok_or_else(|| Unresolved::Late(name.clone()))?, format!("'{name}'")),
            Piece::Quoted(inner) => (quoted(&resolve(inner, secret, late)?), String::new()),
        };
        if value.contains('\0') {
            return Err(Unresolved::Nul(what));
        }
        out.push_str(&value);
    }
    Ok(out)
}

/// One word for a POSIX shell, whatever is inside: single quotes, each inner one as `'\\''`.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
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

    /// The top-level value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Declares a late value by dotted name (`weight`, `run.id`): it renders as [`Piece::Late`].
    #[must_use]
    pub fn with_late(mut self, name: &str) -> Self {
        self.late.push(name.to_owned());
        self
    }
}

impl Template {
    /// Parses; syntax errors, unknown filters and statements that templates here don't have are refused here.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        scan::scan(source)?;
        let template = Self { source: source.to_owned() };
        if !template.is_plain() {
            render::check(source)?;
        }
        Ok(template)
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The dotted names it reads (`env.url`, `version`), in order of first use, for checking before a run.
    pub fn names(&self) -> Vec<String> {
        if self.is_plain() { Vec::new() } else { render::names(&self.source) }
    }

    /// Whether a value other than one passed through the `sh` filter would land in the text: refused in `shell`.
    pub fn has_unquoted_values(&self) -> bool {
        scan::scan(&self.source).is_ok_and(|scan| scan.unquoted)
    }

    /// Renders strictly: an undefined name is an error that names it and the nearest known one.
    pub fn render(&self, context: &Context) -> Result<Rendered, TemplateError> {
        if self.is_plain() {
            return Ok(if self.source.is_empty() { Rendered::default() } else { Rendered::text(&self.source) });
        }
        render::render(&self.source, context)
    }

    /// Without anything to fill in.
    fn is_plain(&self) -> bool {
        !["{{", "{%", "{#"].iter().any(|mark| self.source.contains(mark))
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

#[cfg(test)]
mod tests;
