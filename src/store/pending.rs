//! A write under way.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use super::error::StoreError;

/// A write under way: `.wait()` it, or `.await` it. Resolved once the transaction is committed.
#[must_use = "a write that is not waited for may still fail"]
pub struct Pending<T> {
    pub(super) receiver: tokio::sync::oneshot::Receiver<Result<T, StoreError>>,
}

impl<T> Pending<T> {
    /// Blocks until committed. Not within an async task.
    pub fn wait(self) -> Result<T, StoreError> {
        self.receiver.blocking_recv().unwrap_or_else(|_| Err(StoreError::Stopped("it went away".into())))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|received| received.unwrap_or_else(|_| Err(StoreError::Stopped("it went away".into()))))
    }
}
