//! Memory, processors and load of this machine, as the kernel tells them under `/proc`.

use std::{collections::HashMap, fs, time::Instant};

use crate::domain::{
    fact::Facts,
    probe::{Outcome, Phase, ProbeError},
};

use super::{dial::ms_since, error::failed};

/// How much the processors had worked at the look before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    /// Ticks since the start, idle ones included.
    total: u64,
    idle: u64,
}

/// Reads everything; `before` becomes the work of now.
pub(super) fn look(before: &mut Option<Work>, outcome: &mut Outcome) -> Result<(), ProbeError> {
    let begun = Instant::now();
    let facts = &mut outcome.facts;
    memory(&read("meminfo")?, facts)?;
    let work = work(&read("stat")?).ok_or_else(|| strange("stat"))?;
    if let Some(percent) = before.replace(work).and_then(|before| busy_percent(before, work)) {
        facts.set("cpu_percent", percent);
    }
    load(&read("loadavg")?, facts).ok_or_else(|| strange("loadavg"))?;
    let uptime = read("uptime")?;
    let seconds = uptime.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
    facts.set("uptime_s", seconds.ok_or_else(|| strange("uptime"))?);
    facts.set("cpus", std::thread::available_parallelism().map_or(1, usize::from));
    facts.set("processes", processes()?);
    outcome.latency_ms = Some(ms_since(begun));
    Ok(())
}

fn read(name: &str) -> Result<String, ProbeError> {
    fs::read_to_string(format!("/proc/{name}")).map_err(|error| {
        failed(Phase::Processing, "io", format!("can't read /proc/{name}: {error}; a host look needs Linux with /proc"))
    })
}

fn strange(name: &str) -> ProbeError {
    failed(Phase::Decode, "bad_proc", format!("/proc/{name} is not as this version knows it"))
}

fn memory(text: &str, facts: &mut Facts) -> Result<(), ProbeError> {
    let kibibytes: HashMap<&str, u64> = text
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            Some((name, rest.split_whitespace().next()?.parse().ok()?))
        })
        .collect();
    let of = |name: &str| kibibytes.get(name).copied().ok_or_else(|| strange("meminfo"));
    let (total, available) = (of("MemTotal")?, of("MemAvailable")?);
    let (swap, swap_free) = (of("SwapTotal")?, of("SwapFree")?);
    facts.set("memory_available_bytes", available.saturating_mul(1024));
    facts.set("memory_used_percent", used_percent(total, available));
    facts.set("swap_used_percent", used_percent(swap, swap_free));
    Ok(())
}

fn used_percent(total: u64, free: u64) -> f64 {
    if total == 0 { 0.0 } else { total.saturating_sub(free) as f64 / total as f64 * 100.0 }
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, steal. What guests used is in user already.
fn work(text: &str) -> Option<Work> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let idle = ticks.get(3)?.saturating_add(ticks.get(4).copied().unwrap_or(0));
    Some(Work { total: ticks.iter().fold(0, |sum: u64, one| sum.saturating_add(*one)), idle })
}

/// `None` between two looks within one tick, and where the counters went back.
fn busy_percent(before: Work, now: Work) -> Option<f64> {
    let total = now.total.checked_sub(before.total).filter(|total| *total > 0)?;
    // The kernel's idle time may go back a little.
    let idle = now.idle.saturating_sub(before.idle).min(total);
    Some((total - idle) as f64 / total as f64 * 100.0)
}

fn load(text: &str, facts: &mut Facts) -> Option<()> {
    let mut fields = text.split_whitespace();
    for name in ["load1", "load5", "load15"] {
        facts.set(name, fields.next()?.parse::<f64>().ok()?);
    }
    Some(())
}

fn processes() -> Result<usize, ProbeError> {
    let entries = fs::read_dir("/proc").map_err(|_| strange(""))?;
    let number = |entry: fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok());
    Ok(entries.flatten().map(number).filter(|is| *is).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_memory_is_what_programs_can_not_have() {
        let text = "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 250 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        let mut facts = Facts::default();
        memory(text, &mut facts).unwrap();
        assert_eq!(facts.get("memory_used_percent").unwrap(), 75.0);
        assert_eq!(facts.get("memory_available_bytes").unwrap(), 256_000);
        assert_eq!(facts.get("swap_used_percent").unwrap(), 0.0);
        assert_eq!(memory("MemTotal: x", &mut facts).unwrap_err().kind, "bad_proc");
    }

    #[test]
    fn work_is_between_two_looks_and_waiting_for_disks_is_idle() {
        let before = work("cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1\n").unwrap();
        let now = work("cpu  40 0 20 120 20 0 0 0 5 0\n").unwrap();
        assert_eq!(busy_percent(before, now), Some(40.0));
        assert_eq!(busy_percent(now, now), None);
        assert_eq!(busy_percent(now, before), None);
        assert_eq!(work("intr 1 2"), None);
    }
}
