//! `doctor`: looks at this machine and configuration, and says what would go wrong before it does.

use std::{env, fs, path::Path};

use serde::Serialize;

use super::{
    args::Global,
    exit,
    output::{Mode, Outcome, Output},
};
use crate::{
    config,
    domain::{environment::Project, template::Template, verdict::Verdict},
    run::launch,
    secret::Secrets,
    store::{Store, state_dir::StateDir},
};

/// Less free space than this is reported, in MiB.
const LEAST_FREE_MIB: u64 = 256;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    seen: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn good(what: &'static str, seen: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Pass, seen: seen.into(), fix: None }
    }

    fn bad(what: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fail, seen: seen.into(), fix: Some(fix.into()) }
    }

    fn doubtful(what: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, ..Self::bad(what, seen, fix) }
    }
}

pub fn run(global: &Global) -> Outcome {
    let mut findings = Vec::new();
    if let Some((project, path)) = look_at_configuration(global, &mut findings) {
        look_at_commands(&project, &mut findings);
        look_at_secrets(&project, &mut findings);
        let explicit = global.state.as_deref().or(project.state_dir.as_deref());
        match StateDir::locate(explicit, &project.name, &path) {
            Ok(state) => look_at_history(&state, &mut findings),
            Err(error) => findings.push(Finding::bad("state directory", error.to_string(), "give --state DIR")),
        }
    }
    findings.push(logout());
    findings.push(terminal());

    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&findings)?;
    } else {
        for finding in &findings {
            output.line(format_args!("{:<8} {}: {}", finding.verdict.word(), finding.what, finding.seen))?;
            if let Some(fix) = &finding.fix {
                output.line(format_args!("         -> {fix}"))?;
            }
        }
    }
    let sick = findings.iter().any(|finding| finding.verdict == Verdict::Fail);
    Ok(if sick { exit::FAILED } else { exit::OK })
}

fn look_at_configuration(global: &Global, findings: &mut Vec<Finding>) -> Option<(Project, std::path::PathBuf)> {
    let path = match config::locate(global.config.as_deref()) {
        Ok(path) => path,
        Err(why) => {
            findings.push(Finding::bad("configuration", why, "write one with: quarterdeck init"));
            return None;
        }
    };
    match config::load(&path) {
        Ok(project) => {
            let seen = format!("{} is valid, {} environments", path.display(), project.environments.len());
            findings.push(Finding::good("configuration", seen));
            Some((project, path))
        }
        Err(diagnostics) => {
            let fix = "see each error with its place: quarterdeck config check";
            findings.push(Finding::bad("configuration", diagnostics.to_string(), fix));
            None
        }
    }
}

/// Every program that a pipeline or suite names must be found now, not in the middle of a deploy.
fn look_at_commands(project: &Project, findings: &mut Vec<Finding>) {
    let mut missing = Vec::new();
    for environment in &project.environments {
        for pipeline in environment.pipelines.values() {
            for step in pipeline.each_step() {
                use crate::domain::pipeline::{Command, StepKind};
                let program = match &step.kind {
                    StepKind::Command(Command::Run(argv)) | StepKind::Traffic { set: argv, .. } => argv.first(),
                    _ => None,
                };
                let Some(program) = program.map(Template::source).filter(|text| !text.contains("{{")) else {
                    continue;
                };
                if !can_find(program, &project.root) && !missing.contains(&program.to_owned()) {
                    missing.push(program.to_owned());
                }
            }
        }
    }
    findings.push(if missing.is_empty() {
        Finding::good("commands", "every program that steps name is there")
    } else {
        Finding::bad("commands", format!("not found: {}", missing.join(", ")), "install them, or correct the steps")
    });
}

fn can_find(program: &str, root: &Path) -> bool {
    if program.contains('/') {
        return root.join(program).is_file();
    }
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn look_at_secrets(project: &Project, findings: &mut Vec<Finding>) {
    for environment in &project.environments {
        let names: Vec<_> = environment.secrets.keys().cloned().collect();
        match Secrets::resolve(&names, &environment.secrets, &project.root) {
            Ok(_) if names.is_empty() => {}
            Ok(_) => {
                findings.push(Finding::good("secrets", format!("{}: all {} are there", environment.name, names.len())));
            }
            Err(errors) => findings.extend(errors.iter().map(|error| {
                Finding::bad("secrets", format!("{}: {error}", environment.name), "set it, or correct [secrets]")
            })),
        }
    }
}

fn look_at_history(state: &StateDir, findings: &mut Vec<Finding>) {
    let place = state.path().display();
    if let Err(error) = state.create() {
        findings.push(Finding::bad("state directory", error.to_string(), "make it writable, or give --state DIR"));
        return;
    }
    match Store::open(state) {
        Err(error) => findings.push(Finding::bad("history", error.to_string(), "give another --state DIR to go on")),
        Ok(store) => {
            findings.push(Finding::good("history", format!("{place}/history.db opens and can be written")));
            findings.push(match launch::watcher(store.state()) {
                "nobody" => {
                    Finding::doubtful("watcher", "nobody watches now", "install the systemd unit, or open a console")
                }
                who => Finding::good("watcher", who),
            });
            match store.reader().and_then(|reader| reader.active_runs()) {
                Ok(runs) if runs.is_empty() => findings.push(Finding::good("runs", "none under way")),
                Ok(runs) => findings.push(Finding::good("runs", format!("{} under way", runs.len()))),
                Err(error) => {
                    findings.push(Finding::bad("runs", error.to_string(), "give another --state DIR to go on"));
                }
            }
        }
    }
    if let Ok(free) = rustix::fs::statvfs(state.path()) {
        let mib = free.f_bavail * free.f_frsize / (1 << 20);
        findings.push(if mib < LEAST_FREE_MIB {
            Finding::bad("disk", format!("{mib} MiB free at {place}"), "free some space: runs need it for their logs")
        } else {
            Finding::good("disk", format!("{mib} MiB free at {place}"))
        });
    }
}

/// Some hosts end all of a person's processes at logout; runs started there would die with the SSH session.
fn logout() -> Finding {
    let kills = ["/etc/systemd/logind.conf", "/usr/lib/systemd/logind.conf"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .any(|text| text.lines().any(|line| line.trim().eq_ignore_ascii_case("KillUserProcesses=yes")));
    if kills {
        let fix = "loginctl enable-linger, or set KillUserProcesses=no in logind.conf";
        Finding::bad("logout", "this host ends your processes when you log out: runs would die", fix)
    } else {
        Finding::good("logout", "processes survive a logout here")
    }
}

fn terminal() -> Finding {
    let name = env::var("TERM").unwrap_or_default();
    match name.as_str() {
        "" | "dumb" => {
            Finding::doubtful("terminal", format!("TERM is '{name}'"), "use the subcommands with --plain here")
        }
        _ => {
            let colours = env::var("COLORTERM").unwrap_or_else(|_| "unknown depth".into());
            Finding::good("terminal", format!("{name}, colours: {colours}"))
        }
    }
}
