//! What survives a power cut.

mod at24;
mod checksum;
#[cfg(feature = "oscore")]
mod context;
mod target;
mod two_copies;

pub use at24::At24;
#[cfg(feature = "oscore")]
pub(crate) use context::CONTEXTS;
#[cfg(feature = "oscore")]
pub use context::{ContextError, ContextPlace};
pub use target::Target;
pub use two_copies::{RECORD, RecordError, TwoCopies};

/// Small records, each replaced as a whole: after a power cut a record is what it was before or after
/// [`save`](Self::save), nothing else.
pub trait Storage {
    /// Why it failed.
    type Error;

    /// Reads record number `record` into `buffer`; its length, 0 if it was never saved, or could not be since there are
    /// not so many.
    ///
    /// # Errors
    /// When the memory does not answer.
    fn load(&mut self, record: u8, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// Replaces record number `record`. What is returned from is stored.
    ///
    /// # Errors
    /// When the memory does not answer or has no such record.
    fn save(&mut self, record: u8, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// The records of a [`Device`](crate::Device); the board may use those from [`Self::FREE`] on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record;

impl Record {
    /// How often the device started, 4 bytes in network order.
    pub const STARTS: u8 = 0;
    /// Whether the lamp shines, 1 byte.
    pub const LAMP: u8 = 1;
    /// Where readings go, a [`Target`]; for boards that are told so by their memory.
    pub const PUSH: u8 = 2;
    /// Where the device registers, a [`Target`]; likewise.
    pub const DIRECTORY: u8 = 3;
    /// The first record of two security contexts, 6 each.
    pub const CONTEXTS: u8 = 4;
    /// The first record that the device does not use.
    pub const FREE: u8 = 16;
}

/// A memory of bytes with addresses that survives a power cut: an EEPROM or FRAM, a file on a host.
pub trait Eeprom {
    /// Why it failed.
    type Error;

    /// Reads as many bytes as `buffer` has from `address` on.
    ///
    /// # Errors
    /// When the memory does not answer.
    fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), Self::Error>;

    /// Writes all bytes; any part of them may be written when the power is cut.
    ///
    /// # Errors
    /// When the memory does not answer.
    fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// A device without a memory: it starts as if for the first time each time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoStorage;

impl Storage for NoStorage {
    type Error = NoStorage;

    fn load(&mut self, _: u8, _: &mut [u8]) -> Result<usize, NoStorage> {
        Ok(0)
    }

    fn save(&mut self, _: u8, _: &[u8]) -> Result<(), NoStorage> {
        Err(NoStorage)
    }
}
