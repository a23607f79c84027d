//! The history as its users see it: several processes at once, exactly-once logs, series that survive compaction.

use std::{collections::BTreeMap, path::PathBuf, thread, time::Duration};

use quarterdeck::{
    domain::{
        actor::Actor,
        environment::{Confirm, Retention},
        id::{AttemptKey, LookKey, SeriesKey},
        log::{CleanLine, Direction, Stream},
        pipeline::{OnFailure, PipelineKind},
        plan::Plan,
        run::{RunEvent, RunOutcome},
        series::LookRow,
        suite::Report,
        time::UnixMs,
        verdict::Verdict,
    },
    store::{Cursor, Reader, Store, StoreError, state_dir::StateDir},
};

fn place() -> (tempfile::TempDir, StateDir) {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::at(dir.path().join("state"));
    (dir, state)
}

fn plan(target: &str) -> Plan {
    Plan {
        project: "shop".into(),
        root: PathBuf::from("/"),
        env: "production".into(),
        target: target.into(),
        touches: Vec::new(),
        pipeline: "deploy".into(),
        kind: PipelineKind::Deploy,
        params: BTreeMap::new(),
        version: Some("1.9.2".into()),
        previous: None,
        point: None,
        on_failure: OnFailure::Rollback,
        timeout: None,
        preflight: None,
        confirm: Confirm::Enter,
        steps: Vec::new(),
        databases: BTreeMap::new(),
        migrations: BTreeMap::new(),
        suites: BTreeMap::new(),
        services: BTreeMap::new(),
        secrets: BTreeMap::new(),
    }
}

fn start(store: &Store, target: &str) -> Result<quarterdeck::domain::id::RunId, StoreError> {
    store.create_run(plan(target), Actor::quarterdeck(), None, UnixMs(1_000)).wait()
}

fn lines(range: std::ops::Range<u64>) -> Vec<CleanLine> {
    range
        .map(|n| CleanLine {
            at: UnixMs(n as i64),
            stream: Stream::Out,
            text: format!("line {n} of Many"),
            spans: vec![],
        })
        .collect()
}

const KEY: AttemptKey = AttemptKey { step: 0, undo: false, attempt: 1 };

