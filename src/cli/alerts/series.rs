//! Samples of a made-up series, in the notation of Prometheus's rule tests: `0 0.2x5 1+10x3 _ stale`.

use crate::domain::alert::STATES;

/// Samples of one series at most.
const MOST: usize = 100_000;

/// What a series has at one step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A number.
    Value(f64),
    /// A state.
    State(&'static str),
    /// Nothing was looked at.
    Missing,
    /// It was looked at, and is not there any more.
    Stale,
}

/// The samples that a text stands for: `a` one, `axN` it and N more, `a+bxN` and `a-bxN` it and N more that grow or shrink,
/// `_` and `_xN` none, `stale` the end.
pub fn expand(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for word in text.split_whitespace() {
        let more = steps.len();
        one(word, &mut steps)?;
        if steps.len() > MOST || more > MOST {
            return Err(format!("there are more than {MOST} samples"));
        }
    }
    if steps.is_empty() { Err("there are no samples".into()) } else { Ok(steps) }
}

fn one(word: &str, steps: &mut Vec<Step>) -> Result<(), String> {
    let wrong = || format!("'{word}' is no sample: write 1, 0.2x5, 0+10x3, _, _x4, stale, or a state such as down");
    let (head, times) = match word.rsplit_once('x') {
        Some((head, times)) => (head, Some(times.parse::<usize>().map_err(|_| wrong())?)),
        None => (word, None),
    };
    if times.is_some_and(|times| times > MOST) {
        return Err(format!("'{word}' makes more than {MOST} samples"));
    }
    let more = times.unwrap_or(0);
    let constant = match head {
        // Of missing samples the number says how many there are.
        "_" => {
            steps.extend(std::iter::repeat_n(Step::Missing, times.unwrap_or(1)));
            return Ok(());
        }
        "stale" => Some(Step::Stale),
        _ => STATES.into_iter().find(|state| *state == head).map(Step::State),
    };
    if let Some(step) = constant {
        steps.extend(std::iter::repeat_n(step, more + 1));
        return Ok(());
    }
    let (start, by) = slope(head).ok_or_else(wrong)?;
    if by.is_some() && times.is_none() {
        return Err(wrong());
    }
    steps.extend((0..=more).map(|index| Step::Value(start + by.unwrap_or(0.0) * index as f64)));
    Ok(())
}

/// `1+10` is a start and a slope; the sign of an exponent is none.
fn slope(head: &str) -> Option<(f64, Option<f64>)> {
    let sign =
        head.char_indices().skip(1).find(|(at, sign)| matches!(sign, '+' | '-') && !head[..*at].ends_with(['e', 'E']));
    let number = |text: &str| text.parse::<f64>().ok();
    match sign {
        Some((at, _)) => Some((number(&head[..at])?, Some(number(&head[at..])?))),
        None => Some((number(head)?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let word = |step: &Step| match step {
            Step::Value(value) => value.to_string(),
            Step::State(state) => (*state).to_owned(),
            Step::Missing => "_".into(),
            Step::Stale => "stale".into(),
        };
        expand(text).map_or_else(|error| error, |steps| steps.iter().map(word).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn series_expand_as_in_prometheus() {
        for (text, expected) in [
            ("1 2.5 -3", "1 2.5 -3"),
            ("0+10x5", "0 10 20 30 40 50"),
            ("1-2x4", "1 -1 -3 -5 -7"),
            ("-2+4x3", "-2 2 6 10"),
            ("0.2x3", "0.2 0.2 0.2 0.2"),
            ("1e-3+1x1", "0.001 1.001"),
            ("1 _x3 stale", "1 _ _ _ stale"),
            ("_ 1x1", "_ 1 1"),
            ("up downx2 up", "up down down down up"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_series_is_refused() {
        for text in ["", "1+2", "x3", "abc", "1x", "1xx2", "1x-2", "1x999999999", "dwn"] {
            assert!(expand(text).is_err(), "{text}: {:?}", expand(text));
        }
    }
}
