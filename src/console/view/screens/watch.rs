//! Watch: is it broken, since when, what changed.
//!
//! ```text
//! ┌ Services ────────────────┐┌ api ∙ latency ms ── p95 180 ┐
//! │ ▴ api   DEGRADED  180    ││                             │
//! │ ✓ db    up          4    │├ api ∙ error rate % ─────────┤
//! └──────────────────────────┘└─────────────────────────────┘
//! ┌ Run #418 ────────────────┐┌ Log ∙ follow ───────────────┐
//! └──────────────────────────┘└─────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    console::app::{
        model::Model,
        watch::{Charts, Curve, WatchFocus},
    },
    domain::{
        health::Health,
        status::{Happening, ServiceNow},
    },
};

use super::super::{
    chart::{Chart, Line},
    format::{self, Clock},
    frame::{self, Edge, Title},
    log,
    paint::Painter,
    role::Role,
    service_log,
    spark::spark,
    state,
    steps::{self, Selection},
    table::{self, Column},
    text,
};

/// Where everything is; panes without room are empty.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The table of services.
    pub services: Rect,
    /// The chart of latency.
    pub latency: Rect,
    /// The chart of the error rate.
    pub errors: Rect,
    /// The live run.
    pub run: Rect,
    /// What happened, or the log of the live run.
    pub bottom: Rect,
}

const NONE: Rect = Rect { x: 0, y: 0, width: 0, height: 0 };

/// Lays the screen out.
pub fn layout(model: &Model, area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    let services = model.environment().map_or(0, |environment| environment.services.len()) as u16;
    let wanted = services.max(2).saturating_add(edge.rows() + 1);
    let rows = |y: u16, height: u16| Rect { y, height, ..body };
    if body.width >= 100 && body.height >= 24 {
        let detail = 2;
        let top = (wanted + detail).max(body.height / 2).min(body.height * 11 / 20);
        let left = (body.width * 9 / 20).clamp(48, 92);
        let (over, under) = (rows(body.y, top), rows(body.y + top, body.height - top));
        let cut = |row: Rect| (Rect { width: left, ..row }, Rect { x: left, width: row.width - left, ..row });
        let (services, charts) = cut(over);
        let latency = Rect { height: charts.height.div_ceil(2), ..charts };
        let errors = Rect { y: charts.y + latency.height, height: charts.height - latency.height, ..charts };
        let (run, bottom) = if model.live_run().is_some() { cut(under) } else { (NONE, under) };
        return Layout { edge, services, latency, errors, run, bottom };
    }
    if body.height >= 14 && body.width >= 44 {
        let top = wanted.clamp(4, (body.height / 3).max(5));
        let chart = (body.height / 3).max(5);
        let half = body.width / 2;
        let charts = rows(body.y + top, chart);
        return Layout {
            edge,
            services: rows(body.y, top),
            latency: Rect { width: half, ..charts },
            errors: Rect { x: half, width: body.width - half, ..charts },
            run: NONE,
            bottom: rows(body.y + top + chart, body.height - top - chart),
        };
    }
    let top = wanted.clamp(3, (body.height / 2).max(3)).min(body.height);
    let rest = rows(body.y + top, body.height - top);
    let (latency, bottom) = if model.watch.focus == WatchFocus::Services { (rest, NONE) } else { (NONE, rest) };
    Layout { edge, services: rows(body.y, top), latency, errors: NONE, run: NONE, bottom }
}

/// Rows the table of services has for services.
pub fn list_rows(layout: &Layout, model: &Model) -> u16 {
    let inner = layout.edge.inner(layout.services).height.saturating_sub(1);
    inner - detail_rows(layout, model, inner)
}

/// Rows below the services for what is the matter with the selected one: only where all services are seen anyway.
fn detail_rows(layout: &Layout, model: &Model, inner: u16) -> u16 {
    let services = model.environment().map_or(0, |environment| environment.services.len());
    let spare = usize::from(inner).saturating_sub(services);
    if layout.edge == Edge::Box { (spare as u16).clamp(2, 5).min(inner / 2) } else { spare.min(2) as u16 }
}

