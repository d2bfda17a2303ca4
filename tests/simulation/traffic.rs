//! Datagrams between the endpoints and the network, and what is checked at each of them.

use std::net::SocketAddr;

use twite::base::Duration;
use twite::reliability::Peer;
use twite::wire::{Message, MessageType};

use crate::client::View;
use crate::ledger::{Invariant, LIFETIME, Mark};
use crate::network::Node;
use crate::planted::Fault;
use crate::world::{Happening, World};

impl World<'_> {
    pub(crate) fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let Some(node) = self.network.locate(to) else {
            self.ledger.count(Mark::Misdirected);
            return;
        };
        self.ledger.tell(self.now, || format!("{node:?} <- {from} {}", describe(bytes)));
        let peer = Peer::new(from);
        if let Node::Server(server) = node {
            self.ledger.amplification.heard(server, from, bytes);
        }
        if let Ok(message) = Message::parse(bytes) {
            self.ledger.heard(node, from, &message);
        }
        let Self { clients, servers, models, ledger, dice, fault, now, .. } = self;
        match node {
            Node::Client(client) => {
                clients[client].hear(*now, peer, bytes, &mut View { models, ledger, dice, fault: *fault });
            }
            Node::Server(number) => {
                let server = &mut servers[number];
                let deferral = server.hear(*now, peer, bytes, &mut models[number], ledger, *fault);
                let generation = server.generation;
                if let Some(deferral) = deferral {
                    let time = self.dice.between(0, self.plan.slowness);
                    let answer = Happening::Answer { server: number, generation, deferral };
                    self.schedule_in_millis(time, answer);
                }
            }
        }
        self.timers.entry(node).or_insert((None, self.now)).1 = self.now;
        let unanswerable = Message::parse(bytes).ok().filter(|message| is_empty_reply(message));
        if let Some(message) = unanswerable.filter(|_| self.fault == Fault::AnswersReplies) {
            let [high, low] = message.message_id().to_be_bytes();
            self.outbox.push((peer, vec![0x70, 0, high, low]));
        }
        self.settle(node, unanswerable.map(|message| (from, message.message_id())));
    }

    /// A node got an input that is no datagram.
    pub(crate) fn touch(&mut self, node: Node) {
        self.timers.entry(node).or_insert((None, self.now)).1 = self.now;
        self.settle(node, None);
    }

    /// Drains a node, sends off what it says and sets its timer. `reply` is the Acknowledgement or Reset that it
    /// just heard.
    pub(crate) fn settle(&mut self, node: Node, reply: Option<(SocketAddr, u16)>) {
        let deadline = loop {
            let Self { clients, servers, models, ledger, now, outbox, .. } = self;
            let deadline = match node {
                Node::Client(number) => clients[number].drain(*now, ledger, outbox),
                Node::Server(number) => servers[number].drain(*now, &models[number], outbox),
            };
            let mut outbox = std::mem::take(&mut self.outbox);
            for (peer, bytes) in outbox.drain(..) {
                self.send(node, peer.remote, &bytes, reply);
            }
            self.outbox = outbox;
            match node {
                Node::Client(number) if self.clients[number].go_on(self.now, &mut self.ledger) => {
                    self.timers.entry(node).or_insert((None, self.now)).1 = self.now;
                }
                _ => break deadline,
            }
        };
        self.check_bounds(node);
        let (known, last_input) = self.timers.entry(node).or_insert((None, self.now));
        let (latest, changed) = (*last_input + LIFETIME + self.plan.patience(), *known != deadline);
        *known = deadline;
        self.ledger.check(self.now, Invariant::Timers, deadline.is_none_or(|at| at <= latest), || {
            format!("{node:?} waits until {deadline:?}, its last input let it wait until {latest:?}")
        });
        if let Some(deadline) = deadline.filter(|_| changed) {
            let late = Duration::from_millis(self.dice.below(self.plan.lateness + 1));
            self.schedule(deadline + late, Happening::Timer { node, deadline });
        }
    }

    fn check_bounds(&mut self, node: Node) {
        let (endpoint, capacity, requests, deferred) = match node {
            Node::Client(number) => {
                let client = &self.clients[number];
                (&client.endpoint, &self.plan.client, client.operations.len(), 0)
            }
            Node::Server(number) => {
                (&self.servers[number].endpoint, &self.plan.server, 0, self.servers[number].deferred)
            }
        };
        let (occupancy, undrained) = (endpoint.occupancy(), endpoint.counters().undrained);
        let within = occupancy.requests == requests
            && occupancy.deferred == deferred
            && occupancy.peers <= capacity.peers
            && occupancy.transmissions <= capacity.exchanges
            && occupancy.observations <= capacity.observers
            && undrained == 0;
        self.ledger.check(self.now, Invariant::Bounds, within, || {
            format!("{node:?}: {occupancy:?}, {undrained} undrained; {requests} requests and {deferred} deferred are known")
        });
        if let Node::Server(number) = node {
            let proven = |address| self.ledger.amplification.is_validated(number, address);
            let (least, most) = self.ledger.observers.bounds(self.now, number, proven);
            let agrees = (least..=most).contains(&occupancy.observations);
            self.ledger.check_undamaged(self.now, Invariant::Observers, agrees, || {
                format!("{node:?} has {} observers, not {least} to {most}", occupancy.observations)
            });
        }
    }

    /// No timer runs: nothing is kept for somebody to acknowledge, and who observes is known.
    pub(crate) fn check_at_rest(&mut self, node: Node) {
        let endpoint = match node {
            Node::Client(number) => &self.clients[number].endpoint,
            Node::Server(number) => &self.servers[number].endpoint,
        };
        let occupancy = endpoint.occupancy();
        let idle = occupancy.transmissions == 0 && occupancy.deferred == 0;
        self.ledger.check(self.now, Invariant::Timers, idle, || format!("{node:?} at rest: {occupancy:?}"));
        self.check_bounds(node);
    }

    fn send(&mut self, node: Node, to: SocketAddr, bytes: &[u8], reply: Option<(SocketAddr, u16)>) {
        self.ledger.tell(self.now, || format!("{node:?} -> {to} {}", describe(bytes)));
        let counters = match node {
            Node::Client(number) => self.clients[number].endpoint.counters(),
            Node::Server(number) => self.servers[number].endpoint.counters(),
        };
        let strict = counters.peers_forgotten == 0;
        let mut bytes = bytes.to_vec();
        if self.fault == Fault::RepeatsMessageIds {
            bytes[2] = 0;
            bytes[3] &= 7;
        }
        let bytes = bytes.as_slice();
        self.ledger.sent(self.now, node, to, bytes, strict);
        if let (Some(heard), Ok(message)) = (reply, Message::parse(bytes)) {
            let answers = is_empty_reply(&message) && heard == (to, message.message_id());
            self.ledger.check(self.now, Invariant::Silence, !answers, || {
                format!("{node:?} answered an Acknowledgement or Reset: {}", describe(bytes))
            });
        }
        for arrival in self.network.carry(&mut self.dice, &mut self.ledger, node, bytes) {
            let at = self.now + Duration::from_micros(arrival.after);
            self.schedule(at, Happening::Datagram { from: arrival.from, to, bytes: arrival.bytes });
        }
    }
}

fn is_empty_reply(message: &Message<'_>) -> bool {
    matches!(message.kind(), MessageType::Acknowledgement | MessageType::Reset)
}

fn describe(bytes: &[u8]) -> String {
    let Ok(message) = Message::parse(bytes) else { return format!("{bytes:02x?}") };
    let code = message.code();
    let options: Vec<_> =
        message.options().map(|option| format!("{}={:02x?}", option.number, option.value)).collect();
    format!(
        "{:?} {}.{:02} id {} token {:02x?} [{}] +{}",
        message.kind(),
        code.class(),
        code.detail(),
        message.message_id(),
        message.token(),
        options.join(" "),
        message.payload().len()
    )
}
