//! What a database says was applied, compared with what there is.

use serde::{Deserialize, Serialize};

use super::{Class, Migration, Set};
use crate::domain::time::UnixMs;

/// A row of the tracking table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Which migration.
    pub id: String,
    /// Its place in the order of applying, from 1.
    pub position: u64,
    /// Its checksum when it was applied.
    pub checksum: String,
    /// Whether it is done.
    pub state: AppliedState,
    /// When it began.
    pub at: UnixMs,
    /// How long it took.
    pub duration_ms: u64,
    /// Who applied it.
    pub by: String,
    /// The run that applied it, so that its undo finds what it did.
    pub run: Option<String>,
    /// Its class then.
    pub class: Class,
    /// Its way back then: the file may be gone when it is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down: Option<String>,
}

/// Whether an applied migration is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum AppliedState {
    /// All of it is there.
    Applied,
    /// It was begun, and nobody saw its end; so many statements were done.
    Applying {
        /// Statements done for certain; the next one may be done as well.
        done: u64,
    },
    /// Taking it back was begun, and nobody saw its end.
    Undoing {
        /// Statements done for certain.
        done: u64,
    },
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
pub enum Finding {
    /// Half of it is there: nothing goes on until a person looked.
    Dirty {
        /// Which.
        id: String,
        /// What is known of it.
        why: String,
    },
    /// Its file is another one now.
    Changed {
        /// Which.
        id: String,
    },
    /// Its file is gone.
    Missing {
        /// Which.
        id: String,
    },
    /// It is new, and comes before some that are applied.
    OutOfOrder {
        /// Which.
        id: String,
        /// The last that is applied.
        after: String,
    },
}

impl Finding {
    /// One sentence, with the exact next command for the database `name`.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Dirty { id, why } => format!(
                "{id} is dirty: {why}. Look at the database; then say what is true: `quarterdeck db repair {name} --applied \
                 {id}` if all of it is there, `quarterdeck db repair {name} --not-applied {id}` if nothing of it is"
            ),
            Self::Changed { id } => format!(
                "{id} was changed after it was applied: put the file back as it was and write a new migration; or, if only \
                 words changed, `quarterdeck db repair {name} --accept {id}`"
            ),
            Self::Missing { id } => format!(
                "{id} is applied and its file is gone: put it back, or take the migration back with `quarterdeck db migrate \
                 {name} --down-to` the one before it"
            ),
            Self::OutOfOrder { id, after } => format!(
                "{id} is new and comes before {after}, which is applied: give it a higher number, or, if its order does not \
                 matter, `quarterdeck db migrate {name} --out-of-order`"
            ),
        }
    }
}

/// A database's migrations compared with a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Applied, in the order of applying.
    pub applied: Vec<Applied>,
    /// To be applied, in order.
    pub pending: Vec<String>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Standing {
    /// Compares.
    pub fn new(set: &Set, mut applied: Vec<Applied>) -> Self {
        applied.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
        let mut findings = Vec::new();
        for row in &applied {
            let file = set.all.iter().find(|one| one.id == row.id);
            match (row.state, file) {
                (AppliedState::Applying { done }, _) => findings.push(Finding::Dirty {
                    id: row.id.clone(),
                    why: format!("applying it was begun, {}, and its end was not seen", so_many(done)),
                }),
                (AppliedState::Undoing { done }, _) => findings.push(Finding::Dirty {
                    id: row.id.clone(),
                    why: format!("taking it back was begun, {}, and its end was not seen", so_many(done)),
                }),
                (_, None) => findings.push(Finding::Missing { id: row.id.clone() }),
                (_, Some(file)) if file.checksum != row.checksum => {
                    findings.push(Finding::Changed { id: row.id.clone() });
                }
                _ => {}
            }
        }
        let is_applied = |one: &Migration| applied.iter().any(|row| row.id == one.id);
        let last = set.all.iter().rposition(is_applied);
        let mut pending = Vec::new();
        for (at, one) in set.all.iter().enumerate().filter(|(_, one)| !is_applied(one)) {
            pending.push(one.id.clone());
            if let Some(last) = last.filter(|last| at < *last) {
                findings.push(Finding::OutOfOrder { id: one.id.clone(), after: set.all[last].id.clone() });
            }
        }
        Self { applied, pending, findings }
    }

    /// The schema's version: the last applied, or `None` for an empty database.
    pub fn version(&self) -> Option<&str> {
        self.applied.last().map(|row| row.id.as_str())
    }

    /// What forbids applying anything.
    pub fn forbids_up(&self, lenient: Lenient) -> Vec<&Finding> {
        self.findings
            .iter()
            .filter(|finding| match finding {
                Finding::Dirty { .. } | Finding::Changed { .. } => true,
                Finding::Missing { .. } => !lenient.missing,
                Finding::OutOfOrder { .. } => !lenient.out_of_order,
            })
            .collect()
    }

    /// What forbids taking anything back: only what is dirty.
    pub fn dirty(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| matches!(finding, Finding::Dirty { .. })).collect()
    }

    /// What must be taken back so that `to` is the last (or nothing is left), newest first. An error if it is not applied.
    pub fn above(&self, to: Option<&str>) -> Result<Vec<&Applied>, String> {
        let keep = match to {
            None => 0,
            Some(id) => self
                .applied
                .iter()
                .position(|row| row.id == id)
                .map(|at| at + 1)
                .ok_or_else(|| format!("{id} is not applied here, so nothing can be taken back to it"))?,
        };
        Ok(self.applied[keep..].iter().rev().collect())
    }

    /// What that run applied, newest first. An error if something of another came on top of it.
    pub fn of_run(&self, run: &str) -> Result<Vec<&Applied>, String> {
        let ours = |row: &&Applied| row.run.as_deref() == Some(run);
        let first = self.applied.iter().position(|row| ours(&row));
        let Some(first) = first else { return Ok(Vec::new()) };
        if let Some(other) = self.applied[first..].iter().find(|row| !ours(row)) {
            return Err(format!(
                "{} was applied on top by {}: taking back what is below would break it",
                other.id, other.by
            ));
        }
        Ok(self.applied[first..].iter().rev().collect())
    }
}

