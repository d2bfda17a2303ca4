//! What a seed switches on, and how strongly.

use twite::base::Duration;
use twite::reliability::Timing;

use crate::dice::Dice;
use crate::memory::Capacity;
use crate::task::Kind;

/// What the network does to datagrams; chances in thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Chance that a datagram is lost.
    pub loss: u64,
    /// Chance that it comes twice.
    pub duplication: u64,
    /// Chance that a bit of it is flipped.
    pub corruption: u64,
    /// Chance that its end is cut off.
    pub truncation: u64,
    /// The longest way, in milliseconds.
    pub delay: u64,
}

impl Plan {
    /// How much longer anything may take because messages to one peer wait for their turn (RFC 7252 §4.7).
    pub(crate) fn patience(&self) -> Duration {
        let waiting =
            if self.takes_turns() { self.in_flight.max(self.server.observers) as u64 + 4 } else { 0 };
        Timing::DEFAULT.max_transmit_wait().times(waiting)
    }

    /// Whether messages may have to wait for their turn.
    pub(crate) const fn takes_turns(&self) -> bool {
        self.nstart != u8::MAX
    }

    /// How many of the exchanges this client begins.
    pub(crate) const fn share(&self, client: usize) -> usize {
        self.exchanges / self.clients + (client < self.exchanges % self.clients) as usize
    }

    /// From the first transmission of a message to giving up, at the latest.
    pub(crate) fn longest_wait(&self) -> Duration {
        Timing::DEFAULT.max_transmit_wait() + Duration::from_millis(6 * self.lateness)
    }

    /// PROBING_RATE is such that no turn of a Non-confirmable request takes longer than that of another.
    pub(crate) const fn timing(&self) -> Timing {
        Timing { nstart: self.nstart, probing_rate: 20 * self.nstart as u32, ..Timing::DEFAULT }
    }
}

impl Weather {
    /// Nothing is lost, nothing takes long.
    pub(crate) const CALM: Self = Self { loss: 0, duplication: 0, corruption: 0, truncation: 0, delay: 20 };
}

/// One simulation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many clients.
    pub clients: usize,
    /// How many servers.
    pub servers: usize,
    /// What all clients begin together.
    pub exchanges: usize,
    /// What they begin, if not everything there is.
    pub only: Option<Kind>,
    /// Chance that a request is confirmable.
    pub confirmable: u64,
    /// Chance at each beginning that the client cancels something.
    pub cancels: u64,
    /// How much of it at once.
    pub in_flight: usize,
    /// NSTART: a few, or more than there ever is to send at once.
    pub nstart: u8,
    /// The longest pause between two beginnings, in milliseconds.
    pub pause: u64,
    /// The network.
    pub weather: Weather,
    /// Chance at each beginning that the client's address changes.
    pub rebinds: u64,
    /// Chance at each beginning that the client is cut off for a while.
    pub partitions: u64,
    /// Chance at each beginning that a server restarts.
    pub restarts: u64,
    /// Whether a server keeps its resources over a restart.
    pub keeps_state: bool,
    /// The longest time to a deferred response, in milliseconds.
    pub slowness: u64,
    /// How late a timer may be noticed, in milliseconds.
    pub lateness: u64,
    /// Whether servers have hardly any memory.
    pub tiny: bool,
    /// Memory of each client.
    pub client: Capacity,
    /// Memory of each server.
    pub server: Capacity,
}

/// Exchanges of one seed, over all clients.
const EXCHANGES: usize = 200;

/// How often a server may restart in one simulation.
pub(crate) const MOST_RESTARTS: usize = 4;

impl Plan {
    /// The plan of a seed: the first use of its dice.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let mut maybe = |low, high| if dice.chance(400) { dice.between(low, high) } else { 0 };
        let weather = Weather {
            loss: maybe(10, 400),
            duplication: maybe(10, 200),
            corruption: maybe(1, 30) * maybe(0, 1),
            truncation: maybe(1, 30) * maybe(0, 1),
            delay: 20 + maybe(10, 10_000),
        };
        let (rebinds, partitions, restarts) = (maybe(2, 60), maybe(2, 60), maybe(2, 40));
        let slowness = 1 + maybe(200, 30_000);
        let lateness = maybe(1, 2_000);
        let tiny = maybe(1, 1) == 1;
        let clients = dice.between(1, 4);
        let small_clients = dice.chance(150);
        Self {
            clients: clients as usize,
            servers: dice.between(1, 2) as usize,
            exchanges: EXCHANGES,
            only: None,
            confirmable: 700,
            cancels: 40,
            in_flight: dice.between(1, 4) as usize,
            nstart: [1, 1, 1, 2, u8::MAX, u8::MAX, u8::MAX, u8::MAX][dice.index(8)],
            pause: dice.between(100, 6_000),
            weather,
            rebinds,
            partitions,
            restarts,
            keeps_state: dice.chance(500),
            slowness,
            lateness,
            tiny,
            client: capacity(dice, small_clients),
            server: capacity(dice, tiny),
        }
    }
}

fn capacity(dice: &mut Dice, tiny: bool) -> Capacity {
    let message = [256, 512, 1152][dice.index(3)];
    if tiny {
        return Capacity {
            peers: dice.between(2, 6) as usize,
            exchanges: dice.between(2, 6) as usize,
            observers: dice.between(1, 3) as usize,
            observers_per_peer: dice.between(1, 2) as u16,
            uploads: 1,
            body: 1024,
            message,
        };
    }
    Capacity {
        peers: 64,
        exchanges: 128,
        observers: 64,
        observers_per_peer: 16,
        uploads: 4,
        body: 2048,
        message,
    }
}
