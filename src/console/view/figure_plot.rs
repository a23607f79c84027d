//! A figure over time: small below the list, or big with what it comes to, alone or over another window.
//!
//! ```text
//! ┌ api ∙ p95 ms ∙ 24h ∙ worst in each 5m ──────────── now 180 ms   least 110   most 240 ┐
//! │  500            ╎ deploy 1.9.2                                                       │
//! │      ⣀⣀⣠⣤⣤⣀⣀⣀⣀⣀╎⣴⣶⣶⣿⣿    ⣀⣀⣀⣀                                                      │
//! └──────────────────────────────────────────────────────────────────────────────────────┘
//! ┌ now with yesterday ───────────────┐
//! │ worst p95   180 ms  110 ms  +64 % │
//! └───────────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    console::app::{
        model::Model,
        plot::{Better, Compared, PlotData, PlotInterest, Side},
    },
    domain::{
        figure::Figure,
        format as figures,
        query::{Aggregation, Difference},
        series::Point,
    },
};

use super::{
    chart::{Chart, Line},
    format::Clock,
    frame::{self, Edge, Title},
    paint::Painter,
    role::Role,
    table::{self, Column},
    text,
};

/// Where everything of a big plot is; without a comparison there is no table.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The plot.
    pub plot: Rect,
    /// What both windows come to.
    pub table: Rect,
}

/// Lays a big plot out.
pub fn layout(model: &Model, area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    let compared = model.plot.as_ref().is_some_and(|plot| plot.against.is_some());
    let rows = if compared { (9 + edge.rows()).min(body.height / 2) } else { 0 };
    let plot = Rect { height: body.height - rows, ..body };
    Layout { edge, plot, table: Rect { y: body.y + plot.height, height: rows, ..body } }
}

/// Draws a big plot in place of a screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(model, painter.bounds());
    let Some(open) = &model.plot else { return };
    let Some(figure) = open.figure() else { return };
    let read =
        |asked: &PlotInterest| asked.figure == *figure && asked.window == open.window && asked.against == open.against;
    let data = model.plotted.as_deref().filter(|data| read(&data.asked));
    pane(painter, model, figure, data, layout.plot, layout.edge, true);
    if layout.table.height > 0 {
        comparison(painter, data, layout.table, layout.edge);
    }
}

/// Draws the plot of the selected figure below the list.
pub fn preview(painter: &mut Painter<'_>, model: &Model, area: Rect, edge: Edge) {
    let Some(figure) = model.kpis.list.get(model.kpis.selected) else {
        frame::pane(painter, area, edge, &Title { left: "Plot", ..Title::default() });
        return;
    };
    let window = model.kpis.window;
    let read = |asked: &PlotInterest| asked.figure == *figure && asked.window == window && asked.against.is_none();
    let data = model.plotted.as_deref().filter(|data| read(&data.asked));
    pane(painter, model, figure, data, area, edge, false);
}

fn pane(
    painter: &mut Painter<'_>,
    model: &Model,
    figure: &Figure,
    data: Option<&PlotData>,
    area: Rect,
    edge: Edge,
    focus: bool,
) {
    let dot = painter.glyphs().dot;
    let unit = figure.unit();
    let space = if unit.is_empty() { "" } else { " " };
    let left = format!("{} {dot} {}{space}{unit}", figure.series.service, figure.title());
    let window = model.window().word();
    let how = data
        .map_or_else(|| format!("{dot} {window}"), |data| format!("{dot} {window} {dot} {}", each_step(figure, data)));
    let said: Vec<(String, Role)> = data.map(|data| said(model, figure, data)).unwrap_or_default();
    let mut right: Vec<(&str, Role)> = said.iter().map(|(text, role)| (text.as_str(), *role)).collect();
    let used = text::width(&left) + text::width(&how) + 8;
    let wide = |parts: &[(&str, Role)]| parts.iter().map(|(text, _)| text::width(text) + 2).sum::<usize>();
    while wide(&right) + used > usize::from(area.width) && right.pop().is_some() {}
    let title = Title { left: &left, more: &[(&how, Role::Dim)], right: &right, focus };
    let mut inner = frame::pane(painter, area, edge, &title);
    let Some(data) = data else {
        inner.centre(inner.height() / 2, "reading", Role::Dim);
        return;
    };
    if let Some(missing) = &data.missing {
        inner.centre(inner.height() / 2, missing, Role::Warn);
        return;
    }
    let moved = data.then.as_ref().map(|then| moved(then, &data.now));
    let factor = if unit == "%" { 100.0 } else { 1.0 };
    let mut lines = Vec::new();
    if let Some(moved) = &moved {
        lines.push(Line { points: moved, role: Role::CurveLow, dotted: true });
    }
    lines.push(Line { points: &data.now.points, role: Role::Curve, dotted: false });
    let chart = Chart {
        from: data.now.from,
        to: data.now.to,
        step: data.step,
        lines,
        limits: &data.limits,
        marks: &data.marks,
        factor,
        at_least: if unit == "%" { 1.0 } else { 0.0 },
        ceiling: data.ceiling,
        clock: Clock::new(model.project.as_deref(), model.utc),
    };
    chart.paint(&mut inner);
}

