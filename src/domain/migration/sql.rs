//! A text of SQL taken apart into statements.
//!
//! Semicolons end one, unless they stand in a string, a name, a comment, a body between dollar signs, or the body of a
//! trigger, procedure or function. `DELIMITER` is obeyed as the clients of MySQL do.

use std::cell::Cell;

use super::Dialect;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Without the semicolon and without comments before it.
    pub text: String,
    /// The line it begins in, from 1.
    pub line: usize,
}

impl Statement {
    /// Its beginning, for people.
    pub fn head(&self) -> String {
        const LONGEST: usize = 72;
        let words = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() <= LONGEST {
            return words;
        }
        words.chars().take(LONGEST).chain(['…']).collect()
    }
}

/// The statements of a text. The error says what is not closed, and where it begins.
pub fn statements(text: &str, dialect: Dialect) -> Result<Vec<Statement>, String> {
    let mut lexer =
        Lexer { text, dialect, at: 0, delimiter: ";".to_owned(), counted: Cell::new((0, 1)), found: Vec::new() };
    lexer.run()?;
    Ok(lexer.found)
}

struct Lexer<'a> {
    text: &'a str,
    dialect: Dialect,
    at: usize,
    delimiter: String,
    /// A place and its line, so that no line is counted twice.
    counted: Cell<(usize, usize)>,
    found: Vec<Statement>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line_of(&self, at: usize) -> usize {
        let (from, line) = self.counted.get();
        let (from, line) = if from <= at { (from, line) } else { (0, 1) };
        let line = line + memchr::memchr_iter(b'\n', &self.text.as_bytes()[from..at]).count();
        self.counted.set((at, line));
        line
    }

    fn run(&mut self) -> Result<(), String> {
        loop {
            self.skip_space()?;
            if self.rest().is_empty() {
                return Ok(());
            }
            if self.dialect == Dialect::Mysql && self.takes_delimiter() {
                continue;
            }
            self.statement()?;
        }
    }

    /// Blanks and comments between two statements. MySQL's `/*! ... */` is no comment.
    fn skip_space(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            if blank > 0 {
                self.at += blank;
            } else if let Some(length) = self.comment()? {
                self.at += length;
            } else {
                return Ok(());
            }
        }
    }

    /// `DELIMITER //`
    fn takes_delimiter(&mut self) -> bool {
        let line = self.rest().lines().next().unwrap_or_default();
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("delimiter")) {
            return false;
        }
        let Some(delimiter) = words.next() else { return false };
        delimiter.clone_into(&mut self.delimiter);
        self.at += line.len();
        true
    }

    fn statement(&mut self) -> Result<(), String> {
        let begin = self.at;
        let mut words = Words::default();
        while let Some(c) = self.rest().chars().next() {
            if self.rest().starts_with(&self.delimiter)
                && !(self.delimiter == ";" && words.is_within_body(self.dialect))
            {
                let end = self.at;
                self.at += self.delimiter.len();
                return self.push(begin, end);
            }
            if let Some(length) = self.comment()? {
                self.at += length;
            } else if let Some(length) = self.quoted(c)? {
                self.at += length;
            } else if c.is_alphabetic() || c == '_' {
                let rest = self.rest();
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                words.take(&rest[..length]);
                self.at += length;
            } else {
                self.at += c.len_utf8();
            }
        }
        if words.is_within_body(self.dialect) && self.delimiter == ";" && words.depth > 0 {
            return Err(format!("line {}: the body that begins here has no END;", self.line_of(begin)));
        }
        self.push(begin, self.at)
    }

    fn push(&mut self, begin: usize, end: usize) -> Result<(), String> {
        const MOST: usize = 20_000;
        let text = self.text[begin..end].trim();
        if !text.is_empty() {
            self.found.push(Statement { text: text.to_owned(), line: self.line_of(begin) });
        }
        if self.found.len() > MOST { Err("more than 20,000 statements: split it".into()) } else { Ok(()) }
    }

    /// The length of a comment that begins here.
    fn comment(&self) -> Result<Option<usize>, String> {
        let rest = self.rest();
        let to_line_end = || rest.find('\n').map_or(rest.len(), |end| end + 1);
        if let Some(after) = rest.strip_prefix("--") {
            // MySQL wants a blank after it: `5--3` is a sum.
            let fine = self.dialect != Dialect::Mysql || after.chars().next().is_none_or(char::is_whitespace);
            return Ok(fine.then(to_line_end));
        }
        if self.dialect == Dialect::Mysql && rest.starts_with('#') {
            return Ok(Some(to_line_end()));
        }
        let spoken = self.dialect == Dialect::Mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!"));
        if !rest.starts_with("/*") || spoken {
            return Ok(None);
        }
        let (mut depth, mut at) = (0_usize, 0);
        while at < rest.len() {
            if rest[at..].starts_with("/*") && (depth == 0 || self.dialect == Dialect::Postgres) {
                depth += 1;
                at += 2;
            } else if rest[at..].starts_with("*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(Some(at));
                }
            } else {
                at += rest[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        Err(format!("line {}: a comment is not closed", self.line_of(self.at)))
    }

    /// The length of a string or a quoted name that begins here with `c`.
    fn quoted(&self, c: char) -> Result<Option<usize>, String> {
        let (rest, dialect) = (self.rest(), self.dialect);
        if c == '$' && dialect == Dialect::Postgres {
            return self.dollar();
        }
        let close = match c {
            '\'' | '"' => c,
            '`' if dialect != Dialect::Postgres => c,
            '[' if dialect == Dialect::Sqlite => ']',
            _ => return Ok(None),
        };
        let before = self.text[..self.at].chars().next_back();
        let two_before = self.text[..self.at].chars().rev().nth(1);
        let escapes = match dialect {
            Dialect::Mysql => c != '`',
            // E'...'
            Dialect::Postgres => {
                c == '\''
                    && matches!(before, Some('e' | 'E'))
                    && !two_before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            }
            Dialect::Sqlite => false,
        };
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((at, one)) = chars.next() {
            if one == '\\' && escapes {
                chars.next();
            } else if one == close {
                if close != ']' && chars.peek().is_some_and(|(_, next)| *next == close) {
                    chars.next();
                } else {
                    return Ok(Some(at + one.len_utf8()));
                }
            }
        }
        Err(format!("line {}: {c} is not closed", self.line_of(self.at)))
    }

    /// `$tag$ ... $tag$`
    fn dollar(&self) -> Result<Option<usize>, String> {
        let rest = self.rest();
        let Some(end) = rest[1..].find('$') else { return Ok(None) };
        let tag = &rest[..end + 2];
        let name = &tag[1..tag.len() - 1];
        let is_tag =
            name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
        // `a$b$c` is one name.
        let within = self.text[..self.at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !is_tag || within {
            return Ok(None);
        }
        match rest[tag.len()..].find(tag) {
            Some(length) => Ok(Some(length + 2 * tag.len())),
            None => Err(format!("line {}: {tag} is not closed", self.line_of(self.at))),
        }
    }
}

/// The words of a statement so far: whether it is within a body whose semicolons are its own.
#[derive(Default)]
struct Words {
    first: Vec<String>,
    depth: usize,
    last: String,
}

impl Words {
    fn take(&mut self, word: &str) {
        let word = word.to_ascii_uppercase();
        if self.first.len() < 12 {
            self.first.push(word.clone());
        }
        if self.has_body() {
            match word.as_str() {
                "BEGIN" | "CASE" => self.depth += usize::from(self.last != "END"),
                // In procedures these are closed by END IF and the like.
                "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR" if self.last == "END" => self.depth += 1,
                "END" => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            // `END CASE` closes what CASE opened, and `END IF` nothing that was counted.
            if self.last == "END" && word == "CASE" {
                self.last = word;
                return;
            }
        }
        self.last = word;
    }

    /// Whether it creates something with a body.
    fn has_body(&self) -> bool {
        self.first.first().is_some_and(|word| word == "CREATE")
            && self.first.iter().any(|word| matches!(word.as_str(), "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT"))
    }

    fn is_within_body(&self, dialect: Dialect) -> bool {
        // PostgreSQL: only `BEGIN ATOMIC` has statements of its own, other bodies are strings.
        let _ = dialect;
        self.has_body() && self.depth > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str, dialect: Dialect) -> Vec<String> {
        statements(text, dialect).unwrap().into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn semicolons_in_strings_names_comments_and_bodies_end_nothing() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (text, dialect) in [
            ("INSERT INTO a VALUES ('x;''y;')", Sqlite),
            ("SELECT [a;b], \"c;d\", `e;f`", Sqlite),
            ("SELECT 1 -- ; no\n + 2", Sqlite),
            ("SELECT 1 /* ; */ + 2", Mysql),
            ("SELECT 'it\\'s;'", Mysql),
            ("SELECT 5--3", Mysql),
            ("SELECT E'it\\'s;'", Postgres),
            ("SELECT 'it\\' || ';'", Postgres),
            ("SELECT /* a /* b; */ c; */ 1", Postgres),
            ("DO $$ BEGIN PERFORM 1; END $$", Postgres),
            ("CREATE FUNCTION f() RETURNS int AS $body$ SELECT 1; $body$ LANGUAGE sql", Postgres),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END", Postgres),
            (
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET i = CASE WHEN 1 THEN 2 END; DELETE FROM b; END",
                Sqlite,
            ),
            ("CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; SELECT 2; END", Mysql),
            ("/*!40101 SET NAMES utf8 */", Mysql),
        ] {
            assert_eq!(texts(&format!("{text};\nSELECT 9;"), dialect), [text, "SELECT 9"], "{dialect:?}");
        }
    }

    #[test]
    fn a_delimiter_of_ones_own_is_obeyed() {
        let text = "DELIMITER //\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END//\nDELIMITER ;\nSELECT 1;";
        let found = statements(text, Dialect::Mysql).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found[0].text.ends_with("END") && found[0].line == 2);
        assert_eq!((found[1].text.as_str(), found[1].line), ("SELECT 1", 4));
    }

    #[test]
    fn what_is_not_closed_is_told_with_its_line() {
        for (text, why) in [
            ("SELECT 1;\nSELECT 'a;", "line 2: '"),
            ("/* a", "comment"),
            ("\n\nDO $x$ a $y$", "line 3: $x$"),
            ("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;", "no END"),
        ] {
            assert!(statements(text, Dialect::Postgres).unwrap_err().contains(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn plain_statements_come_apart_as_they_were_put_together(
            parts in prop::collection::vec("(SELECT|INSERT) [a-z0-9 ,()]{0,20}('[^'\\\\]{0,8}')?x", 1..8),
        ) {
            for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
                let joined = parts.join(";\n-- a comment;\n");
                prop_assert_eq!(texts(&joined, dialect), parts.clone());
            }
        }

        #[test]
        fn no_text_makes_it_stop_or_panic(text in "\\PC{0,60}|[-'\"`$/*;\\[\\]#a\n \\\\]{0,40}") {
            for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
                let _ = statements(&text, dialect);
            }
        }
    }
}
