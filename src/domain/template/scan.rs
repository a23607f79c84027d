//! What a template's source says without being rendered: which filters it uses, whether a value escapes quoting, and
//! which names decide something (`if`, `for`, comparisons), which a late value can't.

use super::TemplateError;
use crate::domain::nearest::hint;

/// Longest source accepted, in bytes.
const MAX_SOURCE: usize = 256 << 10;

/// The filters there are; all pure.
const FILTERS: [&str; 41] = [
    "sh",
    "urlencode",
    "tojson",
    "default",
    "d",
    "upper",
    "lower",
    "title",
    "capitalize",
    "replace",
    "trim",
    "join",
    "split",
    "lines",
    "first",
    "last",
    "length",
    "count",
    "round",
    "int",
    "float",
    "abs",
    "string",
    "bool",
    "list",
    "sort",
    "unique",
    "reverse",
    "items",
    "dictsort",
    "min",
    "max",
    "sum",
    "map",
    "select",
    "reject",
    "selectattr",
    "rejectattr",
    "indent",
    "format",
    "attr",
];
/// The statements there are.
const STATEMENTS: [&str; 13] =
    ["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "with", "endwith", "raw", "endraw", "continue"];
/// Words that make an expression more than a value with filters.
const OPERATORS: [&str; 7] = ["if", "else", "and", "or", "not", "in", "is"];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// An expression's last filter is not `sh`.
    pub(super) unquoted: bool,
    /// Dotted names read where something is decided, and by filters that look inside.
    pub(super) deciding: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum Token<'s> {
    /// A name with its dots, or a number.
    Word(&'s str),
    /// A string literal.
    Text,
    /// Anything else.
    Sign(char),
}

/// A token with its place and how many brackets it is inside of.
struct Placed<'s> {
    token: Token<'s>,
    at: usize,
    depth: usize,
}

/// Scans a source. What is malformed is left for the engine's parser to say.
pub(super) fn scan(source: &str) -> Result<Scan, TemplateError> {
    if source.len() > MAX_SOURCE {
        return Err(refused(format!("the template is longer than {} KiB", MAX_SOURCE >> 10), MAX_SOURCE));
    }
    if let Some(at) = source.find(['\u{FDD0}', '\u{FDD1}']) {
        return Err(refused("the template holds a code point that is no character (U+FDD0)".into(), at));
    }
    let mut scan = Scan::default();
    let mut at = 0;
    while let Some(open) = source[at..].find('{').map(|found| at + found) {
        at = open + 1;
        match source.as_bytes().get(open + 1) {
            Some(b'#') => at = source[at..].find("#}").map_or(source.len(), |end| at + end + 2),
            Some(b'{') => {
                let (tokens, end) = tokens(source, open + 2, '}');
                scan.expression(&tokens)?;
                at = end;
            }
            Some(b'%') => {
                let (tokens, end) = tokens(source, open + 2, '%');
                at = end;
                if scan.statement(&tokens)? == Some("raw") {
                    at = end_of_raw(source, end);
                }
            }
            _ => {}
        }
    }
    Ok(scan)
}

fn refused(message: String, offset: usize) -> TemplateError {
    TemplateError { message, offset }
}

fn end_of_raw(source: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(open) = source[at..].find("{%").map(|found| at + found) {
        let (tokens, end) = tokens(source, open + 2, '%');
        if matches!(words(&tokens).next(), Some("endraw")) {
            return end;
        }
        at = open + 2;
    }
    source.len()
}

/// The tokens up to `}}` or `%}`, and where the text goes on.
fn tokens(source: &str, from: usize, close: char) -> (Vec<Placed<'_>>, usize) {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(sign) = source[at..].chars().next() {
        let rest = &source[at..];
        if depth == 0 && sign == close && rest[1..].starts_with('}') {
            return (tokens, at + 2);
        }
        let (token, length) = match sign {
            '\'' | '"' => (Some(Token::Text), literal(rest, sign)),
            _ if sign.is_alphanumeric() || sign == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
                (Some(Token::Word(&rest[..end])), end)
            }
            _ if sign.is_whitespace() => (None, sign.len_utf8()),
            _ => (Some(Token::Sign(sign)), sign.len_utf8()),
        };
        if matches!(sign, ')' | ']' | '}') {
            depth = depth.saturating_sub(1);
        }
        if let Some(token) = token {
            tokens.push(Placed { token, at, depth });
        }
        if matches!(sign, '(' | '[' | '{') {
            depth += 1;
        }
        at += length;
    }
    (tokens, source.len())
}

/// The length of a string literal with its quotes.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        if sign == quote && !escaped {
            return at + 1;
        }
        escaped = sign == '\\' && !escaped;
    }
    text.len()
}

fn words<'a, 's>(tokens: &'a [Placed<'s>]) -> impl Iterator<Item = &'s str> + use<'a, 's> {
    tokens.iter().filter_map(|placed| match placed.token {
        Token::Word(word) => Some(word),
        _ => None,
    })
}

impl Scan {
    fn expression(&mut self, tokens: &[Placed<'_>]) -> Result<(), TemplateError> {
        check_filters(tokens)?;
        // Whitespace control: `{{- x -}}`.
        let inner: Vec<_> = tokens.iter().filter(|placed| placed.depth == 0).collect();
        let inner = match inner.as_slice() {
            [Placed { token: Token::Sign('-' | '+'), .. }, rest @ ..] => rest,
            all => all,
        };
        let inner = match inner {
            [rest @ .., Placed { token: Token::Sign('-' | '+'), .. }] => rest,
            all => all,
        };
        let ends_quoted =
            matches!(inner, [.., Placed { token: Token::Sign('|'), .. }, Placed { token: Token::Word("sh"), .. }]);
        let simple = inner.iter().all(|placed| match placed.token {
            Token::Word(word) => !OPERATORS.contains(&word),
            Token::Text => true,
            Token::Sign(sign) => "|.()[]".contains(sign),
        });
        self.unquoted |= !(ends_quoted && simple);
        let decides = tokens.iter().any(|placed| match placed.token {
            Token::Word(word) => OPERATORS.contains(&word),
            Token::Sign(sign) => "=<>!".contains(sign),
            Token::Text => false,
        });
        if decides {
            self.deciding.extend(words(tokens).map(str::to_owned));
        }
        Ok(())
    }

    fn statement<'s>(&mut self, tokens: &[Placed<'s>]) -> Result<Option<&'s str>, TemplateError> {
        check_filters(tokens)?;
        let word = words(tokens).next();
        let at = tokens.first().map_or(0, |placed| placed.at);
        if let Some(word) = word
            && !STATEMENTS.contains(&word)
        {
            let hint = hint(word, STATEMENTS.into_iter());
            return Err(refused(format!("templates have no statement '{word}'{hint}"), at));
        }
        // A block assignment keeps marks whole; every other statement decides something by what it reads.
        if !matches!(word, Some("set" | "with")) {
            self.deciding.extend(words(tokens).skip(1).map(str::to_owned));
        }
        Ok(word)
    }
}

fn check_filters(tokens: &[Placed<'_>]) -> Result<(), TemplateError> {
    for pair in tokens.windows(2) {
        if let [Placed { token: Token::Sign('|'), .. }, Placed { token: Token::Word(name), at, .. }] = pair
            && !FILTERS.contains(name)
        {
            let hint = hint(name, FILTERS.into_iter());
            let hint = if hint.is_empty() { format!("; there are: {}", FILTERS.join(", ")) } else { hint };
            return Err(refused(format!("there is no filter '{name}'{hint}"), *at));
        }
    }
    Ok(())
}
