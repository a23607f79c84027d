//! What a person looks for in service logs.

use super::{Level, ServiceLine};
use crate::domain::time::UnixMs;

/// What lines must have; what is `None` is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFilter {
    /// At least so bad. A line without a level does not pass, a remark of Quarterdeck's own does.
    pub level: Option<Level>,
    /// Exactly this request.
    pub request: Option<String>,
    /// Exactly this user.
    pub user: Option<String>,
    /// This text in message or context; case is ignored if it has no upper case.
    pub text: Option<String>,
    /// Not before.
    pub since: Option<UnixMs>,
}

impl LogFilter {
    /// Whether everything passes.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a line passes.
    pub fn passes(&self, line: &ServiceLine) -> bool {
        let bad_enough = |least| line.note || line.level.is_some_and(|level| level >= least);
        self.since.is_none_or(|since| line.at >= since)
            && self.level.is_none_or(bad_enough)
            && self.request.as_ref().is_none_or(|wanted| line.request.as_ref() == Some(wanted))
            && self.user.as_ref().is_none_or(|wanted| line.user.as_ref() == Some(wanted))
            && self.text.as_ref().is_none_or(|wanted| holds(&line.message, wanted) || holds(&line.context, wanted))
    }
}

/// Whether `text` holds `wanted`; ASCII case is ignored if `wanted` has no upper case.
fn holds(text: &str, wanted: &str) -> bool {
    if wanted.chars().any(char::is_uppercase) {
        return text.contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    wanted.is_empty() || text.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_passes_if_it_has_all_that_is_asked() {
        let line = ServiceLine {
            at: UnixMs(100),
            level: Some(Level::Warn),
            message: "Slow query".into(),
            request: Some("r1".into()),
            context: "{\"table\":\"Orders\"}".into(),
            ..ServiceLine::default()
        };
        let open = LogFilter::default();
        assert!(open.is_open() && open.passes(&line));
        assert!(LogFilter { level: Some(Level::Warn), ..open.clone() }.passes(&line));
        assert!(!LogFilter { level: Some(Level::Error), ..open.clone() }.passes(&line));
        assert!(!LogFilter { request: Some("r".into()), ..open.clone() }.passes(&line), "ids are whole");
        assert!(LogFilter { text: Some("orders".into()), ..open.clone() }.passes(&line));
        assert!(!LogFilter { text: Some("ORDERS".into()), ..open.clone() }.passes(&line));
        assert!(!LogFilter { since: Some(UnixMs(101)), ..open.clone() }.passes(&line));
        assert!(!LogFilter { user: Some("u".into()), ..open }.passes(&line));
    }

    #[test]
    fn that_lines_were_dropped_is_seen_at_every_level_but_not_as_part_of_a_request() {
        let note = ServiceLine::note("10 lines dropped", UnixMs(1));
        assert!(LogFilter { level: Some(Level::Fatal), ..LogFilter::default() }.passes(&note));
        assert!(!LogFilter { request: Some("r".into()), ..LogFilter::default() }.passes(&note));
    }
}