/// The points of the other window where the window itself lies.
fn moved(then: &Side, now: &Side) -> Vec<Point> {
    let by = now.from.since(then.from);
    let later = now.from >= then.from;
    let at = |point: &Point| if later { point.at.after(by) } else { point.at.before(then.from.since(now.from)) };
    then.points.iter().map(|point| Point { at: at(point), ..*point }).collect()
}

/// What one step of the curve is: `mean of each 5m`.
fn each_step(figure: &Figure, data: &PlotData) -> String {
    let step = figures::duration(data.step);
    match figure.aggregation {
        Aggregation::Avg => format!("mean of each {step}"),
        Aggregation::Max => format!("worst of each {step}"),
        other => format!("{other} of each {step}"),
    }
}

/// What the plot comes to, the most important first.
fn said(model: &Model, figure: &Figure, data: &PlotData) -> Vec<(String, Role)> {
    let shown = |value: f64| beyond(&figure.series.name, value, data.ceiling);
    let mut said = Vec::new();
    if let (Some(then), Some(whole)) = (&data.then, data.now.whole) {
        said.push((format!("{} {}", data.now.called, shown(whole)), Role::Curve));
        said.extend(then.whole.map(|whole| (format!("dotted: {} {}", then.called, shown(whole)), Role::CurveLow)));
        return said;
    }
    let newest = model.kpis.known(figure).and_then(|known| known.now);
    said.extend(newest.map(|value| (format!("now {}", shown(value)), Role::Curve)));
    if let Some((least, most)) = data.now.bounds() {
        said.push((format!("least {}", shown(least)), Role::Dim));
        said.push((format!("most {}", shown(most)), Role::Dim));
    }
    said
}

/// A number by the name of its series, or the bound below it.
fn beyond(name: &str, value: f64, ceiling: Option<f64>) -> String {
    match ceiling.filter(|ceiling| value >= ceiling * 0.99) {
        Some(ceiling) => format!("> {}", figures::by_name(name, ceiling)),
        None => figures::by_name(name, value),
    }
}

const COLUMNS: [Column; 5] = [
    Column::text("", 12, 20, 0),
    Column::number("now", 12, 0),
    Column::number("then", 12, 0),
    Column::number("difference", 12, 1),
    Column::number("in %", 10, 0),
];

/// What both windows come to, and the difference.
fn comparison(painter: &mut Painter<'_>, data: Option<&PlotData>, area: Rect, edge: Edge) {
    let left = data.and_then(|data| data.then.as_ref()).map_or_else(
        || "Compared".to_owned(),
        |then| format!("{} with {}", data.map_or("now", |data| data.now.called.as_str()), then.called),
    );
    let mut inner = frame::pane(painter, area, edge, &Title { left: &left, ..Title::default() });
    let Some(data) = data else {
        inner.text(1, 0, "reading", Role::Dim);
        return;
    };
    let places = table::fit(&COLUMNS, inner.width().saturating_sub(2));
    table::head(&mut inner, 1, 0, &COLUMNS, &places);
    for (y, compared) in data.table.iter().enumerate() {
        for (column, x, width) in &places {
            let (text, role) = cell(*column, compared);
            table::cell(&mut inner, 1 + x, y as u16 + 1, *width, COLUMNS[*column], &text, role);
        }
    }
}

fn cell(column: usize, compared: &Compared) -> (String, Role) {
    let shown = |value: Option<f64>| {
        value.map_or_else(|| "-".to_owned(), |value| beyond(&compared.unit_of, value, compared.ceiling))
    };
    let difference = Difference::between(compared.now, compared.then);
    match column {
        0 => (compared.title.clone(), Role::Text),
        1 => (shown(compared.now), Role::Text),
        2 => (shown(compared.then), Role::Dim),
        _ => {
            let text = match (column, difference.by, difference.share) {
                (3, Some(by), _) => format!("{}{}", at_least(compared), by_much(&compared.unit_of, by)),
                (4, _, Some(share)) => format!("{}{:+.1} %", at_least(compared), share * 100.0),
                _ => "-".into(),
            };
            (text, role(compared, &difference))
        }
    }
}

/// Of a figure that is only known to be at least so much, the difference is only known so, too.
fn at_least(compared: &Compared) -> &'static str {
    let beyond =
        |value: Option<f64>| compared.ceiling.is_some_and(|ceiling| value.is_some_and(|value| value >= ceiling * 0.99));
    match (beyond(compared.now), beyond(compared.then)) {
        (false, false) => "",
        (true, false) => "> ",
        (false, true) => "< ",
        (true, true) => "? ",
    }
}

/// A difference with its sign; of shares in percentage points.
fn by_much(name: &str, by: f64) -> String {
    let sign = if by < 0.0 { "-" } else { "+" };
    if figures::unit(name) == "%" {
        return format!("{sign}{} pt", figures::number(by.abs() * 100.0));
    }
    format!("{sign}{}", figures::by_name(name, by.abs()))
}

/// Worse is marked, better too; what moved by less than a twentieth is neither.
fn role(compared: &Compared, difference: &Difference) -> Role {
    let (Some(by), share) = (difference.by, difference.share.unwrap_or(1.0)) else { return Role::Dim };
    let little = compared.better != Better::More && share.abs() < 0.05;
    match compared.better {
        _ if by == 0.0 || little => Role::Text,
        Better::Neither => Role::Text,
        Better::Less if by > 0.0 => Role::Warn,
        Better::More if by < 0.0 => Role::Warn,
        Better::Less | Better::More => Role::Good,
    }
}
