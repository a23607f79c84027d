//! `serve`: the endpoints in the foreground.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    args::Global,
    deck::Deck,
    exit,
    output::{Failure, Outcome, remark},
    own_log,
};
use crate::{
    domain::{environment::Project, template::Rendered},
    secret::Secrets,
    serve::{self, Resolve, ServeError, ServeOptions},
};

pub fn run(global: &Global) -> Outcome {
    let deck = Deck::load(global)?;
    deck.state.create()?;
    own_log::start(&deck.state, "serve");
    let options = ServeOptions { state: deck.state, config: deck.config };
    let served = serve::foreground(&options, &resolve(), |wanted| {
        let scheme = if wanted.tls.is_some() { "https" } else { "http" };
        remark(format_args!("serving on {scheme}://{}; stop with Ctrl-C", wanted.listen));
    });
    match served {
        Ok(()) => Ok(exit::OK),
        Err(error @ ServeError::Taken { .. }) => Err(Failure::with(exit::LOCKED, error)),
        Err(error @ (ServeError::NotConfigured(_) | ServeError::Token(_) | ServeError::Tls(_))) => {
            Err(Failure::usage(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Resolves templates of the top level with the secrets of the top level.
pub fn resolve() -> Resolve {
    Arc::new(|project: &Project, rendered: &Rendered| {
        let names: BTreeSet<String> = rendered.secrets().into_iter().map(str::to_owned).collect();
        let names: Vec<String> = names.into_iter().collect();
        let secrets = Secrets::resolve(&names, &project.outlets.secrets, &project.root)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        rendered.resolve(&|name| secrets.get(name).map(str::to_owned), &|_| None).map_err(|error| error.to_string())
    })
}
