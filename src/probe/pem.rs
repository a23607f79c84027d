//! PEM that a look is told of: a file by its path, or the text itself (from a secret).

use std::path::Path;

use tokio::io::AsyncReadExt;

use crate::domain::probe::{Phase, ProbeError};

use super::error::failed;

/// Bytes of PEM read at most: every authority of a platform fits.
const MOST: u64 = 4 << 20;

fn is_text(value: &str) -> bool {
    value.trim_start().starts_with("-----BEGIN")
}

/// How errors call it: the file, never the text.
pub(super) fn shown(what: &str, value: &str) -> String {
    if is_text(value) { format!("the PEM text of {what}") } else { format!("{what} '{value}'") }
}

/// The PEM text.
pub(super) async fn read(what: &str, value: &str) -> Result<Vec<u8>, ProbeError> {
    if is_text(value) {
        return Ok(value.trim_start().as_bytes().to_vec());
    }
    let wrong = |why: String| failed(Phase::Prepare, what, format!("nothing was sent: {} {why}", shown(what, value)));
    if !Path::new(value).is_absolute() {
        return Err(wrong("is not a whole path: write it from the root on".to_owned()));
    }
    let file = tokio::fs::File::open(value).await.map_err(|error| wrong(format!("can't be read: {error}")))?;
    let mut text = Vec::new();
    file.take(MOST + 1).read_to_end(&mut text).await.map_err(|error| wrong(format!("can't be read: {error}")))?;
    if text.len() as u64 > MOST { Err(wrong(format!("is larger than {MOST} bytes"))) } else { Ok(text) }
}
