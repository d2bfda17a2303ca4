//! A node with its endpoint: datagrams in, datagrams out, and when to come back.

use embedded_hal::digital::{InputPin, OutputPin};
use twite::base::{Duration, Instant, divided};
use twite::catalog::{Button, Lamp, Temperature};
use twite::endpoint::{self, Endpoint, Event, RequestId};
use twite::reliability::{Peer, Timing};
use twite::service;

use crate::attempt::Outcome;
use crate::contexts::Contexts;
use crate::directory::Registration;
use crate::node::NAME;
use crate::push::{Push, Pushed};
use crate::storage::Record;
use crate::watch::Watch;
use crate::{LentMemory, Node, Settings, Storage, Thermometer};

/// A node, its endpoint, its memory and whom it tells; see the [crate](crate) for the loop around it.
///
/// Contract: `now` never goes back; after every [`handle`](Self::handle) and when the time has come that
/// [`Output::Wait`] named, [`poll`](Self::poll) until it says `Wait`. Every call does a bounded amount of work.
#[derive(Debug)]
pub struct Device<'s, T, L, B, S> {
    node: Node<T, L, B>,
    storage: S,
    endpoint: Endpoint<'s>,
    contexts: Contexts<'s>,
    start: Instant,
    scan: Duration,
    next_scan: Instant,
    watch: Watch,
    push: Option<Push<'s>>,
    registration: Option<Registration<'s>>,
}

/// What there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send the first `length` bytes of the buffer to this peer, from the address of ours that it names.
    Transmit {
        /// To whom.
        peer: Peer,
        /// How many bytes.
        length: usize,
    },
    /// Nothing, until this time or the next datagram.
    Wait(Instant),
}

impl<'s, T: Thermometer, L: OutputPin, B: InputPin, S: Storage> Device<'s, T, L, B, S> {
    /// A device that starts now; the lamp is what it was before. With security contexts in its storage it serves only what
    /// is protected by one of them. `seed` should come from a true source of
    /// randomness, `memory` from a [`DeviceMemory`](crate::DeviceMemory).
    pub fn new(
        now: Instant,
        mut node: Node<T, L, B>,
        mut storage: S,
        memory: impl Into<LentMemory<'s>>,
        seed: [u8; 32],
        settings: Settings<'s>,
    ) -> Self {
        let dice = fold(&seed);
        node.note("started");
        let mut lamp = [0];
        if storage.load(Record::LAMP, &mut lamp).is_ok() && lamp != [0] && node.switch(true).is_err() {
            node.note("lamp does not switch");
        }
        let run = count_start(&mut storage).unwrap_or_else(|| {
            node.note("starts are not counted");
            // No earlier run had this number, as far as chance goes.
            dice | 1 << 31
        });
        node.begin(run);
        let LentMemory { endpoint: memory, contexts } = memory.into();
        let mut endpoint = Endpoint::new(memory, Timing::DEFAULT, seed);
        let mut contexts = Contexts::begin(&mut endpoint, &mut storage, contexts, |text| node.note(text));
        if contexts.reserve(now, &mut endpoint, &mut storage) {
            node.note(NOT_STORED);
        }
        Self {
            node,
            storage,
            endpoint,
            contexts,
            start: now,
            scan: settings.scan,
            next_scan: now,
            watch: Watch::new(now, &settings),
            push: settings.push.map(|push| Push::new(now, push, run, dice)),
            registration: settings.directory.map(|directory| Registration::new(now, directory, !dice)),
        }
    }

    /// Takes a datagram that came from `peer`.
    pub fn handle(&mut self, now: Instant, peer: Peer, datagram: &[u8]) {
        let shone = self.node.shines();
        let Self { node, endpoint, contexts, push, registration, .. } = self;
        let failed = match contexts.handle(endpoint, now, peer, datagram) {
            Some(Event::Request(incoming)) => {
                service::serve(&Node::<T, L, B>::ROUTES, node, incoming);
                None
            }
            Some(Event::Response { id, message }) => {
                match push.as_mut().and_then(|push| push.answered(now, id, &message)) {
                    Some(Outcome::Done) => {}
                    Some(_) => node.note("reading not taken"),
                    None => {
                        if let Some(registration) = registration {
                            registration.answered(now, id, &message);
                        }
                    }
                }
                None
            }
            Some(Event::Failed { id, .. }) => Some(id),
            Some(Event::Pong(_)) | None => None,
        };
        if let Some(id) = failed {
            self.failed(now, id);
        }
        if self.node.shines() != shone {
            self.lamp_changed();
        }
    }

