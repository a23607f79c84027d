//! Parse, call, exit code.

fn main() -> std::process::ExitCode {
    quarterdeck::cli::main(std::env::args_os())
}
