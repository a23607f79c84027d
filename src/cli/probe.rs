//! `probe`: one look now, from words or from the configuration, with its phases, facts and verdict.

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};

use super::{
    args::Global,
    deck::Deck,
    exit,
    output::{Failure, Mode, Outcome, Output, remark},
};
use crate::{
    config::OneLook,
    domain::{
        environment::Environment,
        format,
        judge::{Judged, judge},
        probe::{ProbeKind, ProbeSpec},
        text::{clean_line, mask::Masker},
        verdict::Verdict,
    },
    probe::{Memory, Prober},
    run::launch,
    secret::Secrets,
    store::Store,
};

/// Characters of one fact shown to people.
const LONGEST_FACT: usize = 500;

pub fn run(global: &Global, what: &str, words: &[String]) -> Outcome {
    let (global, asked) = words_of(global, what, words).map_err(Failure::usage)?;
    if OneLook::is_kind(what) {
        let (project, spec) = asked.read().map_err(|diagnostics| {
            remark(diagnostics.render(false));
            Failure { code: exit::USAGE, error: Some(anyhow::Error::new(diagnostics)) }
        })?;
        let environment = project.environments.first().ok_or_else(|| Failure::usage("there is no environment"))?;
        return take(&global, &spec, environment, &project.root, &Prober::new());
    }
    let Some((service, probe)) = what.split_once('/') else {
        let kinds: Vec<_> = crate::domain::probe::KINDS.iter().map(|kind| kind.word).collect();
        return Err(Failure::usage(format_args!(
            "'{what}' is neither a kind of look nor SERVICE/PROBE; kinds: {}",
            kinds.join(", ")
        )));
    };
    if asked != (OneLook { kind: what.to_owned(), ..OneLook::default() }) {
        return Err(Failure::usage("a probe of the configuration is taken as it is: leave the other words out"));
    }
    let deck = Deck::load(&global)?;
    let environment = deck.environment()?;
    let of = environment.service(service).map(|service| service.probes.as_slice()).unwrap_or_default();
    let Some(spec) = of.iter().find(|spec| spec.name == probe) else {
        let probes = environment.services.iter().flat_map(|service| {
            service.probes.iter().map(|probe| format!("{}/{}", service.name, probe.name)).collect::<Vec<_>>()
        });
        let known: Vec<_> = probes.collect();
        let message = format!("there is no probe '{what}' in {}; there are: {}", environment.name, known.join(", "));
        return Err(Failure::usage(message));
    };
    let prober = match spec.kind {
        ProbeKind::Webhook(_) => {
            let store = Store::open(&deck.state)?;
            launch::ensure_watcher(&store, &deck.config)?;
            Prober::new().with_receipts(Arc::new(store))
        }
        _ => Prober::new(),
    };
    take(&global, spec, environment, &deck.project.root, &prober)
}

/// Takes the words apart. Those that apply everywhere may stand among them.
fn words_of(global: &Global, kind: &str, words: &[String]) -> Result<(Global, OneLook), String> {
    let mut global = global.clone();
    let mut look = OneLook { kind: kind.to_owned(), ..OneLook::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(option) = word.strip_prefix("--") else {
            look.target.push(word.clone());
            continue;
        };
        let (name, given) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value.to_owned())));
        let mut value =
            || given.clone().or_else(|| words.next().cloned()).ok_or_else(|| format!("--{name} needs a value"));
        match name {
            "" => {
                look.target.extend(words.by_ref().cloned());
            }
            "json" if kind != "json" || given.is_none() => global.json = true,
            "plain" => global.plain = true,
            "env" => global.env = Some(value()?),
            "config" => global.config = Some(value()?.into()),
            "state" => global.state = Some(value()?.into()),
            "expect" => look.expect.push(value()?),
            "record" => {
                let text = value()?;
                let pair = text.split_once('=').ok_or("--record needs NAME=EXPRESSION")?;
                look.record.push((pair.0.trim().to_owned(), pair.1.trim().to_owned()));
            }
            _ => look.options.push((name.to_owned(), value()?)),
        }
    }
    Ok((global, look))
}

fn take(global: &Global, spec: &ProbeSpec, environment: &Environment, root: &Path, prober: &Prober) -> Outcome {
    let names = match &spec.kind {
        ProbeKind::Env { name } if !environment.secrets.contains_key(name) => Vec::new(),
        kind => kind.secret_names(),
    };
    let secrets = Secrets::resolve(&names, &environment.secrets, root).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        Failure::usage(errors.join("; "))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let lookup = |name: &str| secrets.get(name).map(str::to_owned);
    let outcome = runtime.block_on(async { prober.look(spec, &mut Memory::default(), &lookup).await });
    let judged = judge(spec, outcome);
    let masker = Masker::new(secrets.iter())?;
    tell(Output::new(global), spec, &judged, &masker)?;
    Ok(match judged.says.verdict {
        Verdict::Pass => exit::OK,
        Verdict::Fail => exit::FAILED,
        Verdict::Unknown => exit::INCONCLUSIVE,
    })
}

fn tell(output: Output, spec: &ProbeSpec, judged: &Judged, masker: &Masker) -> Result<(), Failure> {
    let Judged { outcome, says, judgements, detail } = judged;
    let recorded: Vec<_> = spec.record.iter().zip(&outcome.values).collect();
    if output.mode == Mode::Json {
        let values: serde_json::Map<_, _> =
            recorded.iter().map(|(record, value)| (record.name.clone(), json!(value))).collect();
        let mut answer = json!({
            "kind": spec.kind.word(), "name": spec.name, "at": outcome.at, "verdict": says.verdict,
            "degraded": says.degraded, "detail": detail, "latency_ms": outcome.latency_ms, "phases": outcome.phases,
            "facts": outcome.facts, "recorded": values, "expectations": judgements, "error": outcome.error,
        });
        mask(&mut answer, masker);
        return output.json(&answer);
    }
    let line = |text: String| output.line(clean_line(&masker.mask(&text), 4_000));
    let degraded = if says.degraded { ", degraded" } else { "" };
    let colon = if detail.is_empty() { "" } else { ": " };
    line(format!("{}{degraded}{colon}{detail}", says.verdict.word()))?;
    let phases = &outcome.phases;
    let steps = [
        ("resolve", phases.resolve_ms),
        ("connect", phases.connect_ms),
        ("tls", phases.tls_ms),
        ("processing", phases.processing_ms),
        ("transfer", phases.transfer_ms),
    ];
    let took: Vec<_> =
        steps.iter().filter_map(|(phase, took)| Some(format!("{phase} {}", format::ms((*took)?)))).collect();
    if !took.is_empty() {
        line(format!("phases: {}", took.join(", ")))?;
    }
    for judgement in judgements {
        line(format!("expect: {}  {}  ({})", judgement.verdict.word(), judgement.condition, judgement.explanation))?;
    }
    for (record, value) in recorded {
        line(format!("record: {} = {}", record.name, value.map_or_else(|| "not known".to_owned(), format::number)))?;
    }
    for (name, value) in &outcome.facts.0 {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line(format!("{name}: {}", clean_line(&text, LONGEST_FACT)))?;
    }
    Ok(())
}

/// No string of the answer holds a secret.
fn mask(value: &mut Value, masker: &Masker) {
    match value {
        Value::String(text) => *text = masker.mask(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, masker)),
        Value::Object(map) => map.values_mut().for_each(|item| mask(item, masker)),
        _ => {}
    }
}
