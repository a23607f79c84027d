//! The command line as a person or a CI job meets it.

use crate::support::quarterdeck;

#[test]
fn an_unknown_subcommand_is_a_usage_error() {
    let output = quarterdeck().arg("no-such-command").output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
}
