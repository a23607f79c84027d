//! What is wrong with a configuration, and how it is told: file, line, source line, caret, and what to write instead.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};

/// Everything that is wrong with a configuration, in order of place.
#[derive(Debug, Default)]
pub struct Diagnostics {
    /// The file or directory that was read.
    pub path: PathBuf,
    /// What is wrong.
    pub items: Vec<Diagnostic>,
    /// The texts of the files, for showing source lines.
    pub(super) sources: BTreeMap<PathBuf, Arc<str>>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Byte range in the file.
    pub range: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = if self.items.len() == 1 { "error" } else { "errors" };
        write!(f, "{} {errors} in {}", self.items.len(), self.path.display())
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostics {
    /// For people: each with file, line, source line, caret and help. Nothing of the files reaches a terminal as control.
    pub fn render(&self, colour: bool) -> String {
        static PLAIN: OnceLock<Renderer> = OnceLock::new();
        static STYLED: OnceLock<Renderer> = OnceLock::new();
        let renderer = if colour {
            STYLED.get_or_init(|| Renderer::styled().decor_style(DecorStyle::Ascii).term_width(110))
        } else {
            PLAIN.get_or_init(|| Renderer::plain().decor_style(DecorStyle::Ascii).term_width(110))
        };
        let shown: Vec<String> = self.items.iter().map(|item| self.render_one(item, renderer)).collect();
        shown.join("\n\n")
    }

    fn render_one(&self, item: &Diagnostic, renderer: &Renderer) -> String {
        let path = visible(&item.file.display().to_string());
        let message = visible(&item.message);
        let help = item.help.as_deref().map(visible);
        let mut group = match self.sources.get(&item.file) {
            Some(source) => {
                let end = item.range.end.min(source.len());
                let start = item.range.start.min(end);
                let mark =
                    AnnotationKind::Primary.span(source.floor_char_boundary(start)..source.ceil_char_boundary(end));
                let snippet = Snippet::source(&**source).path(path).annotation(mark);
                Level::ERROR.primary_title(message).element(snippet)
            }
            None => Level::ERROR
                .primary_title(format!("{path}: {message}"))
                .elements(std::iter::empty::<annotate_snippets::Message<'_>>()),
        };
        if let Some(help) = help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}

/// Control characters and marks that turn the direction of text, made visible.
fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' => ' ',
            _ if character.is_control() => '\u{fffd}',
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
            _ => character,
        })
        .collect()
}
