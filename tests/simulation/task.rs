//! What a client wants, and the request that it sends for it.

use twite::base::Instant;
use twite::endpoint::RequestId;
use twite::exchange::{Download, Freshness, Outgoing, Upload};
use twite::wire::{RawOption, RequestType, number};

use crate::dice::Dice;
use crate::ledger::Mark;
use crate::model::{STATES, body, small, version};
use crate::planted::Fault;

/// The paths of what can be observed.
pub(crate) const STATE_PATHS: [&str; STATES] = ["state0", "state1", "state2"];

/// One aim of a client.
pub(crate) enum Task {
    /// Reads the register, at once or in a while.
    Get { slow: bool },
    /// Writes the register.
    Put { value: u64 },
    /// Reads the register by FETCH.
    Fetch,
    /// Sets the register back.
    Delete,
    /// Does something that must be done once.
    Post { id: u64, slow: bool },
    /// Does something that must be done once by PATCH.
    Patch { id: u64 },
    /// Has the server change what others observe.
    Touch { which: usize },
    /// Observes.
    Observe { which: usize, freshness: Freshness, latest: Option<u64> },
    /// Fetches a body in blocks.
    Download { download: Download, received: Vec<u8>, next: Option<u32>, since: Instant, left: u8 },
    /// Sends a body in blocks.
    Upload { upload: Upload, body: Vec<u8>, version: u64, tag: [u8; 4] },
    /// Asks for what always fails.
    Fail,
    /// Asks whether anybody is there.
    Ping,
}

/// What an aim can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Get,
    SlowGet,
    Fetch,
    Put,
    Delete,
    Post,
    SlowPost,
    Patch,
    Observe,
    Download,
    Upload,
    Fail,
    Ping,
    Touch,
}

impl Kind {
    /// Any, some more often than others.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..18 => Self::Get,
            18..21 => Self::Fetch,
            21..32 => Self::Put,
            32..35 => Self::Delete,
            35..46 => Self::Post,
            46..50 => Self::Patch,
            50..56 => Self::SlowGet,
            56..62 => Self::SlowPost,
            62..70 => Self::Observe,
            70..79 => Self::Download,
            79..88 => Self::Upload,
            88..92 => Self::Fail,
            92..95 => Self::Ping,
            _ => Self::Touch,
        }
    }
}

/// A request in flight, or an observation that goes on.
pub(crate) struct Operation {
    /// Its present request.
    pub id: RequestId,
    /// The server.
    pub server: usize,
    /// When the present request was sent.
    pub sent: Instant,
    /// Whether requests are confirmable.
    pub confirmable: bool,
    /// The aim.
    pub task: Task,
}

/// The parts of a request.
struct Draft<'t> {
    method: RequestType,
    path: &'static str,
    payload: Vec<u8>,
    options: Vec<(u16, Vec<u8>)>,
    slice: Option<&'t [u8]>,
}

impl Task {
    /// An aim of this kind; `serial` numbers what has to be told apart.
    pub(crate) fn new(
        kind: Kind,
        dice: &mut Dice,
        now: Instant,
        serial: u64,
        largest_message: usize,
        fault: Fault,
    ) -> Self {
        match kind {
            Kind::Get => Self::Get { slow: false },
            Kind::SlowGet => Self::Get { slow: true },
            Kind::Fetch => Self::Fetch,
            Kind::Put => Self::Put { value: serial },
            Kind::Delete => Self::Delete,
            Kind::Post => Self::Post { id: serial, slow: false },
            Kind::SlowPost => Self::Post { id: serial, slow: true },
            Kind::Patch => Self::Patch { id: serial },
            Kind::Observe => Self::observation(dice.index(STATES)),
            Kind::Download => Self::Download {
                download: fault.download(),
                received: Vec::new(),
                next: None,
                since: now,
                left: 2,
            },
            Kind::Upload => Self::upload(dice, serial, largest_message),
            Kind::Fail => Self::Fail,
            Kind::Ping => Self::Ping,
            Kind::Touch => Self::Touch { which: dice.index(STATES) },
        }
    }

