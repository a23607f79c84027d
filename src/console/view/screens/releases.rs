//! Releases: rollback points, and what going back to one would and would not restore.

use ratatui::layout::Rect;

use crate::console::app::model::Model;

use super::super::{
    frame::{self, Edge, Title},
    paint::Painter,
    points,
    role::Role,
};

/// Where everything is.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The table.
    pub list: Rect,
    /// All about the selected one; empty where there is no room.
    pub about: Rect,
}

/// Lays the screen out.
pub fn layout(area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    if body.width >= 140 {
        let list = body.width * 3 / 5;
        let about = Rect { x: list, width: body.width - list, ..body };
        return Layout { edge, list: Rect { width: list, ..body }, about };
    }
    let list = if body.height >= 14 { body.height / 2 } else { body.height };
    let about = Rect { y: body.y + list, height: body.height - list, ..body };
    Layout { edge, list: Rect { height: list, ..body }, about }
}

/// Draws the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(painter.bounds());
    let target = model.releases.target.as_deref().unwrap_or_default();
    let left = format!("Releases {target}");
    let title = Title { left: left.trim_end(), focus: true, ..Title::default() };
    {
        let mut inner = frame::pane(painter, layout.list, layout.edge, &title);
        match model.releases.points.as_deref().map(Vec::as_slice) {
            None if model.releases.target.is_none() && model.project.is_some() => {
                inner.cut(
                    1,
                    0,
                    inner.width().saturating_sub(2),
                    "this environment has no pipeline of kind deploy",
                    Role::Dim,
                );
            }
            None => {
                inner.text(1, 0, "reading", Role::Dim);
            }
            Some([]) => {
                inner.cut(
                    1,
                    0,
                    inner.width().saturating_sub(2),
                    "nothing was released here yet: d starts a deploy",
                    Role::Dim,
                );
            }
            Some(all) => points::table(&mut inner, model, all, model.releases.selected, true),
        }
    }
    if layout.about.height > 0 {
        let mut inner =
            frame::pane(painter, layout.about, layout.edge, &Title { left: "Going back", ..Title::default() });
        let selected = model.releases.points.as_deref().and_then(|points| points.get(model.releases.selected));
        if let Some(point) = selected {
            points::about(&mut inner, model, point);
        }
    }
}
