//! When a loop goes on by itself.

use std::time::Instant as Clock;

/// The first of two times that there may be.
pub(super) fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Forever if there is no time to wake at.
pub(super) async fn sleep_until(wake: Option<Clock>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
