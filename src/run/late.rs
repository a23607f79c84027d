//! Values that only exist during the run: `run.id`, `weight`, `captures.NAME`.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::error::RunnerError;
use crate::domain::{
    id::RunId,
    probe::HttpRequest,
    template::{Piece, Rendered, Unresolved},
};

/// Late values by name.
#[derive(Debug, Clone)]
pub struct Late {
    run: RunId,
    /// Common to steps side by side.
    captures: Arc<Mutex<BTreeMap<String, String>>>,
    file: PathBuf,
}

impl Late {
    /// Reads back what an earlier runner of the run captured. The file is private and goes with the run's directory.
    pub fn load(run: RunId, file: PathBuf) -> Self {
        let captures = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { run, captures: Arc::new(Mutex::new(captures)), file }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.captures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was captured so far, by name.
    pub fn captures(&self) -> BTreeMap<String, String> {
        self.known().clone()
    }

    /// The value of that dotted name. `weight` is that of the stage under way.
    pub fn get(&self, name: &str, weight: Option<u8>) -> Option<String> {
        match name {
            "run.id" => Some(self.run.0.to_string()),
            "weight" => weight.map(|weight| weight.to_string()),
            _ => self.known().get(name.strip_prefix("captures.")?).cloned(),
        }
    }

    /// Remembers captured values, on disk before anyone builds on them.
    pub fn capture(&self, values: BTreeMap<String, String>) -> Result<(), RunnerError> {
        if values.is_empty() {
            return Ok(());
        }
        let mut captures = self.known();
        captures.extend(values);
        let write = || -> std::io::Result<()> {
            if let Some(dir) = self.file.parent() {
                fs::create_dir_all(dir)?;
            }
            let aside = self.file.with_extension("new");
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            file.write_all(&serde_json::to_vec(&*captures)?)?;
            file.sync_all()?;
            fs::rename(&aside, &self.file)
        };
        write().map_err(|source| RunnerError::File { path: self.file.clone(), doing: "written", source })
    }

    /// The string with its late values filled in; secrets stay names.
    pub fn fill(&self, rendered: &Rendered, weight: Option<u8>) -> Result<Rendered, Unresolved> {
        Ok(Rendered(self.fill_pieces(&rendered.0, weight)?))
    }

    fn fill_pieces(&self, pieces: &[Piece], weight: Option<u8>) -> Result<Vec<Piece>, Unresolved> {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Late(name) => {
                    self.get(name, weight).map(Piece::Text).ok_or_else(|| Unresolved::Late(name.clone()))
                }
                Piece::Quoted(inner) => self.fill_pieces(inner, weight).map(Piece::Quoted),
                other => Ok(other.clone()),
            })
            .collect()
    }

    /// A request with its late values filled in.
    pub fn fill_request(&self, request: &HttpRequest, weight: Option<u8>) -> Result<HttpRequest, Unresolved> {
        request.try_map(&mut |text| self.fill(text, weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_survive_the_runner_and_are_for_its_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("7/captures.json");
        let late = Late::load(RunId(7), file.clone());
        assert_eq!(late.get("captures.token", None), None);
        late.capture([("token".to_owned(), "t-1".to_owned())].into()).unwrap();
        let late = Late::load(RunId(7), file.clone());
        assert_eq!(late.get("captures.token", None).as_deref(), Some("t-1"));
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn late_values_become_text_and_secrets_stay_names() {
        let late = Late::load(RunId(7), "/nonexistent/captures".into());
        let pieces = vec![Piece::Late("weight".into()), Piece::Secret("KEY".into())];
        let filled = late.fill(&Rendered(pieces.clone()), Some(50)).unwrap();
        assert_eq!(filled.0, [Piece::Text("50".into()), Piece::Secret("KEY".into())]);
        assert_eq!(late.fill(&Rendered(pieces), None), Err(Unresolved::Late("weight".into())));
        assert_eq!(late.get("run.id", None).as_deref(), Some("7"));
    }
}
