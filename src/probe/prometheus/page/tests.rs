use proptest::prelude::*;

use super::*;

fn samples(page: &str, format: Format) -> Result<Vec<Sample<'_>>, PageError> {
    let mut samples = Vec::new();
    read(page.as_bytes(), format, 1000, |_| true, |sample| samples.push(sample)).map(|_| samples)
}

/// `name{label=value,...} value @timestamp` of each sample, or the error.
fn shown(page: &str, format: Format) -> Vec<String> {
    let show = |sample: &Sample<'_>| {
        let labels: Vec<_> = sample.labels.iter().map(|label| format!("{}={:?}", label.name, label.value)).collect();
        let at = sample.timestamp_ms.map(|at| format!(" @{at}")).unwrap_or_default();
        format!("{}{{{}}} {}{at}", sample.metric, labels.join(","), sample.value)
    };
    match samples(page, format) {
        Ok(samples) => samples.iter().map(show).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// The example of Prometheus's "Exposition formats" page.
const OFFICIAL: &str = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram, which has a pretty complex representation in the text format:
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
"#;

#[test]
fn the_official_example_is_read_in_full() {
    let expected = [
        r#"http_requests_total{method="post",code="200"} 1027 @1395066363000"#,
        r#"http_requests_total{method="post",code="400"} 3 @1395066363000"#,
        r#"msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1458255915"#,
        "metric_without_timestamp_and_labels{} 12.47",
        r#"something_weird{problem="division by zero"} inf @-3982045"#,
        r#"http_request_duration_seconds_bucket{le="0.05"} 24054"#,
        r#"http_request_duration_seconds_bucket{le="+Inf"} 144320"#,
        "http_request_duration_seconds_sum{} 53423",
        "http_request_duration_seconds_count{} 144320",
    ];
    assert_eq!(shown(OFFICIAL, Format::Text), expected);
}

#[test]
fn openmetrics_has_seconds_exemplars_and_an_end() {
    let page = "# TYPE foo histogram\n# UNIT foo seconds\n\
        foo_bucket{le=\"0.1\"} 8 # {} 0.054\n\
        foo_bucket{le=\"1\"} 11 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67 1520879607.789\n\
        foo_total 17 1520879607.5\n# EOF\nafter 1\n";
    let expected =
        [r#"foo_bucket{le="0.1"} 8"#, r#"foo_bucket{le="1"} 11 @1520879607789"#, "foo_total{} 17 @1520879607500"];
    assert_eq!(shown(page, Format::OpenMetrics), expected);
}

#[test]
fn lines_that_are_fine() {
    let cases = [
        ("x 1", "x{} 1"),
        ("x 1\r\n", "x{} 1"),
        (" \t x \t 1 \t 5 \t", "x{} 1 @5"),
        ("x{} 1", "x{} 1"),
        ("x {a=\"b\"} 1", r#"x{a="b"} 1"#),
        ("x{a=\"b\"}1", r#"x{a="b"} 1"#),
        ("x{ a = \"b\" , c = \"d\" , } 1", r#"x{a="b",c="d"} 1"#),
        ("x{a=\"},{ # \"} 1", r#"x{a="},{ # "} 1"#),
        ("x{a=\"\\x\\\\\"} 1", r#"x{a="\\x\\"} 1"#),
        ("x{a=\"ü日\"} 1", r#"x{a="ü日"} 1"#),
        ("x NaN", "x{} NaN"),
        ("x -inf", "x{} -inf"),
        ("x 1e-3", "x{} 0.001"),
        ("x .5", "x{} 0.5"),
        ("a:b:c 1", "a:b:c{} 1"),
        ("_x 1", "_x{} 1"),
        ("{\"my.metric\"} 1", "my.metric{} 1"),
        ("{\"my.metric\",\"a.b\"=\"c\"} 1", r#"my.metric{a.b="c"} 1"#),
    ];
    for (line, expected) in cases {
        assert_eq!(shown(line, Format::Text), [expected], "{line}");
    }
}

#[test]
fn lines_that_are_not() {
    let cases = [
        "x",
        "x{a=\"b\"}",
        "x one",
        "x 1 2 3",
        "x 1 soon",
        "x 1 1.5",
        "x{a} 1",
        "x{a=b} 1",
        "x{a=\"b} 1",
        "x{a=\"b\" c=\"d\"} 1",
        "x{=\"b\"} 1",
        "x{a=\"b\",a=\"c\"} 1",
        "x{,} 1",
        "x{a=\"b\"",
        "x{1a=\"b\"} 1",
        "1x 1",
        "x{a:b=\"c\"} 1",
        "x 0x1p-2",
        "x 1_000",
        "x{\"y\"} 1",
        "{\"y\",\"z\"} 1",
        "x{a=\"\\\"} 1",
        "x 1 # {} 1",
    ];
    for line in cases {
        let page = format!("fine 1\n{line}\n");
        let found = samples(&page, Format::Text);
        assert!(matches!(found, Err(PageError::Line { line: 2, .. })), "{line}: {found:?}");
    }
}

#[test]
fn comments_and_empty_lines_are_no_series() {
    let page = "# HELP x y\n#x 1\n\n   \n\t# TYPE x weird\n# EOF\nx 1\n";
    assert_eq!(shown(page, Format::Text), ["x{} 1"], "# EOF means nothing in the text format");
}

#[test]
fn names_are_told_by_case() {
    let mut seen = 0;
    read(b"Up 1\nup 1\nUP 1\n", Format::Text, 9, |name| name == "up", |_| seen += 1).unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn unwanted_lines_are_not_parsed() {
    let seen = read(b"bad{ \xff\nup 1\n", Format::Text, 9, |name| name == "up", |_| {}).unwrap();
    assert_eq!(seen, 2);
}

#[test]
fn bad_utf8_in_a_wanted_label_fails_the_page() {
    let found = read(b"up{a=\"\xff\"} 1\n", Format::Text, 9, |_| true, |_| {});
    assert_eq!(found, Err(PageError::Line { line: 1, why: "a label's value is not UTF-8" }));
}

#[test]
fn f80_more_series_than_allowed_is_an_error_not_a_part() {
    let page = "x 1\n".repeat(11);
    assert_eq!(read(page.as_bytes(), Format::Text, 10, |_| false, |_| {}), Err(PageError::TooMany(10)));
}

proptest! {
    #[test]
    fn garbage_never_panics(page in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in [Format::Text, Format::OpenMetrics] {
            let _ = read(&page, format, 100, |_| true, |_| {});
        }
    }

    #[test]
    fn near_misses_never_panic(page in r#"[a{}"=,\\ 0-9.#\n]{0,80}"#, cut in 0..80_usize) {
        let page = page.as_bytes();
        let _ = read(&page[..cut.min(page.len())], Format::Text, 100, |_| true, |_| {});
    }

    #[test]
    fn what_is_written_is_read(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
        labels in proptest::collection::btree_map("[a-zA-Z_][a-zA-Z0-9_]{0,8}", any::<String>(), 0..5),
        value in any::<f64>(),
    ) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let written: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let page = format!("{name}{{{}}} {value}\n", written.join(","));
        let read = samples(&page, Format::Text).unwrap();
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(&*read[0].metric, name.as_str());
        prop_assert!(read[0].value.total_cmp(&value).is_eq() || value.is_nan());
        let back: std::collections::BTreeMap<_, _> =
            read[0].labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect();
        prop_assert_eq!(back, labels);
    }
}
