//! A curve as an SVG file, for a post-mortem that is read in a browser. Standing alone: no script, no font, no link.

use std::fmt::Write;

use chrono_tz::Tz;

use crate::domain::{format::number, series::Point, time::UnixMs};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 30.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - 20.0;
const PLOT_HEIGHT: f64 = HEIGHT - TOP - 40.0;

/// The curve of `points` between two moments, with lines at `marks` (a moment and what happened then).
pub fn svg(
    title: &str,
    points: &[Point],
    (from, to): (UnixMs, UnixMs),
    marks: &[(UnixMs, String)],
    zone: Tz,
) -> String {
    let top = points.iter().filter_map(|point| point.value).fold(0.0, f64::max);
    let top = if top > 0.0 { top * 1.1 } else { 1.0 };
    let span = (to.0 - from.0).max(1) as f64;
    let x = |at: UnixMs| LEFT + ((at.0 - from.0) as f64 / span).clamp(0.0, 1.0) * PLOT_WIDTH;
    let y = |value: f64| TOP + PLOT_HEIGHT - (value / top).clamp(0.0, 1.0) * PLOT_HEIGHT;
    let clock = |at: UnixMs| at.to_utc().with_timezone(&zone).format("%H:%M").to_string();
    let bottom = TOP + PLOT_HEIGHT;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{}</text>\n\
         <path d=\"M{LEFT} {TOP}V{bottom}H{}\" fill=\"none\" stroke=\"#888\"/>\n",
        escaped(title),
        LEFT + PLOT_WIDTH,
    );
    // Writing to a String can't fail.
    for value in [0.0, top / 2.0, top] {
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y(value) + 4.0,
            number((value * 1e4).round() / 1e4)
        );
    }
    for (at, anchor) in [(from, "start"), (to, "end")] {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            x(at),
            bottom + 16.0,
            clock(at)
        );
    }
    for (at, text) in marks.iter().filter(|(at, _)| *at >= from && *at <= to) {
        let here = x(*at);
        let _ = writeln!(out, "<path d=\"M{here:.1} {TOP}V{bottom}\" stroke=\"#c60\" stroke-dasharray=\"4 3\"/>");
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" fill=\"#c60\">{} {}</text>",
            here + 4.0,
            bottom + 32.0,
            clock(*at),
            escaped(text)
        );
    }
    // A gap in what was seen is a gap in the curve.
    for stretch in points.split(|point| point.value.is_none()).filter(|stretch| !stretch.is_empty()) {
        let path: Vec<String> = stretch
            .iter()
            .filter_map(|point| point.value.map(|value| format!("{:.1},{:.1}", x(point.at), y(value))))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.5\"/>",
            path.join(" ")
        );
    }
    out.push_str("</svg>\n");
    out
}

/// Text that stays text in XML.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| match c {
            '<' => "&lt;".chars().collect::<Vec<_>>(),
            '>' => "&gt;".chars().collect(),
            '&' => "&amp;".chars().collect(),
            '"' => "&quot;".chars().collect(),
            other => vec![other],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_curve_and_text_from_the_world_stays_text() {
        let point = |at: i64, value| Point { at: UnixMs(at), value, max: None };
        let points = [point(0, Some(0.1)), point(60_000, Some(0.2)), point(120_000, None), point(180_000, Some(0.3))];
        let marks = [(UnixMs(60_000), "deploy <script>".to_owned()), (UnixMs(999_000), "later".to_owned())];
        let drawn = svg("error rate of \"api\"", &points, (UnixMs(0), UnixMs(180_000)), &marks, Tz::UTC);
        assert_eq!(drawn.matches("<polyline").count(), 2, "{drawn}");
        assert!(drawn.contains("deploy &lt;script&gt;") && !drawn.contains("<script"));
        assert!(!drawn.contains("later"), "outside of the window");
        assert!(drawn.contains("00:01 deploy"));
    }
}
