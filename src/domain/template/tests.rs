use serde_json::json;

use super::*;

fn context() -> Context {
    Context::new()
        .with("env", json!({ "name": "staging", "url": "https://s.example", "empty": null }))
        .with("version", "1.9.2")
        .with("hosts", json!(["a b", "c'd"]))
        .with("run", json!({ "by": "bob" }))
        .with_late("weight")
        .with_late("run.id")
        .with_late("captures.token")
}

fn render(source: &str) -> Rendered {
    Template::parse(source).unwrap().render(&context()).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn error(source: &str) -> String {
    Template::parse(source).and_then(|template| template.render(&context())).unwrap_err().message
}

fn resolve(source: &str) -> String {
    render(source).resolve(&|name| Some(format!("S-{name}-it's")), &|name| Some(format!("L-{name}"))).unwrap()
}

#[test]
fn values_become_text() {
    assert_eq!(render("{{ env.url }}/v/{{ version }}"), Rendered::text("https://s.example/v/1.9.2"));
    assert_eq!(render("plain"), Rendered::text("plain"));
    assert_eq!(render("two\n"), Rendered::text("two\n"));
    assert_eq!(
        render("{{ version | upper }}{# note #}{% if version == '1.9.2' %}!{% endif %}\n"),
        Rendered::text("1.9.2!\n")
    );
}

#[test]
fn secrets_and_late_values_stay_names() {
    let rendered = render("Bearer {{ secret('STATS_TOKEN') }} {{ weight }} {{ run.id }} {{ run.by }}");
    assert_eq!(
        rendered.0,
        [
            Piece::Text("Bearer ".into()),
            Piece::Secret("STATS_TOKEN".into()),
            Piece::Text(" ".into()),
            Piece::Late("weight".into()),
            Piece::Text(" ".into()),
            Piece::Late("run.id".into()),
            Piece::Text(" bob".into()),
        ]
    );
    assert_eq!(rendered.secrets(), ["STATS_TOKEN"]);
    assert_eq!(rendered.late(), ["weight", "run.id"]);
    assert_eq!(rendered.shown(), "Bearer •••••• <weight> <run.id> bob");
}

#[test]
fn the_sh_filter_quotes_at_the_last_moment() {
    let source = "curl -H {{ ('X: ' ~ secret('T')) | sh }} {{ captures.token | sh }} {% for h in hosts %}{{ h | sh }} {% endfor %}";
    assert_eq!(resolve(source), r"curl -H 'X: S-T-it'\''s' 'L-captures.token' 'a b' 'c'\''d' ");
    assert!(!Template::parse(source).unwrap().has_unquoted_values());
}

#[test]
fn every_way_round_the_quoting_is_seen() {
    for source in [
        "echo {{ version }}",
        "echo {{ version ~ version | sh }}",
        "echo {{ version | sh | upper }}",
        "echo {{ version | sh if true else env.name }}",
        "echo {{ 'x' or version | sh }}",
        "{% if true %}{{ env.name }}{% endif %}",
        "{{- env.name -}}",
        "{{ secret('A') }}",
        "{{ env['na}}me'] }}",
        "{{ (version | sh) }}",
    ] {
        assert!(Template::parse(source).unwrap().has_unquoted_values(), "{source}");
    }
    for source in [
        "plain",
        "{{- env.name | sh -}}",
        "{{ env['name'] | sh }}",
        "{{ env.name | default('x') | sh }}",
        "{% raw %}{{ version }}{% endraw %}",
        "{# {{ version }} #}",
        "{{ (version ~ '1') | sh }}",
    ] {
        assert!(!Template::parse(source).unwrap().has_unquoted_values(), "{source}");
    }
}

#[test]
fn an_unknown_name_is_named_with_the_nearest_known_one() {
    assert!(error("{{ versoin }}").contains("'versoin' is not known here; did you mean 'version'?"));
    assert!(error("{{ env.ulr }}").contains("did you mean 'env.url'"));
    assert!(error("{{ previous.version }}").contains("'previous.version' is not known here"));
    assert!(error("{{ captures.tokn }}").contains("did you mean 'captures.token'"));
    assert_eq!(render("{{ previous.version | default('none') if false else 'x' }}"), Rendered::text("x"));
}

#[test]
fn an_empty_value_is_refused_not_written_as_none() {
    assert!(error("{{ env.empty }}").contains("no value"), "{}", error("{{ env.empty }}"));
    assert!(error("{{ env.empty | sh }}").contains("no value"));
}

#[test]
fn secrets_pass_through_no_other_filter_and_decide_nothing() {
    for source in [
        "{{ secret('TOKEN_a') | upper }}",
        "{{ secret('TOKEN_a') | lower }}",
        "{{ secret('TOKEN') | title }}",
        "{{ secret('TOKEN') | replace('TOKEN', 'OTHER') }}",
        "{{ secret('TOKEN') | string | first }}",
        "{{ secret('TOKEN') | reverse }}",
        "{{ secret('TOKEN') | length }}",
        "{{ ('a' ~ secret('TOKEN')) | length }}",
        "{{ secret('TOKEN') | tojson }}",
        "{{ secret('TOKEN') | urlencode }}",
        "{{ weight + 1 }}",
        "{{ weight | int }}",
        "{% if weight > 50 %}x{% endif %}",
        "{% if secret('TOKEN') %}x{% endif %}",
        "{{ 'a' if secret('TOKEN') == 'b' else 'c' }}",
        "{{ secret('bad name') }}",
    ] {
        let rendered = Template::parse(source).and_then(|template| template.render(&context()));
        assert!(rendered.is_err(), "{source}: {rendered:?}");
    }
}

#[test]
fn a_value_can_forge_neither_a_secret_nor_a_template() {
    let hostile = Context::new().with("version", "\u{FDD0}sQTOKEN:1\u{FDD1}");
    assert!(Template::parse("{{ version }}").unwrap().render(&hostile).is_err());
    let hostile = Context::new().with("version", "{{ secret('TOKEN') }}");
    let rendered = Template::parse("{{ version }}").unwrap().render(&hostile).unwrap();
    assert_eq!(rendered, Rendered::text("{{ secret('TOKEN') }}"));
}

#[test]
fn unknown_filters_and_statements_are_refused_at_parse() {
    let error = |source: &str| Template::parse(source).unwrap_err().message;
    assert!(error("{{ version | uper }}").contains("did you mean 'upper'"));
    assert!(error("{% include 'x' %}").contains("no statement 'include'"));
    assert!(error("{{ version").contains("not a valid template"));
    assert!(error("{% if %}").contains("not a valid template"));
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let source = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
    assert!(error(source).contains("too long"), "{}", error(source));
}

#[test]
fn nul_and_missing_values_are_refused_when_resolving() {
    let rendered = render("{{ secret('A') }}");
    assert_eq!(rendered.resolve(&|_| None, &|_| None), Err(Unresolved::Secret("A".into())));
    assert!(matches!(rendered.resolve(&|_| Some("a\0b".into()), &|_| None), Err(Unresolved::Nul(_))));
    assert_eq!(render("{{ weight }}").resolve(&|_| None, &|_| None), Err(Unresolved::Late("weight".into())));
}

#[test]
fn names_are_listed_in_order_without_functions() {
    let template = Template::parse("{{ version }} {{ env.url }} {{ secret('A') }} {{ env.name | sh }}").unwrap();
    assert_eq!(template.names(), ["version", "env.url", "env.name"]);
}

#[test]
fn rendered_strings_survive_the_store() {
    let rendered = render("a {{ ('x' ~ secret('T')) | sh }} {{ weight }}");
    let text = serde_json::to_string(&rendered).unwrap();
    assert_eq!(serde_json::from_str::<Rendered>(&text).unwrap(), rendered);
}

proptest::proptest! {
    #[test]
    fn quoting_gives_back_exactly_one_word(word in "[^\\x00]{0,40}") {
        // What a POSIX shell does with single quotes and backslash-quote between them.
        let quoted = quoted(&word);
        let mut out = String::new();
        let mut inside = false;
        let mut chars = quoted.chars();
        while let Some(sign) = chars.next() {
            match (sign, inside) {
                ('\'', _) => inside = !inside,
                ('\\', false) => out.extend(chars.next()),
                (other, true) => out.push(other),
                (other, false) => proptest::prop_assert!(false, "{other} is outside quotes"),
            }
        }
        proptest::prop_assert!(!inside);
        proptest::prop_assert_eq!(out, word);
    }

    #[test]
    fn any_source_parses_and_renders_without_panic(source in "(\\{\\{|\\}\\}|\\{%|%\\}|[a-z '|.()~\u{e9}-]){0,30}") {
        if let Ok(template) = Template::parse(&source) {
            let _ = (template.render(&context()), template.has_unquoted_values(), template.names());
        }
    }

    #[test]
    fn any_value_renders_as_itself(value in "[^\u{FDD0}\u{FDD1}]{0,60}") {
        let context = Context::new().with("v", value.clone());
        let rendered = Template::parse("{{ v }}").unwrap().render(&context).unwrap();
        let text = rendered.resolve(&|_| None, &|_| None);
        if value.contains('\0') {
            proptest::prop_assert!(text.is_err());
        } else {
            proptest::prop_assert_eq!(text.unwrap(), value);
        }
    }
}
