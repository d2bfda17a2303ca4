//! Floor 0: what every other floor needs and what knows nothing of CoAP.

mod authenticator;
mod bytes;
mod cbor;
#[cfg(feature = "host")]
mod chains;
#[cfg(feature = "host")]
mod deadlines;
mod division;
#[cfg(any(test, not(feature = "host")))]
#[cfg_attr(feature = "host", expect(unreachable_pub, reason = "there it is only tested"))]
mod few_deadlines;
mod hash;
mod random;
#[cfg(any(test, not(feature = "host")))]
#[cfg_attr(feature = "host", expect(unreachable_pub, reason = "there it is only tested"))]
mod ranks;
mod ring;
mod slots;
mod table;
mod time;
mod words;

pub use authenticator::{authenticate, is_same};
pub use bytes::{ByteReader, ByteWriter, Full};
pub use cbor::CborWriter;
#[cfg(feature = "host")]
pub use chains::Links;
#[cfg(feature = "host")]
pub use deadlines::{DeadlineSlot, Deadlines};
pub use division::divided;
#[cfg(not(feature = "host"))]
pub use few_deadlines::{DeadlineSlot, Deadlines};
pub use hash::{Hashed, Hasher};
pub use random::Random;
#[cfg(not(feature = "host"))]
pub use ranks::Links;
pub use ring::{Ring, Span};
pub use slots::Filling;
pub use table::{FixedTable, Index, Lent, Slot, Table};
pub use time::{Duration, Instant};
pub use words::{Wording, Words};