/// Draws the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(model, painter.bounds());
    services(painter, model, &layout);
    charts(painter, model, &layout);
    if layout.run.height > 0 {
        run(painter, model, &layout);
    }
    if layout.bottom.height > 0 {
        bottom(painter, model, &layout);
    }
}

const COLUMNS: [Column; 9] = [
    Column::text("service", 12, 24, 0),
    Column::text("state", 11, 12, 0),
    Column::number("p50", 6, 6),
    Column::number("p95", 6, 1),
    Column::number("p99", 6, 5),
    Column::number("err", 6, 2),
    Column::number("rps", 6, 3),
    Column::text("trend", 8, 8, 4),
    Column::number("since", 5, 7),
];

fn services(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let focus = model.watch.focus == WatchFocus::Services;
    let configured = model.environment().map_or(&[][..], |environment| environment.services.as_slice());
    let count = format::grouped(configured.len() as u64);
    // While a run holds the target, its services are on their way.
    let behind = model.watch.off_release.iter().any(|one| model.holder(&one.target).is_none());
    let not_released = [("not on the released version", Role::Warn)];
    let right = if behind { &not_released[..] } else { &[] };
    let title = Title { left: "Services", more: &[(&count, Role::Dim)], right, focus };
    let mut inner = frame::pane(painter, layout.services, layout.edge, &title);
    if model.project.is_none() {
        inner.text(1, 0, "reading the configuration", Role::Dim);
        return;
    }
    if configured.is_empty() {
        inner.cut(1, 0, inner.width() - 1, "no service is configured in this environment", Role::Dim);
        return;
    }
    let places = table::fit(&COLUMNS, inner.width().saturating_sub(4));
    table::head(&mut inner, 3, 0, &COLUMNS, &places);
    let rows = usize::from(list_rows(layout, model));
    let first = table::first_row(model.watch.selected, configured.len(), rows);
    for (y, (index, service)) in configured.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 1;
        service_row(&mut inner, y, &service.name, now_of(model, index, &service.name), model, &places);
        if index == model.watch.selected {
            inner.tint(Rect::new(0, y, inner.width(), 1), if focus { Role::Selected } else { Role::SelectedElsewhere });
            let style = inner.skin().style(if focus { Role::Accent } else { Role::Dim });
            let pointer = inner.glyphs().pointer;
            inner.put(1, y, pointer, style);
            inner.tint(Rect::new(1, y, 1, 1), if focus { Role::Selected } else { Role::SelectedElsewhere });
        }
    }
    let y = rows.min(configured.len()) as u16 + 1;
    let rest = Rect { y, height: inner.height().saturating_sub(y), ..inner.bounds() };
    if let Some(service) = configured.get(model.watch.selected) {
        detail(&mut inner.sub(rest), now_of(model, model.watch.selected, &service.name), model);
    }
}

/// The state of a configured service: it stands at the same place, unless the configuration was just reloaded.
fn now_of<'a>(model: &'a Model, index: usize, name: &str) -> Option<&'a ServiceNow> {
    let services = &model.watch.services;
    services.get(index).filter(|now| now.service == name).or_else(|| services.iter().find(|now| now.service == name))
}

