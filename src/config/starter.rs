//! A starting point for `quarterdeck init`.

/// A commented starter file that loads as it is.
pub fn starter(project: &str) -> String {
    let name = serde_json::Value::String(project.to_owned()).to_string();
    TEXT.replace("\"@NAME@\"", &name)
}

const TEXT: &str = include_str!("starter.toml");
