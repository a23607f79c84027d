//! Line charts in dots, good in 20x4 cells as in 120x20.
//!
//! ```text
//!   500           ╎ deploy 1.9.2
//!   400 ╌╌╌╌╌╌╌╌╌╌╎╌╌╌╌╌╌╌╌╌╌╌╌╌╌     a limit, labelled in the gutter
//!       ⣀⣀⣠⣤⣤⣀⣀⣀⣀⣀╎⣴⣶⣶⣿⣿    ⣀⣀⣀⣀     a gap where nothing is known
//!     0
//!       13:47               14:02
//! ```

use std::time::Duration;

use crate::{
    console::app::watch::Limit,
    domain::{series::Point, status::DeployMark, time::UnixMs},
};

use super::{
    canvas::Canvas,
    format::{self, Clock},
    paint::Painter,
    role::Role,
    text,
};

/// One curve.
pub struct Line<'a> {
    /// Its points, ascending.
    pub points: &'a [Point],
    /// Its colour.
    pub role: Role,
    /// Drawn with gaps, so that it is told from the others without colours.
    pub dotted: bool,
}

impl<'a> Line<'a> {
    /// A whole line.
    pub fn whole(points: &'a [Point], role: Role) -> Self {
        Self { points, role, dotted: false }
    }
}

/// What is drawn.
pub struct Chart<'a> {
    /// Left edge.
    pub from: UnixMs,
    /// Right edge.
    pub to: UnixMs,
    /// Width of a bucket.
    pub step: Duration,
    /// Curves, the most important last.
    pub lines: Vec<Line<'a>>,
    /// Limits, in the unit of the points.
    pub limits: &'a [Limit],
    /// Deploys.
    pub marks: &'a [DeployMark],
    /// The highest value that can be told: what reaches it is at least so much.
    pub ceiling: Option<f64>,
    /// What a point is multiplied with before it is written on the axis: 100 for shares shown in percent.
    pub factor: f64,
    /// The scale never ends below this.
    pub at_least: f64,
    /// How times are written.
    pub clock: Clock<'a>,
}

/// The columns left of the curves.
const GUTTER: u16 = 6;

/// The columns a chart of that width has for curves.
pub fn plot_columns(width: u16) -> u16 {
    if width < 18 { width } else { width - GUTTER }
}

