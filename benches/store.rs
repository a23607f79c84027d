//! The history: lines a second beside a bare SQLite insert of the same lines, charts over a day and a month, the log pane
//! on a million lines, and what a service's state costs. `cargo bench --bench store`.
#![expect(clippy::unwrap_used, reason = "criterion's macros; a bench that can't go on should stop")]

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use quarterdeck::{
    domain::{
        actor::Actor,
        environment::{Confirm, Retention},
        id::{AttemptKey, LookId, LookKey, RunId, SeriesKey},
        log::{CleanLine, Direction, Stream},
        pipeline::{OnFailure, PipelineKind},
        plan::Plan,
        series::LookRow,
        service_log::{Fields, Format, Intake, ReadLine, sightings},
        text::Masker,
        time::UnixMs,
        verdict::Verdict,
    },
    store::{LogBatch, Pending, Store, state_dir::StateDir},
};

const KEY: AttemptKey = AttemptKey { step: 0, undo: false, attempt: 1 };
const HOUR: i64 = 3_600_000;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
    (dir, store)
}

fn run(store: &Store) -> RunId {
    let plan = Plan {
        project: "bench".into(),
        root: PathBuf::from("/"),
        env: "production".into(),
        target: "bench".into(),
        touches: Vec::new(),
        pipeline: "deploy".into(),
        kind: PipelineKind::Deploy,
        params: BTreeMap::new(),
        version: None,
        previous: None,
        point: None,
        on_failure: OnFailure::Stop,
        timeout: None,
        preflight: None,
        confirm: Confirm::Enter,
        steps: Vec::new(),
        databases: BTreeMap::new(),
        migrations: BTreeMap::new(),
        suites: BTreeMap::new(),
        services: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    store.create_run(plan, Actor::quarterdeck(), None, UnixMs(0)).wait().unwrap()
}

fn lines(from: u64, to: u64) -> Vec<CleanLine> {
    (from..to)
        .map(|n| CleanLine {
            at: UnixMs(n as i64),
            stream: Stream::Out,
            text: format!(
                "{n:>9} INFO request served path=/orders/{} status=200 took={} ms upstream=api-{}",
                n * 7,
                n % 90,
                n % 9
            ),
            spans: Vec::new(),
        })
        .collect()
}

fn ingest(criterion: &mut Criterion) {
    const LINES: u64 = 50_000;
    let mut group = criterion.benchmark_group("ingest of 50,000 lines");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    let (_dir, store) = store();
    let run = run(&store);
    let mut cursor = 0;
    group.bench_function("into the history", |bencher| {
        bencher.iter_batched(
            || (0..LINES / 1_000).map(|n| lines(n * 1_000, (n + 1) * 1_000)).collect::<Vec<_>>(),
            |batches| {
                let pending: Vec<_> = batches
                    .into_iter()
                    .map(|batch| {
                        cursor += batch.len() as u64;
                        store.append_log(run, 0, KEY, cursor, batch)
                    })
                    .collect();
                for one in pending {
                    one.wait().unwrap();
                }
            },
            BatchSize::PerIteration,
        );
    });
    let dir = tempfile::tempdir().unwrap();
    let mut bare = rusqlite::Connection::open(dir.path().join("bare.db")).unwrap();
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
         CREATE TABLE log (run, seq, at, stream, text, PRIMARY KEY (run, seq)) WITHOUT ROWID",
    )
    .unwrap();
    let mut seq = 0_i64;
    group.bench_function("bare rusqlite, one row a line", |bencher| {
        bencher.iter_batched(
            || lines(0, LINES),
            |lines| {
                for batch in lines.chunks(1_000) {
                    let transaction = bare.transaction().unwrap();
                    for line in batch {
                        seq += 1;
                        let mut insert =
                            transaction.prepare_cached("INSERT INTO log VALUES (1, ?1, ?2, 0, ?3)").unwrap();
                        insert.execute(rusqlite::params![seq, line.at.0, line.text]).unwrap();
                    }
                    transaction.commit().unwrap();
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn log_pane(criterion: &mut Criterion) {
    let (_dir, store) = store();
    let run = run(&store);
    for n in 0..1_000 {
        store.append_log(run, 0, KEY, (n + 1) * 1_000, lines(n * 1_000, (n + 1) * 1_000)).wait().unwrap();
    }
    let mut group = criterion.benchmark_group("a log of 1,000,000 lines");
    group.sample_size(10);
    group.bench_function("open at its end", |bencher| {
        bencher.iter(|| {
            let reader = store.reader().unwrap();
            let len = reader.log_len(run).unwrap();
            reader.log(run, len - 39, 40).unwrap()
        });
    });
    let reader = store.reader().unwrap();
    group.bench_function("its end", |bencher| bencher.iter(|| reader.log(run, 999_961, 40).unwrap()));
    group.bench_function("its top", |bencher| bencher.iter(|| reader.log(run, 1, 40).unwrap()));
    let needle = "   989999 info";
    group.bench_function("find at line 990,000", |bencher| {
        bencher.iter(|| assert_eq!(reader.find_in_log(run, needle, 1, Direction::Forward).unwrap(), Some(990_000)));
    });
    group.finish();
}

/// 20 services looked at every 30 s for 30 days, of which all but the last minutes are compacted.
fn charts(criterion: &mut Criterion) {
    let (_dir, store) = store();
    let key = |n: u32| LookKey { env: "production".into(), service: format!("s{n}"), probe: "ready".into() };
    let ids: Vec<LookId> =
        (0..20).map(|n| store.register_look(key(n), vec!["requests".into()]).wait().unwrap()).collect();
    let end = 720 * HOUR;
    for hour in 0..720 {
        let rows = (0..120).flat_map(|n| ids.iter().map(move |id| (n, *id)));
        let rows = rows.map(|(n, look)| LookRow {
            look,
            at: UnixMs(hour * HOUR + n * 30_000),
            verdict: Verdict::Pass,
            degraded: false,
            latency_ms: Some(5.0 + (n % 17) as f64),
            values: vec![Some(n as f64 / 3.0)],
        });
        let waiting = store.append_looks(rows.collect());
        store.maintain(Retention::default(), UnixMs(hour * HOUR + 180_000)).wait().unwrap();
        waiting.wait().unwrap();
    }
    let reader = store.reader().unwrap();
    let series = SeriesKey { look: key(7), name: "latency_ms".into() };
    let mut group = criterion.benchmark_group("chart of one series");
    for (name, hours) in [("1 hour", 1), ("24 hours", 24), ("30 days", 720)] {
        let step = Duration::from_millis((hours * HOUR / 200) as u64);
        group.bench_function(name, |bencher| {
            bencher.iter(|| reader.series(&series, UnixMs(end - hours * HOUR), UnixMs(end), step).unwrap());
        });
    }
    group.finish();
}

/// Lines of a service's log as the watcher takes them in: bytes of a file, masked, sanitised, read as JSON or plain text,
/// errors grouped, and stored in transactions of what waits at once.
fn service_logs(criterion: &mut Criterion) {
    const LINES: u64 = 50_000;
    let json: String = (0..LINES)
        .map(|n| {
            let level = if n % 100 == 0 { "error" } else { "info" };
            format!(
                "{{\"timestamp\":\"2026-11-20T12:00:00.{:03}Z\",\"level\":\"{level}\",\"requestId\":\"r-{n}\",\"service\":\"api\",\"message\":\"order {n} served\",\"context\":{{\"status\":200}},\"duration\":{}}}\n",
                n % 1_000,
                n % 90
            )
        })
        .collect();
    let plain: String = lines(0, LINES).into_iter().map(|line| line.text + "\n").collect();
    let mut group = criterion.benchmark_group("50,000 lines of a service's log");
    group.throughput(Throughput::Elements(LINES)).sample_size(10);
    let (_dir, store) = store();
    for (name, text) in [("json", json), ("plain", plain)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let masker = Masker::new([("TOKEN", "hunter2-correct-horse")]).unwrap();
                let mut intake = Intake::new("api", Format::Auto, Fields::default(), false, masker);
                let mut waiting = Vec::new();
                for piece in text.as_bytes().chunks(128 * 1024) {
                    intake.feed(piece, UnixMs(0));
                    waiting.extend(intake.take().into_iter().flat_map(|taken| taken.lines));
                    if waiting.len() > 10_000 {
                        append(&store, std::mem::take(&mut waiting)).wait().unwrap();
                    }
                }
                append(&store, waiting).wait().unwrap();
            });
        });
    }
    group.finish();
}

fn append(store: &Store, lines: Vec<ReadLine>) -> Pending<()> {
    let mut batch = LogBatch::default();
    let one = batch.services.entry(("production".into(), "api".into())).or_default();
    one.errors = sightings(&lines);
    one.lines = lines.into_iter().map(|read| read.line).collect();
    store.append_service_logs(batch)
}

criterion_group!(benches, ingest, log_pane, charts, service_logs);
criterion_main!(benches);