fn service_row(
    painter: &mut Painter<'_>,
    y: u16,
    name: &str,
    now: Option<&ServiceNow>,
    model: &Model,
    places: &[table::Place],
) {
    let health = now.map_or(Health::Unknown, |now| now.health);
    let (glyph, word, role) = state::health(health, painter.glyphs());
    let firing = model.alerts.board.worst_of(name);
    let quiet = |text: &str| if matches!(text, "-" | "0.0 %") { Role::Dim } else { Role::Text };
    for (column, x, width) in places {
        let (text, role) = match (column, now) {
            (0, _) => {
                if let Some(posted) = firing {
                    // A shape here; the word is below the list, with the selected service, and on the Alerts screen.
                    let (mark, _, role) = state::severity(posted.standing.severity, painter.glyphs());
                    painter.text(2, y, mark, role);
                }
                (name.to_owned(), if health == Health::Up { Role::Text } else { Role::Strong })
            }
            (1, _) => (format!("{glyph} {word}"), role),
            (7, Some(now)) => (spark(&now.trend, usize::from(*width), painter.glyphs()), Role::Spark),
            (8, Some(now)) => {
                (now.since.map(|since| format::age(model.now.since(since))).unwrap_or_default(), Role::Dim)
            }
            (_, None) => (String::new(), Role::Dim),
            (2, Some(now)) => figure(format::percentile(now.p50_ms, now.ceiling_ms), quiet),
            (3, Some(now)) => figure(format::percentile(now.p95_ms, now.ceiling_ms), quiet),
            (4, Some(now)) => figure(format::percentile(now.p99_ms, now.ceiling_ms), quiet),
            (5, Some(now)) => figure(format::percent(now.error_rate), quiet),
            (_, Some(now)) => figure(format::rate(now.rps), quiet),
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}

fn figure(text: String, role: impl Fn(&str) -> Role) -> (String, Role) {
    let role = role(&text);
    (text, role)
}

/// What is the matter with the selected service, look by look; else which version it runs.
fn detail(painter: &mut Painter<'_>, now: Option<&ServiceNow>, model: &Model) {
    let Some(now) = now.filter(|_| painter.height() > 0) else { return };
    let room = painter.width().saturating_sub(4);
    let mut y = u16::from(painter.height() > 2);
    let last = painter.height();
    if let Some(posted) = model.alerts.board.worst_of(&now.service).filter(|_| y < last) {
        let (mark, word, role) = state::severity(posted.standing.severity, painter.glyphs());
        let since = format!(" for {}", format::age_in_minutes(model.now.since(posted.since())));
        painter.text(1, y, mark, role);
        let pieces =
            [(word, role), (" alert ", role), (posted.standing.key.rule.as_str(), Role::Text), (&since, Role::Dim)];
        painter.pieces(3, y, room, &pieces);
        y += 1;
    }
    for look in now.looks.iter().filter(|look| look.health != Health::Up || look.stale || !look.detail.is_empty()) {
        if y >= last {
            return;
        }
        let (glyph, word, role) = state::health(look.health, painter.glyphs());
        let stale = format!("STALE, last look {} ago", format::age_in_minutes(model.now.since(look.at)));
        let word = if look.stale { stale.as_str() } else { word };
        painter.text(1, y, glyph, role);
        let end = painter.pieces(3, y, room, &[(&look.key.probe, Role::Text), (" ", Role::Text), (word, role)]);
        if !look.detail.is_empty() {
            painter.cut(end + 1, y, (room + 3).saturating_sub(end + 1), &look.detail, Role::Dim);
        }
        y += 1;
    }
    for look in now.looks.iter().filter(|look| !look.notes.is_empty()) {
        for note in look.notes.iter().take(usize::from(last.saturating_sub(y))) {
            let end = painter.pieces(3, y, room, &[(&look.key.probe, Role::Text), (" ", Role::Text)]);
            painter.cut(end, y, (room + 3).saturating_sub(end), note, Role::Warn);
            y += 1;
        }
    }
    let off = model.watch.off_release.iter().find(|one| one.service == now.service);
    if let Some(off) = off.filter(|_| y < last) {
        painter.text(1, y, painter.glyphs().warn, Role::Warn);
        painter.cut(3, y, room, &off.to_string(), Role::Warn);
        return;
    }
    if y < last
        && let Some(version) = &now.version
    {
        painter.pieces(3, y, room, &[("says it is version ", Role::Dim), (version, Role::Text)]);
    }
}

fn charts(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let Some(service) = model.service() else {
        for (pane, left) in [(layout.latency, "latency ms"), (layout.errors, "error rate %")] {
            frame::pane(painter, pane, layout.edge, &Title { left, ..Title::default() });
        }
        return;
    };
    let charts =
        model.watch.charts.as_deref().filter(|charts| charts.service == service.name && charts.env == model.env);
    let dot = painter.glyphs().dot;
    let window = model.watch.window.word();
    let wide = layout.latency.width >= 50;
    let left = if wide {
        format!("{} {dot} latency ms {dot} {window}", service.name)
    } else {
        format!("{} {dot} latency ms", service.name)
    };
    // What recorded percentiles can tell at most: what reaches it lies above.
    let ceiling = now_of(model, model.watch.selected, &service.name).and_then(|now| now.ceiling_ms);
    let legend: Vec<(String, Role)> =
        charts.map(|charts| charts.latency.iter().map(|curve| legend(curve, ceiling)).collect()).unwrap_or_default();
    let legend: Vec<(&str, Role)> = legend.iter().map(|(text, role)| (text.as_str(), *role)).collect();
    let legend = fitting(&legend, layout.latency.width.saturating_sub(text::width(&left) as u16 + 6));
    let title = Title { left: &left, right: &legend, ..Title::default() };
    let mut inner = frame::pane(painter, layout.latency, layout.edge, &title);
    plot(&mut inner, model, charts, |charts, clock| latency_chart(charts, ceiling, clock));

    let left = format!("{} {dot} error rate %", service.name);
    let now =
        charts.and_then(|charts| last(&charts.errors)).map(|value| format!("now {}", format::percent(Some(value))));
    let right = [(now.as_deref().unwrap_or_default(), Role::Curve)];
    let right = if now.is_some() { &right[..] } else { &[] };
    let mut inner = frame::pane(painter, layout.errors, layout.edge, &Title { left: &left, right, ..Title::default() });
    plot(&mut inner, model, charts, |charts, clock| error_chart(charts, clock));
}

fn plot<'a>(
    painter: &mut Painter<'_>,
    model: &'a Model,
    charts: Option<&'a Charts>,
    chart: impl Fn(&'a Charts, Clock<'a>) -> Chart<'a>,
) {
    match charts {
        Some(charts) => chart(charts, Clock::new(model.project.as_deref(), model.utc)).paint(painter),
        None if painter.height() > 0 => painter.centre(painter.height() / 2, "reading", Role::Dim),
        None => {}
    }
}

/// As many parts as there is room for; the main curve's goes last.
fn fitting<'a>(parts: &[(&'a str, Role)], room: u16) -> Vec<(&'a str, Role)> {
    let mut parts = parts.to_vec();
    for role in [Role::CurveLow, Role::CurveHigh, Role::Curve] {
        if parts.iter().map(|(text, _)| text::width(text) + 2).sum::<usize>() > usize::from(room) {
            parts.retain(|(_, other)| *other != role);
        }
    }
    parts
}

