//! One resource, many observers, one writer: each state is written when all observers have the one before
//! (RFC 7641).

use std::time::{Duration, Instant as Clock};

use twite::base::{Instant, Random};
use twite::wire::{CoapOption, Code, Message, MessageType};

use super::load::{SPIN, acknowledgement, nanos};
use super::network::{Batch, Network};
use super::report::{Counts, Report, Tally, thread_time};
use super::request::{Request, place_in};
use super::sources::{Client, Source};
use super::{BenchError, End, Plan};

/// Registrations that are outstanding at once.
const REGISTERING: usize = 64;
/// MAX_RETRANSMIT (RFC 7252 §4.8).
const MAX_RETRANSMIT: u8 = 4;

/// An observer, or the writer behind the last of them, and what it waits for.
struct Party {
    source: Source,
    message_id: u16,
    /// When its request is sent again; `None` once it is answered.
    deadline: Option<u64>,
    wait: u64,
    transmissions: u8,
    /// The number of the last state it was told.
    told: u64,
}

struct FanOut<'p> {
    plan: &'p Plan,
    parties: Vec<Party>,
    registration: Request,
    write: Request,
    /// Acknowledgements to send when nothing is left to receive: a burst must not overflow the socket.
    owed: Vec<(Source, u16)>,
    /// Observers that were not answered yet, then those that were not told the present state.
    missing: usize,
    outstanding: usize,
    state: u64,
    written: u64,
    begun: Option<u64>,
    tally: Tally,
    start: Clock,
}

pub(super) fn run(plan: &Plan) -> Result<Report, BenchError> {
    let mut random = Random::from_seed(crate::clock::seed()?);
    let mut network = Network::new(plan.target)?;
    let mut supply = network.supply(&mut random);
    let now = Instant::from_micros(0);
    let mut parties = Vec::with_capacity(plan.clients + 1);
    for _ in 0..=plan.clients {
        let (source, message_id) =
            Client::new(&mut supply, &mut random, 1)?.take(now, &mut supply, &mut random)?;
        network.open(source)?;
        parties.push(Party { source, message_id, deadline: None, wait: 0, transmissions: 0, told: 0 });
    }
    let too_large = |_| BenchError::TooLarge { body: plan.body.len(), most: super::plan::MOST_BODY };
    let mut fan_out = FanOut {
        plan,
        parties,
        registration: Request::of(plan, Code::GET, Some(0)).map_err(too_large)?,
        write: Request::of(plan, Code::PUT, None).map_err(too_large)?,
        owed: Vec::with_capacity(plan.clients),
        missing: plan.clients,
        outstanding: 0,
        state: 0,
        written: 0,
        begun: None,
        tally: Tally::new(0),
        start: Clock::now(),
    };
    let before = thread_time();
    fan_out.drive(&mut network)?;
    let busy = (thread_time() - before).as_secs_f64() / fan_out.start.elapsed().as_secs_f64().max(1e-9);
    let span = fan_out.tally.last.saturating_sub(fan_out.begun.unwrap_or(0));
    let counts = Counts { sources: supply.given(), ..fan_out.tally.counts };
    Ok(Report::new(plan, counts, &fan_out.tally, Duration::from_nanos(span), busy))
}

