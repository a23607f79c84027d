//! Values: zeroed when dropped, and bounded.

use zeroize::Zeroizing;

/// Longest value, in bytes.
pub(super) const MOST_BYTES: usize = 64 << 10;

/// A value that is zeroed when dropped.
pub(super) type Secret = Zeroizing<String>;

/// Bytes as text within the bound.
pub(super) fn text(mut bytes: Zeroizing<Vec<u8>>, from: &str) -> Result<Secret, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("{from} gives more than 64 KiB, which is no secret"));
    }
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        format!("{from} gives bytes that are not valid UTF-8")
    })
}
