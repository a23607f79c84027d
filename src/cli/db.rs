//! `db`: how a database stands, migrations, backups, restores, by hand.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    args::Global,
    db_args::{DbAction, DbArguments},
    deck::Deck,
    exit, format,
    output::{Failure, Mode, Outcome, Output, has_person, remark},
};
use crate::{
    database::{Hands, Job, Mark, Report, Verdict, Work, room},
    domain::{
        backup::Manifest,
        database::Database,
        environment::Environment,
        migration::{AppliedState, Lenient},
        template::Template,
        text::Masker,
        time::UnixMs,
    },
    run::launch,
    secret::Secrets,
};

pub fn run(global: &Global, arguments: DbArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let output = Output::new(global);
    let changes = !matches!(arguments.action, DbAction::Status { .. } | DbAction::Backups { .. });
    let environment = if changes { deck.named_environment()? } else { deck.environment()? };
    let (name, work, confirm) = work(arguments.action)?;
    let database = find(environment, name.as_deref())?;
    if let Some(typed) = &confirm {
        confirmed(environment, &database.name, typed.as_deref(), &work)?;
    }
    let context = environment.context(&deck.project.name).with_late("run.id");
    let rendered = database.render(&context).map_err(Failure::usage)?;
    let names: Vec<String> = {
        let mut names: Vec<_> =
            rendered.texts().into_iter().flat_map(|text| text.secrets()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    let secrets = Secrets::resolve(&names, &environment.secrets, &deck.project.root).map_err(|errors| {
        let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
        Failure::usage(told.join("; "))
    })?;
    let (masker, _) = Masker::of_those_possible(secrets.iter());
    let job = Job {
        database: rendered,
        env: environment.name.clone(),
        root: deck.project.root.clone(),
        secrets: secrets.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        late: BTreeMap::new(),
        mark: Mark { by: launch::current_actor().to_string(), run: None },
        needed: needed(&deck, environment, &database.name),
        work,
    };
    let stop = stop_flag()?;
    // The result is one document: what is said on the way goes beside it.
    let mut say = |line: &str| {
        let line = masker.mask(&crate::domain::text::clean_line(line, 4_000)).into_owned();
        if output.mode == Mode::Json {
            remark(line);
        } else {
            let _ = output.line(line);
        }
    };
    let report = job.run(&mut Hands::new(&mut say, &stop));
    let report = Report { why: masker.mask(&report.why).into_owned(), ..report };
    print(output, &job.work, &report)?;
    Ok(match report.verdict {
        Verdict::Done => exit::OK,
        Verdict::Failed => exit::FAILED,
        Verdict::Held => exit::INCONCLUSIVE,
    })
}

/// What is to be done: the database's name, the work, and, where it destroys something, what was typed to confirm it.
type Wanted = (Option<String>, Work, Option<Option<String>>);

fn work(action: DbAction) -> Result<Wanted, Failure> {
    Ok(match action {
        DbAction::Status { name } => (name, Work::Status, None),
        DbAction::Migrate { name, to, down_to, down, out_of_order, dry_run, confirm } => {
            let lenient = Lenient { missing: false, out_of_order };
            match (down_to, down) {
                (Some(_), _) | (None, true) if dry_run => {
                    return Err(Failure::usage("--dry-run is for the way up: `db status` lists what is applied"));
                }
                (Some(to), _) => (name, Work::Down { to: Some(to) }, Some(confirm)),
                (None, true) => (name, Work::Down { to: None }, Some(confirm)),
                (None, false) => (name, Work::Migrate { to, digest: None, lenient, dry_run }, None),
            }
        }
        DbAction::Backup { name } => (name, Work::Backup, None),
        DbAction::Backups { name } => (name, Work::Backups, None),
        DbAction::Verify { name, id } => (name, Work::Verify { id }, None),
        DbAction::Restore { name, id, no_backup, confirm } => {
            (name, Work::Restore { id, keep_present: !no_backup }, Some(confirm))
        }
        DbAction::Repair { name, applied, not_applied, baseline, accept, confirm } => {
            let repair = match (applied, not_applied, baseline, accept) {
                (Some(id), None, None, None) => room::Repair::Applied(id),
                (None, Some(id), None, None) => room::Repair::NotApplied(id),
                (None, None, Some(id), None) => room::Repair::Baseline(id),
                (None, None, None, Some(id)) => room::Repair::Accept(id),
                _ => return Err(Failure::usage("give one of --applied, --not-applied, --baseline, --accept")),
            };
            (name, Work::Repair(repair), Some(confirm))
        }
    })
}

fn find<'a>(environment: &'a Environment, name: Option<&str>) -> Result<&'a Database<Template>, Failure> {
    let known: Vec<_> = environment.databases.keys().map(String::as_str).collect();
    let list =
        if known.is_empty() { "none is configured".to_owned() } else { format!("there are: {}", known.join(", ")) };
    match (name, known.as_slice()) {
        (None, [only]) => Ok(&environment.databases[*only]),
        (None, _) => Err(Failure::usage(format_args!("which database? {list}"))),
        (Some(name), _) => environment.databases.get(name).ok_or_else(|| {
            Failure::usage(format_args!("there is no database '{name}' in {}; {list}", environment.name))
        }),
    }
}

