//! Completions and the manual page, from the same table of arguments that is parsed.

use std::io;

use clap::CommandFactory;

use super::{args::Arguments, exit, output::Outcome};

/// Completions for a shell, on standard output.
pub fn completions(shell: clap_complete::Shell) -> Outcome {
    io::Write::write_all(&mut io::stdout().lock(), &script(shell))?;
    Ok(exit::OK)
}

fn script(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "quarterdeck", &mut script);
    script
}

/// The manual page of the program and of each subcommand, on standard output.
pub fn manual() -> Outcome {
    io::Write::write_all(&mut io::stdout().lock(), &manual_page()?)?;
    Ok(exit::OK)
}

fn manual_page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let command = Arguments::command();
    let main = clap_mangen::Man::new(command.clone());
    main.render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let man = clap_mangen::Man::new(subcommand.clone());
        let name = subcommand.get_name().to_uppercase();
        io::Write::write_all(&mut page, format!(".SH \"QUARTERDECK {name}\"\n").as_bytes())?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// The command line as a Markdown page: `docs/cli.md`.
    fn reference() -> String {
        let mut page = String::from(
            "# Command line\n\nGenerated from the arguments themselves; `cargo test` says when it is out of date.\n",
        );
        let mut command = Arguments::command();
        command.build();
        describe(&command, "quarterdeck", &mut page);
        page.push_str(EXITS);
        page
    }

    fn describe(command: &clap::Command, path: &str, page: &mut String) {
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        let _ = write!(page, "\n## {path}\n\n{about}\n");
        let arguments: Vec<_> = command
            .get_arguments()
            .filter(|one| !one.is_hide_set() && (path == "quarterdeck" || !one.is_global_set()))
            .filter(|one| !matches!(one.get_id().as_str(), "help" | "version"))
            .collect();
        if !arguments.is_empty() {
            page.push_str("\n| argument | meaning |\n|---|---|\n");
        }
        for argument in arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
            let shown = argument.to_string().replace('|', "\\|");
            let _ = writeln!(page, "| `{shown}` | {help} |");
        }
        for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
            describe(subcommand, &format!("{path} {}", subcommand.get_name()), page);
        }
    }

    const EXITS: &str = "
## Exit codes

| code | meaning |
|---|---|
| 0 | ok |
| 1 | failed, left as it is |
| 2 | wrong arguments or configuration |
| 3 | refused by preflight, nothing was executed |
| 4 | another run holds the target |
| 5 | frozen or not approved |
| 6 | aborted and rolled back |
| 7 | the rollback failed: call someone |
| 8 | ended without a verdict, or waits for a person |
| 9 | detached, still running |
| 130 | cancelled |
    ";

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_generated_from_the_arguments_is_fresh() {
        use clap_complete::Shell;
        let generated = [
            ("docs/cli.md", reference().into_bytes()),
            ("assets/quarterdeck.1", manual_page().unwrap()),
            ("assets/completions/quarterdeck.bash", script(Shell::Bash)),
            ("assets/completions/quarterdeck.fish", script(Shell::Fish)),
            ("assets/completions/_quarterdeck", script(Shell::Zsh)),
        ];
        for (name, content) in generated {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            if std::env::var_os("QUARTERDECK_REGENERATE").is_some() {
                std::fs::write(&path, &content).unwrap();
            }
            let stored = std::fs::read(&path).unwrap_or_default();
            assert!(stored == content, "{name} is out of date: QUARTERDECK_REGENERATE=1 cargo test --lib generate");
        }
    }

    #[test]
    fn the_manual_page_names_every_subcommand() {
        let page = String::from_utf8(manual_page().unwrap()).unwrap();
        for word in ["STATUS", "DEPLOY", "ROLLBACK", "DEMO"] {
            assert!(page.contains(&format!("QUARTERDECK {word}")), "{word} is missing");
        }
    }
}
