//! The resources of a server, and what each of them was at which time.

use twite::base::Instant;

use crate::dice::mix;

/// What a resource was, and since when.
pub(crate) struct History {
    values: Vec<(Instant, u64)>,
}

impl History {
    fn new(value: u64) -> Self {
        Self { values: vec![(Instant::from_micros(0), value)] }
    }

    /// The present value.
    pub(crate) fn last(&self) -> u64 {
        self.values.last().map_or(0, |(_, value)| *value)
    }

    pub(crate) fn set(&mut self, now: Instant, value: u64) {
        self.values.push((now, value));
    }

    /// The value before any other.
    pub(crate) fn first(&self) -> u64 {
        self.values.first().map_or(0, |(_, value)| *value)
    }

    /// Whether the resource had this value at some time from `begin` on.
    pub(crate) fn had(&self, value: u64, begin: Instant) -> bool {
        let first = self.values.partition_point(|(since, _)| *since <= begin).saturating_sub(1);
        self.values[first..].iter().any(|(_, known)| *known == value)
    }
}

/// How many resources of a server can be observed.
pub(crate) const STATES: usize = 3;

/// The resources of one server.
pub(crate) struct Model {
    /// Read by GET, written by PUT.
    pub register: History,
    /// Read and observed; their values count their changes and never go back.
    pub states: [History; STATES],
    /// A body in blocks, named by its version.
    pub large: History,
}

impl Model {
    /// As the server starts.
    pub(crate) fn new() -> Self {
        Self {
            register: History::new(0),
            states: std::array::from_fn(|_| History::new(0)),
            large: History::new(version(1, 1500)),
        }
    }

    /// What is observed has another state.
    pub(crate) fn change(&mut self, now: Instant, which: usize) {
        let next = self.states[which].last() + 1;
        self.states[which].set(now, next);
    }

    /// All is lost, but time goes on.
    pub(crate) fn lose(&mut self, now: Instant) {
        self.register.set(now, 0);
        (0..STATES).for_each(|which| self.change(now, which));
        self.large.set(now, version(1, 1500));
    }
}

/// Names a body: a serial number and its length.
pub(crate) const fn version(serial: u64, length: usize) -> u64 {
    serial << 16 | length as u64
}

/// The body of a version; no two versions are alike anywhere.
pub(crate) fn body(version: u64) -> Vec<u8> {
    let key = mix(version).to_be_bytes();
    let length = (version & 0xffff) as usize;
    let pattern = (0..length).map(|at| key[at % 8] ^ (at / 8) as u8);
    version.to_be_bytes().into_iter().chain(pattern.skip(8)).take(length).collect()
}

/// The version of a body, if it is one from the first to the last byte.
pub(crate) fn read_body(bytes: &[u8]) -> Option<u64> {
    let version = u64::from_be_bytes(*bytes.first_chunk()?);
    (bytes.len() == (version & 0xffff) as usize && body(version) == bytes).then_some(version)
}

/// A number as payload, with a check that finds damage.
pub(crate) fn small(number: u64) -> [u8; 16] {
    let mut payload = [0; 16];
    payload[..8].copy_from_slice(&number.to_be_bytes());
    payload[8..].copy_from_slice(&mix(number).to_be_bytes());
    payload
}

/// The number of a payload.
pub(crate) fn read_small(payload: &[u8]) -> Option<u64> {
    let number = u64::from_be_bytes(*payload.first_chunk()?);
    (small(number) == payload).then_some(number)
}