fn curve_role(name: &str) -> Role {
    match name {
        "p50" => Role::CurveLow,
        "p99" => Role::CurveHigh,
        _ => Role::Curve,
    }
}

fn legend(curve: &Curve, ceiling: Option<f64>) -> (String, Role) {
    let now = format::percentile(last(curve), ceiling);
    (format!("{} {now}", curve.name), curve_role(curve.name))
}

fn last(curve: &Curve) -> Option<f64> {
    curve.points.iter().rev().take(4).find_map(|point| point.value)
}

fn latency_chart<'a>(charts: &'a Charts, ceiling: Option<f64>, clock: Clock<'a>) -> Chart<'a> {
    let mut lines: Vec<_> =
        charts.latency.iter().map(|curve| Line::whole(&curve.points, curve_role(curve.name))).collect();
    // The main curve is drawn last, over the others.
    lines.sort_by_key(|line| line.role == Role::Curve);
    Chart {
        from: charts.from,
        to: charts.to,
        step: charts.step,
        lines,
        limits: &charts.latency_limits,
        marks: &charts.marks,
        ceiling,
        factor: 1.0,
        at_least: 10.0,
        clock,
    }
}

fn error_chart<'a>(charts: &'a Charts, clock: Clock<'a>) -> Chart<'a> {
    Chart {
        from: charts.from,
        to: charts.to,
        step: charts.step,
        lines: vec![Line::whole(&charts.errors.points, Role::Curve)],
        limits: &charts.error_limits,
        marks: &charts.marks,
        ceiling: None,
        factor: 100.0,
        at_least: 1.0,
        clock,
    }
}

