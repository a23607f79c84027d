//! Now: the days behind, what it needs, its probes with where their time goes, facts, and what happened.

use ratatui::layout::Rect;

use crate::{
    console::app::{detail::Detail, model::Model},
    domain::{
        format as figures,
        health::Health,
        status::{LookNow, ServiceNow},
    },
};

use super::{
    super::{
        format::{self, Clock},
        frame,
        paint::Painter,
        role::Role,
        state,
        table::{self, Column},
        text,
    },
    LETTERS, ROLES,
};

/// From here down a day was more than disturbed.
const BAD: f64 = 0.99;

/// Draws the page.
pub fn paint(painter: &mut Painter<'_>, model: &Model, detail: &Detail, now: Option<&ServiceNow>) {
    let mut y = strip(painter, detail);
    y = around(painter, model, detail, now, y);
    let Some(service) = model.detailed() else { return };
    y += u16::from(painter.height() > 20);
    let looks: Vec<(&str, Option<&LookNow>)> = service
        .probes
        .iter()
        .map(|probe| {
            (probe.name.as_str(), now.and_then(|now| now.looks.iter().find(|look| look.key.probe == probe.name)))
        })
        .collect();
    y = probes(painter, model, detail, &looks, y);
    y += u16::from(painter.height() > 20);
    let rest = Rect { y, height: painter.height().saturating_sub(y), ..painter.bounds() };
    let selected = looks.get(detail.probe).and_then(|(_, look)| *look);
    if rest.width >= 100 {
        let half = rest.width / 2;
        facts(&mut painter.sub(Rect { width: half, ..rest }), model, selected);
        happened(&mut painter.sub(Rect { x: half, width: rest.width - half, ..rest }), model, detail);
    } else {
        let upper = rest.height.div_ceil(2);
        facts(&mut painter.sub(Rect { height: upper, ..rest }), model, selected);
        happened(&mut painter.sub(Rect { y: rest.y + upper, height: rest.height - upper, ..rest }), model, detail);
    }
}

/// A cell for each day, the newest at the right, and in words how many of which kind.
fn strip(painter: &mut Painter<'_>, detail: &Detail) -> u16 {
    let Some(data) = detail.read() else {
        painter.text(1, 0, "reading", Role::Dim);
        return 2;
    };
    let room = usize::from(painter.width().saturating_sub(12));
    let shown = if room >= 90 { 90 } else { 30.min(room) };
    let days = &data.days[data.days.len().saturating_sub(shown)..];
    let mut x = painter.text(1, 0, &format!("{} days  ", days.len()), Role::Dim);
    let glyphs = painter.glyphs();
    let mut counts = [0_usize; 4];
    for (_, availability) in days {
        let (kind, glyph, role) = match availability {
            None => (3, glyphs.unknown, Role::Unknown),
            Some(share) if *share >= 1.0 => (0, glyphs.good, Role::Good),
            Some(share) if *share >= BAD => (1, glyphs.warn, Role::Warn),
            Some(_) => (2, glyphs.bad, Role::Bad),
        };
        counts[kind] += 1;
        x = painter.text(x, 0, glyph, role);
    }
    let known: Vec<f64> = days.iter().filter_map(|(_, share)| *share).collect();
    let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
    let words = [
        (format!("{} whole", counts[0]), glyphs.good, Role::Good),
        (format!("{} disturbed (99 % and more)", counts[1]), glyphs.warn, Role::Warn),
        (format!("{} bad", counts[2]), glyphs.bad, Role::Bad),
        (format!("{} without a look", counts[3]), glyphs.unknown, Role::Unknown),
    ];
    let mut x =
        painter.pieces(1, 1, painter.width(), &[(&format::availability(mean), Role::Strong), ("  ", Role::Dim)]);
    for (words, glyph, role) in words {
        x = painter.text(x, 1, glyph, role) + 1;
        x = painter.text(x, 1, &words, Role::Dim) + 2;
    }
    2
}

