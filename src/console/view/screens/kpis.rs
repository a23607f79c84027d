//! KPIs: business and service figures with their trends, beside yesterday and last week.
//!
//! ```text
//! ┌ Figures ── 24h ───────────────────────────────────────────────────────────────┐
//! │   service  figure        now    trend       least   most   day ago   week ago │
//! │ ▸ api      orders        120    ⣀⣤⣶⣿⣿⣶⣤       12    180    +8.1 %      -2 %    │
//! └───────────────────────────────────────────────────────────────────────────────┘
//! ┌ api ∙ orders ∙ 24h ───────────────────────────────────────────────────────────┐
//! └───────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    console::app::{kpis::FigureNow, model::Model},
    domain::{figure::Figure, query::Difference},
};

use super::super::{
    figure_plot, format,
    frame::{self, Edge, Title},
    paint::Painter,
    role::Role,
    spark::spark,
    table::{self, Column},
};

/// Where everything is; panes without room are empty.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The table of figures.
    pub list: Rect,
    /// The plot of the selected one.
    pub plot: Rect,
}

/// Lays the screen out.
pub fn layout(model: &Model, area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    let wanted = (model.kpis.list.len() as u16).max(3).saturating_add(edge.rows() + 1);
    let list = if body.height >= 14 { wanted.min(body.height * 3 / 5) } else { body.height };
    let plot = Rect { y: body.y + list, height: body.height - list, ..body };
    Layout { edge, list: Rect { height: list, ..body }, plot }
}

const COLUMNS: [Column; 10] = [
    Column::text("service", 8, 20, 0),
    Column::text("figure", 12, 26, 0),
    Column::number("now", 9, 0),
    Column::text("unit", 4, 5, 6),
    Column::text("trend", 8, 24, 1),
    Column::number("least", 8, 5),
    Column::number("most", 8, 4),
    Column::number("day ago", 8, 2),
    Column::number("week ago", 8, 3),
    Column::number("avail", 8, 7),
];

/// Draws the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(model, painter.bounds());
    list(painter, model, &layout);
    if layout.plot.height > 0 {
        figure_plot::preview(painter, model, layout.plot, layout.edge);
    }
}

fn list(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let all = model.kpis.list.as_slice();
    let count = format::grouped(all.len() as u64);
    let window = model.kpis.window.word();
    let right = [(window, Role::Accent)];
    let title = Title { left: "Figures", more: &[(&count, Role::Dim)], right: &right, focus: true };
    let mut inner = frame::pane(painter, layout.list, layout.edge, &title);
    if model.project.is_none() {
        inner.text(1, 0, "reading the configuration", Role::Dim);
        return;
    }
    if all.is_empty() {
        let none = "no service is watched in this environment: there is no figure";
        inner.cut(1, 0, inner.width().saturating_sub(2), none, Role::Dim);
        return;
    }
    let places = table::fit(&COLUMNS, inner.width().saturating_sub(4));
    table::head(&mut inner, 3, 0, &COLUMNS, &places);
    let rows = usize::from(inner.height().saturating_sub(1));
    let first = table::first_row(model.kpis.selected, all.len(), rows);
    for (y, (index, figure)) in all.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 1;
        row(&mut inner, y, figure, model.kpis.known(figure), &places);
        if index == model.kpis.selected {
            let style = inner.skin().style(Role::Accent);
            let pointer = inner.glyphs().pointer;
            inner.put(1, y, pointer, style);
            inner.tint(Rect::new(0, y, inner.width(), 1), Role::Selected);
        }
    }
}

fn row(painter: &mut Painter<'_>, y: u16, figure: &Figure, known: Option<&FigureNow>, places: &[table::Place]) {
    let number = |value: Option<f64>| match value {
        None => ("-".to_owned(), Role::Dim),
        Some(value) => (shown(figure, value, known.and_then(|known| known.ceiling)), Role::Text),
    };
    for (column, x, width) in places {
        let (text, role) = match (column, known) {
            (0, _) => (figure.series.service.clone(), Role::Text),
            (1, _) => (figure.title(), if figure.kpi { Role::Strong } else { Role::Text }),
            (3, _) => (unit(figure).to_owned(), Role::Dim),
            (2, None) => ("reading".into(), Role::Dim),
            (_, None) => (String::new(), Role::Dim),
            (2, Some(known)) => {
                let (text, role) = number(known.now);
                (text, if known.now.is_some() { Role::Strong } else { role })
            }
            (4, Some(known)) => (spark(&known.trend, usize::from(*width), painter.glyphs()), Role::Spark),
            (5, Some(known)) => number(known.least),
            (6, Some(known)) => number(known.most),
            (7, Some(known)) => change(figure, known.hour, known.yesterday),
            (8, Some(known)) => change(figure, known.hour, known.last_week),
            (_, Some(known)) => (format::availability(known.availability), Role::Dim),
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}

/// The unit as its column says it: a number that carries its own says nothing there.
fn unit(figure: &Figure) -> &'static str {
    match figure.unit() {
        "ms" | "%" | "s" => "",
        unit => unit,
    }
}

/// A number of a figure; one that is only a bound below the truth says so.
pub fn shown(figure: &Figure, value: f64, ceiling: Option<f64>) -> String {
    match ceiling.filter(|ceiling| figure.aggregation.keeps_unit() && value >= ceiling * 0.99) {
        Some(ceiling) => format!("> {}", figure.shown(ceiling)),
        None => figure.shown(value),
    }
}

/// How the last hour stands to the same hour then: `+8.1 %`, of shares in points: `-0.2 pt`.
fn change(figure: &Figure, now: Option<f64>, then: Option<f64>) -> (String, Role) {
    let difference = Difference::between(now, then);
    let text = match (figure.unit(), difference.by, difference.share) {
        (_, None, _) => return ("-".into(), Role::Dim),
        ("%", Some(by), _) => points(by),
        (_, Some(0.0), None) => "0 %".into(),
        // From nothing to something has no share.
        (_, Some(_), None) => return ("new".into(), Role::Text),
        (_, _, Some(share)) if share.abs() < 0.0005 => "0 %".into(),
        (_, _, Some(share)) if share >= 9.995 => format!("{:.0} x", share + 1.0),
        (_, _, Some(share)) => format!("{:+.1} %", share * 100.0),
    };
    (text, Role::Text)
}

/// A difference of shares, in percentage points.
fn points(by: f64) -> String {
    if by.abs() < 0.000_05 { "0 pt".into() } else { format!("{:+.2} pt", by * 100.0) }
}
