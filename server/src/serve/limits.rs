//! What strangers get of this server, as the engine wants it.

use twite::endpoint::Limits;
use twite::exchange::Echo;
use twite::reliability::{Rate, RateSlot};

use crate::config;

/// Sources whose rates are known to one socket; more of them at once wear each other's limits down.
const SOURCES: usize = 16_384;

/// How many seconds' worth a source that was silent may ask at once.
const BURST: u32 = 2;

/// Memory for the rates of one socket; it takes real memory as it is used.
pub(super) fn rates() -> Vec<RateSlot> {
    vec![[0; 2]; SOURCES]
}

/// The limits of one socket. The value that one thread gave out is known to all.
pub(super) fn limits<'r>(settings: &config::Limits, echo: &Echo, rates: &'r mut [RateSlot]) -> Limits<'r> {
    Limits {
        amplification: u8::try_from(settings.amplification).unwrap_or(u8::MAX),
        trusts_loopback: settings.trusts_loopback,
        echo: Some(echo.clone()),
        requests: rate(settings.requests_per_second),
        errors: rate(settings.errors_per_second),
        rates,
    }
}

fn rate(per_second: u64) -> Rate {
    Rate { per_second: u32::try_from(per_second).unwrap_or(u32::MAX), burst: BURST }
}
