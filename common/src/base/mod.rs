//! Floor 0: what every other floor needs and what knows nothing of CoAP.

mod bytes;
mod chains;
mod deadlines;
mod hash;
mod random;
mod ring;
mod slots;
mod table;
mod time;
mod words;

pub use bytes::{ByteReader, ByteWriter, Full};
pub use chains::Links;
pub use deadlines::{DeadlineSlot, Deadlines};
pub use hash::{Hashed, Hasher};
pub use random::Random;
pub use ring::{Ring, Span};
pub use slots::Filling;
pub use table::{FixedTable, Index, Lent, Slot, Table};
pub use time::{Duration, Instant};
pub use words::{Wording, Words};
