//! What survives a power cut, and what a power cut cannot do.

use embedded_hal::i2c::{self, I2c, Operation};
use twite::wire::RequestType;
use twite_device::{At24, Eeprom, RECORD, Record, RecordError, Settings, Storage, TwoCopies};

use crate::parts::{Memory, NoPower};
use crate::world::{Room, World};

type Records = TwoCopies<Memory, 4>;

fn load(memory: &Memory, record: u8) -> Vec<u8> {
    let mut buffer = [0; RECORD];
    let length = Records::new(memory.clone()).load(record, &mut buffer).expect("the memory answers");
    buffer[..length].to_vec()
}

#[test]
fn a_record_is_old_or_new_wherever_the_power_is_cut() {
    let memory = Memory::default();
    assert_eq!(load(&memory, 2), b"", "never saved");
    let mut old = Vec::new();
    for round in 0..70_u8 {
        let new = vec![round; usize::from(round) % (RECORD + 1)];
        for power in 0..32 {
            memory.power.set(power);
            let saved = Records::new(memory.clone()).save(2, &new);
            assert_eq!(saved, Err(RecordError::Eeprom(NoPower)));
            let found = load(&memory, 2);
            assert!(found == old || found == new, "round {round}, cut after {power} bytes: {found:?}");
        }
        memory.power.set(usize::MAX);
        assert_eq!(Records::new(memory.clone()).save(2, &new), Ok(()));
        assert_eq!(load(&memory, 2), new);
        old = new;
    }
    assert_eq!((load(&memory, 1), load(&memory, 3)), (vec![], vec![]), "the neighbours");
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut records = Records::new(Memory::default());
    assert_eq!(records.save(0, &[0; RECORD + 1]), Err(RecordError::NoRoom));
    assert_eq!(records.save(4, &[0]), Err(RecordError::NoRoom));
    assert_eq!(Records::SIZE, 256);
}

#[test]
fn the_lamp_is_what_it_was_and_starts_are_counted() {
    let memory = Memory::default();
    for (start, shines) in [(1, true), (2, false), (3, true), (4, true)] {
        let mut room = Room::new();
        let mut world = World::on(&mut room, Settings::DEFAULT, memory.clone(), 1);
        assert_eq!(load(&memory, Record::STARTS), [0, 0, 0, start]);
        assert_eq!(world.lamp.0.get(), start == 2 || start == 4, "as it was left");
        let state = [0xa1, 0, 0xf4 + u8::from(shines)];
        world.ask(RequestType::Put, "lamps/board", &[], &state);
    }
}

#[test]
fn a_lamp_that_is_not_stored_is_noted() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    world.memory.power.set(3);
    world.ask(RequestType::Post, "lamps/board", &[], &[]);
    assert!(String::from_utf8_lossy(&world.get("nodes/board/log").payload()).contains("lamp not stored"));
}

/// A part on a bus: its bytes, its address counter, and how often it still answers that it is busy.
struct Chip {
    bytes: Vec<u8>,
    at: usize,
    busy: u8,
}

#[derive(Debug)]
struct Busy;

impl i2c::Error for Busy {
    fn kind(&self) -> i2c::ErrorKind {
        i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address)
    }
}

impl i2c::ErrorType for &mut Chip {
    type Error = Busy;
}

impl I2c for &mut Chip {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Busy> {
        assert_eq!((address, operations.len()), (0x50, 1));
        if self.busy > 0 {
            self.busy -= 1;
            return Err(Busy);
        }
        match &mut operations[0] {
            Operation::Write([high, low, bytes @ ..]) => {
                self.at = usize::from(u16::from_be_bytes([*high, *low]));
                for (offset, &byte) in bytes.iter().enumerate() {
                    // Beyond the end of a page the part goes on at its start.
                    let place = self.at / 32 * 32 + (self.at + offset) % 32;
                    self.bytes[place] = byte;
                }
                self.busy = if bytes.is_empty() { 0 } else { 40 };
            }
            Operation::Read(buffer) => buffer.copy_from_slice(&self.bytes[self.at..self.at + buffer.len()]),
            Operation::Write(_) => panic!("an address has two bytes"),
        }
        Ok(())
    }
}

#[test]
fn an_eeprom_is_written_page_by_page_when_it_is_ready() {
    let mut chip = Chip { bytes: vec![0xff; 8_192], at: 0, busy: 0 };
    let bytes: Vec<u8> = (0..100).collect();
    let mut eeprom = At24::new(&mut chip, 0x50);
    eeprom.write(0x0115, &bytes).expect("the part answers");
    let mut read = [0; 102];
    eeprom.read(0x0114, &mut read).expect("the part answers");
    assert_eq!(read.to_vec(), [&[0xff][..], &bytes, &[0xff]].concat());
    assert_eq!(chip.busy, 0, "what was written is stored");
}
