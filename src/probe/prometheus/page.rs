//! The text of a metrics page: format 0.0.4 and OpenMetrics, read in slices of the body.
//!
//! Only lines of wanted metrics are parsed; of the others only the name is looked at. A line that is wanted and can't be
//! parsed is an error for the whole page, as in Prometheus: half a scrape would make wrong rates.

use std::borrow::Cow;

/// A label of a sample, its value without escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}

/// One sample of one series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) metric: Cow<'a, str>,
    pub(super) labels: Vec<Label<'a>>,
    pub(super) value: f64,
    /// Milliseconds since the epoch, where the page says one.
    pub(super) timestamp_ms: Option<f64>,
}

/// Why a page can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PageError {
    /// A wanted line is not as the format says.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// More series than allowed.
    #[error("more than {0} series (limits.series)")]
    TooMany(usize),
}

/// Which dialect a page is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text 0.0.4: timestamps in milliseconds.
    Text,
    /// OpenMetrics: timestamps in seconds, exemplars, `# EOF`.
    OpenMetrics,
}

/// Calls `each` with every sample of a wanted metric; returns how many series the page has.
pub(super) fn read<'a>(
    page: &'a [u8],
    format: Format,
    most: usize,
    wanted: impl Fn(&str) -> bool,
    mut each: impl FnMut(Sample<'a>),
) -> Result<usize, PageError> {
    let mut series = 0;
    for (index, line) in Lines(page).enumerate() {
        let line = trim(line);
        match line.first() {
            None => continue,
            Some(b'#') => {
                if format == Format::OpenMetrics && line == b"# EOF" {
                    break;
                }
                continue;
            }
            Some(_) => series += 1,
        }
        if series > most {
            return Err(PageError::TooMany(most));
        }
        let failed = |why| PageError::Line { line: index + 1, why };
        let Some(metric) = metric_of(line).map_err(failed)? else { continue };
        if wanted(&metric) {
            each(Cursor { rest: line }.sample(format).map_err(failed)?);
        }
    }
    Ok(series)
}

/// Lines by `\n`; the last one needs none.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let (line, rest) = match memchr::memchr(b'\n', self.0) {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        Some(line)
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !is_blank(*byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|byte| !is_blank(*byte) && *byte != b'\r').map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or_default()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

/// The metric a line is about, without parsing the rest. `None` if the line has no name that a selector could mean.
fn metric_of(line: &[u8]) -> Result<Option<Cow<'_, str>>, &'static str> {
    let end = line.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(line.len());
    if end > 0 {
        // Name bytes are ASCII.
        return Ok(str::from_utf8(&line[..end]).ok().map(Cow::Borrowed));
    }
    if line[0] != b'{' {
        return Ok(None);
    }
    // A quoted name: {"my.metric",label="value"} 1
    let mut cursor = Cursor { rest: &line[1..] };
    cursor.blanks();
    if cursor.peek() == Some(b'"') { cursor.quoted().map(Some) } else { Ok(None) }
}

/// What is left of a line.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn blanks(&mut self) {
        let end = self.rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    /// Takes the byte if it comes next.
    fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        if eaten {
            self.rest = &self.rest[1..];
        }
        eaten
    }

    fn while_is(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !fits(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn name(&mut self) -> &'a str {
        str::from_utf8(self.while_is(is_name_byte)).unwrap_or_default()
    }

    fn sample(mut self, format: Format) -> Result<Sample<'a>, &'static str> {
        let mut metric = Cow::Borrowed(self.name());
        self.blanks();
        let mut labels = Vec::new();
        if self.eat(b'{') {
            self.labels(&mut metric, &mut labels)?;
        }
        if metric.is_empty() || metric.starts_with(|first: char| first.is_ascii_digit()) {
            return Err("a metric's name was expected");
        }
        self.blanks();
        let value = number(self.while_is(|byte| !is_blank(byte))).ok_or("the value is not a number")?;
        self.blanks();
        let timestamp_ms = self.timestamp(format)?;
        self.blanks();
        let exemplar = format == Format::OpenMetrics && self.peek() == Some(b'#');
        if !self.rest.is_empty() && !exemplar {
            return Err("there is something after the value");
        }
        Ok(Sample { metric, labels, value, timestamp_ms })
    }

    fn timestamp(&mut self, format: Format) -> Result<Option<f64>, &'static str> {
        if matches!(self.peek(), None | Some(b'#')) {
            return Ok(None);
        }
        let text = self.while_is(|byte| !is_blank(byte));
        let wrong = "the timestamp is not a number";
        match format {
            Format::Text => {
                let millis = str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok()).ok_or(wrong)?;
                Ok(Some(millis as f64))
            }
            Format::OpenMetrics => {
                let seconds = number(text).filter(|seconds| seconds.is_finite()).ok_or(wrong)?;
                Ok(Some(seconds * 1000.0))
            }
        }
    }

    fn labels(&mut self, metric: &mut Cow<'a, str>, labels: &mut Vec<Label<'a>>) -> Result<(), &'static str> {
        loop {
            self.blanks();
            if self.eat(b'}') {
                return Ok(());
            }
            let name = if self.peek() == Some(b'"') { self.quoted()? } else { Cow::Borrowed(self.name()) };
            self.blanks();
            if self.eat(b'=') {
                if name.is_empty() || name.contains(':') || name.starts_with(|first: char| first.is_ascii_digit()) {
                    return Err("a label's name was expected");
                }
                self.blanks();
                let value = self.quoted()?;
                if labels.iter().any(|label| label.name == name) {
                    return Err("a label is there twice");
                }
                labels.push(Label { name, value });
            } else if metric.is_empty() && labels.is_empty() && !name.is_empty() {
                *metric = name;
            } else {
                return Err("'=' was expected after a label's name");
            }
            self.blanks();
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return Err("',' or '}' was expected after a label");
            }
        }
    }

    /// A quoted text with the escapes `\\`, `\"` and `\n`; any other backslash stands for itself.
    fn quoted(&mut self) -> Result<Cow<'a, str>, &'static str> {
        if !self.eat(b'"') {
            return Err("a label's value must be in double quotes");
        }
        let mut end = 0;
        let mut escaped = false;
        loop {
            let next = memchr::memchr2(b'"', b'\\', self.rest.get(end..).unwrap_or_default());
            end += next.ok_or("the quotes of a label's value don't end")?;
            if self.rest[end] == b'"' {
                break;
            }
            escaped = true;
            end += 2;
        }
        let text = str::from_utf8(&self.rest[..end]).map_err(|_| "a label's value is not UTF-8")?;
        self.rest = &self.rest[end + 1..];
        Ok(if escaped { Cow::Owned(unescaped(text)) } else { Cow::Borrowed(text) })
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some(escaped @ ('\\' | '"')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// A number as the format writes it: decimal, `NaN`, `+Inf`, `-Inf`, in any case.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
