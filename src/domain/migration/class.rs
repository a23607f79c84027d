//! What a migration's statements mean for programs that still run, and which objects they make and take.

use std::collections::BTreeSet;

use super::{
    Class, Dialect,
    sql::{Statement, statements},
};

/// The worst of its statements.
pub(super) fn class_of(found: &[Statement]) -> Class {
    let made = Objects::default().after(found).tables;
    found.iter().map(|statement| class(statement, &made)).max().unwrap_or(Class::Unknown)
}

/// Words of a statement in upper case, without quotes and brackets, comments left out.
fn words(statement: &Statement) -> Vec<String> {
    const MOST: usize = 4_000;
    let plain: String = statement
        .text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ")
        .replace(['(', ')', ','], " ");
    plain
        .split_whitespace()
        .take(MOST)
        .map(|word| word.trim_matches(['"', '`', '[', ']']).to_ascii_uppercase())
        .collect()
}

fn class(statement: &Statement, made: &BTreeSet<String>) -> Class {
    let words = words(statement);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let has =
        |wanted: &[&str]| words.windows(wanted.len()).any(|window| window.iter().zip(wanted).all(|(a, b)| a == b));
    match word(0) {
        "CREATE" if has(&["OR", "REPLACE"]) || has(&["UNIQUE", "INDEX"]) => {
            let of_a_new_table =
                words.iter().skip_while(|word| *word != "ON").nth(1).is_some_and(|table| is_made(made, table));
            if of_a_new_table { Class::Additive } else { Class::Unknown }
        }
        "CREATE" | "INSERT" | "SET" | "PRAGMA" | "COMMENT" | "GRANT" | "ANALYZE" | "VACUUM" | "REINDEX" | "BEGIN"
        | "COMMIT" | "START" => Class::Additive,
        "DROP" if matches!(word(1), "INDEX" | "TRIGGER") => Class::Unknown,
        "DROP" | "TRUNCATE" | "DELETE" | "REVOKE" | "RENAME" => Class::Breaking,
        "ALTER" if word(1) == "TABLE" => alter_table(&words, made),
        "ALTER" if word(1) == "TYPE" && has(&["ADD", "VALUE"]) => Class::Additive,
        _ => Class::Unknown,
    }
}

fn is_made(made: &BTreeSet<String>, table: &str) -> bool {
    made.iter().any(|known| known.eq_ignore_ascii_case(table.rsplit('.').next().unwrap_or(table)))
}

fn alter_table(words: &[String], made: &BTreeSet<String>) -> Class {
    let rest: Vec<&str> = words
        .iter()
        .skip(2)
        .map(String::as_str)
        .skip_while(|word| matches!(*word, "IF" | "EXISTS" | "ONLY" | "IGNORE"))
        .collect();
    let (table, rest) = (rest.first().copied().unwrap_or_default(), rest.get(1..).unwrap_or_default());
    if is_made(made, table) {
        return Class::Additive;
    }
    let has = |word: &str| rest.contains(&word);
    if ["DROP", "RENAME", "TYPE", "MODIFY", "CHANGE", "CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN"]
        .iter()
        .any(|one| has(one))
    {
        return Class::Breaking;
    }
    if rest.first() == Some(&"ADD") {
        // A version of before does not fill it in.
        let must_be_given = rest.windows(2).any(|pair| pair == ["NOT", "NULL"]) && !has("DEFAULT") && !has("GENERATED");
        return if must_be_given { Class::Breaking } else { Class::Additive };
    }
    if rest.windows(3).any(|three| three == ["SET", "NOT", "NULL"]) { Class::Breaking } else { Class::Unknown }
}

/// Tables, views and indexes that must be there, by name without a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    /// Tables and views.
    pub tables: BTreeSet<String>,
}

/// What is there after these texts of SQL, in their order, as far as plain statements tell.
pub fn objects<'a>(texts: impl IntoIterator<Item = &'a str>, dialect: Dialect) -> Objects {
    texts.into_iter().fold(Objects::default(), |so_far, text| {
        let found = statements(text, dialect).unwrap_or_default();
        so_far.after(&found)
    })
}

