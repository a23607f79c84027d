//! The forms in which a secret turns up in output: as it is, in parts, and encoded.

use std::{collections::BTreeSet, fmt::Write};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::patterns::LEAST;

/// Every form of `value` that has at least [`LEAST`] bytes.
pub fn forms(value: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for part in parts(value) {
        all.extend([part.clone().into_bytes(), json_escaped(&part).into_bytes()]);
        all.extend([json_escaped_for_html(&part), json_escaped(&part).replace('/', "\\/")].map(String::into_bytes));
        all.insert(part.replace('\'', r"'\''").into_bytes());
        all.extend([percent(&part, true), percent(&part, false), percent_form(&part)].map(String::into_bytes));
        all.extend([hex(&part, true), hex(&part, false)].map(String::into_bytes));
        all.extend(base64_forms(&part).map(String::into_bytes));
        // HTTP Basic: as the password of a user without a name, and as the user without a password.
        for pair in [format!(":{part}"), format!("{part}:")] {
            all.extend([STANDARD.encode(&pair), STANDARD_NO_PAD.encode(&pair)].map(String::into_bytes));
        }
    }
    all.retain(|form| form.len() >= LEAST);
    all
}

/// The value, its trimmed form, its lines, and the strings in it if it is JSON.
fn parts(value: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::from([value.to_owned(), value.trim().to_owned()]);
    parts.extend(value.lines().map(|line| line.trim().to_owned()));
    if let Ok(json) = serde_json::from_str(value) {
        collect_strings(&json, &mut parts);
    }
    parts.retain(|part| part.len() >= LEAST);
    parts
}

fn collect_strings(json: &serde_json::Value, into: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::String(text) => {
            into.insert(text.clone());
            into.extend(text.lines().map(str::to_owned));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_strings(item, into)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect_strings(field, into)),
        _ => {}
    }
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted).to_owned()
}

/// As Go and others write it, so that it can stand in a page.
fn json_escaped_for_html(text: &str) -> String {
    json_escaped(text).replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn percent(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing into a string can't fail.
            _ if upper => drop(write!(out, "%{byte:02X}")),
            _ => drop(write!(out, "%{byte:02x}")),
        }
    }
    out
}

/// As forms are sent: a space is a plus.
fn percent_form(text: &str) -> String {
    percent(text, true).replace("%20", "+")
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, byte| {
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
        out
    })
}

/// Base64 in both alphabets: the value encoded by itself, and the characters it determines when something stands before
/// it (three alignments), with and without something behind it.
fn base64_forms(text: &str) -> impl Iterator<Item = String> {
    let engines = [STANDARD_NO_PAD, URL_SAFE_NO_PAD];
    let whole = STANDARD.encode(text);
    let aligned = (0..3).flat_map({
        let text = text.to_owned();
        move |before| {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(text.as_bytes());
            let first = (before * 8).div_ceil(6);
            let determined = bytes.len() * 8 / 6;
            engines.clone().into_iter().flat_map(move |engine| {
                let encoded = engine.encode(&bytes);
                [encoded[first..determined].to_owned(), encoded[first..].to_owned()]
            })
        }
    });
    std::iter::once(whole).chain(aligned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value).contains(form.as_bytes())
    }

    #[test]
    fn every_encoding_of_a_secret_is_a_form() {
        let value = "p&ss w/rd\"1\"";
        for form in [
            value,
            "p%26ss%20w%2Frd%221%22",
            "p%26ss%20w%2frd%221%22",
            "p%26ss+w%2Frd%221%22",
            "702673732077",
            "p&ss w/rd\\\"1\\\"",
            "p\\u0026ss w/rd\\\"1\\\"",
        ] {
            let known = forms(value).iter().any(|known| known.starts_with(form.as_bytes()));
            assert!(known, "{form}");
        }
    }

    #[test]
    fn base64_is_found_whatever_stands_around_it() {
        let value = "correct-horse";
        for before in 0..6 {
            for after in 0..4 {
                let wrapped = format!("{}{value}{}", "u".repeat(before), "x".repeat(after));
                let encoded = STANDARD.encode(&wrapped);
                let hidden =
                    forms(value).iter().any(|form| encoded.contains(&String::from_utf8(form.clone()).unwrap()));
                assert!(hidden, "{before} {after} {encoded}");
            }
        }
    }

    #[test]
    fn lines_and_json_strings_are_forms_of_their_own() {
        assert!(has("first-line\nsecond-line\n", "second-line"));
        assert!(has(r#"{"key": ["inner-secret", 7]}"#, "inner-secret"));
        assert!(!has("short\nlong-enough", "short"));
    }
}
