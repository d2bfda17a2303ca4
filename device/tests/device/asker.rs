//! A client of the device that has a security context.

use std::collections::HashSet;

use twite::base::{Duration, Instant};
use twite::endpoint::{ContextId, Endpoint, Event, FixedSecurity, FixedStorage, Output};
use twite::exchange::Outgoing;
use twite::oscore::{Compressed, Context, Parameters, Start};
use twite::reliability::{Peer, Timing};
use twite::wire::{Message, RawOption, RequestType, number};

use crate::world::{CLIENT, Sent, World, peer};

/// Its memory.
#[derive(Default)]
pub(crate) struct Desk {
    storage: FixedStorage<4, 64, 384>,
    security: FixedSecurity<1, 4, 384>,
}

/// One side of a context, as its device's memory holds it; the other side's ID is one byte.
pub(crate) const fn keys(name: &[u8; 1]) -> Parameters<'_> {
    Parameters {
        master_secret: b"sixteen bytes or more, and random",
        master_salt: &[0x9e, 0x7c, 0xa9, 0x22],
        sender_id: &[],
        recipient_id: name,
        id_context: None,
    }
}

/// Asks one device under its context, whose requests, numbers and answers it remembers.
pub(crate) struct Asker<'s> {
    endpoint: Endpoint<'s>,
    context: ContextId,
    now: Instant,
    /// The requests that it sent.
    pub(crate) sent: Vec<Vec<u8>>,
    /// The numbers that the device used; none is there twice.
    pub(crate) numbers: HashSet<u64>,
}

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    pub(crate) echo: Option<Vec<u8>>,
    pub(crate) payload: Vec<u8>,
}

impl<'s> Asker<'s> {
    /// With this name.
    pub(crate) fn new(desk: &'s mut Desk, name: u8) -> Self {
        let name = [name];
        let device = keys(&name);
        let own = Parameters { sender_id: &name, recipient_id: device.sender_id, ..device };
        let mut endpoint = Endpoint::new(desk.storage.lend(), Timing::DEFAULT, [name[0]; 32]);
        endpoint.secure(desk.security.lend());
        let context = Context::derive(&own, Start::Ephemeral).expect("parameters that fit");
        let context = endpoint.add_context(context).expect("room");
        let now = Instant::from_millis(1);
        Self { endpoint, context, now, sent: Vec::new(), numbers: HashSet::new() }
    }

    /// Asks; what comes at once, opened. `None` if nothing does that can be.
    pub(crate) fn ask(&mut self, world: &mut World<'_>, request: &Outgoing<'_>) -> Option<Answer> {
        // A client's time goes on while devices start.
        self.now = self.now + Duration::from_secs(300);
        let device = Peer::new(([192, 0, 2, 99], 5683).into());
        let id = self.endpoint.request_protected(self.now, device, self.context, request).expect("room");
        let Output::Transmit { bytes, .. } = self.endpoint.poll_output(self.now) else {
            panic!("a request is sent");
        };
        let datagram = bytes.to_vec();
        self.sent.push(datagram.clone());
        world.device.handle(world.now, peer(CLIENT), &datagram);
        let answers = world.drain().0;
        self.look(&answers);
        let mut heard = None;
        for answer in &answers {
            let mut room = [0; 800];
            if let Some(Event::Response { message, .. }) =
                self.endpoint.handle_protected(self.now, device, &answer.bytes, &mut room)
            {
                heard = Some(Answer {
                    code: message.code().to_string(),
                    echo: message.values(number::ECHO).next().map(<[u8]>::to_vec),
                    payload: message.payload().to_vec(),
                });
            }
            while !matches!(self.endpoint.poll_output(self.now), Output::Wait(_)) {}
        }
        self.endpoint.cancel(id);
        heard
    }

    /// Asks without a body, and once more with the Echo value if the device wants one.
    pub(crate) fn ask_freshly(
        &mut self,
        world: &mut World<'_>,
        method: RequestType,
        path: &str,
    ) -> Option<Answer> {
        let segments: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        let request = Outgoing::new(method, &segments);
        let answer = self.ask(world, &request)?;
        let Some(echo) = &answer.echo else { return Some(answer) };
        let options = [RawOption { number: number::ECHO, value: echo }];
        self.ask(world, &Outgoing { options: &options, ..request })
    }

    /// Looks at the numbers of what the device sent.
    pub(crate) fn look(&mut self, sent: &[Sent]) {
        for sent in sent.iter().filter(|sent| sent.peer == peer(CLIENT)) {
            let own = sent.message().values(number::OSCORE).next().and_then(Compressed::read);
            if let Some(own) = own.and_then(|compressed| compressed.partial_iv) {
                assert!(self.numbers.insert(own.number()), "number {} is used twice", own.number());
            }
        }
    }
}

/// Sends a datagram again, as another message; what the device answers.
pub(crate) fn replay(world: &mut World<'_>, datagram: &[u8], message_id: u16) -> Vec<Sent> {
    let mut datagram = datagram.to_vec();
    datagram[2..4].copy_from_slice(&message_id.to_be_bytes());
    world.device.handle(world.now, peer(CLIENT), &datagram);
    world.drain().0
}

/// Whether a message is protected.
pub(crate) fn is_protected(message: &Message<'_>) -> bool {
    message.values(number::OSCORE).next().is_some()
}
