//! Requests of many clients, each answer followed by the next request, or at a rate.

use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use twite::base::{Instant, Random};
use twite::wire::{Code, Message, MessageType};

use super::exchanges::{Due, Exchanges};
use super::network::{Batch, Network};
use super::report::{Counts, Report, Tally};
use super::request::{Request, place_in};
use super::sources::{Client, Source, Supply};
use super::{BenchError, End, Plan};

/// How long the sockets are asked again and again before the thread sleeps; waking a core takes as long as a request.
pub(super) const SPIN: u64 = 50_000;

pub(super) fn run(plan: &Plan) -> Result<Report, BenchError> {
    let mut random = Random::from_seed(crate::clock::seed()?);
    let mut network = Network::new(plan.target)?;
    let mut supply = network.supply(&mut random);
    let clients: Result<Vec<_>, _> =
        (0..plan.clients).map(|_| Client::new(&mut supply, &mut random, plan.per_source)).collect();
    let too_large = |_| BenchError::TooLarge { body: plan.body.len(), most: super::plan::MOST_BODY };
    let request = Request::of(plan, plan.method.code(), None).map_err(too_large)?;
    let pace = Pace::new(plan);
    let scan = (nanos(plan.ack_timeout) / 50).clamp(1_000_000, 10_000_000);
    let mut load = Load {
        target: plan.target,
        window: plan.window,
        exchanges: Exchanges::new(plan.clients * plan.window, nanos(plan.ack_timeout)),
        clients: clients?,
        request,
        supply,
        random,
        tally: Tally::new(pace.warm_up),
        pace,
        patience: nanos(plan.patience),
        scan,
        start: Clock::now(),
    };
    let before = super::report::thread_time();
    let over = load.drive(&mut network)?;
    let used = super::report::thread_time() - before;
    let busy = used.as_secs_f64() / load.start.elapsed().as_secs_f64().max(1e-9);
    let counts = Counts {
        unanswered: load.exchanges.counted(),
        unsent: load.pace.behind(over),
        sources: load.supply.given(),
        ..load.tally.counts
    };
    let span = over.max(load.tally.last).saturating_sub(load.pace.warm_up);
    Ok(Report::new(plan, counts, &load.tally, Duration::from_nanos(span), busy))
}

struct Load {
    target: SocketAddr,
    window: usize,
    exchanges: Exchanges,
    clients: Vec<Client>,
    request: Request,
    supply: Supply,
    random: Random,
    tally: Tally,
    pace: Pace,
    patience: u64,
    scan: u64,
    start: Clock,
}

impl Load {
    fn now(&self) -> u64 {
        nanos(self.start.elapsed())
    }

    /// Runs to the end; when the load was over, before the last answers were waited for.
    fn drive(&mut self, network: &mut Network) -> Result<u64, BenchError> {
        let mut batch = Batch::default();
        let (mut scanned, mut progress, mut over) = (0, 0, None);
        loop {
            let mut now = self.now();
            self.send_due(network, now)?;
            if network.receive(&mut batch, |network, batch| self.take(network, batch))? {
                progress = self.now();
                continue;
            }
            now = self.now();
            if now >= scanned + self.scan {
                scanned = now;
                self.retransmit(network, now)?;
            }
            if over.is_none() && self.pace.is_over(now) {
                over = Some(self.pace.deadline.unwrap_or(now));
            }
            if let Some(since) = over
                && (self.exchanges.outstanding() == 0 || now > since.max(progress) + self.patience)
            {
                return Ok(since);
            }
            if now > progress + SPIN {
                let timer = (scanned + self.scan).min(self.pace.next().unwrap_or(u64::MAX));
                let wait = timer.saturating_sub(now);
                if wait > SPIN {
                    network.look(Some(Duration::from_nanos(wait - SPIN / 2)))?;
                }
            }
        }
    }

    /// Sends what is due while there are free places.
    #[inline]
    fn send_due(&mut self, network: &mut Network, mut now: u64) -> Result<(), BenchError> {
        while let Some(place) = self.exchanges.vacancy() {
            let Some(due) = self.pace.take(now) else { break };
            let number = place as usize / self.window.max(1);
            let Some(client) = self.clients.get_mut(number) else { break };
            let at = Instant::from_micros(now / 1_000);
            let taken @ (source, message_id) = client.take(at, &mut self.supply, &mut self.random)?;
            network.open(source)?;
            let counted = due >= self.pace.warm_up;
            let Some(token) = self.exchanges.begin(taken, due, now, counted, &mut self.random) else { break };
            network.send(source, self.request.with(message_id, token))?;
            self.tally.counts.sent += u64::from(counted);
            now = self.now();
        }
        Ok(())
    }

