//! OpenMetrics text: families, samples, escaping.

use std::fmt::Write;

/// A page being written.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

/// One metric family being written: its samples come right after its head.
pub struct Family<'p> {
    text: &'p mut String,
    name: &'static str,
}

impl Page {
    /// Begins a family. `kind` is a type of OpenMetrics; a unit must be the end of the name.
    pub fn family(&mut self, name: &'static str, kind: &str, unit: &str, help: &str) -> Family<'_> {
        debug_assert!(unit.is_empty() || name.ends_with(&format!("_{unit}")), "{name} does not end in {unit}");
        // Writing to a string never fails.
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {help}");
        Family { text: &mut self.text, name }
    }

    /// A gauge without labels, if it has a value.
    pub fn gauge(&mut self, name: &'static str, unit: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.family(name, "gauge", unit, help).sample("", &[], value);
        }
    }

    /// A counter without labels.
    pub fn counter(&mut self, name: &'static str, help: &str, value: u64) {
        self.family(name, "counter", "", help).sample("_total", &[], value as f64);
    }

    /// The whole page.
    pub fn end(mut self) -> String {
        self.text.push_str("# EOF\n");
        self.text
    }
}

/// A label and its value.
pub type Label<'l> = (&'l str, &'l str);

impl Family<'_> {
    /// One sample; numbers that are not finite are left out.
    pub fn sample(&mut self, suffix: &str, labels: &[Label<'_>], value: f64) {
        if !value.is_finite() {
            return;
        }
        self.text.push_str(self.name);
        self.text.push_str(suffix);
        for (index, (label, value)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            self.text.push_str(label);
            self.text.push_str("=\"");
            escape(self.text, value);
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }

    /// Cumulative buckets, their total with the suffix of the type, and the sum. `at_most` pairs upper bounds with counts.
    pub fn distribution(
        &mut self,
        labels: &[Label<'_>],
        at_most: impl Iterator<Item = (f64, u64)>,
        (count_suffix, count): (&str, u64),
        (sum_suffix, sum): (&str, f64),
    ) {
        for (limit, count) in at_most {
            let bound = format!("{limit:?}");
            self.sample("_bucket", &[labels, &[("le", bound.as_str())]].concat(), count as f64);
        }
        self.sample("_bucket", &[labels, &[("le", "+Inf")]].concat(), count as f64);
        self.sample(count_suffix, labels, count as f64);
        self.sample(sum_suffix, labels, sum);
    }
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_its_head_its_unit_and_escaped_labels() {
        let mut page = Page::default();
        let mut family = page.family("a_seconds", "gauge", "seconds", "How long.");
        family.sample("", &[("x", "say \"hi\"\n\\"), ("y", "é")], 0.5);
        family.sample("", &[], f64::NAN);
        page.gauge("b", "", "Absent.", None);
        assert_eq!(
            page.end(),
            "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n# HELP a_seconds How long.\n\
             a_seconds{x=\"say \\\"hi\\\"\\n\\\\\",y=\"é\"} 0.5\n# EOF\n"
        );
    }

    #[test]
    fn a_distribution_ends_in_infinity_and_writes_its_bounds_as_floats() {
        let mut page = Page::default();
        page.family("d", "histogram", "", "D.").distribution(
            &[("x", "1")],
            [(0.5, 1), (1.0, 2)].into_iter(),
            ("_count", 3),
            ("_sum", 4.5),
        );
        let lines: Vec<_> = page.text.lines().skip(2).collect();
        let expected = [
            "d_bucket{x=\"1\",le=\"0.5\"} 1",
            "d_bucket{x=\"1\",le=\"1.0\"} 2",
            "d_bucket{x=\"1\",le=\"+Inf\"} 3",
            "d_count{x=\"1\"} 3",
            "d_sum{x=\"1\"} 4.5",
        ];
        assert_eq!(lines, expected);
    }
}
