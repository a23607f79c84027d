//! Parameters: what was given, what is the default, and what is allowed.

use std::collections::BTreeMap;

use regex::RegexBuilder;

use super::{PlanError, PlanInput};
use crate::domain::{
    nearest::hint,
    pipeline::{Choices, Param, Pipeline},
};

/// Longest value accepted, in bytes.
const MAX_VALUE: usize = 4096;

/// The value of every parameter of the pipeline.
pub(super) fn values(pipeline: &Pipeline, input: &PlanInput) -> Result<BTreeMap<String, String>, PlanError> {
    for name in input.params.keys() {
        let known = pipeline.params.iter().any(|param| param.name == *name);
        // Going back through a pipeline without a version parameter: the point itself says the version.
        let implied = name == "version" && input.point.is_some();
        if !known && !implied {
            return Err(unknown(pipeline, name));
        }
    }
    pipeline.params.iter().map(|param| Ok((param.name.clone(), value(param, input)?))).collect()
}

fn unknown(pipeline: &Pipeline, name: &str) -> PlanError {
    let names = || pipeline.params.iter().map(|param| param.name.as_str());
    let known = names().collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "none".to_owned() } else { known };
    PlanError::UnknownParam {
        pipeline: pipeline.name.clone(),
        name: name.to_owned(),
        known: format!("{known}{}", hint(name, names())),
    }
}

fn value(param: &Param, input: &PlanInput) -> Result<String, PlanError> {
    let given = input.params.get(&param.name).filter(|given| !given.is_empty() || param.pattern.is_some());
    let Some(value) = given.or(param.default.as_ref()) else {
        return Err(PlanError::MissingParam { name: param.name.clone() });
    };
    check(param, value).map_err(|why| PlanError::BadParam {
        name: param.name.clone(),
        value: value.chars().take(80).flat_map(char::escape_debug).collect(),
        why,
    })?;
    Ok(value.clone())
}

/// Whether a value is allowed; if not, what is. A value that begins with a dash would be read as an option by the
/// command it is given to, so it needs a pattern or a list that says so.
fn check(param: &Param, value: &str) -> Result<(), String> {
    if value.len() > MAX_VALUE {
        return Err(format!("it is longer than {MAX_VALUE} bytes"));
    }
    if value.contains('\0') {
        return Err("it holds a NUL byte".into());
    }
    if let Choices::List(choices) = &param.choices {
        return if choices.iter().any(|choice| choice == value) {
            Ok(())
        } else {
            Err(format!("choose one of {}{}", choices.join(", "), hint(value, choices.iter().map(String::as_str))))
        };
    }
    if let Some(pattern) = &param.pattern {
        let whole = RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(1 << 20).build();
        let whole = whole.map_err(|_| format!("its pattern '{pattern}' is not a regular expression"))?;
        return if whole.is_match(value) { Ok(()) } else { Err(format!("it must match '{pattern}'")) };
    }
    if value.starts_with('-') {
        return Err("it begins with '-', which commands read as an option; a pattern can allow it".into());
    }
    if value.contains(['\n', '\r']) {
        return Err("it has more than one line; a pattern can allow it".into());
    }
    if value.chars().any(char::is_control) {
        return Err("it holds a control character; a pattern can allow it".into());
    }
    Ok(())
}
