//! Where and beside what a step runs, and whether it is needed.
//!
//! A pipeline is written in entries (a step, several side by side, one over machines, another pipeline); a plan has only
//! steps, one after the other, with what an entry said about them beside them: [`Batch`], [`Host`], [`When`]. So whatever
//! runs is a step with attempts, a log and an undo of its own.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    condition::{Condition, Scope},
    verdict::Judgement,
};

/// What a failing member of a batch means for those under way. None begins any more, either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// They come to their own end.
    Wait,
    /// They are ended.
    Cancel,
}

/// How many machines are taken at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serial {
    /// So many.
    Count(u16),
    /// Such a part of all, rounded up.
    Percent(u8),
}

impl Serial {
    /// Of so many machines: at least one.
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Self::Count(count) => usize::from(count).max(1),
            Self::Percent(percent) => (hosts * usize::from(percent)).div_ceil(100).max(1),
        }
    }
}

/// A machine that is reached by the system's OpenSSH.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// As written: `web1`, `deploy@web2:2222`. Shown everywhere.
    pub name: String,
    /// What ssh is told to connect to: a name, an address, an alias of its configuration.
    pub address: String,
    /// Whom to be there.
    pub user: Option<String>,
    /// Where it listens, if ssh does not know better.
    pub port: Option<u16>,
    /// Further arguments for ssh, before the address.
    pub ssh: Vec<String>,
}

impl Host {
    /// Reads `[user@]address[:port]`; the address may be a name, an IPv4 address or an IPv6 one in brackets. The error
    /// says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text),
        };
        let (address, port) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (address, after) = inner.split_once(']').ok_or("the ']' of the address is missing")?;
                (address, after.strip_prefix(':').or((!after.is_empty()).then_some(after)))
            }
            None => match rest.split_once(':') {
                Some((address, port)) => (address, Some(port)),
                None => (rest, None),
            },
        };
        let fine = |word: &str, others: &str| {
            word.starts_with(|first: char| first.is_ascii_alphanumeric() || (first == ':' && others.contains(':')))
                && word.chars().all(|one| one.is_ascii_alphanumeric() || others.contains(one))
        };
        if !fine(address, ".-_:%") {
            return Err(format!("'{address}' can't be the name or the address of a machine"));
        }
        if let Some(user) = user.filter(|user| !fine(user, ".-_")) {
            return Err(format!("'{user}' can't be the name of a user"));
        }
        let port = port.map(|port| port.parse().map_err(|_| format!("'{port}' is not a port"))).transpose()?;
        Ok(Self {
            name: text.to_owned(),
            address: address.to_owned(),
            user: user.map(str::to_owned),
            port,
            ssh: Vec::new(),
        })
    }
}

/// Steps that stand side by side in a plan: neighbours with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Which batch of the plan, from 1.
    pub number: u16,
    /// Members under way at once.
    pub at_most: u16,
    /// What a failing member means for the others.
    pub others: Others,
    /// Over machines: what all batches of the step share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Over>,
}

/// One step over machines, of which a batch is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// The number of its first batch.
    pub first: u16,
    /// Failed machines that are borne before it fails.
    pub max_failures: u16,
}

/// Whether a step is needed, as far as it is known before the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// The step is left out if this is false; if it is unknown the run holds.
    pub condition: Condition,
    /// The values it reads that are known already.
    pub known: BTreeMap<String, Value>,
}

impl When {
    /// Judges it by what is known before the start, and by `more` (`captures`, `steps`) once it is there.
    pub fn judge(&self, more: &BTreeMap<String, Value>) -> Judgement {
        self.condition.judge(&Known { known: &self.known, more })
    }

    /// Whether it also reads what exists only during the run.
    pub fn is_late(&self) -> bool {
        self.condition.names().iter().any(|name| !self.known.contains_key(name))
    }
}

struct Known<'a> {
    known: &'a BTreeMap<String, Value>,
    more: &'a BTreeMap<String, Value>,
}

impl Scope for Known<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.more.get(name).or_else(|| self.known.get(name)).map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_written_as_people_write_it() {
        let parsed = |text: &str| {
            let host = Host::parse(text).unwrap();
            (host.user, host.address, host.port)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parsed("web1"), (None, "web1".into(), None));
        assert_eq!(parsed("deploy@web-2.acme.example:2222"), (some("deploy"), "web-2.acme.example".into(), Some(2222)));
        assert_eq!(parsed("root@[fe80::1%eth0]:22"), (some("root"), "fe80::1%eth0".into(), Some(22)));
        assert_eq!(parsed("[::1]"), (None, "::1".into(), None));
    }

    #[test]
    fn f65_a_machine_that_ssh_would_read_as_an_option_or_a_shell_as_more_is_refused() {
        for bad in
            ["-oProxyCommand=id", "", "web1 web2", "web1;id", "$(id)", "-u@web1", "a@-web1", "web1:x", "[::1", "w\n"]
        {
            assert!(Host::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_part_of_the_machines_is_rounded_up_and_never_none() {
        let of = |serial: Serial, hosts| serial.of(hosts);
        assert_eq!(of(Serial::Percent(25), 3), 1);
        assert_eq!(of(Serial::Percent(25), 5), 2);
        assert_eq!(of(Serial::Percent(100), 7), 7);
        assert_eq!(of(Serial::Percent(1), 3), 1);
        assert_eq!(of(Serial::Count(2), 9), 2);
    }
}
