//! Reading Prometheus pages: only the wanted series, by Prometheus's own rules, and what two scrapes say together.
//!
//! [`selector`] says which series are wanted, [`page`] finds them in the text (0.0.4 or OpenMetrics), [`scrape`] keeps
//! the last two scrapes, and [`quantile`] reads histograms. There is no TSDB: a rate is that between the last two
//! scrapes, and one point has no rate.

mod page;
mod quantile;
mod scrape;
mod selector;

pub(super) use scrape::{Group, Scrapes};
