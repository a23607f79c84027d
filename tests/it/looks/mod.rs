//! Looks as they are configured: from a few lines of TOML to a judgement, at real servers on this machine.

mod authority;
mod dns;
mod grpc;
mod http;
mod icmp;
mod mail;
mod promql;
mod tls;
mod websocket;

use std::fs;

use quarterdeck::{
    config,
    domain::{
        judge::{Judged, judge},
        probe::ProbeSpec,
        verdict::Verdict,
    },
    probe::{Memory, Prober},
};
use serde_json::Value;

pub use authority::{Authority, Identity, serve_tls};

/// The look that these lines configure.
pub fn spec(lines: &str) -> ProbeSpec {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("quarterdeck.toml");
    let text =
        format!("[project]\nname = \"Shop\"\n[environments.test]\n[services.it]\n[services.it.probes.look]\n{lines}\n");
    fs::write(&file, &text).unwrap();
    let project = config::load(&file).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
    project.environments[0].services[0].probes[0].clone()
}

/// Takes the look that these lines configure, and judges it.
pub async fn look(lines: &str) -> Judged {
    look_with(lines, &[]).await
}

/// The same with secrets.
pub async fn look_with(lines: &str, secrets: &[(&str, &str)]) -> Judged {
    let secrets: Vec<_> = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let lookup = move |name: &str| secrets.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let spec = spec(lines);
    let outcome = Prober::new().look(&spec, &mut Memory::default(), &lookup).await;
    judge(&spec, outcome)
}

/// A fact of a look.
pub fn fact(judged: &Judged, name: &str) -> Value {
    judged.outcome.facts.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {:?}", judged.outcome))
}

/// That it passed.
#[track_caller]
pub fn assert_pass(judged: &Judged) {
    assert_eq!(judged.says.verdict, Verdict::Pass, "{} {:?}", judged.detail, judged.outcome);
}

/// That it failed, with these words in its sentence.
#[track_caller]
pub fn assert_fail(judged: &Judged, words: &str) {
    assert_eq!(judged.says.verdict, Verdict::Fail, "{:?}", judged.outcome);
    assert!(judged.detail.contains(words), "{:?} is not in {:?}", words, judged.detail);
}
