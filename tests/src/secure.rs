//! An endpoint with security contexts, and the other side of one of them, without a socket.

use twite::base::{Duration, Instant};
use twite::endpoint::{
    ContextId, Endpoint, Event, FixedSecurity, FixedStorage, Incoming, Notification, Output,
};
use twite::exchange::Response;
use twite::oscore::{Awaited, Compressed, Context, Start};
use twite::reliability::{Peer, Timing};
use twite::wire::{Code, Message, number};

use crate::engine::peer;
use crate::oscore::{context, vectors};

/// Memory of the endpoint.
#[derive(Debug, Default)]
pub struct Memory {
    storage: FixedStorage<4, 8, 256>,
    security: FixedSecurity<4, 8, 256>,
}

/// The endpoint. Its contexts have the sender ID 02 and the recipient IDs 01, 03, …
#[derive(Debug)]
pub struct Secured<'s> {
    /// The endpoint itself.
    pub endpoint: Endpoint<'s>,
    /// The time.
    pub now: Instant,
    /// What observers are told.
    pub state: &'static [u8],
}

impl<'s> Secured<'s> {
    /// Without contexts.
    pub fn new(memory: &'s mut Memory) -> Self {
        let mut endpoint = Endpoint::new(memory.storage.lend(), Timing::DEFAULT, [1; 32]);
        endpoint.secure(memory.security.lend());
        Self { endpoint, now: Instant::from_millis(1), state: b"21" }
    }

    /// With one context, whose other side is named 01.
    pub fn with_context(memory: &'s mut Memory, start: Start) -> (Self, ContextId) {
        let mut secured = Self::new(memory);
        let id = secured.add(1, start);
        (secured, id)
    }

    /// Adds a context whose other side has this name, and reserves what it wants.
    pub fn add(&mut self, name: u8, start: Start) -> ContextId {
        let context = context(&vectors()["negative_context"], &[2], &[name], start);
        let id = self.endpoint.add_context(context).expect("room for it");
        self.reserve();
        id
    }

    /// Stores what has to be stored.
    pub fn reserve(&mut self) {
        while let Some((id, limit)) = self.endpoint.reservation_due() {
            self.endpoint.reserved(id, limit);
        }
    }

    /// A datagram comes in; `serve` answers if it is a request. What goes out.
    pub fn receive(
        &mut self,
        peer: Peer,
        datagram: &[u8],
        serve: impl FnOnce(Incoming<'_, 's>),
    ) -> Vec<Vec<u8>> {
        let mut room = [0; 600];
        match self.endpoint.handle_protected(self.now, peer, datagram, &mut room) {
            Some(Event::Request(incoming)) => serve(incoming),
            Some(event) => panic!("{event:?} is no request"),
            None => {}
        }
        self.drain()
    }

    /// What goes out now.
    pub fn drain(&mut self) -> Vec<Vec<u8>> {
        self.drain_with(|state, notification| notification.respond(&Response::content(Some(0), state)))
    }

    /// The same with what observers are told.
    pub fn drain_with(&mut self, notify: impl Fn(&'static [u8], Notification<'_, 's>)) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        loop {
            match self.endpoint.poll_output(self.now) {
                Output::Transmit { bytes, .. } => sent.push(bytes.to_vec()),
                Output::Notify(notification) => notify(self.state, notification),
                Output::Failed { .. } => {}
                Output::Wait(_) => return sent,
            }
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) -> Vec<Vec<u8>> {
        let end = self.now + time;
        let mut all = self.drain();
        loop {
            let next = match self.endpoint.poll_output(self.now) {
                Output::Wait(at) => at,
                other => panic!("{other:?} after draining"),
            };
            match next {
                Some(at) if at <= end => self.now = at,
                _ => break,
            }
            all.extend(self.drain());
        }
        self.now = end;
        all
    }
}

/// The longest datagram, in bytes.
const LONGEST: usize = 65_535;

/// The other side of a context, which makes and reads datagrams by itself.
#[derive(Debug)]
pub struct Asker {
    /// Its side of the context.
    pub context: Context,
    /// Where its datagrams come from.
    pub peer: Peer,
}

/// A message taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inner {
    /// Its code.
    pub code: Code,
    /// Its options.
    pub options: Vec<(u16, Vec<u8>)>,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl Inner {
    /// The value of an option.
    pub fn option(&self, number: u16) -> Option<&[u8]> {
        self.options.iter().find(|(known, _)| *known == number).map(|(_, value)| value.as_slice())
    }
}

impl Asker {
    /// With this name.
    pub fn new(name: u8) -> Self {
        let context = context(&vectors()["negative_context"], &[name], &[2], Start::Ephemeral);
        Self { context, peer: peer(5_000 + u16::from(name)) }
    }

    /// Protects a request.
    pub fn ask(&mut self, plain: &[u8]) -> (Vec<u8>, Awaited) {
        let plain = Message::parse(plain).expect("well-formed");
        let mut buffer = vec![0; LONGEST];
        let (length, awaited) = self.context.protect_request(&plain, &mut buffer).expect("room");
        (buffer[..length].to_vec(), awaited)
    }

    /// Opens a response.
    pub fn open(&self, datagram: &[u8], awaited: &mut Awaited) -> Inner {
        let outer = Message::parse(datagram).expect("well-formed");
        let value =
            outer.values(number::OSCORE).next().unwrap_or_else(|| panic!("{outer:?} is not protected"));
        let compressed = Compressed::read(value).expect("an option of ours");
        let mut room = vec![0; 2 * LONGEST];
        let opened = self.context.open_response(&compressed, &outer, awaited, &mut room);
        take_apart(&opened.unwrap_or_else(|refusal| panic!("{outer:?}: {refusal}")))
    }
}

impl Asker {
    /// Opens a request as a server, and protects these responses to it: each is a whole message.
    pub fn serve(&mut self, request: &[u8], responses: &[&[u8]]) -> (Inner, Vec<Vec<u8>>) {
        let outer = Message::parse(request).expect("well-formed");
        let value =
            outer.values(number::OSCORE).next().unwrap_or_else(|| panic!("{outer:?} is not protected"));
        let compressed = Compressed::read(value).expect("an option of ours");
        let mut room = [0; 600];
        let opened = self.context.open_request(&compressed, &outer, &mut room).expect("it is for us");
        let (inner, mut binding) = (take_apart(&opened.message), opened.binding);
        let mut protect = |response: &&[u8]| {
            // The type and message id of each, the token of the request.
            let mut plain = response[..4].to_vec();
            plain[0] |= outer.token().len() as u8;
            plain.extend(outer.token());
            plain.extend(&response[4..]);
            let plain = Message::parse(&plain).expect("well-formed");
            let mut buffer = [0; 600];
            let length = self.context.protect_response(&plain, &mut binding, &mut buffer).expect("room");
            buffer[..length].to_vec()
        };
        let protected = responses.iter().map(&mut protect).collect();
        (inner, protected)
    }
}

/// A message without its header.
pub fn take_apart(message: &Message<'_>) -> Inner {
    Inner {
        code: message.code(),
        options: message.options().map(|option| (option.number, option.value.to_vec())).collect(),
        payload: message.payload().to_vec(),
    }
}

/// The Partial IV of a datagram.
pub fn partial_iv(datagram: &[u8]) -> Option<u64> {
    let outer = Message::parse(datagram).expect("well-formed");
    let value = outer.values(number::OSCORE).next().expect("it is protected");
    Compressed::read(value).expect("an option of ours").partial_iv.map(|own| own.number())
}
