//! What lies over a screen: a panel in the middle, or all of a small screen's body.

mod decide;
mod help;
mod message;
mod palette;
mod silence;

use ratatui::layout::Rect;

use crate::console::app::{model::Model, overlay::Overlay};

use super::{
    frame::{self, Edge, Title},
    paint::Painter,
};

/// Draws what lies over the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model, overlay: &Overlay) {
    match overlay {
        Overlay::Help { scroll } => help::paint(painter, model, *scroll),
        Overlay::Palette(palette) => palette::paint(painter, palette),
        Overlay::Environments { selected } => palette::environments(painter, model, *selected),
        Overlay::Compare(picker) => palette::compare(painter, model, picker),
        Overlay::Decide(decide) => decide::paint(painter, decide),
        Overlay::Silence(form) => silence::paint(painter, model, form),
        Overlay::Playbook(open) => silence::playbook(painter, model, open),
        Overlay::Confirm(confirmation) => decide::confirm(painter, confirmation),
        Overlay::Message(message) => message::paint(painter, message),
    }
}

/// Rows a list in the overlay has.
pub fn list_rows(overlay: &Overlay, area: Rect) -> u16 {
    let body = frame::body(area).height;
    match overlay {
        Overlay::Help { .. } => body.saturating_sub(2),
        Overlay::Message(message) => message::rows(message, area),
        _ => body.saturating_sub(4),
    }
}

/// Where a panel of that size lies.
fn place(area: Rect, width: u16, height: u16) -> Rect {
    let body = frame::body(area);
    // A sliver of the screen on either side would only disturb.
    let width = if width + 8 > body.width { body.width } else { width };
    let height = height.min(body.height);
    Rect { x: (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height }
}

/// Clears the panel's place and draws its edge.
fn panel<'a>(painter: &'a mut Painter<'_>, part: Rect, title: &str) -> Painter<'a> {
    painter.sub(part).clear();
    frame::pane(painter, part, Edge::Box, &Title { left: title, focus: true, ..Title::default() })
}
