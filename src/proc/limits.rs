//! What the system lets a process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as the system allows it at most: a watcher keeps a connection to each target, and
/// the usual limit of 1,024 was made for programs that use `select`. Returns the limit in force; `None` if there is none.
pub fn raise_open_files() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            limit.current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_open_as_many_files_as_the_system_lets_it() {
        let most = getrlimit(Resource::Nofile).maximum;
        assert_eq!(raise_open_files(), most);
        assert_eq!(getrlimit(Resource::Nofile).current, most);
    }
}
