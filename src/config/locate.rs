//! Finding the configuration.

use std::path::{Path, PathBuf};

/// The configuration to use: `explicit` (`--config`), `$QUARTERDECK_CONFIG`, `./quarterdeck.toml`, then the platform's
/// config directory. The error names every place that was looked at.
pub fn locate(explicit: Option<&Path>) -> Result<PathBuf, String> {
    let named = std::env::var_os("QUARTERDECK_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from);
    for (path, by) in [(explicit.map(Path::to_owned), "--config"), (named, "$QUARTERDECK_CONFIG")] {
        let Some(path) = path else { continue };
        if path.exists() {
            return Ok(path);
        }
        return Err(format!(
            "there is no configuration at {}, as {by} says; `quarterdeck init` writes one",
            path.display()
        ));
    }
    let places = usual_places();
    if let Some(found) = places.iter().find(|place| place.exists()) {
        return Ok(found.clone());
    }
    let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    Err(format!(
        "no configuration was found: looked at --config, $QUARTERDECK_CONFIG, {}; `quarterdeck init` writes one, `quarterdeck demo` needs none",
        looked.join(", ")
    ))
}

/// Where a configuration is looked for when nothing names one.
fn usual_places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("./quarterdeck.toml")];
    if let Some(project) = directories::ProjectDirs::from("", "", "quarterdeck") {
        places.push(project.config_dir().join("quarterdeck.toml"));
    }
    places
}
