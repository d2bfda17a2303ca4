//! A device in virtual time, with clients that ask it.

use twite::base::{Duration, Instant};
use twite::exchange::Outgoing;
use twite::reliability::Peer;
use twite::wire::{Message, RawOption, RequestType, uint};
use twite_device::{Device, DeviceMemory, Node, Output, Record, Settings, TwoCopies};

use crate::parts::{Dial, Memory, Pin};

/// Memory of the device's endpoint.
pub(crate) type Room = DeviceMemory<384>;

pub(crate) type Board<'s> = Device<'s, Dial, Pin, Pin, TwoCopies<Memory, { Record::FREE }>>;

/// A device and its parts from outside.
pub(crate) struct World<'s> {
    pub(crate) device: Board<'s>,
    pub(crate) dial: Dial,
    pub(crate) lamp: Pin,
    pub(crate) button: Pin,
    pub(crate) memory: Memory,
    pub(crate) now: Instant,
    message_id: u16,
}

/// A message that the device sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) peer: Peer,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::parse(&self.bytes).expect("the device writes messages")
    }

    /// As 2.05 or 0.03.
    pub(crate) fn code(&self) -> String {
        let code = self.message().code();
        format!("{}.{:02}", code.class(), code.detail())
    }

    pub(crate) fn option(&self, number: u16) -> Option<u32> {
        self.message().values(number).next().and_then(uint)
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        self.message().payload().to_vec()
    }
}

pub(crate) const CLIENT: u16 = 40_000;

pub(crate) fn peer(port: u16) -> Peer {
    Peer::new(([192, 0, 2, 1], port).into())
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl<'s> World<'s> {
    pub(crate) fn new(room: &'s mut Room, settings: Settings<'s>) -> Self {
        Self::on(room, settings, Memory::default(), 1)
    }

    /// A device that starts with this memory; devices of one seed behave alike.
    pub(crate) fn on(room: &'s mut Room, settings: Settings<'s>, memory: Memory, seed: u8) -> Self {
        let (dial, lamp, button) = (Dial::default(), Pin::default(), Pin::default());
        dial.0.set(Some(21.5));
        let node = Node::new(dial.clone(), lamp.clone(), button.clone(), 10_203).expect("pins do not fail");
        let now = Instant::from_millis(7_000);
        let storage = TwoCopies::new(memory.clone());
        let device = Device::new(now, node, storage, room.lend(), [seed; 32], settings);
        Self { device, dial, lamp, button, memory, now, message_id: 0 }
    }

    /// Everything there is to send now, and when to come back.
    pub(crate) fn drain(&mut self) -> (Vec<Sent>, Instant) {
        let (mut sent, mut buffer) = (Vec::new(), [0; 384]);
        loop {
            match self.device.poll(self.now, &mut buffer) {
                Output::Transmit { peer, length } => {
                    self.acknowledge(peer, &buffer[..length]);
                    sent.push(Sent { at: self.now, peer, bytes: buffer[..length].to_vec() });
                }
                Output::Wait(until) => {
                    assert!(until > self.now, "a device that waits has nothing to do");
                    return (sent, until);
                }
            }
        }
    }

    /// A client acknowledges what is confirmable.
    fn acknowledge(&mut self, peer: Peer, datagram: &[u8]) {
        if peer.remote.port() == CLIENT && datagram[0] & 0x30 == 0 {
            self.device.handle(self.now, peer, &[0x60, 0, datagram[2], datagram[3]]);
        }
    }

    /// Lets time pass without any datagram coming in.
    pub(crate) fn pass(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        let (mut sent, mut until) = self.drain();
        while until <= end {
            self.now = until;
            let (more, next) = self.drain();
            sent.extend(more);
            until = next;
        }
        self.now = end;
        sent
    }

    /// Asks the device; what it sends at once: the answer first.
    pub(crate) fn ask(
        &mut self,
        method: RequestType,
        path: &str,
        options: &[RawOption<'_>],
        payload: &[u8],
    ) -> Vec<Sent> {
        self.message_id += 1;
        let segments: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        let content_format = (!payload.is_empty()).then_some(60);
        let request = Outgoing { options, payload, content_format, ..Outgoing::new(method, &segments) };
        let mut datagram = [0; 256];
        let token = u64::from(self.message_id).to_be_bytes();
        let length = request.write(&mut datagram, self.message_id, &token).expect("room");
        self.device.handle(self.now, peer(CLIENT), &datagram[..length]);
        self.drain().0
    }

    pub(crate) fn get(&mut self, path: &str) -> Sent {
        self.ask(RequestType::Get, path, &[], &[]).swap_remove(0)
    }

    /// Registers as an observer; what the device answers.
    pub(crate) fn observe(&mut self, path: &str) -> Sent {
        let register = RawOption { number: 6, value: &[] };
        let answer = self.ask(RequestType::Get, path, &[register], &[]).swap_remove(0);
        assert!(answer.option(6).is_some(), "{path} can be observed");
        answer
    }
}
