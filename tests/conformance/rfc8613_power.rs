//! RFC 8613 App. B.1.1: no nonce is used twice, whenever the power is cut.

use std::collections::HashSet;

use twite::oscore::{Compressed, Context, SequenceStore, Start};
use twite::wire::Message;
use twite_device::{Eeprom, RECORD, RecordError, Storage, TwoCopies};
use twite_tests::oscore::{context, vectors};

use crate::rfc8613_messages::option;

/// An EEPROM whose power is cut after a number of bytes that are written.
struct Failing {
    bytes: [u8; 64],
    left: usize,
}

/// There is no power.
#[derive(Debug)]
struct Cut;

impl Eeprom for Failing {
    type Error = Cut;

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), Cut> {
        buffer.copy_from_slice(&self.bytes[usize::from(address)..][..buffer.len()]);
        Ok(())
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), Cut> {
        let written = bytes.len().min(self.left);
        self.bytes[usize::from(address)..][..written].copy_from_slice(&bytes[..written]);
        self.left -= written;
        if written == bytes.len() { Ok(()) } else { Err(Cut) }
    }
}

struct Limit<'e>(&'e mut TwoCopies<Failing, 1>);

impl SequenceStore for Limit<'_> {
    type Error = RecordError<Cut>;

    fn load(&mut self) -> Result<Option<u64>, Self::Error> {
        let mut record = [0; RECORD];
        let length = self.0.load(0, &mut record)?;
        Ok(record[..length].try_into().ok().map(u64::from_be_bytes))
    }

    fn save(&mut self, limit: u64) -> Result<(), Self::Error> {
        self.0.save(0, &limit.to_be_bytes())
    }
}

/// Xorshift: the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Protects a response under a number of its own.
fn respond(context: &mut Context, request: &[u8]) -> Option<u64> {
    let outer = Message::parse(request).expect("well-formed");
    let compressed = Compressed::read(option(&outer)).expect("an option of ours");
    let mut room = [0; 128];
    let mut opened = context.open_request(&compressed, &outer, &mut room).ok()?;
    opened.binding.spend();
    let response = Message::parse(b"\x60\x45\0\x01\xff21").expect("well-formed");
    let mut buffer = [0; 64];
    let length = context.protect_response(&response, &mut opened.binding, &mut buffer).ok()?;
    let outer = Message::parse(&buffer[..length]).expect("well-formed");
    Compressed::read(option(&outer))?.partial_iv.map(|own| own.number())
}

#[test]
fn s048_ten_thousand_power_cuts_repeat_no_nonce() {
    const CUTS: usize = 10_000;
    let file = vectors();
    let keys = &file["negative_context"];
    let mut client = context(keys, &[1], &[2], Start::Ephemeral);
    let plain = Message::parse(b"\x40\x01\0\x01\xb1t").expect("well-formed");
    let mut dice = Dice(0x7477_6974_655f_3438);
    let mut memory = TwoCopies::<_, 1>::new(Failing { bytes: [0xff; 64], left: usize::MAX });
    let (mut used, mut torn, mut refused) = (HashSet::new(), HashSet::new(), 0);
    for _ in 0..CUTS {
        // The power lasts for some saves and is cut at some byte of the next one.
        let position = dice.below(33) as usize;
        torn.insert(position);
        let Failing { bytes, .. } = memory.into_inner();
        memory = TwoCopies::new(Failing { bytes, left: 32 * dice.below(3) as usize + position });
        let start = Start::load(&mut Limit(&mut memory)).expect("it reads");
        let mut server = context(keys, &[2], &[1], start);
        let mut powered = server.reserve(&mut Limit(&mut memory)).is_ok();
        // Sometimes so many that they run out between two saves.
        let most = if dice.below(32) == 0 { 400 } else { 8 };
        for _ in 0..dice.below(most) {
            let mut request = [0; 64];
            let (length, _) = client.protect_request(&plain, &mut request).expect("room");
            if let Some(number) = respond(&mut server, &request[..length]) {
                assert!(used.insert(number), "nonce {number} is used twice");
            } else {
                refused += 1;
            }
            // A shell may go on while a save fails; it cannot use more than it had reserved.
            powered = powered && server.reserve(&mut Limit(&mut memory)).is_ok();
        }
    }
    assert_eq!(torn.len(), 33, "every write position was cut");
    assert!(used.len() > CUTS, "only {} messages", used.len());
    assert!(refused > 0, "it never ran out of reserved numbers");
}

#[test]
fn appendix_b_1_2_a_resumed_context_serves_nothing_until_its_window_starts() {
    let file = vectors();
    let keys = &file["negative_context"];
    let mut client = context(keys, &[1], &[2], Start::Ephemeral);
    let mut server = context(keys, &[2], &[1], Start::Stored(256));
    server.reserved(512);
    let plain = Message::parse(b"\x40\x01\0\x01\xb1t").expect("well-formed");
    let mut requests = Vec::new();
    for _ in 0..2 {
        let mut buffer = [0; 64];
        let (length, _) = client.protect_request(&plain, &mut buffer).expect("room");
        requests.push(buffer[..length].to_vec());
    }
    let open = |server: &mut Context, request: &[u8]| {
        let outer = Message::parse(request).expect("well-formed");
        let compressed = Compressed::read(option(&outer)).expect("an option of ours");
        let mut room = [0; 128];
        server.open_request(&compressed, &outer, &mut room).map(|opened| (opened.is_new, opened.binding))
    };
    let (is_new, binding) = open(&mut server, &requests[1]).expect("it is verified");
    assert!(!is_new, "nobody knows whether it came before");
    server.start_window(binding.partial_iv());
    assert!(open(&mut server, &requests[0]).is_err() && open(&mut server, &requests[1]).is_err());
}
