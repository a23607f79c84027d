//! Which series a selector means: parsed by promql-parser, so that it means what it means in PromQL.

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{self, Expr},
};

use super::page::Label;

/// The name of the label that holds the metric's name.
const NAME: &str = "__name__";

/// A parsed selector.
#[derive(Debug)]
pub(super) struct Selector {
    /// The metric's exact name, if the selector says one.
    pub(super) metric: Option<String>,
    /// What its labels must be; those on the name too if there is no exact one.
    matchers: Vec<Matcher>,
}

impl Selector {
    /// Parses `http_requests_total{status=~"5.."}`. The error says what is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let expression = parser::parse(text)?;
        let Expr::VectorSelector(selector) = expression else {
            return Err("it is not a selector such as http_requests_total{status=~\"5..\"}".into());
        };
        if selector.offset.is_some() || selector.at.is_some() || !selector.matchers.or_matchers.is_empty() {
            return Err("offset, @ and or have no meaning here".into());
        }
        let mut metric = selector.name;
        let mut matchers = selector.matchers.matchers;
        if metric.is_none() {
            let exact = |matcher: &Matcher| matcher.name == NAME && matches!(matcher.op, MatchOp::Equal);
            if let Some(index) = matchers.iter().position(exact) {
                metric = Some(matchers.swap_remove(index).value);
            }
        }
        Ok(Self { metric, matchers })
    }

    /// The same for the buckets of a histogram.
    pub(super) fn of_buckets(mut self) -> Self {
        if let Some(metric) = &mut self.metric
            && !metric.ends_with("_bucket")
        {
            metric.push_str("_bucket");
        }
        self
    }

    /// Whether it may mean series of that metric.
    pub(super) fn is_of(&self, metric: &str) -> bool {
        self.metric.as_deref().is_none_or(|wanted| wanted == metric)
    }

    /// Whether it means this series. A label that is not there counts as empty.
    pub(super) fn matches(&self, metric: &str, labels: &[Label<'_>]) -> bool {
        self.is_of(metric)
            && self.matchers.iter().all(|matcher| {
                let value = if matcher.name == NAME {
                    metric
                } else {
                    labels.iter().find(|label| label.name == matcher.name).map_or("", |label| &*label.value)
                };
                matcher.is_match(value)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, metric: &str, labels: &[(&'static str, &'static str)]) -> bool {
        let labels: Vec<Label<'_>> =
            labels.iter().map(|(name, value)| Label { name: (*name).into(), value: (*value).into() }).collect();
        Selector::parse(selector).unwrap().matches(metric, &labels)
    }

    #[test]
    fn selectors_mean_what_they_mean_in_promql() {
        assert!(matches("up", "up", &[]));
        assert!(!matches("up", "upper", &[]));
        assert!(matches(r#"x{status=~"5.."}"#, "x", &[("status", "503")]));
        assert!(!matches(r#"x{status=~"5.."}"#, "x", &[("status", "5030")]), "patterns are anchored");
        assert!(!matches(r#"x{status=~"5.."}"#, "x", &[]));
        assert!(matches(r#"x{status!~"5.."}"#, "x", &[]), "a missing label is empty");
        assert!(matches(r#"x{a="",b!="c"}"#, "x", &[("b", "d")]));
        assert!(matches(r#"{__name__=~"http_.*",a="b"}"#, "http_x", &[("a", "b")]));
        assert!(matches(r#"{__name__="x"}"#, "x", &[]));
        assert!(matches("x{a='it\\'s'}", "x", &[("a", "it's")]));
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for wrong in ["", "x{", "x[5m]", "rate(x[5m])", "1", "x + y", "x offset 5m", "{}", r#"x{a=~"("}"#] {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
