//! `config check`, `config schema`, `init`.

use std::{fs::OpenOptions, io::Write, path::Path};

use serde_json::json;

use super::{
    args::{ConfigAction, Global},
    exit,
    output::{Failure, Mode, Outcome, Output},
};
use crate::config;

pub fn run(global: &Global, action: &ConfigAction) -> Outcome {
    let output = Output::new(global);
    match action {
        ConfigAction::Schema => {
            output.json(&config::schema())?;
            Ok(exit::OK)
        }
        ConfigAction::Check => check(global, output),
    }
}

fn check(global: &Global, output: Output) -> Outcome {
    let path = config::locate(global.config.as_deref()).map_err(Failure::usage)?;
    match config::load(&path) {
        Ok(project) => {
            let environments: Vec<_> = project.environments.iter().map(|one| one.name.as_str()).collect();
            if output.mode == Mode::Json {
                output.json(&json!({ "path": path, "valid": true, "environments": environments, "errors": [] }))?;
            } else {
                output.line(format_args!("{} is valid: {}", path.display(), environments.join(", ")))?;
            }
            Ok(exit::OK)
        }
        Err(diagnostics) => {
            if output.mode == Mode::Json {
                let errors: Vec<_> = diagnostics
                    .items
                    .iter()
                    .map(|item| {
                        json!({
                            "file": item.file, "line": item.line, "column": item.column,
                            "message": item.message, "help": item.help,
                        })
                    })
                    .collect();
                output.json(&json!({ "path": path, "valid": false, "errors": errors }))?;
            } else {
                let colour = output.mode == Mode::Human && std::io::IsTerminal::is_terminal(&std::io::stdout());
                output.line(diagnostics.render(colour))?;
            }
            Err(Failure { code: exit::USAGE, error: Some(diagnostics.into()) })
        }
    }
}

/// Writes a starter; an existing file is never touched.
pub fn init(global: &Global, path: Option<&Path>) -> Outcome {
    let path = path.unwrap_or(Path::new("quarterdeck.toml"));
    let project = std::env::current_dir()
        .ok()
        .and_then(|dir| dir.file_name().map(|name| name.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "My project".into());
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        let advice = if error.kind() == std::io::ErrorKind::AlreadyExists {
            "it exists already and was left as it is; give another path"
        } else {
            "give a path in a directory you may write to"
        };
        Failure::with(exit::FAILED, format_args!("can't write {}: {error}; {advice}", path.display()))
    })?;
    file.write_all(config::starter(&project).as_bytes())?;
    Output::new(global).line(format_args!(
        "wrote {0}: edit it, then `quarterdeck config check --config {0}`, then `quarterdeck`",
        path.display()
    ))?;
    Ok(exit::OK)
}
