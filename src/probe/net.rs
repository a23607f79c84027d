//! What every look over the network needs: certificates and names. One for each process.

use super::{names::Names, tls::Tls};

/// Certificates and names.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// Who is trusted.
    pub(super) tls: Tls,
    /// Who is where.
    pub(super) names: Names,
}
