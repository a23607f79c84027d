//! Frames of figures, their plots and the detail of a service.

use std::sync::Arc;

use crate::{
    console::{
        app::{detail::Page, model::Model, overlay::Overlay, plot::Picker},
        fixture,
    },
    domain::query::Against,
};

use super::frames::{SIZE, check};

/// Each with its name.
pub fn scenes() -> Vec<(&'static str, Model)> {
    let mut compare = fixture::figures::plot(fixture::calm(SIZE), None);
    compare.runs.list = Arc::new(fixture::runs());
    compare.overlay = Some(Overlay::Compare(Picker { selected: 2, ..Picker::opened() }));
    let mut none = fixture::figures::plot(fixture::calm(SIZE), Some(Against::LastDeploy));
    if let Some(data) = &mut none.plotted {
        Arc::make_mut(data).missing = Some(
            "too little time has passed to compare before and after the last deploy: it takes whole minutes".into(),
        );
    }
    vec![
        ("kpis", fixture::figures::kpis(fixture::calm(SIZE))),
        ("plot", fixture::figures::plot(fixture::calm(SIZE), None)),
        ("plot-compared", fixture::figures::plot(fixture::calm(SIZE), Some(Against::Yesterday))),
        ("plot-nothing-to-compare", none),
        ("compare", compare),
        ("detail-now", fixture::detail::detail(fixture::calm(SIZE), Page::Now)),
        ("detail-history", fixture::detail::detail(fixture::calm(SIZE), Page::History)),
        ("detail-phases", fixture::detail::detail(fixture::calm(SIZE), Page::Phases)),
        ("detail-failures", fixture::detail::detail(fixture::calm(SIZE), Page::Failures)),
    ]
}

#[test]
fn every_figure_and_detail_looks_as_it_did() {
    for (name, model) in scenes() {
        check(name, &model);
    }
}
