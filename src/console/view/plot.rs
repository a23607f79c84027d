//! A chart as plain text, for the command line: the same dots, limits and marks as on the screen, without colours.

use std::time::Duration;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    console::app::watch::Limit,
    domain::{environment::Project, series::Point, status::DeployMark, time::UnixMs},
};

use super::{
    chart::{Chart, Line},
    format::Clock,
    paint::Painter,
    role::Role,
    skin::Skin,
};

/// What is drawn.
#[derive(Debug)]
pub struct Plot<'a> {
    /// For the zone of the times.
    pub project: &'a Project,
    /// Left edge.
    pub from: UnixMs,
    /// Right edge.
    pub to: UnixMs,
    /// Width of a bucket.
    pub step: Duration,
    /// The curve.
    pub points: &'a [Point],
    /// Lines, in the unit of the points.
    pub limits: &'a [Limit],
    /// Deploys.
    pub marks: &'a [DeployMark],
    /// Shares are shown in percent.
    pub percent: bool,
    /// Without characters beyond ASCII.
    pub ascii: bool,
}

/// Draws it in so many columns and rows; lines without spaces at their ends.
pub fn plot(plot: &Plot<'_>, width: u16, height: u16) -> Vec<String> {
    let skin = Skin::plain(plot.ascii);
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let chart = Chart {
        from: plot.from,
        to: plot.to,
        step: plot.step,
        lines: vec![Line::whole(plot.points, Role::Curve)],
        limits: plot.limits,
        marks: plot.marks,
        ceiling: None,
        factor: if plot.percent { 100.0 } else { 1.0 },
        at_least: if plot.percent { 1.0 } else { 0.0 },
        clock: Clock::new(Some(plot.project), false),
    };
    chart.paint(&mut Painter::new(&mut buffer, area, &skin));
    let cells: Vec<&str> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    cells.chunks(usize::from(width.max(1))).map(|row| row.concat().trim_end().to_owned()).collect()
}
