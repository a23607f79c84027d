//! What is judged: alerts that stand, and objectives.

use crate::{
    domain::alert::{Phase, slo::label},
    serve::world::World,
};

use super::text::Page;

/// Alerts that are pending or fire, as Prometheus names its own.
pub fn alerts(page: &mut Page, world: &World) {
    let help = "1 for each alert that is pending or fires.";
    let mut family = page.family("quarterdeck_alert", "gauge", "", help);
    for standing in world.standings.iter().filter(|standing| standing.phase != Phase::Inactive) {
        let labels = [
            ("environment", standing.key.env.as_str()),
            ("service", &standing.key.subject),
            ("alert", &standing.key.rule),
            ("severity", standing.severity.word()),
            ("state", standing.phase.word()),
        ];
        family.sample("", &labels, 1.0);
    }
}

/// How objectives stand, as the watcher last wrote them down.
pub fn objectives(page: &mut Page, world: &World) {
    let all = || world.budgets.iter().flat_map(|(env, budgets)| budgets.iter().map(move |one| (env.as_str(), one)));
    let help = "The share of events that should be good.";
    let mut family = page.family("quarterdeck_slo_objective", "gauge", "", help);
    for (env, budget) in all() {
        family.sample("", &[("environment", env), ("slo", &budget.name)], budget.objective);
    }
    let help = "The share of the error budget that is left; below 0 where more than all is gone.";
    let mut family = page.family("quarterdeck_slo_budget_left", "gauge", "", help);
    for (env, budget) in all() {
        if let Some(left) = budget.left {
            family.sample("", &[("environment", env), ("slo", &budget.name)], left);
        }
    }
    let help = "How many times as fast as it lasts the error budget burns, by window.";
    let mut family = page.family("quarterdeck_slo_burn_rate", "gauge", "", help);
    for (env, budget) in all() {
        // A window may be the long one of a pair and the short one of another.
        let mut told: Vec<String> = Vec::new();
        for burning in &budget.burns {
            for (window, rate) in [(burning.burn.long, burning.long), (burning.burn.short, burning.short)] {
                let window = label(window);
                if let Some(rate) = rate.filter(|_| !told.contains(&window)) {
                    family.sample("", &[("environment", env), ("slo", &budget.name), ("window", &window)], rate);
                    told.push(window);
                }
            }
        }
    }
}
