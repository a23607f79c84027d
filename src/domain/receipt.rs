//! Callbacks that looks wait for: who takes them in and who waits are different processes, which meet in the store.

use std::fmt;

use sha2::{Digest, Sha256};

use super::time::UnixMs;

/// Bytes of a callback's body at most.
pub const MOST_BYTES: usize = 64 << 10;

/// A path under which callbacks are taken in, without its secret: the hash of its last part.
#[derive(Clone, PartialEq, Eq)]
pub struct HookPath(String);

impl HookPath {
    /// Fewest and most characters of the last part of a path.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

    /// By the last part of the path; `None` if it can't be one.
    pub fn of(token: &str) -> Option<Self> {
        let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let hash = || Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        (plain && Self::LENGTH.contains(&token.len())).then(|| Self(hash()))
    }

    /// The hash, in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HookPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookPath({}…)", &self.0[..8])
    }
}

/// That a look waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// Where.
    pub path: HookPath,
    /// What the callback must hold, if the path is not the look's own.
    pub holds: Option<String>,
    /// Until when.
    pub until: UnixMs,
}

/// A callback that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// When.
    pub at: UnixMs,
    /// Its method.
    pub method: String,
    /// What stood behind the question mark.
    pub query: String,
    /// Its headers by lower-case name; what holds credentials is hidden.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Receipt {
    /// Whether it holds this text, in its query or its body.
    pub fn holds(&self, text: &str) -> bool {
        self.query.contains(text) || memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A look waits for it.
    Kept,
    /// Its path is known, but nobody waits for it.
    Dropped,
    /// Nobody knows its path.
    Unknown,
    /// The look that waits has more than enough.
    Full,
}

/// Where looks wait for callbacks. Each call reads or writes, and may take a moment. Errors are sentences.
pub trait Receipts: Send + Sync + fmt::Debug {
    /// Begins to wait; the number stands for it.
    fn open(&self, awaited: Awaited) -> Result<i64, String>;
    /// What came so far, in order.
    fn read(&self, waiting: i64) -> Result<Vec<Receipt>, String>;
    /// Waits no longer; what came is forgotten.
    fn close(&self, waiting: i64) -> Result<(), String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_long_plain_and_tells_nothing_of_its_token() {
        let token = "0123456789abcdef";
        let path = HookPath::of(token).unwrap();
        assert_eq!(path.as_str(), "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f");
        assert!(!format!("{path:?}").contains(token));
        for wrong in ["0123456789abcde", "0123456789abcde/", "0123456789abcde%", "", &"a".repeat(129)] {
            assert!(HookPath::of(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_callback_holds_what_stands_in_its_query_or_its_body() {
        let headers = vec![("x".to_owned(), "id-3".to_owned())];
        let receipt = Receipt {
            at: UnixMs(0),
            method: "POST".into(),
            query: "a=id-1".into(),
            headers,
            body: b"\xff id-2 \xff".to_vec(),
        };
        assert!(receipt.holds("id-1") && receipt.holds("id-2") && !receipt.holds("id-3"));
    }
}