impl Objects {
    fn after(mut self, found: &[Statement]) -> Self {
        for statement in found {
            let plain: String = statement.text.replace('(', " ( ").replace(',', " , ");
            let words: Vec<&str> = plain.split_whitespace().take(64).collect();
            let upper: Vec<String> = words.iter().map(|word| word.to_ascii_uppercase()).collect();
            let word = |at: usize| upper.get(at).map_or("", String::as_str);
            let kind = |at: &usize| matches!(upper[*at].as_str(), "TABLE" | "VIEW");
            match word(0) {
                // What is temporary is gone by now.
                "CREATE" if matches!(word(1), "TEMP" | "TEMPORARY") => {}
                "CREATE" if !matches!(word(1), "INDEX" | "UNIQUE" | "TRIGGER" | "FUNCTION" | "PROCEDURE") => {
                    if let Some(at) = (1..upper.len().min(6)).find(kind)
                        && let Some(name) = name_after(&words, &upper, at)
                    {
                        self.tables.insert(name);
                    }
                }
                "DROP" if matches!(word(1), "TABLE" | "VIEW") => {
                    let names = words.iter().skip(2).filter(|word| **word != ",").map(|word| bare(word));
                    for name in names {
                        self.tables.retain(|known| !known.eq_ignore_ascii_case(&name));
                    }
                }
                "ALTER" if word(1) == "TABLE" => {
                    let to = upper.windows(2).position(|pair| pair[0] == "RENAME" && pair[1] == "TO");
                    if let (Some(at), Some(old)) = (to, name_after(&words, &upper, 1))
                        && let Some(new) = words.get(at + 2)
                    {
                        self.tables.retain(|known| !known.eq_ignore_ascii_case(&old));
                        self.tables.insert(bare(new));
                    }
                }
                _ => {}
            }
        }
        self
    }
}

fn name_after(words: &[&str], upper: &[String], at: usize) -> Option<String> {
    let noise = |word: &str| matches!(word, "IF" | "NOT" | "EXISTS" | "ONLY");
    let index = (at + 1..words.len()).find(|index| !noise(&upper[*index]))?;
    Some(bare(words[index])).filter(|name| !name.is_empty())
}

/// A name without its schema and quotes.
fn bare(word: &str) -> String {
    let last = word.rsplit('.').next().unwrap_or(word);
    last.trim_matches(['"', '`', '[', ']', ';', '(', ')']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        class_of(&statements(text, Dialect::Postgres).unwrap())
    }

    #[test]
    fn statements_tell_whether_the_version_of_before_goes_on_working() {
        for (text, expected) in [
            ("CREATE TABLE a (i int); CREATE INDEX b ON a (i)", Class::Additive),
            ("ALTER TABLE a ADD COLUMN b int", Class::Additive),
            ("ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0", Class::Additive),
            ("ALTER TABLE a ADD COLUMN b int NOT NULL", Class::Breaking),
            ("ALTER TABLE a DROP COLUMN b", Class::Breaking),
            ("ALTER TABLE IF EXISTS ONLY a RENAME COLUMN b TO c", Class::Breaking),
            ("ALTER TABLE a ADD CONSTRAINT u UNIQUE (b)", Class::Breaking),
            ("DROP TABLE a", Class::Breaking),
            ("CREATE TABLE a (i int); DELETE FROM b", Class::Breaking),
            ("UPDATE a SET b = 1", Class::Unknown),
            ("DO $$ BEGIN END $$", Class::Unknown),
            ("CREATE UNIQUE INDEX u ON a (b)", Class::Unknown),
            ("CREATE TABLE a (b int); CREATE UNIQUE INDEX u ON a (b); ALTER TABLE a ADD UNIQUE (b)", Class::Additive),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn objects_are_made_renamed_and_dropped_in_order() {
        let texts = [
            "CREATE TABLE IF NOT EXISTS public.\"Users\"(id int); CREATE TEMP TABLE gone (i int); CREATE VIEW v AS SELECT 1",
            "CREATE TABLE old (i int); ALTER TABLE old RENAME TO fresh; CREATE INDEX i ON fresh (i)",
            "DROP TABLE IF EXISTS users",
        ];
        let found = objects(texts, Dialect::Postgres).tables.into_iter().collect::<Vec<_>>();
        assert_eq!(found, ["fresh", "v"]);
    }
}
