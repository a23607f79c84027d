//! Numbers and durations as people read them. One way for all screens, messages and reports.

use std::time::Duration;

/// A number with at most four significant digits where it has a fraction: `180`, `0.081`, `1.235`, `12.3M`.
pub fn number(value: f64) -> String {
    significant(value, 4)
}

/// A number with at most `digits` significant digits where it has a fraction; whole numbers below a million are
/// written out, larger ones with `k`-style suffixes `M`, `G`, `T`.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "infinite" } else { "-infinite" }.into();
    }
    let size = value.abs();
    if size < 1e6 {
        if value.fract() == 0.0 {
            return format!("{}", value as i64);
        }
        if size >= 1e-6 {
            return rounded(value, digits);
        }
        return format!("{value:.2e}");
    }
    for (unit, suffix) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if size >= unit && size < 1e15 {
            return format!("{}{suffix}", rounded(value / unit, digits));
        }
    }
    format!("{value:.2e}")
}

/// Rounds to `digits` significant digits and drops trailing zeros.
fn rounded(value: f64, digits: usize) -> String {
    let magnitude = value.abs().log10().floor() as i32;
    let decimals = usize::try_from(digits as i32 - 1 - magnitude).unwrap_or(0).min(15);
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// A share (0 to 1) in percent: `8.1 %`, `0.05 %`, `100 %`. Never rounds something short of all up to `100 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let mut text = significant(percent, 3);
    if percent < 100.0 && text == "100" {
        text = if percent > 99.995 { ">99.99".into() } else { significant(percent, 4) };
    }
    format!("{text} %")
}

/// Milliseconds: `0.42 ms`, `12 ms`, `180 ms`, `1.25 s`, `2m 05s`.
pub fn ms(milliseconds: f64) -> String {
    if !milliseconds.is_finite() {
        return if milliseconds > 0.0 { "infinite".into() } else { "not known".into() };
    }
    let size = milliseconds.abs();
    if size < 10.0 {
        format!("{} ms", significant(milliseconds, 2))
    } else if size < 999.5 {
        format!("{milliseconds:.0} ms")
    } else if size < 59_995.0 {
        format!("{} s", significant(milliseconds / 1000.0, 3))
    } else {
        duration(Duration::from_millis(size as u64))
    }
}

/// A duration by its two largest units: `40 ms`, `2.5s`, `42s`, `2m 05s`, `1h 20m`, `3d 4h`.
pub fn duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = u64::try_from((millis + 500) / 1000).unwrap_or(u64::MAX);
    match seconds {
        _ if millis < 1000 => format!("{millis} ms"),
        _ if millis < 9_950 && !millis.is_multiple_of(1000) => format!("{}s", significant(millis as f64 / 1000.0, 2)),
        0..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => match (seconds / 86_400, seconds % 86_400 / 3600) {
            (days, 0) => format!("{days}d"),
            (days, hours) => format!("{days}d {hours}h"),
        },
    }
}

/// A figure of a series in the unit its name tells: `p95_ms` as `180 ms`, `error_rate` as `0.8 %`, `requests` as `312`.
pub fn by_name(name: &str, value: f64) -> String {
    let bare = name.split('{').next().unwrap_or_default();
    match bare {
        "availability" | "error_rate" => percent(value),
        _ if bare.ends_with("_ratio") || bare.ends_with("_share") => percent(value),
        _ if bare.ends_with("_ms") => ms(value),
        _ if bare.ends_with("_seconds") || bare.ends_with("_s") => ms(value * 1000.0),
        _ => number(value),
    }
}

/// The unit in which [`by_name`] shows a figure of that name: `ms`, `%`; empty if its name tells none.
pub fn unit(name: &str) -> &'static str {
    let bare = name.split('{').next().unwrap_or_default();
    match bare {
        "availability" | "error_rate" => "%",
        _ if bare.ends_with("_ratio") || bare.ends_with("_share") => "%",
        _ if bare.ends_with("_ms") => "ms",
        _ if bare.ends_with("_seconds") || bare.ends_with("_s") => "s",
        _ if bare.ends_with("_bytes") => "bytes",
        _ if bare.ends_with("_mb") => "MB",
        _ => "",
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit} {small:02}{small_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_four_significant_digits() {
        let cases = [
            (0.081, "0.081"),
            (180.0, "180"),
            (1.5, "1.5"),
            (0.123_456, "0.1235"),
            (123.456, "123.5"),
            (1234.56, "1235"),
            (999_999.0, "999999"),
            (1_234_567.0, "1.235M"),
            (-0.05, "-0.05"),
            (0.0, "0"),
            (f64::NAN, "not a number"),
        ];
        for (value, shown) in cases {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn shares_are_percent_and_nearly_all_is_not_all() {
        assert_eq!(percent(0.081), "8.1 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.9999), "99.99 %");
        assert_eq!(percent(0.999_999), ">99.99 %");
    }

    #[test]
    fn milliseconds_grow_into_seconds_and_minutes() {
        let cases = [(0.42, "0.42 ms"), (12.3, "12 ms"), (180.0, "180 ms"), (1250.0, "1.25 s"), (125_000.0, "2m 05s")];
        for (value, shown) in cases {
            assert_eq!(ms(value), shown);
        }
    }

    #[test]
    fn figures_are_written_in_the_unit_their_name_tells() {
        let cases = [
            ("p95_ms", 180.0, "180 ms"),
            ("lag_seconds", 1.25, "1.25 s"),
            ("error_rate{path=\"/x\"}", 0.008, "0.8 %"),
            ("hit_ratio", 0.5, "50 %"),
            ("requests", 312.0, "312"),
        ];
        for (name, value, shown) in cases {
            assert_eq!(by_name(name, value), shown);
        }
    }

    #[test]
    fn durations_show_two_units() {
        let cases = [
            (40, "40 ms"),
            (2500, "2.5s"),
            (42_000, "42s"),
            (125_000, "2m 05s"),
            (120_000, "2m"),
            (4_800_000, "1h 20m"),
            (273_600_000, "3d 4h"),
        ];
        for (millis, shown) in cases {
            assert_eq!(duration(Duration::from_millis(millis)), shown);
        }
    }
}
