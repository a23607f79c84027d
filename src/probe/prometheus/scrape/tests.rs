use serde_json::json;

use super::*;

/// The wants as a spec would have them.
fn scrapes(wants: &[(&str, bool)]) -> Scrapes {
    let want = |(text, of_buckets): &(&str, bool)| {
        let selector = Selector::parse(text).unwrap();
        let selector = if *of_buckets { selector.of_buckets() } else { selector };
        Want { text: (*text).to_owned(), of_buckets: *of_buckets, by: Vec::new(), selector }
    };
    Scrapes { wants: wants.iter().map(want).collect(), latest: None, before: None }
}

/// Takes pages in, each `seconds` after the one before.
fn taken(wants: &[(&str, bool)], pages: &[&str], seconds: u64) -> Scrapes {
    let mut scrapes = scrapes(wants);
    for page in pages {
        scrapes.take(page.as_bytes(), None, 1000).unwrap();
    }
    let end = Instant::now() + Duration::from_secs(1000);
    if let Some(latest) = &mut scrapes.latest {
        latest.at = end;
    }
    if let Some(before) = &mut scrapes.before {
        before.at = end.checked_sub(Duration::from_secs(seconds)).unwrap();
    }
    scrapes
}

fn rate(selector: &str, pages: &[&str]) -> Option<f64> {
    taken(&[(selector, false)], pages, 10).answer("rate", &[json!(selector)], Group::default())
}

#[test]
fn one_point_has_no_rate() {
    assert_eq!(rate("x", &["x 5"]), None);
    assert_eq!(rate("x", &["y 1", "x 5\ny 1"]), None, "a series that is new has one point, too");
}

#[test]
fn a_rate_is_the_increase_a_second_over_all_series() {
    assert_eq!(rate("x", &["x 5", "x 25"]), Some(2.0));
    assert_eq!(rate("x", &["x{a=\"1\"} 0\nx{a=\"2\"} 100", "x{a=\"2\"} 110\nx{a=\"1\"} 20"]), Some(3.0));
    assert_eq!(rate("x{a=\"1\"}", &["x{a=\"1\"} 0\nx{a=\"2\"} 100", "x{a=\"2\"} 110\nx{a=\"1\"} 20"]), Some(2.0));
    assert_eq!(rate("x", &["x{a=\"1\",b=\"2\"} 1", "x{b=\"2\",a=\"1\",c=\"\"} 11"]), Some(1.0), "order is no matter");
}

#[test]
fn a_counter_that_dropped_was_reset() {
    assert_eq!(rate("x", &["x 1000", "x 30"]), Some(3.0));
    assert_eq!(rate("x", &["x{a=\"1\"} 1000\nx{a=\"2\"} 10", "x{a=\"1\"} 30\nx{a=\"2\"} 20"]), Some(4.0));
}

#[test]
fn labels_nobody_counted_with_have_a_rate_of_zero_but_a_missing_metric_has_none() {
    let pages = ["x{status=\"200\"} 1", "x{status=\"200\"} 11"];
    assert_eq!(rate("x{status=~\"5..\"}", &pages), Some(0.0));
    assert_eq!(rate("x{status=~\"5..\"}", &pages[..1]), None);
    assert_eq!(rate("z", &pages), None);
}

#[test]
fn timestamps_of_the_page_count_where_there_are_some() {
    assert_eq!(rate("x", &["x 0 1000", "x 10 3000"]), Some(5.0));
    assert_eq!(rate("x", &["x 0 1000", "x 0 1000"]), None, "the same point again is no second point");
}

#[test]
fn f80_nan_and_infinity_are_gaps_not_zeros() {
    assert_eq!(rate("x", &["x 1", "x NaN"]), None);
    assert_eq!(rate("y", &["y 1", "y +Inf"]), None);
    let values = taken(&[("x", false)], &["x NaN"], 1);
    assert_eq!(values.answer("value", &[json!("x")], Group::default()), None);
    assert_eq!(values.answer("sum", &[json!("x")], Group::default()), None);
}

#[test]
fn a_value_needs_one_series_and_a_sum_any() {
    let page = "x{a=\"1\"} 1\nx{a=\"2\"} 2";
    let values = taken(&[("x", false), ("x{a=\"2\"}", false)], &[page], 1);
    assert_eq!(values.answer("value", &[json!("x")], Group::default()), None);
    assert_eq!(values.answer("value", &[json!("x{a=\"2\"}")], Group::default()), Some(2.0));
    assert_eq!(values.answer("sum", &[json!("x")], Group::default()), Some(3.0));
    assert_eq!(values.answer("sum", &[json!("not asked for")], Group::default()), None);
}

#[test]
fn of_a_series_that_is_there_twice_the_first_counts() {
    assert_eq!(taken(&[("x", false)], &["x 1\nx 2"], 1).answer("value", &[json!("x")], Group::default()), Some(1.0));
}

#[test]
fn a_quantile_is_over_the_rates_of_all_matching_histograms() {
    let page = |a: [u32; 3], b: [u32; 3]| {
        let line = |host: &str, le: &str, count: u32| format!("d_bucket{{host=\"{host}\",le=\"{le}\"}} {count}\n");
        let of = |host: &str, counts: [u32; 3]| -> String {
            ["0.1", "1.0", "+Inf"].iter().zip(counts).map(|(le, count)| line(host, le, count)).collect()
        };
        of("a", a) + &of("b", b) + "d_sum{host=\"a\"} 3\nd_count{host=\"a\"} 3\n"
    };
    let pages = [page([10, 10, 10], [100, 100, 100]), page([14, 18, 18], [102, 104, 104])];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let wants = [("d", true), ("d{host=\"b\"}", true), ("d_bucket", true)];
    let scrapes = taken(&wants, &pages, 10);
    // Both hosts: 6 of 12 up to 0.1, 12 of 12 up to 1.
    assert_eq!(scrapes.answer("quantile", &[json!(0.5), json!("d")], Group::default()), Some(0.1));
    assert_eq!(scrapes.answer("quantile", &[json!(0.5), json!("d_bucket")], Group::default()), Some(0.1));
    assert!((scrapes.answer("quantile", &[json!(0.75), json!("d")], Group::default()).unwrap() - 0.55).abs() < 1e-12);
    assert_eq!(scrapes.answer("quantile", &[json!(0.5), json!("d{host=\"b\"}")], Group::default()), Some(0.1));
    let idle = taken(&wants, &[pages[0], pages[0]], 10);
    assert_eq!(
        idle.answer("quantile", &[json!(0.5), json!("d")], Group::default()),
        None,
        "nothing happened: nothing to say"
    );
}

#[test]
fn pages_of_another_kind_are_refused() {
    for (body, kind) in [("<html>", None), ("up 1", Some("text/html")), ("{}", Some("application/json"))] {
        let error = scrapes(&[]).take(body.as_bytes(), kind, 10).unwrap_err();
        assert_eq!(error.kind, "bad_metrics");
    }
    assert_eq!(scrapes(&[]).take(b"a 1\nb 1", None, 1).unwrap_err().kind, "too_many_series");
}
