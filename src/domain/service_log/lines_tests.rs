//! What lines say.

use proptest::prelude::*;

use super::*;

const READ: UnixMs = UnixMs(1_795_176_000_000);

fn reader(format: Format) -> LineReader {
    LineReader::new("api", format, Fields::default(), false, Masker::default())
}

fn read(text: &str) -> ServiceLine {
    reader(Format::Auto).read(text, READ).unwrap().line
}

#[test]
fn the_fields_of_a_json_line_are_told_apart() {
    let line = read(
        r#"{"timestamp":"2026-11-20T11:59:59.250Z","level":"ERROR","requestId":"r-1","userId":7,"service":"api","message":"boom","context":{"order":3},"duration":12.5,"pid":9}"#,
    );
    let expected = ServiceLine {
        at: UnixMs(READ.0 - 750),
        level: Some(Level::Error),
        message: "boom".into(),
        request: Some("r-1".into()),
        user: Some("7".into()),
        context: r#"{"order":3,"pid":9}"#.into(),
        duration_ms: Some(12.5),
        note: false,
    };
    assert_eq!(line, expected);
}

#[test]
fn other_libraries_lines_are_read_as_well() {
    let pino = read(r#"{"level":40,"time":1795175999000,"msg":"slow","trace_id":"t","duration":"1.5s"}"#);
    assert_eq!((pino.level, pino.at.0, pino.message.as_str()), (Some(Level::Warn), READ.0 - 1_000, "slow"));
    assert_eq!((pino.request.as_deref(), pino.duration_ms), (Some("t"), Some(1_500.0)));
    let other = read(r#"{"service":"web","msg":"from another"}"#);
    assert_eq!(other.context, r#"{"service":"web"}"#, "whose line it is is not lost");
}

#[test]
fn names_of_fields_can_be_chosen_also_within_objects() {
    let fields = Fields { message: vec!["log.text".into()], level: vec!["log.sev".into()], ..Fields::default() };
    let mut reader = LineReader::new("api", Format::Json, fields, false, Masker::default());
    let line = reader.read(r#"{"log":{"text":"hello","sev":"info","n":1}}"#, READ).unwrap().line;
    assert_eq!((line.message.as_str(), line.level), ("hello", Some(Level::Info)));
    assert_eq!(line.context, r#"{"log":{"n":1}}"#);
}

#[test]
fn the_level_of_a_plain_line_is_seen_by_its_shape_and_not_by_its_words() {
    for (text, level) in [
        ("2026-11-20 11:59:59,001 ERROR [main] c.s.Pay: no", Some(Level::Error)),
        ("2026/11/20 11:59:59 [warn] 12#0: upstream", Some(Level::Warn)),
        ("[2026-11-20T11:59:59Z] [INFO] up", Some(Level::Info)),
        ("error: could not compile", Some(Level::Error)),
        ("ts=1 level=debug msg=\"x\"", Some(Level::Debug)),
        ("<3>disk gone", Some(Level::Error)),
        ("<134>up", Some(Level::Info)),
        ("INFO:root:started", None),
        ("there was an error in the data.", None),
        ("no error, all fine", None),
        ("GET /error/log 200", None),
        ("plain", None),
    ] {
        assert_eq!(read(text).level, level, "{text}");
        assert_eq!(read(text).message, text);
    }
}

#[test]
fn ids_of_a_plain_line_are_found_behind_their_names() {
    let line = read("INFO done request_id=abc-1, user_id=\"u 7\" xrequest_id=no");
    assert_eq!((line.request.as_deref(), line.user.as_deref()), (Some("abc-1"), Some("u 7")));
    assert_eq!(read("my_request_id=no").request, None);
}

#[test]
fn a_stack_trace_has_the_level_of_what_it_follows_and_is_no_error_of_its_own() {
    let mut reader = reader(Format::Auto);
    let first = reader.read("ERROR boom", READ).unwrap();
    assert!(first.fingerprint.is_some());
    for text in ["    at pay (pay.js:1:2)", "Caused by: java.io.IOException: ERROR", "\tat x"] {
        let next = reader.read(text, READ).unwrap();
        assert_eq!((next.line.level, next.fingerprint), (Some(Level::Error), None), "{text}");
    }
    assert_eq!(reader.read("fine again", READ).unwrap().line.level, None);
}

#[test]
fn the_top_frame_of_a_stack_tells_errors_apart() {
    let of = |stack: &str| {
        let text = format!(r#"{{"level":"error","msg":"boom","stack":"{stack}"}}"#);
        reader(Format::Auto).read(&text, READ).unwrap().fingerprint.unwrap()
    };
    let one = of(r"Error: boom\n    at pay (pay.js:1:2)\n    at x (y.js:3:4)");
    assert_eq!(one, of(r"Error: boom\n    at pay (pay.js:9:9)\n    at other (z.js:1:1)"));
    assert_ne!(one, of(r"Error: boom\n    at buy (buy.js:1:2)"));
}

#[test]
fn f53_what_json_had_escaped_is_masked_and_sanitised_after_decoding() {
    let masker = Masker::new([("TOKEN", "hunter2-correct-horse")]).unwrap();
    let mut reader = LineReader::new("api", Format::Auto, Fields::default(), false, masker);
    let text = r#"{"msg":"a\u001b[2Jb\u0007 \u0068unter2-correct-horse","requestId":"x\u202ey","a\u001bb":"\u0068unter2-correct-horse\u009b"}"#;
    let line = reader.read(text, READ).unwrap().line;
    assert_eq!(line.message, "a⟨CSI 2J⟩b⟨BEL⟩ ••••••");
    assert_eq!(line.request.as_deref(), Some("x⟨U+202E⟩y"));
    assert_eq!(line.context, r#"{"a\u001bb":"••••••⟨U+009B⟩"}"#);
}

#[test]
fn an_entry_of_the_journal_is_its_message_with_its_time_and_priority() {
    let mut reader = LineReader::new("api", Format::Auto, Fields::default(), true, Masker::default());
    let entry = r#"{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1795175999000000","PRIORITY":"3","MESSAGE":"disk\u001b[2J gone"}"#;
    let found = reader.read(entry, READ).unwrap();
    assert_eq!((found.line.at.0, found.line.level), (READ.0 - 1_000, Some(Level::Error)));
    assert_eq!(found.line.message, "disk⟨CSI 2J⟩ gone");
    assert!(found.fingerprint.is_some());
    assert_eq!(reader.cursor(), Some("s=1;i=2"));
    let inner = r#"{"__CURSOR":"--evil x","PRIORITY":"6","MESSAGE":"{\"level\":\"warn\",\"msg\":\"inner\",\"requestId\":\"r\"}"}"#;
    let found = reader.read(inner, READ).unwrap().line;
    assert_eq!(
        (found.level, found.message.as_str(), found.request.as_deref()),
        (Some(Level::Warn), "inner", Some("r"))
    );
    assert_eq!(reader.cursor(), Some("s=1;i=2"), "a cursor that is none is not taken");
    let bytes = reader.read(r#"{"MESSAGE":[104,105,255]}"#, READ).unwrap().line;
    assert_eq!(bytes.message, "hi\u{fffd}");
    assert_eq!(reader.read(r#"{"MESSAGE":null}"#, READ), None);
}

#[test]
fn f80_deep_or_broken_json_is_plain_text_and_everything_is_bounded() {
    let deep = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));
    assert_eq!(read(&deep).message, deep);
    assert_eq!(read("{\"level\":\"error\",").level, None);
    let long = format!(
        r#"{{"msg":"{}","requestId":"{}","more":"{}"}}"#,
        "m".repeat(30_000),
        "r".repeat(900),
        "c".repeat(30_000)
    );
    let line = read(&long);
    assert_eq!(line.message.chars().count(), MESSAGE);
    assert!(line.context.chars().count() <= CONTEXT && line.request.unwrap().chars().count() <= ID);
}

proptest! {
    #[test]
    fn any_line_is_read_without_harm(text in prop_oneof![".{0,80}", "[\\[\\]{}\":,=<>a-zERO0-9 .-]{0,60}"]) {
        for format in [Format::Auto, Format::Json, Format::Plain] {
            let mut reader = reader(format);
            let found = reader.read(&text, READ);
            prop_assert_eq!(found.is_none(), text.trim().is_empty());
        }
    }

    #[test]
    fn what_is_valid_json_is_never_taken_for_text(message in "[a-z ]{1,20}", level in proptest::sample::select(Level::ALL.to_vec())) {
        let line = read(&serde_json::json!({"message": message, "level": level.word()}).to_string());
        prop_assert_eq!((line.level, line.message), (Some(level), message.trim().to_owned()));
    }

    #[test]
    fn a_marked_level_is_found_whatever_follows(level in proptest::sample::select(Level::ALL.to_vec()), rest in "[a-z ]{0,30}") {
        let word = level.word().to_uppercase();
        prop_assert_eq!(read(&format!("2026-11-20 11:59:59 {word} {rest}")).level, Some(level));
        prop_assert_eq!(read(&format!("[{}] {rest}", level.word())).level, Some(level));
    }
}