impl Chart<'_> {
    /// Draws it into the whole of `painter`.
    pub fn paint(&self, painter: &mut Painter<'_>) {
        let bounds = painter.bounds();
        if bounds.width < 4 || bounds.height == 0 {
            return;
        }
        let gutter = bounds.width - plot_columns(bounds.width);
        let times = u16::from(bounds.height >= 6);
        let plot = ratatui::layout::Rect::new(gutter, 0, bounds.width - gutter, bounds.height - times);
        let top = self.top();
        let mut canvas = Canvas::new(plot.width, plot.height);
        for line in &self.lines {
            self.draw_curve(&mut canvas, line, top);
        }
        {
            let mut plot = painter.sub(plot);
            self.draw_limits(&mut plot, &canvas, top);
            self.draw_marks(&mut plot, &canvas);
            canvas.paint(&mut plot);
            self.label_marks(&mut plot, &canvas, top);
            self.label_ceiling(&mut plot, &canvas, top);
            if !self.has_data() {
                let middle = plot.height() / 2;
                plot.centre(middle, "no data yet", Role::Dim);
            }
        }
        if gutter > 0 {
            self.label_values(painter, gutter, plot.height, top);
        }
        if times > 0 {
            self.label_times(painter, gutter);
        }
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.lines
            .iter()
            .flat_map(|line| line.points.iter())
            .flat_map(|point| [point.max, point.value].into_iter().flatten())
            .filter(|value| value.is_finite())
    }

    fn has_data(&self) -> bool {
        self.values().next().is_some()
    }

    /// The value at the upper edge: round, above all points, and above limits that are not far away.
    fn top(&self) -> f64 {
        let highest = self.values().fold(0.0, f64::max);
        let near = if highest > 0.0 { highest * 3.0 } else { f64::MAX };
        let highest = self
            .limits
            .iter()
            .map(|limit| limit.value * 1.05)
            .filter(|limit| limit.is_finite() && *limit <= near)
            .fold(highest, f64::max);
        round_up((highest * self.factor * 1.04).max(self.at_least)) / self.factor
    }

    /// The row of dots of a value, from the top.
    fn row(value: f64, top: f64, rows: usize) -> usize {
        let share = (value / top).clamp(0.0, 1.0);
        let last = rows.saturating_sub(1);
        last - ((share * last as f64).round() as usize).min(last)
    }

    fn column(&self, at: UnixMs, columns: usize) -> Option<usize> {
        let length = self.to.0.saturating_sub(self.from.0).max(1);
        let offset = at.0.checked_sub(self.from.0)?;
        let column = offset as f64 / length as f64 * columns as f64;
        (0.0..columns as f64).contains(&column).then_some(column as usize)
    }

    fn draw_curve(&self, canvas: &mut Canvas, line: &Line<'_>, top: f64) {
        let Line { points, role, dotted } = *line;
        let (columns, rows) = (canvas.dots_wide(), canvas.dots_high());
        let limit = self.limits.iter().map(|limit| limit.value).fold(f64::INFINITY, f64::min);
        let join = i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).saturating_mul(5) / 2;
        let mut before: Option<(UnixMs, usize, usize)> = None;
        for point in points {
            let (Some(value), Some(x)) = (point.value.filter(|v| v.is_finite()), self.column(point.at, columns)) else {
                before = None;
                continue;
            };
            let y = Self::row(value, top, rows);
            let role = if value > limit { Role::CurveOver } else { role };
            match before.filter(|(at, ..)| point.at.0.saturating_sub(at.0) <= join) {
                Some((_, x0, y0)) => draw_line(canvas, (x0, y0), (x, y), role, dotted),
                None => canvas.dot(x, y, role),
            }
            if let Some(max) = point.max.filter(|max| !dotted && max.is_finite() && *max > value) {
                let peak = Self::row(max, top, rows);
                if y.saturating_sub(peak) > rows / 8 {
                    let role = if max > limit { Role::CurveOver } else { role };
                    (peak..y).for_each(|y| canvas.dot(x, y, role));
                }
            }
            before = Some((point.at, x, y));
        }
    }

    fn draw_limits(&self, plot: &mut Painter<'_>, canvas: &Canvas, top: f64) {
        for limit in self.limits.iter().filter(|limit| limit.value.is_finite()) {
            if limit.value > top {
                let note = format!("limit {} is above", format::short(limit.value * self.factor));
                let x = plot.width().saturating_sub(text::width(&note) as u16);
                let wide = text::width(&note) as u16;
                if let Some(y) = (0..plot.height()).find(|y| canvas.is_free(x, *y, wide)) {
                    plot.text(x, y, &note, Role::Limit);
                }
                continue;
            }
            let y = (Self::row(limit.value, top, canvas.dots_high()) / 4) as u16;
            plot.line(0, y, plot.width(), plot.glyphs().limit, Role::Limit);
            let label = format!(" {} ", limit.label);
            let wide = text::width(&label) as u16;
            if wide + 8 <= plot.width() {
                let places = [2, plot.width() - wide - 2];
                if let Some(x) = places.into_iter().find(|x| canvas.is_free(*x, y, wide)) {
                    plot.text(x, y, &label, Role::Limit);
                }
            }
        }
    }

    /// Says of a curve that reaches the highest value that can be told that the truth lies above it.
    fn label_ceiling(&self, plot: &mut Painter<'_>, canvas: &Canvas, top: f64) {
        let Some(ceiling) = self.ceiling.filter(|ceiling| self.values().any(|value| value >= ceiling * 0.99)) else {
            return;
        };
        let y = (Self::row(ceiling, top, canvas.dots_high()) / 4) as u16;
        let label = format!(" > {}: more than its histogram tells ", crate::domain::format::ms(ceiling));
        let wide = text::width(&label) as u16;
        let x = plot.width().saturating_sub(wide + 1);
        let rows = [y.checked_sub(1), Some(y + 1), Some(y)];
        let free = rows.into_iter().flatten().find(|y| canvas.is_free(x, *y, wide));
        plot.text(x, free.unwrap_or(y), &label, Role::CurveOver);
    }

    /// The rows of cells in which limits are drawn.
    fn limit_rows(&self, canvas: &Canvas, top: f64) -> Vec<u16> {
        let limits = self.limits.iter().filter(|limit| limit.value <= top);
        limits.map(|limit| (Self::row(limit.value, top, canvas.dots_high()) / 4) as u16).collect()
    }

    fn draw_marks(&self, plot: &mut Painter<'_>, canvas: &Canvas) {
        let style = plot.skin().style(Role::Mark);
        for mark in self.marks {
            if let Some(x) = self.column(mark.at, canvas.dots_wide()) {
                (0..plot.height()).for_each(|y| plot.put((x / 2) as u16, y, plot.glyphs().mark, style));
            }
        }
    }

    /// Labels beside their lines, the newest first; one that would lie over another is left out.
    fn label_marks(&self, plot: &mut Painter<'_>, canvas: &Canvas, top: f64) {
        let limits: Vec<u16> = self.limit_rows(canvas, top);
        let mut taken: Vec<(u16, u16, u16)> = Vec::new();
        for mark in self.marks.iter().rev() {
            let Some(x) = self.column(mark.at, canvas.dots_wide()) else { continue };
            let x = (x / 2) as u16;
            let label = format!(" {} ", mark.label);
            let wide = text::width(&label) as u16;
            let right = Some(x + 1).filter(|x| x + wide <= plot.width());
            let left = x.checked_sub(wide);
            let rows = (plot.height() / 2).max(1);
            let clear = |x: u16, y: u16| !taken.iter().any(|(y0, x0, w)| *y0 == y && x < x0 + w && *x0 < x + wide);
            let places = || (0..rows).flat_map(|y| [right, left].into_iter().flatten().map(move |x| (x, y)));
            let free = places().find(|(x, y)| clear(*x, *y) && !limits.contains(y) && canvas.is_free(*x, *y, wide));
            if let Some((x, y)) = free.or_else(|| places().find(|(x, y)| clear(*x, *y))) {
                plot.text(x, y, &label, Role::Mark);
                taken.push((y, x, wide));
            }
        }
    }

    fn label_values(&self, painter: &mut Painter<'_>, gutter: u16, rows: u16, top: f64) {
        let end = gutter - 1;
        let mut ticks = vec![(0, top)];
        if rows >= 5 {
            ticks.push((rows / 2, top / 2.0));
        }
        if rows >= 2 {
            ticks.push((rows - 1, 0.0));
        }
        for (y, value) in ticks {
            // The middle row of cells is not exactly half of the scale; the value written there is the true one.
            let value = if y == rows / 2 && rows >= 5 {
                let share = 1.0 - (f64::from(y) + 0.5) / f64::from(rows);
                if (share - 0.5).abs() < 0.02 { value } else { continue }
            } else {
                value
            };
            painter.right(end, y, &format::short(value * self.factor), Role::Axis);
        }
        for limit in self.limits.iter().filter(|limit| limit.value <= top) {
            let y = (Self::row(limit.value, top, usize::from(rows) * 4) / 4) as u16;
            painter.text(0, y, "      ", Role::Limit);
            painter.right(end, y, &format::short(limit.value * self.factor), Role::Limit);
        }
    }

    fn label_times(&self, painter: &mut Painter<'_>, gutter: u16) {
        let y = painter.height() - 1;
        let length = self.to.since(self.from);
        let width = painter.width();
        painter.text(gutter, y, &self.clock.axis(self.from, length), Role::Axis);
        if width - gutter > 30 {
            let middle = self.clock.axis(self.from.after(length / 2), length);
            painter.text(gutter + (width - gutter - middle.len() as u16) / 2, y, &middle, Role::Axis);
        }
        painter.right(width, y, &self.clock.axis(self.to, length), Role::Axis);
    }
}

