//! How secrets reach a look.

/// The value of a secret by name, if it can be had.
pub type SecretLookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);