/// What applying may overlook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lenient {
    /// Files that are gone: an older version is being put back.
    pub missing: bool,
    /// New ones that come before applied ones.
    pub out_of_order: bool,
}

fn so_many(done: u64) -> String {
    match done {
        0 => "no statement is known to be done".into(),
        1 => "1 statement is done".into(),
        done => format!("{done} statements are done"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::set::tests::migration, *};

    fn row(one: &Migration, position: u64, run: Option<&str>) -> Applied {
        Applied {
            id: one.id.clone(),
            position,
            checksum: one.checksum.clone(),
            state: AppliedState::Applied,
            at: UnixMs(0),
            duration_ms: 1,
            by: "ann".into(),
            run: run.map(str::to_owned),
            class: one.class,
            down: one.down.clone(),
        }
    }

    fn four() -> Set {
        Set::new(["1_a", "2_b", "3_c", "4_d"].iter().map(|id| migration(id, &[])).collect()).unwrap()
    }

    #[test]
    fn changed_missing_dirty_and_out_of_order_are_named_each_with_the_next_command() {
        let set = four();
        let mut rows = vec![row(&set.all[0], 1, None), row(&set.all[2], 2, None), row(&migration("9_x", &[]), 3, None)];
        rows[0].checksum = "other".into();
        rows[1].state = AppliedState::Applying { done: 2 };
        let standing = Standing::new(&set, rows);
        assert_eq!(standing.pending, ["2_b", "4_d"]);
        let told: Vec<_> = standing.findings.iter().map(|one| one.sentence("main")).collect();
        let has = |text: &str| assert!(told.iter().any(|one| one.contains(text)), "{text} in {told:#?}");
        has("db repair main --accept 1_a");
        has("db repair main --not-applied 3_c");
        has("2 statements are done");
        has("9_x is applied and its file is gone");
        has("2_b is new and comes before 3_c");
        assert_eq!(standing.forbids_up(Lenient { missing: true, out_of_order: true }).len(), 2);
    }

    #[test]
    fn the_way_down_is_newest_first_and_of_a_run_only_what_it_applied() {
        let set = four();
        let rows = vec![row(&set.all[0], 1, None), row(&set.all[1], 2, Some("7")), row(&set.all[2], 3, Some("7"))];
        let ids = |rows: Vec<&Applied>| rows.into_iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        let standing = Standing::new(&set, rows.clone());
        assert_eq!(ids(standing.above(Some("1_a")).unwrap()), ["3_c", "2_b"]);
        assert_eq!(ids(standing.above(None).unwrap()).len(), 3);
        assert!(standing.above(Some("4_d")).is_err());
        assert_eq!(ids(standing.of_run("7").unwrap()), ["3_c", "2_b"]);
        assert!(standing.of_run("8").unwrap().is_empty());
        let on_top = Standing::new(&set, [rows, vec![row(&set.all[3], 4, Some("8"))]].concat());
        assert!(on_top.of_run("7").unwrap_err().contains("4_d was applied on top by ann"));
    }
}
