//! The simulation: a heap of events in virtual time, over real endpoints.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Storage};
use twite::reliability::{Peer, Timing};
use twite::wire::{Message, MessageType};

use crate::client::{Client, View};
use crate::dice::Dice;
use crate::ledger::{Invariant, LIFETIME, Ledger, Mark};
use crate::model::Model;
use crate::network::{Network, Node};
use crate::plan::Plan;
use crate::planted::Fault;
use crate::server::{Deferral, Server};

/// What happens at some time.
enum Happening {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    Timer(Node),
    Begin { client: usize },
    Answer { server: usize, generation: u32, deferral: Deferral },
    Change { server: usize },
    Mend { client: usize },
}

/// Everything there is.
pub(crate) struct World<'s> {
    /// The books.
    pub ledger: Ledger,
    plan: Plan,
    fault: Fault,
    dice: Dice,
    now: Instant,
    events: BTreeMap<(Instant, u64), Happening>,
    serial: u64,
    network: Network,
    clients: Vec<Client<'s>>,
    servers: Vec<Server<'s>>,
    models: Vec<Model>,
    /// When each node wants to be asked, and when it last got an input.
    timers: BTreeMap<(bool, usize), (Option<Instant>, Instant)>,
    /// Memory for servers that restart.
    spare: Vec<Storage<'s>>,
    outbox: Vec<(Peer, Vec<u8>)>,
}

impl<'s> World<'s> {
    /// A world as the plan wants it; `storages` holds memory for the clients, the servers and their restarts.
    pub(crate) fn new(
        plan: Plan,
        mut dice: Dice,
        fault: Fault,
        ledger: Ledger,
        storages: impl Iterator<Item = Storage<'s>>,
    ) -> Self {
        let mut storages = storages;
        let mut endpoint = |dice: &mut Dice| {
            let storage = storages.next().expect("memory for every node");
            Endpoint::new(storage, Timing::DEFAULT, dice.seed())
        };
        let clients: Vec<_> = (0..plan.clients)
            .map(|number| Client::new(number, endpoint(&mut dice), plan.exchanges))
            .collect();
        let servers = (0..plan.servers).map(|number| Server::new(number, endpoint(&mut dice))).collect();
        Self {
            ledger,
            network: Network::new(plan.weather, plan.clients),
            plan,
            fault,
            dice,
            now: Instant::from_micros(0),
            events: BTreeMap::new(),
            serial: 0,
            clients,
            servers,
            models: (0..plan.servers).map(|_| Model::new()).collect(),
            timers: BTreeMap::new(),
            spare: storages.collect(),
            outbox: Vec::new(),
        }
    }

    /// Runs all phases, or up to the first breach.
    pub(crate) fn run(&mut self) {
        for client in 0..self.clients.len() {
            self.schedule_in_millis(client as u64, Happening::Begin { client });
        }
        for server in 0..self.servers.len() {
            self.schedule_in_millis(3_000, Happening::Change { server });
        }
        self.run_until_quiet();
        self.calm_down();
    }

    /// The network heals; whoever observes observes anew, and has to end on the last state.
    fn calm_down(&mut self) {
        self.network.heal();
        for client in 0..self.clients.len() {
            let observed = self.clients[client].end_observations();
            self.touch(Node::Client(client));
            for server in observed {
                self.clients[client].renew(self.now, &mut self.ledger, server);
                self.touch(Node::Client(client));
            }
        }
        for after in [5_000, 7_000, 7_010, 60_000] {
            for server in 0..self.servers.len() {
                self.schedule_in_millis(after, Happening::Change { server });
            }
        }
        self.run_until_quiet();
        for number in 0..self.clients.len() {
            for operation in &self.clients[number].operations {
                let crate::task::Task::Observe { latest: Some(latest), .. } = operation.task else {
                    continue;
                };
                let last = self.models[operation.server].state.last();
                self.ledger.count(Mark::LastStates);
                self.ledger.check(self.now, Invariant::LastState, latest == last, || {
                    format!("client {number} holds {latest}, server {} has {last}", operation.server)
                });
            }
            self.clients[number].end_observations();
            self.touch(Node::Client(number));
        }
        for server in 0..self.servers.len() {
            self.schedule_in_millis(1_000, Happening::Change { server });
        }
        self.run_until_quiet();
        self.take_stock();
    }

    fn run_until_quiet(&mut self) {
        while self.ledger.violation.is_none()
            && let Some(((at, _), happening)) = self.events.pop_first()
        {
            self.now = at;
            self.happen(happening);
        }
        for client in &self.clients {
            let open = client.waiting();
            self.ledger.check(self.now, Invariant::EndsOnce, open == 0, || {
                format!("client {} waits for {open} answers that nobody will send", client.number)
            });
        }
    }

    /// Adds up what the endpoints counted.
    fn take_stock(&mut self) {
        let clients = self.clients.iter().map(|client| client.endpoint.counters());
        let servers = self.servers.iter().map(|server| server.endpoint.counters());
        for counters in clients.chain(servers) {
            let counted = [
                (Mark::Retransmissions, counters.retransmissions),
                (Mark::Duplicates, counters.duplicates),
                (Mark::GaveUp, counters.gave_up),
                (Mark::Forgotten, counters.peers_forgotten),
                (Mark::ObserversRefused, counters.observers_refused),
            ];
            counted.iter().for_each(|(mark, number)| self.ledger.tally[*mark as usize] += number);
        }
    }

    fn schedule(&mut self, at: Instant, happening: Happening) {
        self.serial += 1;
        self.events.insert((at, self.serial), happening);
    }

