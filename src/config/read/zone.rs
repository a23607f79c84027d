//! Whose clocks: `timezone`.

use chrono_tz::Tz;

use crate::{config::view::View, domain::nearest::nearest};

/// Takes the `timezone` of a table.
pub fn zone(view: &View<'_>) -> Option<Tz> {
    let text = view.text("timezone")?;
    let zone = text.value.parse::<Tz>().ok();
    if zone.is_none() {
        let near = nearest(text.value, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let help = near.map_or_else(
            || "write an IANA name such as \"Europe/Berlin\", or \"UTC\"".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        view.reader.problem(text.place, format!("there is no timezone '{}'", text.value), help);
    }
    zone
}
