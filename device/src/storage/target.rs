//! Servers that a device is told by its memory.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use twite::base::Duration;

use super::{RECORD, Storage};

/// A server and a time, as a record: the port (2 bytes), the time in milliseconds (4), the address (4 or 16), all in
/// network order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The server.
    pub server: SocketAddr,
    /// The time between two readings, or the life of a registration; stored in milliseconds, up to 49 days.
    pub time: Duration,
}

impl Target {
    /// The target in this record; `None` if none was saved there.
    pub fn load<S: Storage>(storage: &mut S, record: u8) -> Option<Self> {
        let mut bytes = [0; RECORD];
        let length = storage.load(record, &mut bytes).ok()?;
        let (port, rest) = bytes.get(..length)?.split_first_chunk()?;
        let (time, address) = rest.split_first_chunk()?;
        let address = match <[u8; 4]>::try_from(address) {
            Ok(v4) => Ipv4Addr::from(v4).into(),
            Err(_) => Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).into(),
        };
        let time = Duration::from_millis(u32::from_be_bytes(*time).into());
        Some(Self { server: SocketAddr::new(address, u16::from_be_bytes(*port)), time })
    }

    /// Saves it in this record.
    ///
    /// # Errors
    /// When the memory does not answer or has no such record.
    pub fn save<S: Storage>(&self, storage: &mut S, record: u8) -> Result<(), S::Error> {
        let time = u32::try_from(self.time.as_micros() / 1_000).unwrap_or(u32::MAX);
        let (mut v4, mut v6) = ([0; 10], [0; 22]);
        let (bytes, address): (&mut [u8], &[u8]) = match self.server {
            SocketAddr::V4(server) => (&mut v4, &server.ip().octets()),
            SocketAddr::V6(server) => (&mut v6, &server.ip().octets()),
        };
        let pieces = [&self.server.port().to_be_bytes()[..], &time.to_be_bytes(), address];
        for (to, from) in bytes.iter_mut().zip(pieces.into_iter().flatten()) {
            *to = *from;
        }
        storage.save(record, bytes)
    }
}
