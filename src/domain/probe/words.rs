//! What every kind of look says of itself.

/// What a kind of look is called and what it brings. Configuration, its reference and its checks read this table.
#[derive(Debug)]
pub struct KindWords {
    /// The key that names the kind.
    pub word: &'static str,
    /// What its value is and what the look does, in a sentence.
    pub about: &'static str,
    /// The facts that conditions may read, each with its meaning and unit. Every look that fails before an answer
    /// has `error` instead; every look that was answered has `latency_ms`.
    pub facts: &'static [(&'static str, &'static str)],
    /// What must hold without `expect`, in words.
    pub passes: &'static str,
    /// The same as a condition; empty if an answer is enough.
    pub success: &'static str,
}
