//! What is outstanding, and when it is sent again.

use twite::base::Random;

use super::sources::Source;

/// Bits of a token that are the place; those above tell one use of the place from the next.
const PLACE_BITS: u32 = 17;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
/// MAX_RETRANSMIT (RFC 7252 §4.8).
const MAX_RETRANSMIT: u8 = 4;

/// What an exchange waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing: the place is free.
    Free,
    /// An acknowledgement.
    Sent,
    /// A separate response.
    Acknowledged,
}

/// A request and what its response must match. Times are nanoseconds of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    pub(super) state: State,
    pub(super) message_id: u16,
    pub(super) source: Source,
    /// When it was due, which in open loop is before it could be sent.
    pub(super) begun: u64,
    /// Whether it belongs to what is measured.
    pub(super) counted: bool,
    use_count: u16,
    transmissions: u8,
    wait: u64,
    deadline: u64,
}

const FREE: Exchange = Exchange {
    state: State::Free,
    message_id: 0,
    source: Source { socket: 0, address: None },
    begun: 0,
    counted: false,
    use_count: 0,
    transmissions: 0,
    wait: 0,
    deadline: 0,
};

/// What is to be done about an exchange whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Send it again.
    Again(Source, u16, u32),
    /// It was given up.
    GivenUp,
}

/// All places, each of one client.
#[derive(Debug)]
pub(super) struct Exchanges {
    places: Vec<Exchange>,
    free: Vec<u32>,
    ack_timeout: u64,
}

impl Exchanges {
    /// So many places; `ack_timeout` in nanoseconds.
    pub(super) fn new(places: usize, ack_timeout: u64) -> Self {
        // The last is taken first, so that clients begin in their order.
        let free = (0..places as u32).rev().collect();
        Self { places: vec![FREE; places], free, ack_timeout }
    }

    /// How many are outstanding.
    pub(super) const fn outstanding(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// A free place, if there is one; it is taken by [`Self::begin`].
    #[inline]
    pub(super) fn vacancy(&self) -> Option<u32> {
        self.free.last().copied()
    }

    /// Takes the vacant place; the token of its request.
    #[inline]
    pub(super) fn begin(
        &mut self,
        (source, message_id): (Source, u16),
        begun: u64,
        now: u64,
        counted: bool,
        random: &mut Random,
    ) -> Option<u32> {
        let place = self.free.pop()?;
        let exchange = self.places.get_mut(place as usize)?;
        // ACK_RANDOM_FACTOR is 1.5 (RFC 7252 §4.8).
        let wait = self.ack_timeout + random.up_to(self.ack_timeout / 2);
        *exchange = Exchange {
            state: State::Sent,
            message_id,
            source,
            begun,
            counted,
            use_count: exchange.use_count.wrapping_add(1),
            transmissions: 1,
            wait,
            deadline: now + wait,
        };
        Some(token(place, exchange.use_count))
    }

    /// The exchange that a response with this token ends, which frees its place. An acknowledgement must also have
    /// its message id.
    #[inline]
    pub(super) fn end(&mut self, named: u32, source: Source, acknowledged: Option<u16>) -> Option<Exchange> {
        let place = named & PLACE;
        let exchange = self.places.get_mut(place as usize)?;
        let matches = exchange.state != State::Free
            && token(place, exchange.use_count) == named
            && exchange.source == source
            && acknowledged.is_none_or(|id| id == exchange.message_id);
        if !matches {
            return None;
        }
        let ended = *exchange;
        exchange.state = State::Free;
        self.free.push(place);
        Some(ended)
    }

    /// An empty acknowledgement: the response comes later. These are rare and have no token, so all are looked at.
    pub(super) fn acknowledged(&mut self, source: Source, message_id: u16, until: u64) -> bool {
        let mut waiting = self.places.iter_mut().filter(|exchange| exchange.state == State::Sent);
        let found = waiting.find(|exchange| exchange.message_id == message_id && exchange.source == source);
        if let Some(exchange) = found {
            exchange.state = State::Acknowledged;
            exchange.deadline = until;
            return true;
        }
        false
    }

    /// A Reset: there will be no response.
    pub(super) fn reset(&mut self, source: Source, message_id: u16) -> Option<Exchange> {
        let place = self.places.iter().position(|exchange| {
            exchange.state != State::Free && exchange.message_id == message_id && exchange.source == source
        })?;
        let named = self.places.get(place).map(|exchange| token(place as u32, exchange.use_count))?;
        self.end(named, source, None)
    }

    /// Goes through all whose time has come.
    pub(super) fn due<E>(
        &mut self,
        now: u64,
        mut hand: impl FnMut(Due, bool) -> Result<(), E>,
    ) -> Result<(), E> {
        for (place, exchange) in self.places.iter_mut().enumerate() {
            if exchange.state == State::Free || exchange.deadline > now {
                continue;
            }
            if exchange.state == State::Acknowledged || exchange.transmissions > MAX_RETRANSMIT {
                exchange.state = State::Free;
                self.free.push(place as u32);
                hand(Due::GivenUp, exchange.counted)?;
                continue;
            }
            exchange.transmissions += 1;
            exchange.wait = exchange.wait.saturating_mul(2);
            exchange.deadline = now + exchange.wait;
            let token = token(place as u32, exchange.use_count);
            hand(Due::Again(exchange.source, exchange.message_id, token), exchange.counted)?;
        }
        Ok(())
    }

    /// How many outstanding ones are counted.
    pub(super) fn counted(&self) -> u64 {
        self.places.iter().filter(|exchange| exchange.state != State::Free && exchange.counted).count() as u64
    }
}

#[inline]
const fn token(place: u32, use_count: u16) -> u32 {
    (use_count as u32) << PLACE_BITS | place
}
