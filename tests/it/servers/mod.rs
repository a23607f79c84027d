//! Looks at real servers, which each test starts for itself on a free port and ends when it is done.

mod databases;
mod export;
mod machine;
mod mail;
mod mariadb;
mod net;
mod openmetrics;
pub mod postgres;
mod process;
mod prometheus;
pub mod redis;

use std::time::Duration;

use quarterdeck::{
    domain::{
        condition::Condition,
        judge::{Judged, judge},
        probe::{Outcome, ProbeKind, ProbeSpec, SqlLook},
        template::Rendered,
        verdict::Verdict,
    },
    probe::{Memory, Prober},
};

/// A look of that kind with these expectations.
fn spec(kind: ProbeKind, expect: &[&str]) -> ProbeSpec {
    let expect = expect.iter().map(|source| Condition::parse(source).unwrap()).collect();
    ProbeSpec { expect, timeout: Duration::from_secs(20), ..ProbeSpec::plain("db", kind) }
}

fn sql(statement: &str, database: &str) -> ProbeKind {
    ProbeKind::Sql(SqlLook { sql: Rendered::text(statement), database: Rendered::text(database), dir: "/".into() })
}

async fn look(spec: &ProbeSpec, memory: &mut Memory) -> Outcome {
    Prober::new().look(spec, memory, &|_| None).await
}

async fn judged(kind: ProbeKind, expect: &[&str]) -> Judged {
    let spec = spec(kind, expect);
    let outcome = look(&spec, &mut Memory::default()).await;
    judge(&spec, outcome)
}

/// It passes; what it saw if not.
async fn passes(kind: ProbeKind, expect: &[&str]) {
    let judged = judged(kind, expect).await;
    assert_eq!(judged.says.verdict, Verdict::Pass, "{} ({:?})", judged.detail, judged.outcome.facts);
}

/// It fails with an error of that short word, and nothing it says holds the password.
async fn fails(kind: ProbeKind, word: &str, said: &str) {
    let judged = judged(kind, &[]).await;
    let error = judged.outcome.error.clone().unwrap_or_else(|| panic!("it passed: {:?}", judged.outcome.facts));
    assert_eq!((judged.says.verdict, error.kind.as_str()), (Verdict::Fail, word), "{error}");
    assert!(error.message.contains(said), "{error}");
    assert!(!format!("{judged:?}").contains(machine::PASSWORD), "{judged:?}");
}