fn run(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let Some(run) = &model.run else {
        let title = Title { left: "Run", ..Title::default() };
        frame::pane(painter, layout.run, layout.edge, &title).text(1, 0, "reading", Role::Dim);
        return;
    };
    let left = steps::title(run);
    let mut inner = frame::pane(painter, layout.run, layout.edge, &Title { left: &left, ..Title::default() });
    let Some(detail) = &run.detail else {
        inner.text(1, 0, "reading", Role::Dim);
        return;
    };
    let used = steps::verdict(&mut inner, model, &detail.state.phase, 3);
    let rest = Rect { y: used, height: inner.height().saturating_sub(used), ..inner.bounds() };
    steps::paint(&mut inner.sub(rest), detail, model.now, Selection::None);
}

/// Whether the log of the live run is shown in place of what happened.
pub fn shows_log(model: &Model) -> bool {
    model.live_run().is_some() && model.watch.focus != WatchFocus::Happenings && model.run.is_some()
}

fn bottom(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    if let Some(run) = model.run.as_ref().filter(|_| shows_log(model)) {
        log_pane(painter, model, run, layout.bottom, layout.edge, model.watch.focus == WatchFocus::Log);
        return;
    }
    let focus = model.watch.focus == WatchFocus::Happenings;
    if let Some(log) = &model.watch.service_log {
        service_log::paint(painter, model, log, layout.bottom, layout.edge, focus);
        return;
    }
    let older = format!("{} newer below", model.watch.scrolled);
    let right = [(older.as_str(), Role::Dim)];
    let right = if model.watch.scrolled > 0 { &right[..] } else { &[] };
    let title = Title { left: "What happened", right, focus, ..Title::default() };
    let mut inner = frame::pane(painter, layout.bottom, layout.edge, &title);
    happenings(&mut inner, model);
}

/// A log pane with its title; shared with the Runs screen.
pub fn log_pane(
    painter: &mut Painter<'_>,
    model: &Model,
    run: &crate::console::app::runs::OpenRun,
    area: Rect,
    edge: Edge,
    focus: bool,
) {
    let dot = painter.glyphs().dot;
    let more = format!("{dot} {}", log::title(&run.log, dot));
    let search = log::search(&run.log);
    let right = search.as_deref().map(|search| [(search, Role::Accent)]);
    let left = format!("Log {}", run.id);
    let title = Title {
        left: &left,
        more: &[(&more, Role::Dim)],
        right: right.as_ref().map_or(&[], |right| &right[..]),
        focus,
    };
    let mut inner = frame::pane(painter, area, edge, &title);
    log::paint(&mut inner, &run.log, &Clock::new(model.project.as_deref(), model.utc), focus);
}

fn happenings(painter: &mut Painter<'_>, model: &Model) {
    let rows = usize::from(painter.height());
    let all = &model.watch.happenings;
    if all.is_empty() {
        painter.cut(1, 0, painter.width().saturating_sub(2), "nothing changed yet since this history began", Role::Dim);
        return;
    }
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let end = all.len().saturating_sub(model.watch.scrolled).max(rows.min(all.len()));
    let shown = &all[end.saturating_sub(rows)..end];
    let times: Vec<String> = shown.iter().map(|happening| clock.day(happening.at, model.now)).collect();
    let time = times.iter().map(String::len).max().unwrap_or(0) as u16;
    let subject = shown.iter().map(|happening| text::width(&happening.subject)).max().unwrap_or(0).min(16) as u16;
    for (y, (happening, at)) in shown.iter().zip(&times).enumerate() {
        happening_row(painter, y as u16, happening, at, time, subject);
    }
}

fn happening_row(painter: &mut Painter<'_>, y: u16, happening: &Happening, at: &str, time: u16, subject: u16) {
    painter.text(1, y, at, Role::LogTime);
    painter.cut(3 + time, y, subject, &happening.subject, Role::Text);
    let x = 5 + time + subject;
    painter.cut(x, y, painter.width().saturating_sub(x + 1), &happening.text, frame::tone(happening.tone));
}