fn draw_line(canvas: &mut Canvas, (x0, y0): (usize, usize), (x1, y1): (usize, usize), role: Role, dotted: bool) {
    if x1 <= x0 {
        (y0.min(y1)..=y0.max(y1)).for_each(|y| canvas.dot(x1, y, role));
        return;
    }
    let mut last = y0;
    for x in x0 + 1..=x1 {
        let share = (x - x0) as f64 / (x1 - x0) as f64;
        let y = (y0 as f64 + (y1 as f64 - y0 as f64) * share).round() as usize;
        // A steep part is drawn as a vertical line in one column, without doubling the dot of the column before.
        let from = if y > last { last + 1 } else { y };
        let to = if y < last { last - 1 } else { y };
        if !dotted || x % 4 < 2 {
            (from.min(y)..=to.max(y)).for_each(|y| canvas.dot(x, y, role));
        }
        last = y;
    }
}

/// The next round number: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|round| *round >= value * 0.999_999)
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect};

    use super::{super::skin::Skin, *};

    fn points(values: &[Option<f64>]) -> Vec<Point> {
        values
            .iter()
            .enumerate()
            .map(|(index, value)| Point { at: UnixMs(index as i64 * 1000), value: *value, max: *value })
            .collect()
    }

    fn draw(points: &[Point], limits: &[Limit], marks: &[DeployMark], width: u16, height: u16) -> String {
        let skin = Skin::plain(false);
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        chart(points, limits, marks).paint(&mut Painter::new(&mut buffer, area, &skin));
        text_of(&buffer)
    }

    fn chart<'a>(points: &'a [Point], limits: &'a [Limit], marks: &'a [DeployMark]) -> Chart<'a> {
        Chart {
            from: UnixMs(0),
            to: UnixMs(points.len().max(1) as i64 * 1000),
            step: Duration::from_secs(1),
            lines: vec![Line::whole(points, Role::Curve)],
            limits,
            marks,
            ceiling: None,
            factor: 1.0,
            at_least: 1.0,
            clock: Clock::new(None, true),
        }
    }

    fn text_of(buffer: &Buffer) -> String {
        let rows: Vec<String> = buffer
            .content()
            .chunks(usize::from(buffer.area.width))
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned())
            .collect();
        rows.join("\n")
    }

    #[test]
    fn a_spike_between_two_averages_stays_visible() {
        let mut calm = points(&[Some(10.0); 28]);
        let before = draw(&calm, &[], &[], 20, 5);
        calm[14].max = Some(100.0);
        let after = draw(&calm, &[], &[], 20, 5);
        let top = after.lines().next().unwrap().chars().skip(6).any(|c| c != ' ');
        assert!(top && before != after, "{after}");
    }

    #[test]
    fn missing_data_is_a_gap_and_never_a_line_across() {
        let mut values = vec![Some(5.0); 28];
        values[10..18].fill(None);
        let drawn = draw(&points(&values), &[], &[], 20, 4);
        let row = drawn.lines().find(|row| row.chars().skip(6).any(|c| c > '\u{2800}')).unwrap();
        let cells: Vec<char> = row.chars().skip(6).collect();
        assert_eq!(&cells[6..8], [' ', ' '], "{drawn}");
        assert!(cells[2] > '\u{2800}' && cells[12] > '\u{2800}', "{drawn}");
    }

    #[test]
    fn a_limit_is_labelled_and_one_far_above_is_told() {
        let data = points(&[Some(10.0); 28]);
        let limit = |value| Limit { value, label: "p95 > x".into() };
        assert!(draw(&data, &[limit(20.0)], &[], 40, 6).contains("20 ╌"));
        assert!(draw(&data, &[limit(2000.0)], &[], 40, 6).contains("limit 2000 is above"));
    }

    #[test]
    fn a_deploy_is_a_dotted_line_with_its_label() {
        let data = points(&[Some(10.0); 28]);
        let marks = [DeployMark { at: UnixMs(14_000), label: "deploy 1.9.2".into() }];
        let drawn = draw(&data, &[], &marks, 40, 6);
        assert!(drawn.contains("╎ deploy 1.9.2"), "{drawn}");
    }

    #[test]
    fn what_reaches_the_highest_that_can_be_told_says_that_it_is_more() {
        let skin = Skin::plain(false);
        let area = Rect::new(0, 0, 70, 8);
        let drawn = |value: f64| {
            let data = points(&[Some(value); 28]);
            let mut buffer = Buffer::empty(area);
            let chart = Chart { ceiling: Some(10_000.0), ..chart(&data, &[], &[]) };
            chart.paint(&mut Painter::new(&mut buffer, area, &skin));
            text_of(&buffer)
        };
        assert!(drawn(10_000.0).contains("> 10 s"));
        assert!(!drawn(9_000.0).contains("> 10 s"));
    }

    #[test]
    fn a_dotted_curve_is_told_from_a_whole_one_without_colours() {
        let skin = Skin::plain(false);
        let area = Rect::new(0, 0, 40, 5);
        let drawn = |dotted: bool| {
            let data = points(&[Some(10.0); 28]);
            let mut buffer = Buffer::empty(area);
            let lines = vec![Line { points: &data, role: Role::Curve, dotted }];
            Chart { lines, ..chart(&data, &[], &[]) }.paint(&mut Painter::new(&mut buffer, area, &skin));
            text_of(&buffer)
        };
        let dots = |text: &str| text.chars().filter(|c| *c > '\u{2800}' && *c <= '\u{28ff}').count();
        assert!(dots(&drawn(true)) > 5 && dots(&drawn(true)) < dots(&drawn(false)));
    }

    #[test]
    fn nothing_known_says_so() {
        assert!(draw(&points(&[None; 28]), &[], &[], 40, 6).contains("no data yet"));
    }

    proptest! {
        #[test]
        fn any_points_in_any_size_never_panic(
            values in proptest::collection::vec(proptest::option::of(proptest::num::f64::ANY), 0..60),
            width in 0u16..60, height in 0u16..20, limit in proptest::num::f64::ANY, mark in -5_000i64..70_000,
        ) {
            let marks = [DeployMark { at: UnixMs(mark), label: "deploy".into() }];
            draw(&points(&values), &[Limit { value: limit, label: "l".into() }], &marks, width.max(1), height.max(1));
        }
    }
}
