//! HTTP requests, as probes, checks and steps write them; who we are, and what TLS is told.

use serde_json::Value as Json;

use crate::{
    config::{
        names::Words,
        options::AUTH,
        reader::{At, Reader},
        source::Place,
        tree::{Node, Value},
        view::View,
    },
    domain::{
        nearest::nearest,
        probe::{Auth, HttpRequest, HttpVersion, TlsOptions},
        template::Template,
    },
};

/// Methods that are known by name. Any other word is sent as it is, unless it is likely one of these misspelt.
const METHODS: [&str; 14] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "PROPFIND", "REPORT", "SEARCH",
    "QUERY", "LIST",
];

/// Reads what stands beside a URL: `method`, `headers`, `body`, `redirects`, `auth`, and what TLS is told.
pub fn request(view: &View<'_>, url: Template, words: &Words) -> Option<HttpRequest<Template>> {
    let mut headers = headers(view, words);
    let (body, document) = match view.take("body") {
        Some(node) => (body(view, node, words), !matches!(node.value, Value::Text(_))),
        None => (None, false),
    };
    if document && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".into(), Template::parse("application/json").ok()?));
    }
    Some(HttpRequest {
        method: method(view).unwrap_or_else(|| "GET".into()),
        url,
        headers,
        body,
        redirects: view.integer("redirects").and_then(|number| u8::try_from(number).ok()).unwrap_or(0),
        auth: auth(view, words),
        version: version(view),
        tls: tls_options(view, words),
    })
}

/// Notes a URL that is not absolute, or neither http nor https.
pub fn check_url(reader: &Reader<'_>, place: Place, text: &str) {
    check_url_of(reader, place, text, ["http", "https"]);
}

/// Notes a URL that is not absolute, or of another scheme.
pub fn check_url_of(reader: &Reader<'_>, place: Place, text: &str, schemes: [&str; 2]) {
    let help = || format!("write it in full: {}://host/path", schemes[1]);
    match url::Url::parse(text) {
        Ok(url) if schemes.contains(&url.scheme()) => {
            if url.host_str().is_none_or(str::is_empty) {
                reader.problem(place, format!("the URL '{text}' has no host"), help());
            }
        }
        Ok(url) => reader.problem(
            place,
            format!("'{text}' begins with {}:, and only {} and {} can be used", url.scheme(), schemes[0], schemes[1]),
            help(),
        ),
        Err(error) => reader.problem(place, format!("'{text}' is not an absolute URL: {error}"), help()),
    }
}

fn method(view: &View<'_>) -> Option<String> {
    let text = view.text("method")?;
    let method = text.value.to_ascii_uppercase();
    let is_word = method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') && method.len() <= 32;
    if !METHODS.contains(&method.as_str()) {
        let help = match nearest(&method, METHODS.into_iter()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if is_word => return Some(method),
            None => format!("write one of {}", METHODS.join(", ")),
        };
        view.reader.problem(text.place, format!("'{}' is not an HTTP method", text.value), help);
    }
    Some(method)
}

fn version(view: &View<'_>) -> HttpVersion {
    if view.section.key("version").is_none() {
        return HttpVersion::One;
    }
    match view.word("version").map(|word| word.value) {
        Some("2") => HttpVersion::Two,
        Some("auto") => HttpVersion::Auto,
        _ => HttpVersion::One,
    }
}

/// Takes a template whose names are known.
pub fn template(view: &View<'_>, key: &'static str, words: &Words) -> Option<Template> {
    let template = view.template(key)?;
    words.check(view.reader, &template);
    Some(template.value)
}

/// Reads `auth`, where it may be written.
pub fn auth(view: &View<'_>, words: &Words) -> Option<Auth<Template>> {
    view.section.key("auth")?;
    let inner = view.section("auth", &AUTH)?;
    let place = inner.place;
    let (bearer, user, password) =
        (template(&inner, "bearer", words), template(&inner, "user", words), template(&inner, "password", words));
    inner.finish("auth");
    match (bearer, user, password) {
        (Some(token), None, None) => Some(Auth::Bearer(token)),
        (None, Some(user), Some(password)) => Some(Auth::Basic { user, password }),
        _ => {
            let help = "write auth = { bearer = \"...\" } or auth = { user = \"...\", password = \"...\" }".to_owned();
            view.reader.problem(place, "'auth' needs either a bearer, or a user and a password", help);
            None
        }
    }
}

