//! "Did you mean": the known name closest to a wrong one.

/// The known name that `wrong` was most likely meant to be: at most two edits away, or three for names above six
/// letters. Ties go to the first.
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong_lower = wrong.to_lowercase();
    let allowed = match wrong.chars().count() {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for name in known.filter(|name| *name != wrong && name.len() <= 128) {
        let distance = distance(&wrong_lower, &name.to_lowercase());
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// `; did you mean 'name'?`, or nothing: ready to be appended to a message.
pub fn hint<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wrong, known).map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

/// The known names closest to a wrong one, best first, at most `most`: those within a third of its length, and those that
/// contain its last part.
pub fn nearest_few<'a>(wrong: &str, known: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).max(2);
    let part = wrong.rsplit('.').next().filter(|part| part.len() >= 3);
    let mut found: Vec<(usize, &str)> = known
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = distance(&wrong, &lower);
            let contains = part.is_some_and(|part| lower.contains(part));
            (distance <= allowed || contains).then_some((distance, name))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).take(most).collect()
}

/// Edits (insert, delete, replace, swap of neighbours) between two words.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(128).collect();
    let right: Vec<char> = right.chars().take(128).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let mut best = (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(now[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                best = best.min(before[column - 1] + 1);
            }
            now.push(best);
        }
        before = std::mem::replace(&mut last, now);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_the_name_that_was_meant() {
        let known = ["status", "latency_ms", "headers", "json"];
        assert_eq!(nearest("stauts", known.into_iter()), Some("status"));
        assert_eq!(nearest("latency", known.into_iter()), Some("latency_ms"));
        assert_eq!(nearest("Json", known.into_iter()), Some("json"));
    }

    #[test]
    fn of_several_near_ones_the_best_comes_first() {
        let known = ["api.p95_ms", "api.p99_ms", "web.p95_ms", "db.rows"];
        assert_eq!(nearest_few("api.p96_ms", known.into_iter(), 2), ["api.p95_ms", "api.p99_ms"]);
        assert_eq!(nearest_few("gateway.rows", known.into_iter(), 3), ["db.rows"]);
        assert!(nearest_few("zzz.qqqqqq", known.into_iter(), 3).is_empty());
    }

    #[test]
    fn something_else_finds_nothing() {
        assert_eq!(nearest("replicas", ["status", "json"].into_iter()), None);
        assert_eq!(nearest("x", ["id", "status"].into_iter()), None);
    }

    #[test]
    fn the_closest_wins_not_the_first() {
        assert_eq!(nearest("error_rat", ["error_ratio", "error_rate"].into_iter()), Some("error_rate"));
    }
}
