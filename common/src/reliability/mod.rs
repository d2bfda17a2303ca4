//! Floor 2: the message layer, RFC 7252 §4. One peer at a time, no buffers of messages.

mod back_off;
mod duplicates;
pub mod estimate;
mod ledger;
mod message_ids;
mod pace;
mod peer;
mod rates;
mod reset_limit;
mod timing;
mod timings;

pub use back_off::BackOff;
pub use duplicates::{Answer, Duplicates, Origin, Remembered};
pub use estimate::Estimate;
pub use ledger::Ledger;
pub use message_ids::{IdShare, MessageIds};
pub use pace::Pace;
pub use peer::{Local, Peer, Remote};
pub use rates::{Rate, RateSlot, Rates, Source};
pub use reset_limit::ResetLimit;
pub use timing::{Timing, TimingError};
pub use timings::{Network, Prefix, Timings};
