//! Whether it is the others who are down, or this machine that is cut off.

/// The latest look of a probe, as far as that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// It is one of the looks of `[guard]`.
    pub guard: bool,
    /// Nothing answered. An answer that is an error is an answer.
    pub unreachable: bool,
}

/// Every look over the network got no answer, and those of the guard, of which there is one at least, neither.
pub fn is_cut_off(sights: impl IntoIterator<Item = Sight>) -> bool {
    let (mut guards, mut others) = (0, 0);
    for sight in sights {
        if !sight.unreachable {
            return false;
        }
        if sight.guard {
            guards += 1;
        } else {
            others += 1;
        }
    }
    guards > 0 && others > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_if_every_target_and_the_guard_fail_together_is_connectivity_lost() {
        let sight = |guard, unreachable| Sight { guard, unreachable };
        let (guard, other) = (|fails| sight(true, fails), |fails| sight(false, fails));
        assert!(is_cut_off([guard(true), other(true), other(true)]));
        assert!(!is_cut_off([guard(true), other(true), other(false)]), "one target answers");
        assert!(!is_cut_off([guard(false), other(true), other(true)]), "the guard answers: they are down");
        assert!(!is_cut_off([guard(true), guard(false), other(true)]), "one guard answers");
        assert!(!is_cut_off([other(true), other(true)]), "without a guard nobody knows");
        assert!(!is_cut_off([guard(true)]), "with nothing to watch there is nothing to say");
    }
}
