//! `histogram_quantile`, as Prometheus computes it over classic histograms.

/// One bucket: its inclusive upper bound and how many observations (or how many a second) are at or below it.
pub(super) type Bucket = (f64, f64);

/// The value at quantile `q`, interpolated within its bucket. In the `+Inf` bucket the answer is the highest finite
/// bound. `None` without a `+Inf` bucket, without observations, or for a `q` outside of 0 to 1.
pub(super) fn quantile(q: f64, mut buckets: Vec<Bucket>) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let buckets = monotonic(coalesced(buckets));
    let (last, finite) = buckets.split_last()?;
    let (highest, _) = *finite.last()?;
    if last.0 != f64::INFINITY || last.1.is_nan() || last.1 <= 0.0 {
        return None;
    }
    let rank = q * last.1;
    let Some(index) = finite.iter().position(|(_, count)| *count >= rank) else { return Some(highest) };
    let (end, count) = finite[index];
    if index == 0 && end <= 0.0 {
        return Some(end);
    }
    let (start, below) = if index == 0 { (0.0, 0.0) } else { finite[index - 1] };
    let within = count - below;
    Some(if within > 0.0 { start + (end - start) * ((rank - below) / within) } else { start })
}

/// Buckets of the same bound (`le="1"` and `le="1.0"`) are one.
fn coalesced(buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for (bound, count) in buckets {
        match out.last_mut() {
            Some(last) if last.0.total_cmp(&bound).is_eq() => last.1 += count,
            _ => out.push((bound, count)),
        }
    }
    out
}

/// Counts never fall from one bucket to the next; scrapes that raced with observations are mended.
fn monotonic(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut most = f64::NEG_INFINITY;
    for (_, count) in &mut buckets {
        most = most.max(*count);
        *count = most;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    /// Worked out by hand by the rules of `histogram_quantile`.
    #[test]
    fn ranks_are_interpolated_within_their_bucket() {
        let third = || vec![(-0.2, 1.0), (0.0, 3.0), (0.2, 4.0), (INF, 4.0)];
        near(quantile(0.0, third()), -0.2);
        near(quantile(0.25, third()), -0.2);
        near(quantile(0.5, third()), -0.1);
        near(quantile(0.75, third()), 0.0);
        near(quantile(1.0, third()), 0.2);
        let first = || vec![(0.1, 5.0), (0.2, 8.0), (1.0, 11.0), (INF, 12.0)];
        near(quantile(0.5, first()), 0.1 + 0.1 / 3.0);
        near(quantile(0.2, first()), 0.048);
        near(quantile(0.8, first()), 0.2 + 0.8 * (9.6 - 8.0) / 3.0);
    }

    #[test]
    fn beyond_the_last_bound_is_the_highest_finite_bound() {
        near(quantile(0.99, vec![(1.0, 1.0), (10.0, 2.0), (INF, 100.0)]), 10.0);
    }

    #[test]
    fn what_can_not_be_said_is_a_gap() {
        assert_eq!(quantile(0.5, vec![]), None);
        assert_eq!(quantile(0.5, vec![(INF, 5.0)]), None);
        assert_eq!(quantile(0.5, vec![(1.0, 5.0), (2.0, 6.0)]), None, "no +Inf bucket");
        assert_eq!(quantile(0.5, vec![(1.0, 0.0), (INF, 0.0)]), None, "no observation");
        assert_eq!(quantile(1.5, vec![(1.0, 1.0), (INF, 1.0)]), None);
        assert_eq!(quantile(f64::NAN, vec![(1.0, 1.0), (INF, 1.0)]), None);
    }

    #[test]
    fn falling_counts_are_mended_and_equal_bounds_joined() {
        near(quantile(0.5, vec![(1.0, 4.0), (2.0, 3.0), (INF, 4.0)]), 0.5);
        near(quantile(0.5, vec![(2.0, 3.0), (1.0, 1.0), (INF, 4.0), (1.0, 1.0)]), 1.0);
    }

    proptest::proptest! {
        #[test]
        fn an_answer_lies_within_the_bounds(q in 0.0..=1.0_f64, counts in proptest::collection::vec(0.0..1e6_f64, 1..20)) {
            let last = counts.len() - 1;
            let buckets: Vec<_> = counts.iter().enumerate().map(|(at, count)| (if at == last { INF } else { at as f64 }, *count)).collect();
            if let Some(value) = quantile(q, buckets) {
                proptest::prop_assert!((0.0..=last as f64).contains(&value), "{}", value);
            }
        }
    }
}