    /// The next thing to do; ask again until it says [`Output::Wait`]. `buffer` takes the datagram: as many bytes as
    /// the endpoint's messages have.
    pub fn poll(&mut self, now: Instant, buffer: &mut [u8]) -> Output {
        if self.next_scan <= now {
            self.look(now);
        }
        self.measure(now);
        if let Some(push) = &mut self.push {
            push.send(now, &mut self.endpoint);
        }
        if let Some(registration) = &mut self.registration {
            registration.send(now, &mut self.endpoint);
        }
        let deadline = loop {
            let failed = match self.endpoint.poll_output(now) {
                endpoint::Output::Transmit { peer, bytes } => {
                    let length = bytes.len().min(buffer.len());
                    for (to, from) in buffer.iter_mut().zip(bytes) {
                        *to = *from;
                    }
                    return Output::Transmit { peer, length };
                }
                endpoint::Output::Notify(notification) => {
                    service::notify(&Node::<T, L, B>::ROUTES, &mut self.node, notification);
                    continue;
                }
                endpoint::Output::Failed { id, .. } => id,
                endpoint::Output::Wait(deadline) => break deadline,
            };
            self.failed(now, failed);
        };
        let Self { contexts, endpoint, storage, .. } = self;
        if contexts.reserve(now, endpoint, storage) {
            self.node.note(NOT_STORED);
        }
        Output::Wait(self.deadline(deadline))
    }

    /// Looks at the button now, as after an interrupt of its pin; then [`poll`](Self::poll).
    pub fn look(&mut self, now: Instant) {
        self.next_scan = now + self.scan;
        let before = self.node.button();
        let millis = divided(now.since(self.start).as_micros(), 1_000).0;
        self.node.tick(divided(millis, 1_000).0);
        let button = self.node.button();
        if button != before {
            self.endpoint.changed(service::number_of::<Button>(NAME));
            self.node.note(if button.pressed { "button pressed" } else { "button released" });
        }
    }

    /// The node.
    pub const fn node(&mut self) -> &mut Node<T, L, B> {
        &mut self.node
    }

    /// The storage; records from [`Record::FREE`] on are the board's.
    pub const fn storage(&mut self) -> &mut S {
        &mut self.storage
    }

    /// The endpoint, for its counters.
    pub const fn endpoint(&self) -> &Endpoint<'s> {
        &self.endpoint
    }

    /// Whether only requests are served that are protected by a security context.
    pub const fn demands_protection(&self) -> bool {
        self.contexts.demands_protection(&self.endpoint)
    }

    /// What became of the readings; `None` if none are pushed.
    pub fn pushed(&self) -> Option<Pushed> {
        self.push.as_ref().map(Push::counts)
    }

    /// Whether a directory lists the device, as far as the device knows.
    pub fn is_registered(&self, now: Instant) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.is_valid(now))
    }

    /// Reads the thermometer for those that are to be told.
    fn measure(&mut self, now: Instant) {
        let reading = self.push.as_ref().is_some_and(|push| push.due() <= now);
        if !reading && !self.watch.is_due(now) {
            return;
        }
        let celsius = self.node.celsius();
        if let Some(silent) = self.watch.turned(celsius) {
            self.node.note(if silent { "thermometer silent" } else { "thermometer answers" });
        }
        if self.watch.is_due(now) && self.watch.sampled(now, celsius) {
            self.endpoint.changed(service::number_of::<Temperature>(NAME));
        }
        if let Some(push) = self.push.as_mut().filter(|_| reading) {
            push.take(now, celsius, self.node.uptime());
        }
    }

    /// Stores the state of the lamp before anybody hears of it.
    fn lamp_changed(&mut self) {
        let on = self.node.shines();
        self.node.note(if on { "lamp on" } else { "lamp off" });
        if self.storage.save(Record::LAMP, &[u8::from(on)]).is_err() {
            self.node.note("lamp not stored");
        }
        self.endpoint.changed(service::number_of::<Lamp>(NAME));
    }

    fn failed(&mut self, now: Instant, id: RequestId) {
        if self.push.as_mut().is_some_and(|push| push.failed(now, id)) {
            self.node.note("server silent");
        } else if self.registration.as_mut().is_some_and(|registration| registration.failed(now, id)) {
            self.node.note("directory silent");
        }
    }

    fn deadline(&self, endpoint: Option<Instant>) -> Instant {
        let push = self.push.as_ref().map(|push| push.next().map_or(push.due(), |next| next.min(push.due())));
        let registration = self.registration.as_ref().and_then(Registration::next);
        let others = [endpoint, push, registration, Some(self.watch.next())];
        others.into_iter().flatten().fold(self.next_scan, Instant::min)
    }
}

/// What the log says of sequence numbers that cannot be reserved.
const NOT_STORED: &str = "numbers not stored";

/// Counts a start; its number from 1 on, `None` if that could not be stored.
fn count_start<S: Storage>(storage: &mut S) -> Option<u32> {
    let mut bytes = [0; 4];
    storage.load(Record::STARTS, &mut bytes).ok()?;
    let starts = u32::from_be_bytes(bytes).checked_add(1)?;
    storage.save(Record::STARTS, &starts.to_be_bytes()).ok()?;
    Some(starts)
}

/// 32 bits that differ for different seeds and tell nothing of them that helps.
fn fold(seed: &[u8; 32]) -> u32 {
    seed.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
