//! The customers: a steady load on the gateway, bounded in every direction.

use std::{sync::Arc, time::Duration};

use hyper::Method;
use tokio::sync::Semaphore;

use super::http::HttpClient;

/// Requests a second.
const RATE: u64 = 60;
/// Requests under way at most; beyond it customers give up.
const MOST_AT_ONCE: usize = 200;

/// Sends until the task is dropped.
pub async fn run(client: HttpClient, gateway: String) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let client = client.clone();
        let path = if fastrand::u8(0..4) == 0 { "web/" } else { "api/orders" };
        let url = format!("{gateway}/{path}");
        tokio::spawn(async move {
            // The gateway counts what happened; a customer only wants the answer.
            let _ = client.send(Method::GET, &url, Duration::from_secs(5)).await;
            drop(place);
        });
    }
}