    fn schedule_in_millis(&mut self, millis: u64, happening: Happening) {
        self.schedule(self.now + Duration::from_millis(millis), happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Datagram { from, to, bytes } => self.deliver(from, to, &bytes),
            Happening::Timer(node) => {
                let due = self.timers.get(&key(node)).is_some_and(|(at, _)| *at == Some(self.now));
                if due {
                    self.settle(node, None);
                }
            }
            Happening::Begin { client } => self.begin(client),
            Happening::Answer { server, generation, deferral } => {
                if self.servers[server].generation == generation {
                    let Self { servers, models, ledger, now, .. } = self;
                    servers[server].answer(*now, &deferral, &models[server], ledger);
                    self.touch(Node::Server(server));
                }
            }
            Happening::Change { server } => {
                let forget = self.fault == Fault::ForgetsChanges && self.dice.chance(500);
                self.servers[server].change(self.now, &mut self.models[server], forget);
                self.touch(Node::Server(server));
                if self.clients.iter().any(|client| client.left != 0) {
                    let pause = self.dice.between(500, 30_000);
                    self.schedule_in_millis(pause, Happening::Change { server });
                }
            }
            Happening::Mend { client } => self.network.cut(client, false),
        }
    }

    /// A client begins something, and perhaps the world changes around it.
    fn begin(&mut self, client: usize) {
        if self.clients[client].waiting() < self.plan.in_flight {
            self.strike(client);
            let Self { clients, models, ledger, dice, fault, now, .. } = self;
            clients[client].begin(*now, &mut View { models, ledger, dice, fault: *fault });
            self.touch(Node::Client(client));
        }
        if self.clients[client].left != 0 {
            let pause = self.dice.between(0, self.plan.pause);
            self.schedule_in_millis(pause, Happening::Begin { client });
        }
    }

    /// Another address, a partition, a restart.
    fn strike(&mut self, client: usize) {
        if self.dice.chance(self.plan.rebinds) {
            self.ledger.count(Mark::Rebound);
            self.network.rebind(client);
        }
        if self.dice.chance(self.plan.partitions) {
            self.ledger.count(Mark::Partitioned);
            self.network.cut(client, true);
            let time = self.dice.between(1_000, 150_000);
            self.schedule_in_millis(time, Happening::Mend { client });
        }
        if self.dice.chance(self.plan.restarts) {
            self.restart();
        }
    }

    fn restart(&mut self) {
        let number = self.dice.index(self.servers.len());
        let Some(storage) = self.spare.pop() else { return };
        self.ledger.tell(self.now, || format!("server {number} restarts"));
        self.ledger.restarted(number);
        let server = &mut self.servers[number];
        server.endpoint = Endpoint::new(storage, Timing::DEFAULT, self.dice.seed());
        server.generation += 1;
        server.deferred = 0;
        if !self.plan.keeps_state {
            self.models[number].lose(self.now);
        }
        self.touch(Node::Server(number));
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let Some(node) = self.network.locate(to) else {
            self.ledger.count(Mark::Misdirected);
            return;
        };
        self.ledger.tell(self.now, || format!("{node:?} <- {from} {}", describe(bytes)));
        let peer = Peer::new(from);
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
        self.timers.entry(key(node)).or_insert((None, self.now)).1 = self.now;
        let unanswerable = Message::parse(bytes).ok().filter(|message| is_empty_reply(message));
        self.settle(node, unanswerable.map(|message| (from, message.message_id())));
    }

    /// A node got an input that is no datagram.
    fn touch(&mut self, node: Node) {
        self.timers.entry(key(node)).or_insert((None, self.now)).1 = self.now;
        self.settle(node, None);
    }

    /// Drains a node, sends off what it says and sets its timer. `reply` is the Acknowledgement or Reset that it
    /// just heard.
    fn settle(&mut self, node: Node, reply: Option<(SocketAddr, u16)>) {
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
                    self.timers.entry(key(node)).or_insert((None, self.now)).1 = self.now;
                }
                _ => break deadline,
            }
        };
        self.check_bounds(node);
        let (known, last_input) = self.timers.entry(key(node)).or_insert((None, self.now));
        let (latest, changed) = (*last_input + LIFETIME, *known != deadline);
        *known = deadline;
        self.ledger.check(self.now, Invariant::Timers, deadline.is_none_or(|at| at <= latest), || {
            format!("{node:?} waits until {deadline:?}, its last input let it wait until {latest:?}")
        });
        if let Some(at) = deadline.filter(|_| changed) {
            self.schedule(at, Happening::Timer(node));
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
        let (observations, undrained) = (endpoint.observations(), endpoint.counters().undrained);
        let within = requests <= capacity.exchanges
            && deferred <= capacity.exchanges
            && observations <= capacity.observers
            && undrained == 0;
        self.ledger.check(self.now, Invariant::Bounds, within, || {
            format!("{node:?}: {requests} requests, {deferred} deferred, {observations} observations, {undrained} undrained")
        });
    }

    fn send(&mut self, node: Node, to: SocketAddr, bytes: &[u8], reply: Option<(SocketAddr, u16)>) {
        self.ledger.tell(self.now, || format!("{node:?} -> {to} {}", describe(bytes)));
        let counters = match node {
            Node::Client(number) => self.clients[number].endpoint.counters(),
            Node::Server(number) => self.servers[number].endpoint.counters(),
        };
        let strict = counters.peers_forgotten == 0;
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

const fn key(node: Node) -> (bool, usize) {
    match node {
        Node::Client(number) => (false, number),
        Node::Server(number) => (true, number),
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
        message.token().as_bytes(),
        options.join(" "),
        message.payload().len()
    )
}