#[test]
fn f39_of_two_starts_on_one_target_one_wins_and_the_other_learns_who_holds_it() {
    let (_dir, state) = place();
    let store = Store::open(&state).unwrap();
    for race in 0..20 {
        let target = format!("shop-{race}");
        let results: Vec<_> = thread::scope(|scope| {
            let racers: Vec<_> = (0..2)
                .map(|_| {
                    let own = Store::open(&state).unwrap();
                    let target = &target;
                    scope.spawn(move || start(&own, target))
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let won = results.iter().find_map(|result| result.as_ref().ok()).unwrap();
        assert!(
            results.iter().any(|result| matches!(result, Err(StoreError::TargetHeld { holder, .. }) if holder == won))
        );
    }
    assert_eq!(store.reader().unwrap().active_runs().unwrap().len(), 20);
}

#[test]
fn f21_a_report_of_a_runner_that_was_taken_over_is_refused() {
    let (_dir, state) = place();
    let store = Store::open(&state).unwrap();
    let run = start(&store, "shop").unwrap();
    let generation = store.take_over(run).wait().unwrap();
    let report = Report { suite: "smoke".into(), at: UnixMs(2_000), verdict: Verdict::Pass, findings: Vec::new() };
    let old = store.add_report(run, generation - 1, 0, report.clone()).wait();
    assert!(matches!(old, Err(StoreError::Fenced { .. })), "{old:?}");
    assert!(store.reader().unwrap().reports(run).unwrap().is_empty());
    store.add_report(run, generation, 0, report).wait().unwrap();
    assert_eq!(store.reader().unwrap().reports(run).unwrap().len(), 1);
}

#[test]
fn a_run_that_ended_frees_its_target_and_an_older_generation_is_fenced() {
    let (_dir, state) = place();
    let store = Store::open(&state).unwrap();
    let run = start(&store, "shop").unwrap();
    let generation = store.take_over(run).wait().unwrap();
    let ended = RunEvent::Ended { outcome: RunOutcome::Succeeded, why: "done".into() };
    let old = store.append_events(run, generation - 1, vec![(UnixMs(2_000), ended.clone())]).wait();
    assert!(matches!(old, Err(StoreError::Fenced { .. })));
    assert!(start(&store, "shop").is_err());
    store.append_events(run, generation, vec![(UnixMs(2_000), ended)]).wait().unwrap();
    start(&store, "shop").unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(reader.run(run).unwrap().state.outcome(), Some(RunOutcome::Succeeded));
    assert_eq!(reader.events(run, 0).unwrap().len(), 2);
    let said: Vec<_> = reader.happenings("production", 10).unwrap().into_iter().map(|one| one.text).collect();
    assert_eq!(said[1], "deploy #1 1.9.2 succeeded: done");
}

#[test]
fn log_lines_come_exactly_once_and_small_batches_become_full_blocks() {
    let (_dir, state) = place();
    let store = Store::open(&state).unwrap();
    let run = start(&store, "shop").unwrap();
    let mut last = 0;
    for cursor in (7..=4_200).step_by(7) {
        store.append_log(run, 0, KEY, cursor, lines(last..cursor)).wait().unwrap();
        last = cursor;
    }
    store.append_log(run, 0, KEY, 4_200, lines(4_193..4_200)).wait().unwrap();
    store.append_log(run, 0, KEY, 4_203, lines(4_190..4_203)).wait().unwrap();
    let reader = store.reader().unwrap();
    assert_eq!((reader.log_len(run).unwrap(), reader.log_cursor(run, KEY).unwrap()), (4_203, 4_203));
    let all = reader.log(run, 1, 10_000).unwrap();
    assert!(
        all.iter().enumerate().all(|(n, line)| line.seq == n as u64 + 1 && line.text == format!("line {n} of Many"))
    );
    assert_eq!(reader.log(run, 4_001, 3).unwrap(), all[4_000..4_003]);
    let find = |needle, from, way| reader.find_in_log(run, needle, from, way).unwrap();
    assert_eq!(find("LINE 4", 1, Direction::Forward), None, "upper case is meant");
    assert_eq!(find("line 3999 of", 1, Direction::Forward), Some(4_000));
    assert_eq!(find("line 3999 of", 3_999, Direction::Backward), None);
    assert_eq!(find("line 12 ", 4_203, Direction::Backward), Some(13));
    assert_eq!(reader.count_in_log(run, "line 420", 4_202, 100).unwrap(), (4, 2));
}

#[test]
fn f27_sixteen_open_and_write_at_once_and_none_is_told_that_the_database_is_locked() {
    let (_dir, state) = place();
    thread::scope(|scope| {
        for n in 0..16 {
            let state = &state;
            scope.spawn(move || {
                let store = Store::open(state).unwrap();
                for turn in 0..10 {
                    store.set_setting(&format!("{n}-{turn}"), "x").wait().unwrap();
                }
            });
        }
    });
    let reader = Reader::open(&state).unwrap();
    assert!((0..16).all(|n| reader.setting(&format!("{n}-9")).unwrap().is_some()));
}

#[test]
fn a_series_reads_the_same_before_and_after_its_hours_are_compacted_and_old_hours_go() {
    const HOUR: i64 = 3_600_000;
    let (_dir, state) = place();
    let store = Store::open(&state).unwrap();
    let look = LookKey { env: "production".into(), service: "api".into(), probe: "ready".into() };
    let id = store.register_look(look.clone(), vec!["requests".into()]).wait().unwrap();
    let row = |n: i64| LookRow {
        look: id,
        at: UnixMs(10 * HOUR + n * 5_000),
        verdict: Verdict::Pass,
        degraded: false,
        latency_ms: Some(10.0 + (n % 50) as f64),
        values: vec![(n % 7 != 0).then_some(n as f64 * 0.1)],
    };
    store.append_looks((0..720 * 3).map(row).collect()).wait().unwrap();
    let reader = store.reader().unwrap();
    let read = |name: &str, step| {
        let key = SeriesKey { look: look.clone(), name: name.into() };
        reader.series(&key, UnixMs(10 * HOUR), UnixMs(13 * HOUR), Duration::from_secs(step)).unwrap()
    };
    let before = [read("requests", 5), read("latency_ms", 300)];
    assert!(before[0][1].value.is_some() && before[0][7].value.is_none());
    let mut cursor = Cursor::default();
    reader.changes(&mut cursor).unwrap();
    store.maintain(Retention::default(), UnixMs(13 * HOUR + 200_000)).wait().unwrap();
    assert!(reader.changes(&mut cursor).is_ok());
    for (was, is) in before.iter().flatten().zip([read("requests", 5), read("latency_ms", 300)].iter().flatten()) {
        assert_eq!((was.at, was.max), (is.at, is.max));
        assert!((was.value.unwrap_or(-1.0) - is.value.unwrap_or(-1.0)).abs() < 1e-6);
    }
    assert_eq!(read("latency_ms", 3_600).len(), 3);
    assert!(read("latency_ms", 3_600).iter().all(|point| point.value.is_some()));
    let soon = Retention { raw: Duration::ZERO, minutes: Duration::ZERO, ..Retention::default() };
    assert_eq!(store.maintain(soon, UnixMs(20 * HOUR)).wait().unwrap(), 6);
    assert!(read("latency_ms", 3_600).iter().all(|point| point.value.is_some()), "hours stay");
}

/// Three hours of looks: a counter that is reset now and then, a level of either sign, some looks failed or unknown, one
/// quarter of an hour without any.
mod questions {
    use quarterdeck::domain::{
        query::{Aggregation, Answer, Grain, Query},
        time::UnixMs,
    };

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn row(look: quarterdeck::domain::id::LookId, n: i64) -> LookRow {
        LookRow {
            look,
            at: UnixMs(10 * HOUR + n * 5_000),
            verdict: [Verdict::Pass, Verdict::Fail, Verdict::Pass, Verdict::Unknown][(n % 40 / 10) as usize],
            degraded: n % 3 == 0,
            latency_ms: Some(10.0 + (n % 50) as f64),
            values: vec![Some((n % 300 * 7) as f64), (n % 5 != 0).then_some((n % 90 - 45) as f64)],
        }
    }

    fn world() -> (tempfile::TempDir, Store) {
        let (dir, state) = place();
        let store = Store::open(&state).unwrap();
        let look = LookKey { env: "production".into(), service: "api".into(), probe: "ready".into() };
        let id = store.register_look(look, vec!["orders".into(), "level".into()]).wait().unwrap();
        let looks = (0..720 * 3).filter(|n| !(900..1_080).contains(n)).map(|n| row(id, n));
        store.append_looks(looks.collect()).wait().unwrap();
        (dir, store)
    }

    fn ask(reader: &Reader, name: &str, step: u64, aggregation: Aggregation) -> Answer {
        let window = (UnixMs(10 * HOUR), UnixMs(13 * HOUR));
        let query = Query::new("production", name.parse().unwrap(), window, Duration::from_secs(step), aggregation);
        reader.query(&query.unwrap()).unwrap()
    }

    fn all(reader: &Reader) -> Vec<Answer> {
        let names = ["api.orders", "api.level", "api.latency_ms", "api.availability", "api.degraded", "api.unknown"];
        let mut answers = Vec::new();
        for name in names {
            for aggregation in Aggregation::ALL {
                // What counts looks has no percentiles and no ends in its rollups.
                let needs = aggregation.needs();
                if name.contains("_ms")
                    || !(needs.histogram || needs.ends)
                    || matches!(name, "api.orders" | "api.level")
                {
                    answers.extend([60, 300, 3_600].map(|step| ask(reader, name, step, aggregation)));
                }
            }
        }
        answers
    }

    fn assert_same(before: &[Answer], after: &[Answer]) {
        for (was, is) in before.iter().zip(after) {
            let what = format!("{} {} in steps of {:?} from {:?}", was.series, was.aggregation, was.step, is.from);
            assert_eq!((was.step, was.samples, was.points.len()), (is.step, is.samples, is.points.len()), "{what}");
            let values = |answer: &Answer| {
                let points = answer.points.iter().map(|point| point.value);
                points.chain([answer.whole]).collect::<Vec<_>>()
            };
            for (was, is) in values(was).into_iter().zip(values(is)) {
                let near = was.zip(is).is_some_and(|(was, is)| (was - is).abs() < 1e-6);
                assert!(near || (was.is_none() && is.is_none()), "{what}: {was:?} became {is:?}");
            }
        }
    }

    #[test]
    fn an_answer_is_the_same_from_looks_minutes_and_hours() {
        let (_dir, store) = world();
        let reader = store.reader().unwrap();
        let fresh = all(&reader);
        let gap = &ask(&reader, "api.orders", 300, Aggregation::Avg).points[15];
        assert_eq!((gap.at, gap.value), (UnixMs(10 * HOUR + 15 * 300_000), None), "a gap stays a gap");
        store.maintain(Retention::default(), UnixMs(13 * HOUR + 200_000)).wait().unwrap();
        let compacted = all(&reader);
        assert_same(&fresh, &compacted);
        let from: Vec<_> = [30, 60, 3_600].map(|step| ask(&reader, "api.orders", step, Aggregation::P95).from).into();
        assert_eq!(from, [Grain::Look, Grain::Minute, Grain::Hour]);
    }

    #[test]
    fn what_is_kept_no_longer_so_fine_comes_in_longer_steps_and_says_so() {
        let (_dir, store) = world();
        let reader = store.reader().unwrap();
        let before = [60, 3_600].map(|step| ask(&reader, "api.orders", step, Aggregation::P95));
        let kept = |raw: u64, minutes: u64| Retention {
            raw: Duration::from_secs(raw * 3_600),
            minutes: Duration::from_secs(minutes * 3_600),
            ..Retention::default()
        };
        store.maintain(kept(1, 100), UnixMs(20 * HOUR)).wait().unwrap();
        let answer = ask(&reader, "api.orders", 10, Aggregation::P95);
        assert_eq!((answer.step, answer.from), (Duration::from_secs(60), Grain::Minute));
        assert_same(&before[..1], &[answer]);
        store.maintain(kept(1, 1), UnixMs(20 * HOUR)).wait().unwrap();
        let answer = ask(&reader, "api.orders", 10, Aggregation::P95);
        assert_eq!((answer.step, answer.from), (Duration::from_secs(3_600), Grain::Hour));
        assert_same(&before[1..], &[answer]);
    }

    #[test]
    fn good_bad_and_unknown_looks_are_counted_apart() {
        let (_dir, store) = world();
        let reader = store.reader().unwrap();
        store.maintain(Retention::default(), UnixMs(13 * HOUR + 200_000)).wait().unwrap();
        let whole = |name: &str, aggregation| ask(&reader, name, 3_600, aggregation).whole.unwrap();
        // Of each 40 looks 20 pass, 10 fail, 10 are unknown; 1,980 were taken.
        assert!((whole("api.availability", Aggregation::Sum) - 1_000.0).abs() <= 10.0);
        assert!((whole("api.availability", Aggregation::Count) - 1_490.0).abs() <= 10.0);
        assert!((whole("api.unknown", Aggregation::Count) - 490.0).abs() <= 10.0);
        let names: Vec<_> = reader.catalogue("production").unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["api.ready.level", "api.ready.orders"]);
    }
}