/// What can't be taken back is confirmed by the database's name: typed, or given.
fn confirmed(environment: &Environment, name: &str, given: Option<&str>, work: &Work) -> Result<(), Failure> {
    let what = match work {
        Work::Restore { .. } => "what was written since the backup is lost",
        Work::Down { .. } => "what the migrations added is lost, with its data",
        _ => "what is recorded of its migrations is changed",
    };
    if given == Some(name) {
        return Ok(());
    }
    if given.is_some() {
        return Err(Failure::usage(format_args!("--confirm must be the database's name, {name}: nothing was done")));
    }
    if !has_person() {
        return Err(Failure::usage(format_args!("{what}: give --confirm {name}")));
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{name} in {}: {what}. Type {name} to go on: ", environment.name)?;
    stderr.flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() == name { Ok(()) } else { Err(Failure::with(exit::CANCELLED, "not confirmed: nothing was done")) }
}

/// Backups that going back to where one would go by default would need.
fn needed(deck: &Deck, environment: &Environment, name: &str) -> Vec<String> {
    let Ok(reader) = deck.reader() else { return Vec::new() };
    let targets: std::collections::BTreeSet<_> = environment.pipelines.values().map(|one| one.target.clone()).collect();
    let points = targets.into_iter().filter_map(|target| launch::rollback_points(&reader, environment, &target).ok());
    let preferred = points.filter_map(|points| points.into_iter().find(|point| point.preferred));
    preferred.filter_map(|point| point.databases.get(name)?.backup.clone()).collect()
}

/// Set by SIGINT and SIGTERM: the work ends where it does no harm.
fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

fn print(output: Output, work: &Work, report: &Report) -> Result<(), Failure> {
    if output.mode == Mode::Json {
        return output.json(report);
    }
    let now = UnixMs::from(chrono::Utc::now());
    if let (Work::Status, Some(standing)) = (work, &report.standing) {
        let applied = standing.applied.iter().map(|row| {
            let state = match row.state {
                AppliedState::Applied => "applied",
                AppliedState::Applying { .. } | AppliedState::Undoing { .. } => "DIRTY",
            };
            let age = format::duration(now.since(row.at));
            vec![row.id.clone(), state.into(), row.class.word().into(), age, row.by.clone()]
        });
        let pending = standing
            .pending
            .iter()
            .map(|id| vec![id.clone(), "pending".into(), String::new(), String::new(), String::new()]);
        let rows: Vec<_> = applied.chain(pending).collect();
        output.table(&["migration", "state", "class", "age", "by"], &rows)?;
    }
    if matches!(work, Work::Backups) {
        let rows: Vec<_> = report.backups.iter().map(|one| backup_row(one, now)).collect();
        output.table(&["backup", "age", "bytes", "schema", "by", "trial"], &rows)?;
        return Ok(());
    }
    // What went wrong was said already.
    if report.verdict == Verdict::Done {
        output.line(&report.why)?;
    }
    Ok(())
}

fn backup_row(one: &Manifest, now: UnixMs) -> Vec<String> {
    let trial = match &one.verified {
        None => "not yet".to_owned(),
        Some(verified) if verified.good => "good".to_owned(),
        Some(verified) => format!("BAD: {}", verified.why),
    };
    vec![
        one.id.clone(),
        format::duration(now.since(one.at)),
        one.bytes().to_string(),
        one.schema.clone().unwrap_or_default(),
        one.by.clone(),
        trial,
    ]
}

/// The command of a step: the job comes in the environment, the report goes into a file, the lines to standard output.
pub fn job() -> u8 {
    let taken = std::env::var(room::JOB).ok().and_then(|text| serde_json::from_str::<Job>(&text).ok());
    let (Some(job), Some(path)) = (taken, std::env::var_os(room::REPORT).map(PathBuf::from)) else {
        remark("database-job: only a step of a run starts this");
        return exit::USAGE;
    };
    let Ok(stop) = stop_flag() else { return exit::FAILED };
    let mut say = |line: &str| {
        // Whoever listened is gone: the work goes on all the same.
        let _ = writeln!(io::stdout().lock(), "{line}");
    };
    let report = job.run(&mut Hands::new(&mut say, &stop));
    if let Err(error) = report.write(&path) {
        remark(format_args!("{} can't be written: {error}", path.display()));
    }
    match report.verdict {
        Verdict::Done => exit::OK,
        Verdict::Failed => exit::FAILED,
        Verdict::Held => exit::INCONCLUSIVE,
    }
}
