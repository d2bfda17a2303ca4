//! Readings on their way to a server: in order, each stored once.
//!
//! Reading `SEQUENCE` of run `RUN` is PUT with If-None-Match to `COLLECTION/RUN-SEQUENCE`, so that it may be sent any
//! number of times: 2.01 says that it is stored now, 4.12 that it was already, because only the answer was lost. A POST
//! could not be repeated after it was given up, since servers forget message ids after EXCHANGE_LIFETIME. One reading is
//! on its way at a time and is kept until the server has it. A run is the time between two starts of the device.

use heapless::{Deque, Vec};
use twite::base::{CborWriter, Full, Instant};
use twite::endpoint::{Endpoint, RequestId};
use twite::exchange::Outgoing;
use twite::resource::CBOR;
use twite::wire::{Message, RequestType, ResponseType};

use crate::attempt::{Attempt, Outcome};
use crate::decimal::Decimal;
use crate::settings::PushSettings;

/// How many readings wait for their turn; the oldest of them makes room.
const QUEUE: usize = 16;

/// The most segments of a collection's path.
const SEGMENTS: usize = 6;

/// What is stored of a reading, as a CBOR map.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Degrees Celsius; the key, 0, is that of the catalog's temperature.
    celsius: f32,
    /// Which start of the device: key 2.
    run: u32,
    /// From 1 on, one more for each reading of the run: key 3.
    sequence: u32,
    /// Seconds from the start of the device to the reading: key 4.
    uptime: u32,
}

impl Reading {
    fn write(&self, writer: &mut CborWriter<'_>) -> Result<(), Full> {
        writer.map(4)?;
        writer.unsigned(0)?;
        writer.number(self.celsius)?;
        for (key, value) in [(2, self.run), (3, self.sequence), (4, self.uptime)] {
            writer.unsigned(key)?;
            writer.unsigned(u64::from(value))?;
        }
        Ok(())
    }
}

/// What became of the readings; they wrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pushed {
    /// Stored by the server.
    pub stored: u32,
    /// Dropped since too many waited.
    pub dropped: u32,
    /// Refused by the server for good.
    pub refused: u32,
}

/// The readings that wait, and the one on its way.
#[derive(Debug)]
pub(crate) struct Push<'a> {
    settings: PushSettings<'a>,
    run: u32,
    last: u32,
    waiting: Deque<Reading, QUEUE>,
    current: Option<Reading>,
    attempt: Attempt,
    counts: Pushed,
    /// When the next reading is taken.
    due: Instant,
}

impl<'a> Push<'a> {
    pub(crate) const fn new(now: Instant, settings: PushSettings<'a>, run: u32, dice: u32) -> Self {
        Self {
            settings,
            run,
            last: 0,
            waiting: Deque::new(),
            current: None,
            attempt: Attempt::new(now, dice),
            counts: Pushed { stored: 0, dropped: 0, refused: 0 },
            due: now,
        }
    }

    /// When a reading is to be taken.
    pub(crate) const fn due(&self) -> Instant {
        self.due
    }

    pub(crate) const fn counts(&self) -> Pushed {
        self.counts
    }

    /// Takes a reading, if there is one; the next is due a period later.
    pub(crate) fn take(&mut self, now: Instant, celsius: Option<f32>, uptime: u64) {
        self.due = now + self.settings.period;
        let Some(celsius) = celsius else { return };
        if self.waiting.is_full() {
            self.waiting.pop_front();
            self.counts.dropped = self.counts.dropped.wrapping_add(1);
        }
        self.last = self.last.wrapping_add(1);
        let uptime = u32::try_from(uptime).unwrap_or(u32::MAX);
        // There is room.
        let _ = self.waiting.push_back(Reading { celsius, run: self.run, sequence: self.last, uptime });
    }

    /// When the next request may start, if there is something to send.
    pub(crate) fn next(&self) -> Option<Instant> {
        let something = self.current.is_some() || !self.waiting.is_empty();
        self.attempt.next().filter(|_| something)
    }

    /// Sends the reading whose turn it is.
    pub(crate) fn send(&mut self, now: Instant, endpoint: &mut Endpoint<'_>) {
        if !self.attempt.is_due(now) {
            return;
        }
        let Some(reading) = self.current.or_else(|| self.waiting.pop_front()) else { return };
        self.current = Some(reading);
        let mut name = Vec::<u8, 24>::new();
        let (run, sequence) =
            (Decimal::padded(u64::from(reading.run), 5), Decimal::padded(u64::from(reading.sequence), 7));
        let named = [run.as_bytes(), b"-", sequence.as_bytes()];
        // Ten digits each at most.
        let _ = named.iter().try_for_each(|piece| name.extend_from_slice(piece));
        let mut path = Vec::<&[u8], { SEGMENTS + 1 }>::new();
        let segments = self.settings.collection.split('/').map(str::as_bytes).take(SEGMENTS);
        for segment in segments.chain([name.as_slice()]) {
            // There is room.
            let _ = path.push(segment);
        }
        let mut body = [0; 32];
        let mut writer = CborWriter::new(&mut body);
        // 24 bytes at most.
        let _ = reading.write(&mut writer);
        let length = writer.written();
        let request = Outgoing {
            if_none_match: true,
            content_format: Some(CBOR),
            payload: body.get(..length).unwrap_or_default(),
            ..Outgoing::new(RequestType::Put, &path)
        };
        self.attempt.send(now, endpoint, self.settings.server, &request);
    }

    /// A response came; what it means if it was to this.
    pub(crate) fn answered(&mut self, now: Instant, id: RequestId, message: &Message<'_>) -> Option<Outcome> {
        if !self.attempt.is(id) {
            return None;
        }
        let outcome = self.attempt.answered(now, message, Some(ResponseType::PreconditionFailed));
        match outcome {
            Outcome::Done => self.counts.stored = self.counts.stored.wrapping_add(1),
            Outcome::Refused => self.counts.refused = self.counts.refused.wrapping_add(1),
            Outcome::Later => return Some(outcome),
        }
        self.current = None;
        Some(outcome)
    }

    /// Nobody answered; whether it was to this.
    pub(crate) fn failed(&mut self, now: Instant, id: RequestId) -> bool {
        let mine = self.attempt.is(id);
        if mine {
            self.attempt.failed(now);
        }
        mine
    }
}