/// What it needs and what needs it, and the versions its instances report.
fn around(painter: &mut Painter<'_>, model: &Model, detail: &Detail, now: Option<&ServiceNow>, y: u16) -> u16 {
    let mut y = y;
    let services = model.environment().map_or(&[][..], |environment| environment.services.as_slice());
    let needs = model.detailed().map_or(&[][..], |service| service.depends_on.as_slice());
    let needed: Vec<&String> =
        services.iter().filter(|other| other.depends_on.contains(&detail.service)).map(|other| &other.name).collect();
    let mut x = 1;
    for (word, names) in [("needs", needs.iter().collect::<Vec<_>>()), ("needed by", needed)] {
        if names.is_empty() {
            continue;
        }
        x = painter.text(x, y, word, Role::Dim) + 1;
        for name in names {
            let health = model.watch.services.iter().find(|now| now.service == *name).map(|now| now.health);
            let (glyph, _, role) = state::health(health.unwrap_or(Health::Unknown), painter.glyphs());
            x = painter.text(x, y, glyph, role) + 1;
            x = painter.text(x, y, name, Role::Text) + 2;
        }
        x += 1;
    }
    y += u16::from(x > 1);
    let looks = now.map_or(&[][..], |now| now.looks.as_slice());
    let versions: Vec<String> =
        looks.iter().filter_map(|look| Some(format!("{} {}", look.key.probe, look.version.as_ref()?))).collect();
    if !versions.is_empty() {
        let dot = format!(" {} ", painter.glyphs().dot);
        let room = painter.width().saturating_sub(2);
        let end = painter.pieces(1, y, room, &[("versions ", Role::Dim), (&versions.join(&dot), Role::Text)]);
        let off = model.watch.off_release.iter().find(|off| off.service == detail.service);
        if let Some(off) = off {
            painter.cut(end + 2, y, room.saturating_sub(end), &off.to_string(), Role::Warn);
        }
        y += 1;
    }
    y
}

const COLUMNS: [Column; 5] = [
    Column::text("probe", 8, 20, 0),
    Column::text("state", 11, 12, 0),
    Column::number("since", 5, 3),
    Column::number("took", 8, 1),
    Column::text("where its time went", 20, 200, 2),
];

/// One row for each probe, its phases as a bar on a scale they share.
fn probes(
    painter: &mut Painter<'_>,
    model: &Model,
    detail: &Detail,
    looks: &[(&str, Option<&LookNow>)],
    y: u16,
) -> u16 {
    let places = table::fit(&COLUMNS, painter.width().saturating_sub(4));
    table::head(painter, 3, y, &COLUMNS, &places);
    let total = |look: &LookNow| look.phases.in_order().iter().flatten().sum::<f64>();
    let longest = looks.iter().filter_map(|(_, look)| look.map(total)).fold(0.0, f64::max);
    // The probes may be many: what lies below must have its place.
    let rows = usize::from((painter.height().saturating_sub(y) / 2).max(2)).min(looks.len());
    let first = table::first_row(detail.probe, looks.len(), rows);
    let mut any = false;
    for (row, (index, (name, look))) in looks.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y + 1 + row as u16;
        for (column, x, width) in &places {
            let (text, role) = match (column, look) {
                (0, _) => ((*name).to_owned(), Role::Text),
                (1, None) => ("no look yet".into(), Role::Dim),
                (_, None) => continue,
                (1, Some(look)) => {
                    let (glyph, word, role) = state::health(look.health, painter.glyphs());
                    (format!("{glyph} {}", if look.stale { "STALE" } else { word }), role)
                }
                (2, Some(look)) => (format::age(model.now.since(look.since)), Role::Dim),
                (3, Some(look)) => (look.latency_ms.map_or_else(|| "-".into(), figures::ms), Role::Text),
                (_, Some(look)) => {
                    any |= look.phases.any();
                    bar(painter, 3 + x, y, *width, look, longest);
                    continue;
                }
            };
            table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
        }
        if index == detail.probe {
            let style = painter.skin().style(Role::Accent);
            let pointer = painter.glyphs().pointer;
            painter.put(1, y, pointer, style);
            painter.tint(Rect::new(0, y, painter.width(), 1), Role::Selected);
        }
    }
    let end = y + 1 + rows as u16;
    if any && painter.width() >= 70 {
        let x = super::legend(painter, 3, end);
        painter.text(x, end, "of a look up to a minute ago", Role::Dim);
        return end + 1;
    }
    end
}

