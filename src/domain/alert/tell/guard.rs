//! Whether it is the others who are down, or this machine that is cut off.

/// What a look is to the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One of `[guard]`: fails only if this machine is cut off.
    Guard,
    /// A look over the network.
    Target,
    /// A look at this machine itself: says nothing of the network.
    Local,
}

/// The line to the world, as the latest of each look shows it. Counted as looks come, so that asking costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Line {
    parts: Vec<Part>,
    /// Whether the latest look of each got no answer; `None` before the first.
    silent: Vec<Option<bool>>,
    answering: usize,
    silent_guards: usize,
    silent_targets: usize,
    unseen: usize,
}

impl Line {
    /// Before the first look of these.
    pub fn new(parts: Vec<Part>) -> Self {
        let unseen = parts.iter().filter(|part| **part != Part::Local).count();
        Self { silent: vec![None; parts.len()], parts, unseen, ..Self::default() }
    }

    /// Notes a look: an answer that is an error is an answer. Returns whether it went over the network.
    pub fn note(&mut self, index: usize, silent: bool) -> bool {
        let (Some(part), Some(known)) = (self.parts.get(index).copied(), self.silent.get_mut(index)) else {
            return false;
        };
        if part == Part::Local {
            return false;
        }
        let before = known.replace(silent);
        *self.count(part, before) -= 1;
        *self.count(part, Some(silent)) += 1;
        true
    }

    fn count(&mut self, part: Part, silent: Option<bool>) -> &mut usize {
        match (silent, part) {
            (None, _) => &mut self.unseen,
            (Some(false), _) => &mut self.answering,
            (Some(true), Part::Guard) => &mut self.silent_guards,
            (Some(true), _) => &mut self.silent_targets,
        }
    }

    /// Every look over the network got no answer, and those of the guard, of which there is one at least, neither. `None` while
    /// that is not known: nothing answered yet, and not all were asked.
    pub fn is_cut_off(&self) -> Option<bool> {
        if self.answering > 0 {
            return Some(false);
        }
        (self.unseen == 0).then_some(self.silent_guards > 0 && self.silent_targets > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Part::*, *};

    fn line(looks: &[(Part, bool)]) -> Option<bool> {
        let mut line = Line::new(looks.iter().map(|(part, _)| *part).collect());
        for (index, (_, silent)) in looks.iter().enumerate() {
            line.note(index, *silent);
        }
        line.is_cut_off()
    }

    #[test]
    fn only_if_every_target_and_the_guard_fail_together_is_connectivity_lost() {
        assert_eq!(line(&[(Guard, true), (Target, true), (Target, true)]), Some(true));
        assert_eq!(line(&[(Guard, true), (Target, true), (Target, false)]), Some(false), "one target answers");
        assert_eq!(line(&[(Guard, false), (Target, true), (Target, true)]), Some(false), "it is they who are down");
        assert_eq!(line(&[(Guard, true), (Guard, false), (Target, true)]), Some(false), "one guard answers");
        assert_eq!(line(&[(Target, true), (Target, true)]), Some(false), "without a guard nobody knows");
        assert_eq!(line(&[(Guard, true)]), Some(false), "with nothing to watch there is nothing to say");
        assert_eq!(line(&[(Guard, true), (Target, true), (Local, false)]), Some(true), "this machine is here");
    }

    #[test]
    fn before_all_were_asked_only_an_answer_says_something() {
        let mut line = Line::new(vec![Guard, Target, Target]);
        assert_eq!(line.is_cut_off(), None);
        line.note(0, true);
        line.note(1, true);
        assert_eq!(line.is_cut_off(), None);
        line.note(2, false);
        assert_eq!(line.is_cut_off(), Some(false));
        line.note(2, true);
        assert_eq!(line.is_cut_off(), Some(true));
        line.note(1, false);
        assert_eq!(line.is_cut_off(), Some(false), "the first that answers ends it");
    }
}
