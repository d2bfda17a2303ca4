//! EEPROMs on an I²C bus.

use embedded_hal::i2c::{I2c, SevenBitAddress};

use super::Eeprom;

/// A 24x32 to 24x512 or another EEPROM with addresses of 16 bits.
#[derive(Debug)]
pub struct At24<B> {
    bus: B,
    address: SevenBitAddress,
}

/// A write within one page of this size is one write on every such part.
const PAGE: usize = 32;

/// How often a part that is busy writing is asked: it takes up to 10 ms, and an answer at 400 kHz over 25 µs.
const PATIENCE: u16 = 1_000;

impl<B: I2c> At24<B> {
    /// The part at `address`, 0x50 to 0x57.
    pub const fn new(bus: B, address: SevenBitAddress) -> Self {
        Self { bus, address }
    }

    /// The part does not acknowledge its address while it writes.
    fn when_ready(&mut self, message: &[u8]) -> Result<(), B::Error> {
        let mut asked = 0;
        loop {
            match self.bus.write(self.address, message) {
                Err(_) if asked < PATIENCE => asked += 1,
                result => return result,
            }
        }
    }
}

impl<B: I2c> Eeprom for At24<B> {
    type Error = B::Error;

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), B::Error> {
        // Not one transaction: the part keeps the address over a stop, and not every bus repeats a start.
        self.when_ready(&address.to_be_bytes())?;
        self.bus.read(self.address, buffer)
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), B::Error> {
        let (mut address, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let room = PAGE - usize::from(address) % PAGE;
            let (page, after) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            let mut message = [0; 2 + PAGE];
            for (to, from) in message.iter_mut().zip(address.to_be_bytes().iter().chain(page)) {
                *to = *from;
            }
            self.when_ready(message.get(..2 + page.len()).unwrap_or_default())?;
            address = address.wrapping_add(page.len() as u16); // at most a page
            rest = after;
        }
        // Stored means stored: the part is ready again only then.
        self.when_ready(&address.to_be_bytes())
    }
}
