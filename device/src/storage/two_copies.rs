//! Records in two copies each, written in turn.

use super::checksum::crc32;
use super::{Eeprom, Storage};

/// The longest record, in bytes.
pub const RECORD: usize = 24;

/// A copy: its turn (2 bytes), the record's length (1), one byte unused, the record, the checksum (4).
const COPY: usize = 4 + RECORD + 4;

/// `RECORDS` records on an EEPROM from address 0 on, 64 bytes each: two copies of 32.
///
/// A save writes the older copy and leaves the newer one alone. When the power is cut meanwhile, the checksum of the
/// copy that was written does not match and the other one counts.
#[derive(Debug)]
pub struct TwoCopies<E, const RECORDS: u8> {
    eeprom: E,
}

/// Why a record cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordError<E> {
    /// The memory does not answer.
    Eeprom(E),
    /// There are not so many records, or it is longer than [`RECORD`].
    NoRoom,
}

/// A copy that is whole.
struct Copy {
    turn: u16,
    bytes: [u8; RECORD],
    length: usize,
}

impl<E: Eeprom, const RECORDS: u8> TwoCopies<E, RECORDS> {
    /// How much of the EEPROM is used, in bytes.
    pub const SIZE: usize = 2 * COPY * RECORDS as usize;

    /// Records on `eeprom`; what was saved there before is kept.
    pub const fn new(eeprom: E) -> Self {
        Self { eeprom }
    }

    /// The memory.
    pub fn into_inner(self) -> E {
        self.eeprom
    }

    /// The newer of the whole copies, and where the other one is.
    fn newest(&mut self, record: u8) -> Result<(Option<Copy>, u16), RecordError<E::Error>> {
        if record >= RECORDS {
            return Err(RecordError::NoRoom);
        }
        let first = u16::from(record) * 2 * COPY as u16;
        let second = first + COPY as u16;
        let copies = (self.copy(record, first)?, self.copy(record, second)?);
        Ok(match copies {
            // Turns go round; that of the newer copy is one ahead.
            (Some(one), Some(two)) if two.turn.wrapping_sub(one.turn) < 1 << 15 => (Some(two), first),
            (None, Some(two)) => (Some(two), first),
            (one, _) => (one, second),
        })
    }

    fn copy(&mut self, record: u8, address: u16) -> Result<Option<Copy>, RecordError<E::Error>> {
        let mut raw = [0; COPY];
        self.eeprom.read(address, &mut raw).map_err(RecordError::Eeprom)?;
        let [high, low, length, _, rest @ ..] = raw;
        let Some((&bytes, checksum)) = rest.split_first_chunk::<RECORD>() else { return Ok(None) };
        let length = usize::from(length);
        let sum = crc32(&[&[record, high, low, length as u8], &bytes]);
        let whole = length <= RECORD && checksum == sum.to_be_bytes();
        Ok(whole.then_some(Copy { turn: u16::from_be_bytes([high, low]), bytes, length }))
    }
}

impl<E: Eeprom, const RECORDS: u8> Storage for TwoCopies<E, RECORDS> {
    type Error = RecordError<E::Error>;

    fn load(&mut self, record: u8, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        if record >= RECORDS {
            return Ok(0);
        }
        let (Some(copy), _) = self.newest(record)? else { return Ok(0) };
        let bytes = copy.bytes.get(..copy.length).unwrap_or_default();
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(copy.length)
    }

    fn save(&mut self, record: u8, bytes: &[u8]) -> Result<(), Self::Error> {
        let (newest, other) = self.newest(record)?;
        let turn = newest.map_or(0, |copy| copy.turn.wrapping_add(1));
        let raw = encode(record, turn, bytes).ok_or(RecordError::NoRoom)?;
        self.eeprom.write(other, &raw).map_err(RecordError::Eeprom)
    }
}

/// A copy as it is stored; `None` if the record is too long.
fn encode(record: u8, turn: u16, bytes: &[u8]) -> Option<[u8; COPY]> {
    let mut padded = [0; RECORD];
    padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
    let [high, low] = turn.to_be_bytes();
    let length = bytes.len() as u8; // at most RECORD
    let sum = crc32(&[&[record, high, low, length], &padded]);
    let mut raw = [0; COPY];
    let pieces = [&[high, low, length, 0][..], &padded, &sum.to_be_bytes()];
    for (to, from) in raw.iter_mut().zip(pieces.into_iter().flatten()) {
        *to = *from;
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Memory([u8; 64]);

    impl Eeprom for Memory {
        type Error = ();

        fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), ()> {
            buffer.copy_from_slice(&self.0[usize::from(address)..][..buffer.len()]);
            Ok(())
        }

        fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), ()> {
            self.0[usize::from(address)..][..bytes.len()].copy_from_slice(bytes);
            Ok(())
        }
    }

    #[test]
    fn turns_go_round() {
        for place in [0, 32] {
            let mut memory = Memory([0xff; 64]);
            memory.write(place, &encode(0, u16::MAX - 2, b"old").expect("it fits")).expect("it answers");
            let mut records = TwoCopies::<_, 1>::new(memory);
            for round in 0..6 {
                records.save(0, &[round]).expect("it answers");
                let mut buffer = [0; RECORD];
                assert_eq!((records.load(0, &mut buffer), buffer[0]), (Ok(1), round));
            }
        }
    }

    #[test]
    fn a_copy_is_of_its_record() {
        let mut memory = Memory([0xff; 64]);
        memory.write(0, &encode(1, 7, b"else").expect("it fits")).expect("it answers");
        assert_eq!(TwoCopies::<_, 1>::new(memory).load(0, &mut []), Ok(0));
    }
}
