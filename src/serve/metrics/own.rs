//! Figures of our own: the watcher, the history, the export, the runs.

use crate::{
    domain::run::RunOutcome,
    serve::{
        counted::LIMITS,
        vitals::{Verdict, Vitals},
        world::{RUN_LIMITS, World},
    },
};

use super::text::Page;

/// What is running here.
pub fn build(page: &mut Page) {
    let mut family = page.family("quarterdeck_build", "info", "", "The version of Quarterdeck.");
    family.sample("_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
}

/// The watcher and the history.
pub fn vitals(page: &mut Page, vitals: &Vitals) {
    let yes = |is: bool| Some(f64::from(u8::from(is)));
    page.gauge("quarterdeck_watcher_up", "", "1 while a process watches.", yes(vitals.alive));
    let writable = vitals.history().verdict != Verdict::Fail;
    page.gauge("quarterdeck_history_writable", "", "1 while what is seen gets into the history.", yes(writable));
    let free = vitals.disk.map(|disk| disk.free as f64);
    page.gauge("quarterdeck_disk_free_bytes", "bytes", "Free space on the disk of the history.", free);
    if let Some(pulse) = &vitals.pulse {
        let mut looks = page.family("quarterdeck_looks", "counter", "", "Looks begun by this watcher.");
        looks.sample("_total", &[], pulse.looks as f64);
        looks.sample("_created", &[], pulse.since.0 as f64 / 1e3);
        let lateness = pulse.lateness();
        let at_most = LIMITS.iter().map(|limit| (*limit, lateness.count_at_most(limit * 1e3)));
        page.family("quarterdeck_lateness_seconds", "histogram", "seconds", "How late looks began.").distribution(
            &[],
            at_most,
            ("_count", lateness.count()),
            ("_sum", pulse.lateness_sum_ms / 1e3),
        );
        page.gauge("quarterdeck_probes", "", "Probes on the schedule.", Some(pulse.probes as f64));
        page.gauge("quarterdeck_looks_under_way", "", "Looks under way.", Some(pulse.under_way as f64));
        page.gauge("quarterdeck_looks_waiting", "", "Looks that are due and wait.", Some(pulse.waiting as f64));
        let help = "Looks that the history has not taken yet.";
        page.gauge("quarterdeck_looks_unwritten", "", help, Some(pulse.unwritten as f64));
        let resident = pulse.resident_bytes.map(|bytes| bytes as f64);
        page.gauge("quarterdeck_watcher_resident_bytes", "bytes", "Resident memory of the watcher.", resident);
        let fds = pulse.open_fds.map(|fds| fds as f64);
        page.gauge("quarterdeck_watcher_open_fds", "", "Open file descriptors of the watcher.", fds);
    }
    if let Some(export) = &vitals.export {
        page.counter("quarterdeck_export_points", "Points that the other side acknowledged.", export.points);
        page.counter("quarterdeck_export_batches", "Requests that the other side acknowledged.", export.batches);
        page.counter("quarterdeck_export_failures", "Requests that failed.", export.failures);
        page.counter("quarterdeck_export_rejected_points", "Points that the other side dropped.", export.rejected);
        page.counter("quarterdeck_export_lost_looks", "Looks that could not be sent.", export.lost);
        let behind = Some(vitals.at.since(export.upto.at).as_secs_f64());
        page.gauge("quarterdeck_export_behind_seconds", "seconds", "Age of what was exported last.", behind);
        let waiting = Some(export.waiting as f64);
        page.gauge("quarterdeck_export_waiting_looks", "", "Looks read for the export and not sent.", waiting);
    }
}

/// The runs that are kept, and their log.
pub fn runs(page: &mut Page, world: &World) {
    let help = "Log lines of the runs that are kept.";
    page.gauge("quarterdeck_log_lines", "", help, Some(world.log_lines as f64));
    let mut active = page.family("quarterdeck_runs_active", "gauge", "", "Runs that are not over.");
    for (env, _) in &world.services {
        let count = world.active.iter().filter(|run| run.env == *env).count();
        active.sample("", &[("environment", env)], count as f64);
    }
    let labels = |runs: &crate::store::RunFigures| (runs.kind.word(), outcome(runs.outcome));
    let mut ended = page.family("quarterdeck_runs", "gauge", "", "Runs that are over and kept, by how they ended.");
    for runs in &*world.runs {
        let (kind, outcome) = labels(runs);
        let labels =
            [("environment", runs.env.as_str()), ("pipeline", &runs.pipeline), ("kind", kind), ("outcome", outcome)];
        ended.sample("", &labels, runs.count as f64);
    }
    let help = "How long runs that are over and kept took, from request to end.";
    let mut took = page.family("quarterdeck_run_duration_seconds", "gaugehistogram", "seconds", help);
    for runs in &*world.runs {
        let (kind, outcome) = labels(runs);
        let labels =
            [("environment", runs.env.as_str()), ("pipeline", &runs.pipeline), ("kind", kind), ("outcome", outcome)];
        let at_most = RUN_LIMITS.iter().zip(&runs.at_most).map(|(limit, count)| (*limit as f64, *count));
        took.distribution(&labels, at_most, ("_gcount", runs.count), ("_gsum", runs.sum_ms as f64 / 1e3));
    }
}

fn outcome(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Succeeded => "succeeded",
        RunOutcome::Failed => "failed",
        RunOutcome::Refused => "refused",
        RunOutcome::RolledBack => "rolled_back",
        RunOutcome::RollbackFailed => "rollback_failed",
        RunOutcome::Inconclusive => "inconclusive",
        RunOutcome::Cancelled => "cancelled",
    }
}