/// The phases of one look side by side: a letter for each share of the longest look.
fn bar(painter: &mut Painter<'_>, x: u16, y: u16, width: u16, look: &LookNow, longest: f64) {
    if longest <= 0.0 {
        return;
    }
    let (mut column, mut until) = (x, 0.0);
    for ((ms, letter), role) in look.phases.in_order().into_iter().zip(LETTERS).zip(ROLES) {
        let Some(ms) = ms else { continue };
        until += ms;
        let end = x + (until / longest * f64::from(width)).round() as u16;
        // What was there is seen, however short it was.
        let end = end.max(column + 1).min(x + width);
        let cells = end.saturating_sub(column);
        painter.text(column, y, &letter.repeat(usize::from(cells)), role);
        column = end;
    }
}

/// What the latest look of the selected probe brought.
fn facts(painter: &mut Painter<'_>, model: &Model, look: Option<&LookNow>) {
    let Some(look) = look else {
        painter.text(1, 0, "nobody has looked yet", Role::Dim);
        return;
    };
    let ago = format!("looked {} ago", format::age_in_minutes(model.now.since(look.at)));
    let mut lines: Vec<(String, String, Role)> = Vec::new();
    if !look.detail.is_empty() {
        let role = if look.health == Health::Up { Role::Warn } else { state::health(look.health, painter.glyphs()).2 };
        lines.push(("says".into(), look.detail.clone(), role));
    }
    lines.extend(look.notes.iter().map(|note| ("note".to_owned(), note.clone(), Role::Warn)));
    lines.extend(look.values.iter().map(|(name, value)| {
        let shown = value.map_or_else(|| "not known now".to_owned(), |value| figures::by_name(name, value));
        (name.clone(), shown, if value.is_some() { Role::Text } else { Role::Dim })
    }));
    // Days of a certificate are looked for first.
    let certificate = |name: &str| name.ends_with("days_left");
    let mut facts: Vec<_> = look.facts.iter().collect();
    facts.sort_by_key(|(name, _)| !certificate(name));
    lines.extend(facts.into_iter().map(|(name, value)| {
        if certificate(name) {
            ("certificate".to_owned(), format!("{value} days left"), Role::Text)
        } else {
            (name.clone(), value.clone(), Role::Dim)
        }
    }));
    painter.pieces(1, 0, painter.width(), &[(&look.key.probe, Role::Title), ("  ", Role::Dim), (&ago, Role::Dim)]);
    let wide = lines.iter().map(|(name, ..)| text::width(name)).max().unwrap_or(0).min(20) as u16;
    let room = usize::from(painter.height()).saturating_sub(1);
    let cut = lines.len() > room;
    for (y, (name, value, role)) in lines.iter().take(room.saturating_sub(usize::from(cut))).enumerate() {
        let y = y as u16 + 1;
        painter.cut(1, y, wide, name, Role::Dim);
        painter.cut(wide + 3, y, painter.width().saturating_sub(wide + 4), value, *role);
    }
    if cut && room > 0 {
        let name = format!("{}/{}", look.key.service, look.key.probe);
        let more = format!("{} more: quarterdeck probe {name} shows all", lines.len() + 1 - room);
        painter.cut(1, room as u16, painter.width().saturating_sub(2), &more, Role::Dim);
    }
}

/// What happened to it, the newest first.
fn happened(painter: &mut Painter<'_>, model: &Model, detail: &Detail) {
    painter.text(1, 0, "What happened", Role::Title);
    let Some(data) = detail.read() else { return };
    if data.happenings.is_empty() {
        painter.text(1, 1, "nothing changed since this history began", Role::Dim);
    }
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let rows = usize::from(painter.height().saturating_sub(1));
    let times: Vec<String> =
        data.happenings.iter().rev().take(rows).map(|happening| clock.day(happening.at, model.now)).collect();
    let wide = times.iter().map(String::len).max().unwrap_or(0) as u16;
    for (y, (happening, at)) in data.happenings.iter().rev().zip(&times).enumerate() {
        let y = y as u16 + 1;
        painter.text(1, y, at, Role::LogTime);
        let room = painter.width().saturating_sub(wide + 4);
        painter.cut(wide + 3, y, room, &happening.text, frame::tone(happening.tone));
    }
}
