//! Text from the world is hostile until it went through here: masking of secrets and sanitising of terminals' tricks.