/// Reads what TLS is told, where it may be written.
pub fn tls_options(view: &View<'_>, words: &Words) -> TlsOptions<Template> {
    if view.section.key("ca").is_none() {
        return TlsOptions::default();
    }
    let options = TlsOptions {
        ca: template(view, "ca", words),
        client_cert: template(view, "client_cert", words),
        client_key: template(view, "client_key", words),
        insecure: view.flag("insecure"),
    };
    for (has, other, lacks) in [
        (&options.client_cert, &options.client_key, ("client_cert", "client_key")),
        (&options.client_key, &options.client_cert, ("client_key", "client_cert")),
    ] {
        if has.is_some() && other.is_none() {
            let message = format!("'{}' is nothing without '{}'", lacks.0, lacks.1);
            view.reader.problem(view.place_of(lacks.0), message, format!("add {} = \"/path/to/file.pem\"", lacks.1));
        }
    }
    if options.insecure && options.ca.is_some() {
        let help = "remove one: with insecure any certificate is trusted, whoever signed it".to_owned();
        view.reader.problem(view.place_of("insecure"), "'insecure' and 'ca' contradict each other", help);
    }
    options
}

/// Reads `headers`.
pub fn headers(view: &View<'_>, words: &Words) -> Vec<(String, Template)> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let mut headers = Vec::new();
    for (name, text) in view.text_map("headers") {
        if name.value.is_empty() || !name.value.bytes().all(token) {
            let message = format!("'{}' can't be the name of a header", name.value);
            view.reader.problem(name.place, message, "use letters, digits and '-'".to_owned());
        }
        if text.value.bytes().any(|byte| byte < b' ' && byte != b'\t') {
            view.reader.problem(text.place, "a header's value can't hold line breaks", None);
        }
        if let Some(value) = view.reader.template(text) {
            let value = At { value, place: text.place };
            words.check(view.reader, &value);
            headers.push((name.value.to_owned(), value.value));
        }
    }
    headers
}

/// A body: a string, or a table or list that is sent as JSON.
pub fn body(view: &View<'_>, node: &Node, words: &Words) -> Option<Template> {
    let source = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Table(_) | Value::List(_) => {
            let mut source = String::new();
            write_document(&node.value.to_json(), &mut source);
            source
        }
        _ => {
            view.wrong("body", node);
            return None;
        }
    };
    let text = At { value: source.as_str(), place: node.place };
    let template = At { value: view.reader.template(text)?, place: node.place };
    words.check(view.reader, &template);
    Some(template.value)
}

/// JSON in which the templates inside strings are left as they are.
fn write_document(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => {
            out.push('"');
            write_text(text, out);
            out.push('"');
        }
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_document(item, out);
            }
            out.push(']');
        }
        Json::Object(map) => {
            // A space after the brace: two in a row would begin a template.
            out.push_str("{ ");
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Json::String(key.clone()).to_string());
                out.push(':');
                write_document(item, out);
            }
            out.push_str(" }");
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// A string's inside as JSON, but for `{{ ... }}`.
fn write_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let close = rest[open..].find("}}").map_or(rest.len(), |close| open + close + 2);
        escape(&rest[..open], out);
        out.push_str(&rest[open..close]);
        rest = &rest[close..];
    }
    escape(rest, out);
}

fn escape(text: &str, out: &mut String) {
    let quoted = Json::String(text.to_owned()).to_string();
    out.push_str(&quoted[1..quoted.len() - 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_keeps_its_templates_and_escapes_the_rest() {
        let mut source = String::new();
        write_document(&serde_json::json!({ "a": { "text": "say \"{{ x }}\"" }, "n": [1, true] }), &mut source);
        assert_eq!(source, r#"{ "a":{ "text":"say \"{{ x }}\"" },"n":[1,true] }"#);
    }
}
