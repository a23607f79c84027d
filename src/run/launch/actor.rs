//! Who sits at this keyboard.

use std::{env, fs};

use crate::domain::actor::Actor;

/// Who sits at this keyboard, as the operating system vouches for it. The environment is believed only about sudo, and
/// for a name where the system knows none.
pub fn current_actor() -> Actor {
    let uid = rustix::process::geteuid().as_raw();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = account(&accounts, uid).or_else(|| env::var("USER").ok().filter(|name| plain(name)));
    let behind = env::var("SUDO_UID")
        .ok()
        .and_then(|uid| uid.parse().ok())
        .and_then(|uid| account(&accounts, uid).or_else(|| env::var("SUDO_USER").ok().filter(|name| plain(name))));
    Actor { name: name.unwrap_or_else(|| format!("uid {uid}")), uid, sudo_user: behind }
}

/// The login name of a user id in a passwd file.
fn account(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid) && plain(name)).then(|| name.to_owned())
    })
}

/// Names stand in logs and on screens: nothing that is not printable, nothing long.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_alphanumeric() || "-_.@".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000:Bob:/home/bob:/bin/sh\nb\u{1b}d:x:7:7::/:/bin/sh\n";

    #[test]
    fn a_name_is_found_by_user_id() {
        assert_eq!(account(ACCOUNTS, 1000).as_deref(), Some("bob"));
        assert_eq!(account(ACCOUNTS, 0).as_deref(), Some("root"));
        assert_eq!(account(ACCOUNTS, 1001), None);
    }

    #[test]
    fn a_name_with_control_characters_is_no_name() {
        assert_eq!(account(ACCOUNTS, 7), None);
        assert!(!plain("bob\nroot"));
    }
}
