//! Looks that wait to be called back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{provoke::Provoke, words::KindWords};
use crate::domain::{template::Rendered, time::human};

/// `webhook`
pub const WEBHOOK: KindWords = KindWords {
    word: "webhook",
    about: "A callback that must come: `provoke` makes a provider call us, at `{{ look.hook }}`, and `serve` takes the call. The value is \
            the address under which the provider reaches `serve`: `https://hooks.example.com`.",
    facts: &[
        ("received", "whether the callback came in time"),
        ("delay_ms", "from the beginning of `provoke` until it came"),
        ("method", "the callback's method"),
        ("query", "what stood behind the question mark of its address"),
        ("headers", "its headers, by lower-case name; those that hold credentials are hidden"),
        ("body", "its body as text"),
        ("json", "its body, if it is JSON"),
        ("signed", "with `signature`: whether the signature was right"),
        ("passed_over", "callbacks that did not count: without `holds`, or with a wrong signature"),
        ("look_id", "what `{{ look.id }}` stood for"),
        ("reason", "why there is none"),
    ],
    passes: "the callback came, and its signature was right where `signature` is given",
    success: "received",
};

/// A callback that must come. `T` is a template until its context is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookLook<T = Rendered> {
    /// Where the provider reaches our `serve`: scheme, host, port.
    pub base: T,
    /// The last part of the address where it is fixed, because it stands in the provider's settings. Then the callback must hold
    /// the look's id. Without it each look has an address of its own.
    pub token: Option<T>,
    /// What makes the provider call.
    pub provoke: Box<Provoke<T>>,
    /// How long the callback may take.
    #[serde(with = "human")]
    pub within: Duration,
    /// What the callback must hold, in its query or its body; others are passed over.
    pub holds: Option<T>,
    /// How the provider signs what it sends.
    pub signature: Option<Box<Signature<T>>>,
}

/// How a callback is signed: HMAC-SHA-256 over its body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature<T = Rendered> {
    /// The header that holds it.
    pub header: String,
    /// The shared secret.
    pub secret: T,
    /// How it is written down.
    pub scheme: SignatureScheme,
}

/// How a signature is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureScheme {
    /// Hexadecimal, with or without `sha256=` before it.
    #[default]
    Hex,
    /// Base 64.
    Base64,
    /// `t=TIME,v1=HEX` over the time, a dot and the body, at most five minutes old.
    Stripe,
}

impl<T> WebhookLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<WebhookLook<U>, E> {
        let signature = |signature: &'t Signature<T>, fill: &mut dyn FnMut(&'t T) -> Result<U, E>| {
            let Signature { header, secret, scheme } = signature;
            Ok(Signature { header: header.clone(), secret: fill(secret)?, scheme: *scheme })
        };
        Ok(WebhookLook {
            base: fill(&self.base)?,
            token: self.token.as_ref().map(&mut *fill).transpose()?,
            provoke: Box::new(self.provoke.try_map(fill)?),
            within: self.within,
            holds: self.holds.as_ref().map(&mut *fill).transpose()?,
            signature: self.signature.as_ref().map(|found| signature(found, fill).map(Box::new)).transpose()?,
        })
    }
}