    /// A new observation.
    pub(crate) fn observation(which: usize) -> Self {
        Self::Observe { which, freshness: Freshness::default(), latest: None }
    }

    fn upload(dice: &mut Dice, serial: u64, largest_message: usize) -> Self {
        let most = if largest_message < 512 { 2 } else { 4 };
        let exponent = dice.between(0, most) as u8;
        let length = dice.between((16 << exponent) + 1, (16 << exponent) * 12) as usize;
        let version = version(serial, length.min(2300));
        let body = body(version);
        match Upload::new(body.len(), exponent) {
            Some(upload) => Self::Upload { upload, body, version, tag: (serial as u32).to_be_bytes() },
            None => Self::Fail,
        }
    }

    /// How a good end is counted.
    pub(crate) const fn mark(&self) -> Mark {
        match self {
            Self::Get { slow: false } => Mark::Get,
            Self::Get { slow: true } => Mark::SlowGet,
            Self::Fetch => Mark::Fetch,
            Self::Put { .. } => Mark::Put,
            Self::Delete => Mark::Delete,
            Self::Patch { .. } => Mark::Patch,
            Self::Post { slow: false, .. } => Mark::Post,
            Self::Post { slow: true, .. } => Mark::SlowPost,
            Self::Touch { .. } => Mark::Touch,
            Self::Observe { .. } => Mark::Observed,
            Self::Download { .. } => Mark::Download,
            Self::Upload { .. } => Mark::Upload,
            Self::Fail => Mark::Failing,
            Self::Ping => Mark::Ping,
        }
    }

    /// Whether it is an observation that the server agreed to.
    pub(crate) const fn goes_on(&self) -> bool {
        matches!(self, Self::Observe { latest: Some(_), .. })
    }

    fn draft(&self) -> Draft<'_> {
        let draft =
            |method, path| Draft { method, path, payload: Vec::new(), options: Vec::new(), slice: None };
        let with = |method, path, value| Draft { payload: small(value).to_vec(), ..draft(method, path) };
        match self {
            Self::Get { slow: false } => draft(RequestType::Get, "register"),
            Self::Get { slow: true } => draft(RequestType::Get, "slow"),
            Self::Fetch => draft(RequestType::Fetch, "register"),
            Self::Delete => draft(RequestType::Delete, "register"),
            Self::Patch { id } => with(RequestType::Patch, "counter", *id),
            Self::Put { value } => with(RequestType::Put, "register", *value),
            Self::Post { id, slow: false } => with(RequestType::Post, "counter", *id),
            Self::Post { id, slow: true } => with(RequestType::Post, "slow", *id),
            Self::Touch { which } => draft(RequestType::Put, STATE_PATHS[*which]),
            Self::Observe { which, .. } => Draft {
                options: vec![(number::OBSERVE, Vec::new())],
                ..draft(RequestType::Get, STATE_PATHS[*which])
            },
            Self::Download { next, .. } => Draft {
                options: next.map(|block| (number::BLOCK2, shortest(block))).into_iter().collect(),
                ..draft(RequestType::Get, "large")
            },
            Self::Upload { upload, body, tag, .. } => {
                let (block, range) = upload.block();
                let tag = (number::REQUEST_TAG, tag.to_vec());
                let options = vec![(number::BLOCK1, shortest(block.to_option())), tag];
                Draft { options, slice: Some(&body[range]), ..draft(RequestType::Put, "large") }
            }
            Self::Fail | Self::Ping => draft(RequestType::Get, "broken"),
        }
    }

    /// Calls `send` with the next request.
    pub(crate) fn request<T>(&self, confirmable: bool, send: impl FnOnce(&Outgoing<'_>) -> T) -> T {
        let draft = self.draft();
        let path = [draft.path.as_bytes()];
        let options: Vec<_> =
            draft.options.iter().map(|(number, value)| RawOption { number: *number, value }).collect();
        let payload = draft.slice.unwrap_or(&draft.payload);
        send(&Outgoing { confirmable, options: &options, payload, ..Outgoing::new(draft.method, &path) })
    }
}

/// The shortest form of an option's number.
fn shortest(number: u32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let skip = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes[skip..].to_vec()
}
