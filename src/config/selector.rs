//! Selectors of Prometheus series, checked for their grammar: `http_requests_total{status=~"5..", method!="GET"}`.
//!
//! The look itself parses them in full; this finds the slips of writing at load, without tables to build.

use serde_json::Value;

use crate::domain::condition::ScopeCall;

/// What is wrong with a call of `rate`, `value`, `sum` or `quantile`: the words to mark, if known, and the message.
pub fn check(call: &ScopeCall) -> Result<(), (Option<String>, String)> {
    let name = &call.function;
    let texts: Vec<&str> = call.arguments.iter().flatten().filter_map(Value::as_str).collect();
    let wanted = if name == "quantile" { 2 } else { 1 };
    if call.arguments.len() != wanted || texts.len() != 1 || call.arguments.iter().any(Option::is_none) {
        let shape = if name == "quantile" { "quantile(0.95, 'selector')" } else { "a selector in quotes" };
        return Err((None, format!("{name}() takes {shape}")));
    }
    if name == "quantile" {
        let quantile = call.arguments.first().and_then(Option::as_ref).and_then(Value::as_f64);
        if !quantile.is_some_and(|quantile| (0.0..=1.0).contains(&quantile)) {
            return Err((None, "the first argument of quantile() is a number from 0 to 1".to_owned()));
        }
    }
    let selector = texts.first().copied().unwrap_or_default();
    parse(selector).map_err(|why| (Some(selector.to_owned()), format!("selector: {why}")))
}

fn parse(selector: &str) -> Result<(), String> {
    let rest = selector.trim();
    let metric = name_length(rest, true);
    let rest = rest[metric..].trim_start();
    if metric == 0 && !rest.starts_with('{') {
        return Err("it must begin with a metric's name".into());
    }
    let Some(mut rest) = rest.strip_prefix('{') else {
        return if rest.is_empty() {
            Ok(())
        } else {
            Err(format!("'{}' after the name is not understood", first(rest)))
        };
    };
    loop {
        rest = rest.trim_start();
        if let Some(end) = rest.strip_prefix('}') {
            return if end.trim().is_empty() { Ok(()) } else { Err("there is something after '}'".into()) };
        }
        let label = name_length(rest, false);
        if label == 0 {
            return Err(if rest.is_empty() {
                "'}' is missing".into()
            } else {
                format!("'{}' is not a label", first(rest))
            });
        }
        let (label, after) = rest.split_at(label);
        rest = matcher(label, after.trim_start())?.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest.starts_with('}') => {}
            None => return Err(format!("',' or '}}' is missing after the value of '{label}'")),
        }
    }
}

/// Reads the operator and the quoted value; returns what follows.
fn matcher<'r>(label: &str, rest: &'r str) -> Result<&'r str, String> {
    let operators = ["=~", "!~", "!=", "="];
    let Some((operator, rest)) = operators.iter().find_map(|operator| Some((*operator, rest.strip_prefix(operator)?)))
    else {
        return Err(format!("one of = != =~ !~ must follow '{label}'"));
    };
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
    let Some(quote) = quote else { return Err(format!("the value of '{label}' must be in double quotes")) };
    let mut escaped = false;
    let close = rest.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped && quote != '`';
        ends
    });
    let Some((close, _)) = close else { return Err(format!("the quotes around the value of '{label}' don't end")) };
    if operator.ends_with('~') {
        let pattern = rest[1..close].replace("\\\\", "\\");
        if let Err(error) = regex_syntax_of(&pattern) {
            return Err(format!("the pattern for '{label}' is not a regular expression: {error}"));
        }
    }
    Ok(&rest[close + 1..])
}

fn regex_syntax_of(pattern: &str) -> Result<(), String> {
    // Most patterns are plain (`5..`, `GET|POST`): only others are worth compiling.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-|/ :".contains(&byte);
    if pattern.bytes().all(plain) || pattern == ".*" || pattern == ".+" {
        return Ok(());
    }
    regex::Regex::new(pattern).map(drop).map_err(|error| {
        error.to_string().lines().last().unwrap_or("it can't be parsed").trim_start_matches("error: ").to_owned()
    })
}

fn name_length(text: &str, colons: bool) -> usize {
    let fits = |index: usize, byte: u8| {
        byte.is_ascii_alphabetic() || byte == b'_' || (colons && byte == b':') || (index > 0 && byte.is_ascii_digit())
    };
    text.bytes().enumerate().take_while(|(index, byte)| fits(*index, *byte)).count()
}

fn first(text: &str) -> String {
    text.chars().take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_of_the_real_world_pass() {
        for fine in ["up", "a:b:c", "x{}", "{job=\"a\"}", "x{a=\"b\",c!~'d|e',}", r#"x{path=~"/api/.*", q="a\"b"}"#] {
            assert_eq!(parse(fine), Ok(()), "{fine}");
        }
    }

    #[test]
    fn slips_of_writing_are_named() {
        for (bad, why) in [
            ("", "begin with a metric"),
            ("x{a=b}", "double quotes"),
            ("x{a=\"b}", "don't end"),
            ("x{a=\"b\"", "is missing"),
            ("x[5m]", "not understood"),
            ("x{a~\"b\"}", "must follow 'a'"),
            ("x{a=~\"(\"}", "regular expression"),
        ] {
            assert!(parse(bad).unwrap_err().contains(why), "{bad}: {:?}", parse(bad));
        }
    }
}
