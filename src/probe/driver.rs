//! Connections that are moved by whoever waits on them, instead of by a task of their own: an idle one costs no wake-up.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

/// What moves a connection; it ends with it.
pub(super) type Driver<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Waits for a future while the connection moves. The driver is gone once the connection has ended.
pub(super) async fn drive<F: Future, T>(driver: &mut Option<Driver<T>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        if let Some(moving) = driver
            && moving.as_mut().poll(context).is_ready()
        {
            *driver = None;
        }
        future.as_mut().poll(context)
    })
    .await
}
