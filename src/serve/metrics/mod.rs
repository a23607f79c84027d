//! The page of metrics: the current value of every series, the state of every service, and figures of our own.

mod judged;
mod own;
mod text;
mod watched;

use super::{vitals::Vitals, world::World};
use text::Page;

/// The media type of the page.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The page. Without a world (its history can't be read) there are only figures of our own.
pub fn page(vitals: Option<&Vitals>, world: Option<&World>) -> String {
    let mut page = Page::default();
    own::build(&mut page);
    if let Some(vitals) = vitals {
        own::vitals(&mut page, vitals);
    }
    if let Some(world) = world {
        own::runs(&mut page, world);
        watched::services(&mut page, world);
        watched::looks(&mut page, world);
        judged::alerts(&mut page, world);
        judged::objectives(&mut page, world);
    }
    page.end()
}