    #[inline]
    fn take(&mut self, network: &mut Network, batch: &Batch) -> Result<(), BenchError> {
        let now = self.now();
        for (source, datagram) in batch.datagrams(self.target) {
            let Ok(message) = Message::parse(datagram) else {
                self.tally.counts.malformed += 1;
                continue;
            };
            self.answer(network, source, &message, now)?;
        }
        Ok(())
    }

    #[inline]
    fn answer(
        &mut self,
        network: &Network,
        source: Source,
        message: &Message<'_>,
        now: u64,
    ) -> Result<(), BenchError> {
        let (kind, code, id) = (message.kind(), message.code(), message.message_id());
        let counts = &mut self.tally.counts;
        let ended = match (kind, code) {
            (MessageType::Acknowledgement, Code::EMPTY) => {
                let until = now.saturating_add(self.patience);
                counts.separate += u64::from(self.exchanges.acknowledged(source, id, until));
                return Ok(());
            }
            (MessageType::Reset, _) => {
                let reset = self.exchanges.reset(source, id);
                counts.resets += u64::from(reset.is_some_and(|exchange| exchange.counted));
                return Ok(());
            }
            _ if !code.is_response() => return Ok(()),
            (MessageType::Acknowledgement, _) => {
                place_in(message.token()).and_then(|named| self.exchanges.end(named, source, Some(id)))
            }
            _ => {
                if kind == MessageType::Confirmable {
                    network.send(source, &acknowledgement(id))?;
                }
                place_in(message.token()).and_then(|named| self.exchanges.end(named, source, None))
            }
        };
        match ended {
            Some(exchange) => self.tally.answer(&exchange, code, now, self.pace.deadline),
            None => counts.unexpected += 1,
        }
        Ok(())
    }

    fn retransmit(&mut self, network: &Network, now: u64) -> Result<(), BenchError> {
        let (request, counts) = (&mut self.request, &mut self.tally.counts);
        self.exchanges.due(now, |due, counted| {
            match due {
                Due::Again(source, message_id, token) => {
                    counts.retransmissions += u64::from(counted);
                    network.send(source, request.with(message_id, token))?;
                }
                Due::GivenUp => counts.lost += u64::from(counted),
            }
            Ok(())
        })
    }
}

/// An empty acknowledgement.
pub(super) const fn acknowledgement(message_id: u16) -> [u8; 4] {
    let [high, low] = message_id.to_be_bytes();
    [0x60, 0, high, low]
}

/// When the next request is due. Times are nanoseconds of the run.
#[derive(Debug)]
struct Pace {
    interval: Option<f64>,
    given: u64,
    /// Requests of the warm-up are none of those that are to be made.
    counted: u64,
    warm_up: u64,
    deadline: Option<u64>,
    most: Option<u64>,
}

impl Pace {
    fn new(plan: &Plan) -> Self {
        let warm_up = nanos(plan.warm_up);
        let (deadline, most) = match plan.end {
            End::After(span) => (Some(warm_up + nanos(span)), None),
            End::Requests(most) => (None, Some(most)),
        };
        Self { interval: plan.rate.map(|rate| 1e9 / rate), given: 0, counted: 0, warm_up, deadline, most }
    }

    fn is_over(&self, now: u64) -> bool {
        self.most.is_some_and(|most| self.counted >= most) || self.deadline.is_some_and(|end| now >= end)
    }

    /// When the next one is due, at a rate.
    fn next(&self) -> Option<u64> {
        self.interval.map(|interval| (self.given as f64 * interval) as u64)
    }

    /// A request that is due: when it was.
    #[inline]
    fn take(&mut self, now: u64) -> Option<u64> {
        let due = self.next().unwrap_or(now);
        if due > now || self.is_over(now) {
            return None;
        }
        self.given += 1;
        self.counted += u64::from(due >= self.warm_up);
        Some(due)
    }

    /// Requests that were due before `over` and not sent.
    fn behind(&self, over: u64) -> u64 {
        let Some(interval) = self.interval.filter(|_| self.most.is_none()) else { return 0 };
        ((over as f64 / interval) as u64).saturating_sub(self.given)
    }
}

pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
