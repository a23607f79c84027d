//! A value from a query, of whichever database the URL names.

use super::{Sessions, endpoint::Endpoint, mysql, postgres, sqlite};
use crate::{
    domain::{
        probe::{Outcome, Phase, ProbeError, ProbeSpec, SqlLook},
        template::Rendered,
    },
    probe::{
        blocking::Hanging, dial::Bounds, error::failed, lookup::SecretLookup, masking::Mask, net::Net, target::resolve,
    },
};

/// Runs the statement there.
pub(in crate::probe) async fn look(
    look: &SqlLook<Rendered>,
    spec: &ProbeSpec,
    (net, bounds): (&Net, &Bounds<'_>),
    (sessions, hanging): (&mut Sessions, &mut Hanging),
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let sql = resolve(&look.sql, secrets)?;
    let database = resolve(&look.database, secrets)?;
    let scheme = database.split(':').next().unwrap_or_default();
    let mut facts = if let Some(path) = sqlite::path(&database, &look.dir) {
        Box::pin(sqlite::query(sql, path, spec, bounds.deadline, hanging, outcome)).await?
    } else if postgres::DIALECT.schemes.contains(&scheme) {
        let endpoint = Endpoint::of(&look.database, &postgres::DIALECT, secrets)?;
        postgres::query(&sql, &endpoint, spec, (net, bounds), &mut sessions.postgres, outcome).await?
    } else if mysql::DIALECT.schemes.contains(&scheme) {
        let endpoint = Endpoint::of(&look.database, &mysql::DIALECT, secrets)?;
        mysql::query(&sql, &endpoint, spec, (net, bounds), &mut sessions.mysql, outcome).await?
    } else {
        let why = "nothing was sent: the database must be a URL that begins with postgres://, mysql:// or sqlite:";
        return Err(failed(Phase::Prepare, "bad_url", why));
    };
    let mask = Mask::of(spec, secrets);
    facts.0.values_mut().for_each(|value| mask.value(value));
    outcome.facts.0.extend(facts.0);
    Ok(())
}
