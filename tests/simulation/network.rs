//! The network: who has which address, and what becomes of a datagram.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::dice::Dice;
use crate::ledger::{Ledger, Mark};
use crate::plan::Weather;

/// An endpoint of the simulation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Node {
    /// By its number.
    Client(usize),
    /// By its number.
    Server(usize),
}

/// The links between all nodes.
pub(crate) struct Network {
    weather: Weather,
    /// The port of each client as the servers see it, and whether the client is cut off.
    clients: Vec<(u16, bool)>,
}

/// A datagram that will arrive.
pub(crate) struct Arrival {
    /// In so many microseconds.
    pub after: u64,
    /// The address it seems to come from.
    pub from: SocketAddr,
    /// What is left of it.
    pub bytes: Vec<u8>,
}

impl Network {
    /// With so many clients.
    pub(crate) fn new(weather: Weather, clients: usize) -> Self {
        Self { weather, clients: vec![(40_000, false); clients] }
    }

    /// From now on all goes well.
    pub(crate) fn heal(&mut self) {
        self.weather = Weather::CALM;
        self.clients.iter_mut().for_each(|client| client.1 = false);
    }

    /// The client's next datagram comes from another port, and nothing reaches the old one.
    pub(crate) fn rebind(&mut self, client: usize) {
        self.clients[client].0 += 1;
    }

    /// Cuts a client off, or mends that.
    pub(crate) fn cut(&mut self, client: usize, off: bool) {
        self.clients[client].1 = off;
    }

    /// The present address of a node.
    pub(crate) fn address(&self, node: Node) -> SocketAddr {
        match node {
            Node::Client(number) => {
                (IpAddr::V4(Ipv4Addr::new(10, 0, 0, number as u8)), self.clients[number].0).into()
            }
            Node::Server(number) => server_address(number),
        }
    }

    /// Who can be reached at this address now.
    pub(crate) fn locate(&self, address: SocketAddr) -> Option<Node> {
        let IpAddr::V4(ip) = address.ip() else { return None };
        let [_, kind, _, number] = ip.octets();
        let number = usize::from(number);
        let node = if kind == 0 { Node::Client(number) } else { Node::Server(number) };
        let cut = matches!(node, Node::Client(client) if self.clients[client].1);
        (!cut && self.address(node) == address).then_some(node)
    }

    /// Sends a datagram off: none, one or two will arrive.
    pub(crate) fn carry(
        &self,
        dice: &mut Dice,
        ledger: &mut Ledger,
        from: Node,
        bytes: &[u8],
    ) -> Vec<Arrival> {
        let cut = matches!(from, Node::Client(client) if self.clients[client].1);
        if cut || dice.chance(self.weather.loss) {
            ledger.count(if cut { Mark::CutOff } else { Mark::Lost });
            return Vec::new();
        }
        let twice = dice.chance(self.weather.duplication);
        if twice {
            ledger.count(Mark::Duplicated);
        }
        let mut arrivals = Vec::with_capacity(2);
        for _ in 0..=u8::from(twice) {
            let after = dice.between(1_000, self.weather.delay * 1_000);
            let bytes = self.spoil(dice, ledger, bytes.to_vec());
            arrivals.push(Arrival { after, from: self.address(from), bytes });
        }
        arrivals
    }

    fn spoil(&self, dice: &mut Dice, ledger: &mut Ledger, mut bytes: Vec<u8>) -> Vec<u8> {
        if dice.chance(self.weather.corruption) {
            ledger.count(Mark::Corrupted);
            let at = dice.index(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
        }
        if dice.chance(self.weather.truncation) {
            ledger.count(Mark::Truncated);
            bytes.truncate(dice.index(bytes.len()));
        }
        bytes
    }
}

/// The address of a server; it never changes.
pub(crate) fn server_address(number: usize) -> SocketAddr {
    (IpAddr::V4(Ipv4Addr::new(10, 1, 0, number as u8)), 5683).into()
}
