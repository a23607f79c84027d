//! All migrations of a directory, in the order they go.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{Migration, file::checksum};
use crate::domain::nearest::nearest;

/// Migrations in order: each after what it depends on, else by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set {
    /// In order.
    pub all: Vec<Migration>,
}

/// Why some migrations have no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Two have the same number: their order would be chance.
    #[error("{first} and {second} have the same number: rename one of them")]
    SameNumber {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// One depends on another that is not there.
    #[error("{id} depends on '{needs}', and there is no such migration{hint}")]
    Missing {
        /// Which.
        id: String,
        /// What it needs.
        needs: String,
        /// "; did you mean '...'?"
        hint: String,
    },
    /// They depend on each other.
    #[error("these depend on each other: {0}; take one `depends_on` out")]
    Circle(String),
}

impl Set {
    /// Puts them in order.
    pub fn new(migrations: Vec<Migration>) -> Result<Self, SetError> {
        let mut by_number: BTreeMap<u64, usize> = BTreeMap::new();
        for (index, one) in migrations.iter().enumerate() {
            if let Some(other) = by_number.insert(one.number, index) {
                return Err(SetError::SameNumber { first: migrations[other].id.clone(), second: one.id.clone() });
            }
        }
        let mut needs: Vec<Vec<usize>> = Vec::with_capacity(migrations.len());
        for one in &migrations {
            needs.push(one.depends_on.iter().map(|name| find(&migrations, one, name)).collect::<Result<_, _>>()?);
        }
        let order = order(&migrations, &needs)?;
        let mut left: Vec<Option<Migration>> = migrations.into_iter().map(Some).collect();
        Ok(Self { all: order.into_iter().filter_map(|index| left[index].take()).collect() })
    }

    /// The one of that id, number or name.
    pub fn get(&self, name: &str) -> Option<&Migration> {
        self.all.iter().find(|one| is_called(one, name))
    }

    /// SHA-256 over ids and checksums in order: what a plan was made for.
    pub fn digest(&self) -> String {
        checksum(&self.all.iter().map(|one| format!("{} {}\n", one.id, one.checksum)).collect::<String>())
    }

    /// Those without a way back, and why.
    pub fn without_way_back(&self) -> Vec<String> {
        self.all.iter().filter_map(|one| one.way_back().err()).collect()
    }
}

/// By id, by number, or by what follows the number.
fn is_called(one: &Migration, name: &str) -> bool {
    let rest = one.id.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['_', '-', '.']);
    one.id == name || rest == name || name.parse() == Ok(one.number)
}

fn find(all: &[Migration], of: &Migration, name: &str) -> Result<usize, SetError> {
    all.iter().position(|one| is_called(one, name)).ok_or_else(|| {
        let hint = nearest(name, all.iter().map(|one| one.id.as_str()));
        let hint = hint.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
        SetError::Missing { id: of.id.clone(), needs: name.to_owned(), hint }
    })
}

/// Always the lowest number of those whose needs are met.
fn order(all: &[Migration], needs: &[Vec<usize>]) -> Result<Vec<usize>, SetError> {
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<_> =
        (0..all.len()).filter(|index| open[*index] == 0).map(|index| Reverse((all[index].number, index))).collect();
    let mut order = Vec::with_capacity(all.len());
    while let Some(Reverse((_, done))) = ready.pop() {
        order.push(done);
        for (index, needed) in needs.iter().enumerate() {
            let met = needed.iter().filter(|one| **one == done).count();
            if met > 0 {
                open[index] -= met;
                if open[index] == 0 {
                    ready.push(Reverse((all[index].number, index)));
                }
            }
        }
    }
    if order.len() == all.len() { Ok(order) } else { Err(SetError::Circle(circle(all, needs, &open))) }
}

/// `a -> b -> a`
fn circle(all: &[Migration], needs: &[Vec<usize>], open: &[usize]) -> String {
    let mut trail: Vec<usize> = open.iter().position(|open| *open > 0).into_iter().collect();
    while let Some(next) = trail.last().and_then(|at| needs[*at].iter().find(|one| open[**one] > 0)) {
        if let Some(begin) = trail.iter().position(|at| at == next) {
            trail.drain(..begin);
            trail.push(*next);
            break;
        }
        trail.push(*next);
    }
    trail.into_iter().map(|index| all[index].id.as_str()).collect::<Vec<_>>().join(" -> ")
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::migration::Class;

    pub(crate) fn migration(id: &str, depends_on: &[&str]) -> Migration {
        Migration {
            id: id.to_owned(),
            number: id.split('_').next().unwrap().parse().unwrap(),
            up: format!("CREATE TABLE t{id} (i int)"),
            down: Some(format!("DROP TABLE t{id}")),
            depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
            class: Class::Additive,
            transaction: true,
            checksum: checksum(id),
        }
    }

    fn ids(set: &Set) -> Vec<&str> {
        set.all.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn each_goes_after_what_it_depends_on_else_by_number() {
        let set = Set::new(vec![
            migration("010_z", &[]),
            migration("002_auth", &["teams"]),
            migration("001_schema", &[]),
            migration("003_teams", &["1"]),
        ]);
        assert_eq!(ids(&set.unwrap()), ["001_schema", "003_teams", "002_auth", "010_z"]);
    }

    #[test]
    fn a_circle_a_missing_one_and_a_number_twice_are_told_by_name() {
        let circle = Set::new(vec![migration("1_a", &["3_c"]), migration("2_b", &["1_a"]), migration("3_c", &["2_b"])]);
        assert_eq!(
            circle.unwrap_err().to_string(),
            "these depend on each other: 1_a -> 3_c -> 2_b -> 1_a; take one `depends_on` out"
        );
        let missing = Set::new(vec![migration("1_schema", &[]), migration("2_b", &["1_shema"])]).unwrap_err();
        assert!(missing.to_string().ends_with("did you mean '1_schema'?"), "{missing}");
        let twice = Set::new(vec![migration("1_a", &[]), migration("01_b", &[])]).unwrap_err();
        assert_eq!(twice.to_string(), "1_a and 01_b have the same number: rename one of them");
    }

    proptest! {
        #[test]
        fn whatever_depends_on_what_every_need_is_met_before(edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..30)) {
            let all = (0..12_usize).map(|index| {
                let needs: Vec<String> = edges.iter().filter(|(a, b)| *a == index && b < a).map(|(_, b)| format!("{}_m", 20 - b)).collect();
                migration(&format!("{}_m", 20 - index), &needs.iter().map(String::as_str).collect::<Vec<_>>())
            });
            let set = Set::new(all.collect()).unwrap();
            prop_assert_eq!(set.all.len(), 12);
            for (at, one) in set.all.iter().enumerate() {
                for need in &one.depends_on {
                    prop_assert!(set.all[..at].iter().any(|before| &before.id == need), "{} before {}", need, one.id);
                }
            }
        }
    }
}
