//! Small things every part of `update` does: a notice, a ticket, a moved selection.

use crate::domain::status::Tone;

use super::super::{
    effect::Ticket,
    model::{Model, Notice},
};

/// Says something in the footer, until the next key.
pub fn notice(model: &mut Model, tone: Tone, text: impl Into<String>) {
    model.notice = Some(Notice { text: text.into(), tone });
}

/// A new question's number.
pub fn ticket(model: &mut Model) -> Ticket {
    model.last_ticket.0 += 1;
    model.last_ticket
}

/// The one after (or before) `now`; after the last comes the first.
pub fn around<T: Copy + PartialEq>(all: &[T], now: T, forward: bool) -> T {
    let count = all.len().max(1);
    let at = all.iter().position(|one| *one == now).unwrap_or(0);
    all.get(if forward { at + 1 } else { at + count - 1 } % count).copied().unwrap_or(now)
}

/// A move in a list or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By so many rows.
    By(i64),
    /// By so many pages.
    Pages(i64),
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Step {
    /// Where a selection at `from` of `len` rows goes, with `page` rows on a page.
    pub fn apply(self, from: usize, len: usize, page: u16) -> usize {
        let last = len.saturating_sub(1);
        let by = |rows: i64| {
            let rows = isize::try_from(rows).unwrap_or(0);
            from.saturating_add_signed(rows).min(last)
        };
        match self {
            Self::By(rows) => by(rows),
            Self::Pages(pages) => by(pages.saturating_mul(page.max(1).into())),
            Self::First => 0,
            Self::Last => last,
        }
    }
}
