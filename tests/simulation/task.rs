//! What a client wants, and the request that it sends for it.

use twite::base::Instant;
use twite::endpoint::RequestId;
use twite::exchange::{Download, Freshness, Outgoing, Upload};
use twite::wire::{RawOption, RequestType, number};

use crate::dice::Dice;
use crate::ledger::Mark;
use crate::model::{STATES, body, small, version};

/// The paths of what can be observed.
pub(crate) const STATE_PATHS: [&str; STATES] = ["state0", "state1", "state2"];

/// One aim of a client.
pub(crate) enum Task {
    /// Reads the register, at once or in a while.
    Get { slow: bool },
    /// Writes the register.
    Put { value: u64 },
    /// Does something that must be done once.
    Post { id: u64, slow: bool },
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
    /// Draws an aim; `serial` numbers what has to be told apart.
    pub(crate) fn draw(dice: &mut Dice, now: Instant, serial: u64, largest_message: usize) -> Self {
        match dice.below(100) {
            0..24 => Self::Get { slow: false },
            24..36 => Self::Put { value: serial },
            36..50 => Self::Post { id: serial, slow: false },
            50..56 => Self::Get { slow: true },
            56..62 => Self::Post { id: serial, slow: true },
            62..70 => Self::observation(dice.index(STATES)),
            70..79 => Self::Download {
                download: Download::default(),
                received: Vec::new(),
                next: None,
                since: now,
                left: 5,
            },
            79..88 => Self::upload(dice, serial, largest_message),
            88..92 => Self::Fail,
            92..95 => Self::Ping,
            _ => Self::Touch { which: dice.index(STATES) },
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
            Self::Put { .. } => Mark::Put,
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
