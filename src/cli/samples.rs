//! `samples`: looks at a service that failed lately, with what was answered.

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Failure, Mode, Outcome, Output},
};
use crate::domain::{format as figures, phases::PHASES, sample::Sample};

pub fn run(global: &Global, service: &str, probe: Option<&str>) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let Some(configured) = environment.service(service) else {
        let known: Vec<_> = environment.services.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::usage(format_args!("there is no service '{service}'; there are: {}", known.join(", "))));
    };
    let found = deck.reader()?.samples(&environment.name, service, probe)?;
    // A probe that was taken away may still have samples.
    if let Some(probe) = probe.filter(|_| found.is_empty())
        && configured.probes.iter().all(|one| one.name != probe)
    {
        let known: Vec<_> = configured.probes.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::usage(format_args!("{service} has no probe '{probe}'; it has: {}", known.join(", "))));
    }
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&found)?;
        return Ok(exit::OK);
    }
    if found.is_empty() && output.mode == Mode::Human {
        output.line(format_args!("no look at {service} failed since samples are kept"))?;
    }
    for (index, sample) in found.iter().enumerate() {
        if index > 0 {
            output.line("")?;
        }
        tell(output, &deck, sample)?;
    }
    Ok(exit::OK)
}

fn tell(output: Output, deck: &Deck, sample: &Sample) -> Result<(), Failure> {
    let moment = |at| format::moment(at, deck.project.timezone);
    let status = sample.status.map_or_else(String::new, |status| format!("  status {status}"));
    output.line(format_args!("{}  {}{status}  {}", moment(sample.last_at), sample.probe, sample.sentence))?;
    if sample.count > 1 {
        output.line(format_args!("  {} such looks since {}", sample.count, moment(sample.first_at)))?;
    }
    let took = PHASES.iter().zip(sample.phases.in_order());
    let took: Vec<_> = took.filter_map(|(phase, ms)| Some(format!("{phase} {}", figures::ms(ms?)))).collect();
    if !took.is_empty() {
        output.line(format_args!("  {}", took.join(", ")))?;
    }
    for (name, value) in &sample.headers {
        output.line(format_args!("  {name}: {value}"))?;
    }
    if sample.body_bytes > 0 {
        output.line(format_args!("  body, {} bytes:", sample.body_bytes))?;
    }
    for line in sample.body.lines() {
        output.line(format_args!("    {line}"))?;
    }
    Ok(())
}