impl FanOut<'_> {
    fn now(&self) -> u64 {
        nanos(self.start.elapsed())
    }

    fn drive(&mut self, network: &mut Network) -> Result<(), BenchError> {
        let mut batch = Batch::default();
        let (mut next, mut progress, mut scanned) = (0, 0, 0);
        loop {
            while next < self.plan.clients && self.outstanding < REGISTERING {
                self.transmit(network, next, true)?;
                next += 1;
            }
            if network.receive(&mut batch, |network, batch| self.take(network, batch))? {
                progress = self.now();
                continue;
            }
            for (source, message_id) in self.owed.drain(..) {
                network.send(source, &acknowledgement(message_id))?;
            }
            let now = self.now();
            if self.missing == 0 && self.outstanding == 0 {
                if self.is_over(now) {
                    return Ok(());
                }
                self.write_next(network)?;
            }
            if now > progress + nanos(self.plan.patience) {
                self.tally.counts.lost += self.missing as u64;
                return Ok(());
            }
            if now > scanned + 10_000_000 {
                scanned = now;
                self.retransmit(network, now)?;
            }
            if now > progress + SPIN {
                network.look(Some(Duration::from_millis(5)))?;
            }
        }
    }

    fn is_over(&self, now: u64) -> bool {
        match (self.begun, self.plan.end) {
            (None, _) => false,
            (Some(begun), End::After(span)) => now >= begun + nanos(span),
            (_, End::Requests(most)) => self.state >= most,
        }
    }

    /// Writes the next state: its number in decimal stands at the front of the body.
    fn write_next(&mut self, network: &Network) -> Result<(), BenchError> {
        self.state += 1;
        self.missing = self.plan.clients;
        self.tally.counts.sent += self.plan.clients as u64;
        let length = self.plan.body.len();
        self.write.write_body(length, &digits(self.state));
        let now = self.now();
        self.begun.get_or_insert(now);
        self.written = now;
        let writer = self.plan.clients;
        if let Some(party) = self.parties.get_mut(writer) {
            party.message_id = party.message_id.wrapping_add(1);
            party.transmissions = 0;
        }
        self.transmit(network, writer, true)
    }

    fn transmit(&mut self, network: &Network, place: usize, first: bool) -> Result<(), BenchError> {
        let now = self.now();
        let Some(party) = self.parties.get_mut(place) else { return Ok(()) };
        party.wait = if first { nanos(self.plan.ack_timeout) / 4 * 5 } else { party.wait.saturating_mul(2) };
        party.deadline = Some(now + party.wait);
        party.transmissions += 1;
        self.outstanding += usize::from(first);
        let request = if place == self.plan.clients { &mut self.write } else { &mut self.registration };
        Ok(network.send(party.source, request.with(party.message_id, place as u32))?)
    }

    fn retransmit(&mut self, network: &Network, now: u64) -> Result<(), BenchError> {
        for place in 0..self.parties.len() {
            let Some(party) = self.parties.get_mut(place) else { break };
            if party.deadline.is_none_or(|deadline| deadline > now) {
                continue;
            }
            if party.transmissions > MAX_RETRANSMIT {
                return Err(BenchError::Io(std::io::ErrorKind::TimedOut.into()));
            }
            self.tally.counts.retransmissions += 1;
            self.transmit(network, place, false)?;
        }
        Ok(())
    }

    fn take(&mut self, network: &Network, batch: &Batch) -> Result<(), BenchError> {
        let now = self.now();
        for (source, datagram) in batch.datagrams(self.plan.target) {
            match Message::parse(datagram) {
                Ok(message) => self.message(network, source, &message, now)?,
                Err(_) => self.tally.counts.malformed += 1,
            }
        }
        Ok(())
    }

    fn message(
        &mut self,
        network: &Network,
        source: Source,
        message: &Message<'_>,
        now: u64,
    ) -> Result<(), BenchError> {
        if message.kind() == MessageType::Confirmable {
            if self.owed.len() == self.owed.capacity() {
                network.send(source, &acknowledgement(message.message_id()))?;
            } else {
                self.owed.push((source, message.message_id()));
            }
        }
        if !message.code().is_response() {
            return Ok(());
        }
        let place = place_in(message.token()).map_or(usize::MAX, |place| place as usize);
        let Some(party) = self.parties.get_mut(place).filter(|party| party.source == source) else {
            self.tally.counts.unexpected += 1;
            return Ok(());
        };
        let is_writer = place == self.plan.clients;
        if party.deadline.take().is_some() {
            self.outstanding -= 1;
            if is_writer {
                return refused(message, true);
            }
            refused(message, message.values(CoapOption::Observe.into()).next().is_some())?;
            if self.state == 0 {
                self.missing -= 1;
                return Ok(());
            }
        }
        if is_writer || self.state == 0 || party.told == self.state {
            return Ok(());
        }
        if message.payload().starts_with(&digits(self.state)) {
            party.told = self.state;
            self.missing -= 1;
            self.tally.told(message.code(), self.written, now);
        }
        Ok(())
    }
}

/// An observer that is none, or a write that changes nothing, would never come to an end.
fn refused(message: &Message<'_>, observes: bool) -> Result<(), BenchError> {
    if message.code().class() == 2 && observes {
        return Ok(());
    }
    Err(BenchError::Refused { code: message.code(), observes })
}

fn digits(state: u64) -> [u8; 8] {
    let mut left = state;
    let mut digits = [b'0'; 8];
    for digit in digits.iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    #[test]
    fn states_are_told_apart_by_eight_digits() {
        assert_eq!(super::digits(0), *b"00000000");
        assert_eq!(super::digits(12_345), *b"00012345");
    }
}
