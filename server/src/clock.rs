//! The host's clock and randomness, handed down to the endpoint.

use std::io;
use std::time::{Instant as Clock, SystemTime, UNIX_EPOCH};

use twite::base::Instant;

/// The time since `start`.
pub fn since(start: Clock) -> Instant {
    Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX))
}

/// The time of day in milliseconds since 1970; 0 on a host whose clock stands before that.
pub fn since_1970() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A seed from the operating system.
///
/// # Errors
/// When it has none.
pub fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(seed)
}
