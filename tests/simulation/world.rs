//! The simulation: a heap of events in virtual time, over real endpoints.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::endpoint::{Endpoint, Storage};
use twite::reliability::Peer;

use crate::client::{Client, View};
use crate::dice::Dice;
use crate::ledger::{Invariant, Ledger, Mark, Tally};
use crate::model::{Model, STATES};
use crate::network::{Network, Node};
use crate::plan::Plan;
use crate::planted::Fault;
use crate::server::{Deferral, Server};

/// What happens at some time.
pub(crate) enum Happening {
    Datagram { from: SocketAddr, to: SocketAddr, bytes: Vec<u8> },
    Timer { node: Node, deadline: Instant },
    Begin { client: usize },
    Answer { server: usize, generation: u32, deferral: Deferral },
    Change { server: usize },
    ChangeAll { server: usize },
    Heal,
    Mend { client: usize },
}

/// Everything there is.
pub(crate) struct World<'s> {
    /// The books.
    pub ledger: Ledger,
    pub(crate) plan: Plan,
    pub(crate) fault: Fault,
    pub(crate) dice: Dice,
    pub(crate) now: Instant,
    events: BTreeMap<(Instant, u64), Happening>,
    serial: u64,
    pub(crate) network: Network,
    pub(crate) clients: Vec<Client<'s>>,
    pub(crate) servers: Vec<Server<'s>>,
    pub(crate) models: Vec<Model>,
    /// When each node wants to be asked, and when it last got an input.
    pub(crate) timers: HashMap<Node, (Option<Instant>, Instant)>,
    /// What happened until the network had healed and everything begun had ended.
    pub(crate) exchanged: Tally,
    /// The states of each server when the network healed.
    healed_at: Vec<[u64; STATES]>,
    /// Memory for servers that restart.
    spare: Vec<Storage<'s>>,
    pub(crate) outbox: Vec<(Peer, Vec<u8>)>,
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
            fault.plant(Endpoint::new(storage, plan.timing(), dice.seed()))
        };
        let clients: Vec<_> = (0..plan.clients)
            .map(|number| Client::new(number, endpoint(&mut dice), plan.share(number), plan.patience()))
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
            timers: HashMap::new(),
            exchanged: [0; Mark::ALL.len()],
            healed_at: Vec::new(),
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
        self.exchanged = self.ledger.tally;
        self.check_who_heard_since_healed();
        self.observe_anew();
        for client in 0..self.clients.len() {
            self.clients[client].end_observations();
            self.touch(Node::Client(client));
        }
        (0..self.servers.len()).for_each(|server| self.change_all(server));
        self.run_until_quiet();
        self.take_stock();
    }

    /// The network heals while much is under way; from now on only servers do something.
    fn heal(&mut self) {
        self.network.heal();
        self.healed_at =
            self.models.iter().map(|model| model.states.each_ref().map(|state| state.last())).collect();
        self.schedule_changes(&[5_000, 7_000, 7_010, 60_000, 400_000]);
    }

    fn schedule_changes(&mut self, times: &[u64]) {
        for &after in times {
            for server in 0..self.servers.len() {
                self.schedule_in_millis(after, Happening::ChangeAll { server });
            }
        }
    }

    /// Whoever was told of a change since the network healed is known to the server and holds the last state.
    fn check_who_heard_since_healed(&mut self) {
        if self.ledger.damaged() || self.ledger.number(Mark::ServerRestarts) != 0 {
            return;
        }
        for (number, client) in self.clients.iter().enumerate() {
            for (server, which, latest) in client.observations() {
                let last = self.models[server].states[which].last();
                if latest > self.healed_at.get(server).map_or(last, |states| states[which]) {
                    self.ledger.count(Mark::Converged);
                    self.ledger.check(self.now, Invariant::LastState, latest == last, || {
                        format!("client {number} stopped at {latest}, server {server} has {last}")
                    });
                }
            }
        }
    }

    /// Whoever observes does so anew; all of them have to end on the last state.
    fn observe_anew(&mut self) {
        for client in 0..self.clients.len() {
            let observed = self.clients[client].observations();
            self.clients[client].end_observations();
            self.touch(Node::Client(client));
            for (server, which, _) in observed {
                self.clients[client].renew(self.now, &mut self.ledger, (server, which));
                self.touch(Node::Client(client));
            }
        }
        self.schedule_changes(&[5_000, 7_000, 7_010, 60_000]);
        self.run_until_quiet();
        for (number, client) in self.clients.iter().enumerate() {
            for (server, which, latest) in client.observations() {
                let last = self.models[server].states[which].last();
                self.ledger.count(Mark::LastStates);
                self.ledger.check(self.now, Invariant::LastState, latest == last, || {
                    format!("client {number} holds {latest}, server {server} has {last}")
                });
            }
        }
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
        (0..self.clients.len()).for_each(|number| self.check_at_rest(Node::Client(number)));
        (0..self.servers.len()).for_each(|number| self.check_at_rest(Node::Server(number)));
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

    pub(crate) fn schedule(&mut self, at: Instant, happening: Happening) {
        self.serial += 1;
        self.events.insert((at, self.serial), happening);
    }

    pub(crate) fn schedule_in_millis(&mut self, millis: u64, happening: Happening) {
        self.schedule(self.now + Duration::from_millis(millis), happening);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Datagram { from, to, bytes } => self.deliver(from, to, &bytes),
            Happening::Timer { node, deadline } => {
                let due = self.timers.get(&node).is_some_and(|(at, _)| *at == Some(deadline));
                let lost = self.fault == Fault::LosesTimers && matches!(node, Node::Client(_));
                if due && !lost {
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
            Happening::ChangeAll { server } => self.change_all(server),
            Happening::Heal => self.heal(),
            Happening::Change { server } => {
                let which = self.dice.index(STATES);
                self.change(server, which);
                self.touch(Node::Server(server));
                if self.clients.iter().any(|client| client.left != 0) {
                    let pause = self.dice.between(500, 30_000);
                    self.schedule_in_millis(pause, Happening::Change { server });
                }
            }
            Happening::Mend { client } => self.network.cut(client, false),
        }
    }

    /// Every state of a server changes at once.
    fn change_all(&mut self, server: usize) {
        (0..STATES).for_each(|which| self.change(server, which));
        self.touch(Node::Server(server));
    }

    fn change(&mut self, server: usize, which: usize) {
        self.ledger.outdated(Node::Server(server));
        let forget = self.fault == Fault::ForgetsChanges && self.dice.chance(500);
        self.servers[server].change(self.now, which, &mut self.models[server], forget);
    }

    /// A client begins something, and perhaps the world changes around it.
    fn begin(&mut self, client: usize) {
        let overdue = self.clients[client].is_overdue(self.now);
        self.ledger
            .check(self.now, Invariant::EndsOnce, !overdue, || format!("client {client} waits too long"));
        if self.clients[client].waiting() < self.plan.in_flight {
            self.strike(client);
            let Self { clients, models, ledger, dice, fault, now, plan, .. } = self;
            clients[client].begin(*now, plan, &mut View { models, ledger, dice, fault: *fault });
            self.touch(Node::Client(client));
        }
        if self.clients[client].left != 0 {
            let pause = self.dice.between(0, self.plan.pause);
            self.schedule_in_millis(pause, Happening::Begin { client });
        } else if self.clients.iter().all(|client| client.left == 0) {
            self.schedule_in_millis(1_000, Happening::Heal);
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
        server.endpoint = self.fault.plant(Endpoint::new(storage, self.plan.timing(), self.dice.seed()));
        server.generation += 1;
        server.deferred = 0;
        if !self.plan.keeps_state {
            self.models[number].lose(self.now);
        }
        self.touch(Node::Server(number));
    }
}
