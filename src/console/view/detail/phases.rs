//! Phases: where the time of a probe's looks went, stacked over time.
//!
//! ```text
//!    40 ms        ffff
//!         ffffffffffffffff   ffff
//!         ccccffffffffffff   ffff
//!     0   rrrrccccccccffff   cccc
//!         13:02                 14:02
//! ```

use crate::{
    console::app::{
        detail::{Detail, DetailData},
        model::Model,
    },
    domain::{
        format as figures,
        phases::{PHASES, PhaseSums},
    },
};

use super::{
    super::{format::Clock, paint::Painter, role::Role},
    LETTERS, ROLES,
};

/// Columns left of the stack.
const GUTTER: u16 = 9;

/// Draws the page.
pub fn paint(painter: &mut Painter<'_>, model: &Model, detail: &Detail) {
    let probes = model.detailed().map_or(&[][..], |service| service.probes.as_slice());
    let Some(probe) = probes.get(detail.probe) else { return };
    let of = format!("probe {} of {}; j and k go through them", detail.probe + 1, probes.len());
    let window = detail.window.word();
    let end =
        painter.pieces(1, 0, painter.width(), &[(&probe.name, Role::Title), ("  ", Role::Dim), (window, Role::Accent)]);
    painter.cut(end + 2, 0, painter.width().saturating_sub(end + 3), &of, Role::Dim);
    let Some(data) = detail.read().filter(|data| data.asked.probe.as_deref() == Some(&probe.name)) else {
        painter.text(1, 2, "reading", Role::Dim);
        return;
    };
    let mut all = PhaseSums::default();
    data.phases.iter().for_each(|sums| all.merge(sums));
    let Some(means) = all.means_ms() else {
        let why = "no look of this probe went through phases in this window: it may be of a kind that has none";
        painter.cut(1, 2, painter.width().saturating_sub(2), why, Role::Dim);
        return;
    };
    let rows = painter.height().saturating_sub(5);
    stack(painter, model, data, rows);
    let total: f64 = means.iter().sum();
    let y = painter.height().saturating_sub(2);
    let mut x = 1;
    for (index, ms) in means.iter().enumerate() {
        let said = format!("{} {}", PHASES[index], figures::ms(*ms));
        x = painter.text(x, y, LETTERS[index], ROLES[index]) + 1;
        x = painter.text(x, y, &said, Role::Text) + 1;
        if painter.width() >= 110 && total > 0.0 {
            x = painter.text(x, y, &format!("{:.0} %", ms / total * 100.0), Role::Dim) + 1;
        }
        x += 1;
    }
    let said = format!("mean of {} looks: {} together", super::super::format::grouped(all.looks), figures::ms(total));
    painter.cut(1, y + 1, painter.width().saturating_sub(2), &said, Role::Dim);
}

/// One column of letters for each step, from the bottom up in the order the phases come.
fn stack(painter: &mut Painter<'_>, model: &Model, data: &DetailData, rows: u16) {
    let columns = painter.width().saturating_sub(GUTTER + 1);
    let total = |sums: &PhaseSums| sums.means_ms().map_or(0.0, |means| means.iter().sum::<f64>());
    let top = data.phases.iter().map(total).fold(0.0, f64::max);
    if columns == 0 || rows < 2 || top <= 0.0 {
        return;
    }
    painter.right(GUTTER - 1, 2, &figures::ms(top), Role::Axis);
    painter.right(GUTTER - 1, rows + 1, "0", Role::Axis);
    let steps = data.phases.len().max(1);
    for column in 0..columns {
        let step = usize::from(column) * steps / usize::from(columns);
        let Some(means) = data.phases.get(step).and_then(PhaseSums::means_ms) else { continue };
        let (mut until, mut from) = (0.0, 0_u16);
        for (index, ms) in means.iter().enumerate() {
            until += ms;
            let to = (until / top * f64::from(rows)).round() as u16;
            for row in from..to.min(rows) {
                painter.text(GUTTER + column, rows + 1 - row, LETTERS[index], ROLES[index]);
            }
            from = to.max(from);
        }
        if from == 0 {
            // There was a look, however short it was.
            painter.text(GUTTER + column, rows + 1, LETTERS[3], ROLES[3]);
        }
    }
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let length = data.phases_step * u32::try_from(steps).unwrap_or(1);
    painter.text(GUTTER, rows + 2, &clock.axis(data.phases_from, length), Role::Axis);
    let end = clock.axis(data.phases_from.after(length), length);
    painter.right(GUTTER + columns, rows + 2, &end, Role::Axis);
}
