//! Datagrams, protected ones and changed ones, into an endpoint with a security context (RFC 8613).
//!
//! An input is a list of steps: a byte that says what, then what the step needs. However the input comes about, nothing
//! counts as protected but what the other side of the context protected, each message once; and no nonce protects two
//! messages.
#![no_main]

use std::collections::{HashMap, HashSet};

use libfuzzer_sys::fuzz_target;
use twite::base::{Duration, Instant};
use twite::endpoint::{ContextId, Endpoint, Event, FixedSecurity, FixedStorage, Output, Ticket};
use twite::exchange::{Outgoing, Response};
use twite::oscore::{Compressed, Context, Parameters, Start};
use twite::reliability::{Peer, Timing};
use twite::wire::{Message, RequestType, number};
use twite_fuzz::bytes::Bytes;

/// The longest message, in bytes.
const MESSAGE: usize = 256;

struct World<'s> {
    endpoint: Endpoint<'s>,
    context: ContextId,
    asker: Context,
    now: Instant,
    /// What the other side asked, by the Partial IV, and how often it was served.
    asked: HashMap<Vec<u8>, u32>,
    last: Vec<u8>,
    tickets: Vec<Ticket>,
    /// The Partial IVs of the endpoint, and the datagrams that they protect.
    numbers: HashMap<Vec<u8>, Vec<u8>>,
    ids: HashSet<u16>,
}

fn context(sender: &[u8], recipient: &[u8], start: Start) -> Context {
    let parameters = Parameters {
        master_secret: &[7; 16],
        master_salt: &[],
        sender_id: sender,
        recipient_id: recipient,
        id_context: None,
    };
    Context::derive(&parameters, start).expect("they fit")
}

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let (mut storage, mut security) =
        (FixedStorage::<3, 4, MESSAGE, 96>::new(), FixedSecurity::<2, 4, MESSAGE>::new());
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [3; 32]);
    endpoint.secure(security.lend());
    let start = if input.byte().unwrap_or(0) & 1 == 0 { Start::New } else { Start::Stored(256) };
    let context_id = endpoint.add_context(context(&[2], &[1], start)).expect("room");
    let mut world = World {
        endpoint,
        context: context_id,
        asker: context(&[1], &[2], Start::Ephemeral),
        now: Instant::from_millis(1),
        asked: HashMap::new(),
        last: Vec::new(),
        tickets: Vec::new(),
        numbers: HashMap::new(),
        ids: HashSet::new(),
    };
    while let Some(step) = input.byte() {
        world.step(step, &mut input);
    }
});

fn peer() -> Peer {
    Peer::new(([192, 0, 2, 1], 5683).into())
}

/// The value of the OSCORE option, read.
fn compressed<'a>(message: &Message<'a>) -> Option<Compressed<'a>> {
    message.values(number::OSCORE).next().and_then(Compressed::read)
}

impl World<'_> {
    fn step(&mut self, step: u8, input: &mut Bytes<'_>) {
        match step & 7 {
            0 => self.receive(input.slice().to_vec(), step),
            1 | 2 => self.ask(input.slice(), step),
            3 => {
                // The last protected datagram once more, changed or as it was.
                let mut datagram = self.last.clone();
                if let Some(byte) = datagram.get_mut(usize::from(input.byte().unwrap_or(0))) {
                    *byte ^= input.byte().unwrap_or(0);
                }
                self.receive(datagram, step);
            }
            4 => {
                if let Some(ticket) = self.tickets.pop() {
                    // It may have been given up.
                    let _ = self.endpoint.respond(self.now, ticket, &Response::content(Some(0), b"late"));
                }
            }
            5 => self.endpoint.changed(7),
            6 => {
                let get = Outgoing::new(RequestType::Get, &[b"a"]);
                // There may be no room, or no number.
                let _ = self.endpoint.request_protected(self.now, peer(), self.context, &get);
            }
            _ => {
                if step & 8 != 0 {
                    self.now = self.now + Duration::from_millis(u64::from(input.short()));
                }
                if let Some((id, limit)) = self.endpoint.reservation_due() {
                    self.endpoint.reserved(id, limit);
                }
            }
        }
        self.drain();
    }

    /// The other side protects a request, if these bytes are one.
    fn ask(&mut self, plain: &[u8], step: u8) {
        let Ok(message) = Message::parse(plain) else { return };
        let mut buffer = [0; 600];
        if !message.code().is_request() || !self.ids.insert(message.message_id()) {
            return;
        }
        let Ok((length, _)) = self.asker.protect_request(&message, &mut buffer) else { return };
        self.last = buffer[..length].to_vec();
        let outer = Message::parse(&self.last).expect("we write messages");
        let value = outer.values(number::OSCORE).next().expect("it is protected");
        self.asked.insert(value.to_vec(), 0);
        self.receive(self.last.clone(), step);
    }

    fn receive(&mut self, datagram: Vec<u8>, step: u8) {
        let mut room = [0; 1_200];
        match self.endpoint.handle_protected(self.now, peer(), &datagram, &mut room) {
            Some(Event::Request(incoming)) => {
                if incoming.context().is_some() {
                    let outer = Message::parse(&datagram).expect("it was served");
                    let value = outer.values(number::OSCORE).next().expect("it was protected");
                    let served = self.asked.get_mut(value).expect("nobody asked that");
                    *served += 1;
                    assert_eq!(*served, 1, "a replay is served");
                }
                match step >> 6 {
                    0 => self.tickets.extend(incoming.defer()),
                    1 => drop(incoming),
                    _ => incoming.observable(7).respond(&Response::content(Some(0), b"now")),
                }
            }
            Some(Event::Response { message, .. }) => panic!("nobody responds: {message:?}"),
            _ => {}
        }
    }

    fn drain(&mut self) {
        for _ in 0..64 {
            let datagram = match self.endpoint.poll_output(self.now) {
                Output::Transmit { bytes, .. } => bytes.to_vec(),
                Output::Notify(notification) => {
                    notification.respond(&Response::content(Some(0), b"news"));
                    continue;
                }
                Output::Failed { .. } => continue,
                Output::Wait(_) => return,
            };
            let message = Message::parse(&datagram).expect("we write messages");
            let own = compressed(&message).and_then(|compressed| compressed.partial_iv);
            if let Some(own) = own {
                let known = self.numbers.entry(own.as_bytes().to_vec()).or_insert_with(|| datagram.clone());
                assert_eq!(*known, datagram, "a nonce protects two messages");
            }
        }
        panic!("one input makes the endpoint talk without end");
    }
}
