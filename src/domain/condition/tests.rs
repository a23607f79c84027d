use serde_json::json;

use super::*;

struct World(Value);

impl Scope for World {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        match (function, arguments) {
            ("rate", [Value::String(selector)]) if selector == "known" => Some(json!(2)),
            _ => None,
        }
    }
}

fn world() -> World {
    World(json!({
        "status": 200, "latency_ms": 180.0, "error_rate": 0.081, "p95_ms": 180, "name": "api-7", "ok": true,
        "baseline": { "p95_ms": 110, "error_rate": 0.0 },
        "json": { "status": "ok", "total": 350, "checks": [{ "up": true }, { "up": true, "slow": true }], "gone": null },
        "zero": 0,
    }))
}

fn parse(source: &str) -> Condition {
    Condition::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn value(source: &str) -> Option<Value> {
    parse(source).evaluate(&world())
}

fn verdict(source: &str) -> Verdict {
    let judged = parse(source).judge(&world());
    assert_eq!(judged.verdict, parse(source).verdict(&world()));
    judged.verdict
}

fn explanation(source: &str) -> String {
    parse(source).judge(&world()).explanation
}

#[test]
fn integers_and_doubles_mix_freely() {
    assert_eq!(value("json.total / 100 > 3"), Some(json!(true)));
    assert_eq!(value("status + 0.5"), Some(json!(200.5)));
    assert_eq!(value("7 / 2"), Some(json!(3.5)));
    assert_eq!(value("-status % 7"), Some(json!(-4.0)));
    assert_eq!(value("status == 200.0"), Some(json!(true)));
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_unknown() {
    for source in [
        "nothing == 200",
        "json.nothing > 1",
        "json.status > 1",
        "json.status == 1",
        "status == '200'",
        "status / zero > 1",
        "zero / zero == 0",
        "status",
        "json",
        "json.checks[9].up",
        "json.checks[0.5].up",
        "!json.status",
        "name.nothing",
        "name + 1 == 'x'",
        "json.nothing ? true : false",
        "rate('other') > 1",
        "double('x') > 1",
        "min(1, nothing) == 1",
        "1e300 * 1e300 > 1",
        "'a' in name",
        "has(nothing.field)",
        "has(name.field)",
    ] {
        assert_eq!(verdict(source), Verdict::Unknown, "{source}");
    }
}

#[test]
fn logic_is_kleenes() {
    let cases = [
        ("nothing && false", Verdict::Fail),
        ("false && nothing", Verdict::Fail),
        ("nothing && true", Verdict::Unknown),
        ("nothing || true", Verdict::Pass),
        ("true || nothing", Verdict::Pass),
        ("nothing || false", Verdict::Unknown),
        ("!nothing", Verdict::Unknown),
        ("status in [200, nothing]", Verdict::Pass),
        ("status in [500, nothing]", Verdict::Unknown),
        ("status in [500, 502]", Verdict::Fail),
        ("json.checks.all(c, c.up)", Verdict::Pass),
        ("json.checks.exists(c, c.slow)", Verdict::Pass),
        ("json.checks.all(c, c.slow)", Verdict::Unknown),
        ("json.checks.exists(c, !c.up)", Verdict::Fail),
    ];
    for (source, expected) in cases {
        assert_eq!(verdict(source), expected, "{source}");
    }
}

#[test]
fn built_in_functions_do_what_they_say() {
    for source in [
        "size(json.checks) == 2",
        "name.size() == 5",
        "name.startsWith('api')",
        "name.endsWith('-7')",
        "name.contains('i-')",
        "name.matches('^api-[0-9]+$')",
        "has(json.status) && !has(json.nothing)",
        "json.gone == null && json.status != null",
        "json['status'] == 'ok' && json.checks[0].up",
        "int(3.9) == 3 && int('42') == 42",
        "double('0.5') == 0.5",
        "string(200) == '200'",
        "abs(-3) == 3 && min(1, 2) == 1 && max(1, 2, 3) == 3",
        "status == 200 ? ok : false",
        "'api' + '-7' == name",
        "'status' in json",
        "'a' < 'b'",
        "rate('known') == 2",
        "[1, 2.0] == [1.0, 2]",
    ] {
        assert_eq!(verdict(source), Verdict::Pass, "{source}");
    }
}

#[test]
fn what_must_all_hold_fails_by_one_and_is_unknown_by_one() {
    let all = |sources: &[&str]| {
        let conditions: Vec<_> = sources.iter().map(|source| parse(source)).collect();
        judge_all(&conditions, &world())
    };
    assert_eq!(all(&["status == 200", "ok"]).0, Verdict::Pass);
    assert_eq!(all(&["status == 200", "nothing"]).0, Verdict::Unknown);
    assert_eq!(all(&["nothing", "status == 500"]).0, Verdict::Fail);
    assert_eq!(all(&["nothing", "status == 500"]).1.len(), 2, "each is judged and told");
}

#[test]
fn explanations_carry_the_values_that_decided() {
    let cases = [
        ("error_rate > 0.05", "error_rate 0.081 > 0.05"),
        ("p95_ms > 1.5 * baseline.p95_ms", "p95_ms 180 > 1.5 x baseline.p95_ms 110 (165)"),
        ("missing_rate > 0.05", "missing_rate is not known"),
        ("baseline.nothing > 1", "baseline.nothing is not known"),
        ("status == 200 && json.status == 'up'", "json.status \"ok\" != \"up\""),
        ("error_rate > 0.5", "error_rate 0.081 <= 0.5"),
        ("status in [500]", "status 200 not in [500]"),
        ("status == 500 || ok", "ok true"),
        ("status in [200, 204]", "status 200 in [200, 204]"),
        ("json.status > 1", "json.status \"ok\" > 1 can't be compared"),
        ("status", "status 200 is neither true nor false"),
        ("rate('other') > 1", "rate(\"other\") is not known"),
        ("!(status == 200)", "status 200 == 200"),
    ];
    for (source, expected) in cases {
        assert_eq!(explanation(source), expected, "{source}");
    }
}

#[test]
fn an_explanation_never_shows_two_equal_numbers_as_different() {
    let scope = World(json!({ "error_rate": 0.050_001 }));
    let text = parse("error_rate > 0.05").judge(&scope).explanation;
    assert_eq!(text, "error_rate 0.05 > 0.05 (0.050001 and 0.05)");
}

#[test]
fn a_hostile_value_is_escaped_and_cut_in_the_explanation() {
    let scope = World(json!({ "body": format!("\u{1b}[2J{}", "x".repeat(5000)) }));
    let text = parse("body == 'ok'").judge(&scope).explanation;
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.chars().count() < 260, "{text}");
}

#[test]
fn unknown_functions_are_refused_with_the_nearest_name() {
    let error = Condition::parse("status == 200 && name.startWith('a')").unwrap_err();
    assert!(error.message.contains("did you mean 'startsWith'"), "{error}");
    let error = Condition::parse("frobnicate(1) > 2").unwrap_err();
    assert!(error.message.contains("there are: size"), "{error}");
    for source in ["[1].map(x, x)", "[1].filter(x, x > 1)", "[1].exists_one(x, x > 1)", "{'a': 1}", "b'x' == name"] {
        assert!(Condition::parse(source).is_err(), "{source}");
    }
}

#[test]
fn syntax_errors_name_the_habit_and_the_place() {
    let error = Condition::parse("status = 200").unwrap_err();
    assert!(error.message.contains("write =="), "{error}");
    assert!((7..=8).contains(&error.offset), "{error:?}");
    let error = Condition::parse("status == 200 and ok").unwrap_err();
    assert!(error.message.contains("write &&"), "{error}");
    for source in ["", "   ", "status ==", "(", "status == 200)", "'open", "name.matches('[')"] {
        assert!(Condition::parse(source).is_err(), "{source:?}");
    }
}

#[test]
fn deep_and_huge_sources_are_refused() {
    for source in [
        format!("{}1{}", "(".repeat(3000), ")".repeat(3000)),
        format!("{}true", "!".repeat(4000)),
        format!("1{} > 0", " + 1".repeat(1900)),
        "x".repeat(20_000),
    ] {
        assert!(Condition::parse(&source).is_err(), "{}", &source[..20]);
    }
}

#[test]
fn the_largest_source_accepted_is_judged_on_a_small_stack() {
    let sources = [
        format!("{}ok{}", "(".repeat(24), ")".repeat(24)),
        format!("{}ok", "!".repeat(156)),
        format!("1{} > 0", " + 1".repeat(156)),
        format!("ok{}", " && ok".repeat(78)),
        format!("json{} == 1", ".a".repeat(156)),
        format!("ok{}", " ? ok : ok".repeat(150)),
        format!("1{} == 1", " in [1]".repeat(78)),
    ];
    let judge = move || {
        for source in sources {
            let _ = Condition::parse(&source).map(|condition| condition.judge(&world()));
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(judge).unwrap().join().unwrap();
}

#[test]
fn names_paths_calls_and_thresholds_are_read_from_the_tree() {
    let condition = parse("p95_ms > 1.5 * baseline.p95_ms && error_rate > 0.05 && has(json.a.b)");
    assert_eq!(condition.names(), ["p95_ms", "baseline", "error_rate", "json"]);
    assert_eq!(condition.paths_below("baseline"), ["p95_ms"]);
    assert_eq!(condition.paths_below("json"), ["a.b"]);
    assert_eq!(condition.threshold("error_rate"), Some(0.05));
    assert_eq!(condition.threshold("p95_ms"), None);
    assert_eq!(parse("0.05 < error_rate").threshold("error_rate"), Some(0.05));
    assert_eq!(parse("ok || latency_ms >= 2 * 50").threshold("latency_ms"), Some(100.0));
    let calls = parse("quantile(0.95, 'seconds') * 1000").calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].function, "quantile");
    assert_eq!(calls[0].arguments, [Some(json!(0.95)), Some(json!("seconds"))]);
}

#[test]
fn a_condition_travels_as_its_source() {
    let condition = parse("status == 200");
    let text = serde_json::to_string(&condition).unwrap();
    assert_eq!(text, "\"status == 200\"");
    assert_eq!(serde_json::from_str::<Condition>(&text).unwrap(), condition);
    assert!(serde_json::from_str::<Condition>("\"status = 200\"").is_err());
}

proptest::proptest! {
    #[test]
    fn any_text_parses_or_is_refused_but_never_panics(source in "\\PC{0,60}") {
        if let Ok(condition) = Condition::parse(&source) {
            let _ = condition.judge(&world());
        }
    }

    #[test]
    fn any_sentence_of_the_language_is_judged_without_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "status", "json.status", "nothing", "200", "0.0", "'ok'", "&&", "||", "!", "==", ">", "+", "/", "in",
                "[1, 2]", "(", ")", "?", ":", "size(", "name.matches(",
            ]),
            1..12,
        ),
    ) {
        if let Ok(condition) = Condition::parse(&words.join(" ")) {
            let judged = condition.judge(&world());
            proptest::prop_assert!(judged.explanation.chars().count() <= 250);
        }
    }
}
