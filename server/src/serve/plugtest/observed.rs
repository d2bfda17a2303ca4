//! Resources that change by themselves, and by PUT and DELETE (RFC 7641).

use twite::base::{Duration, Instant};
use twite::endpoint::{Incoming, Notification};
use twite::exchange::{Problem, Request, Response};
use twite::wire::{ObserveOption, RequestType, ResponseType};

use crate::serve::changes::Changes;
use crate::serve::refusal::fail;

/// All of them.
#[derive(Debug)]
pub(super) struct Observed {
    states: [State; KINDS.len()],
    round: u64,
    due: Instant,
}

#[derive(Debug)]
struct State {
    format: u16,
    body: Vec<u8>,
    /// Whether the body was PUT since the last change: it stays until the one after the next.
    held: bool,
    /// How often all its observers were dismissed: each time they are told, the resource gets another number.
    generation: u64,
    /// What those of the generation before are told.
    dismissed: ResponseType,
}

/// What a resource is like.
#[derive(Clone, Copy, Debug)]
struct Kind {
    confirmable: bool,
    /// Bytes in even rounds and in odd ones.
    bytes: [usize; 2],
}

/// `/obs`, `/obs-non`, `/obs-large`, `/obs-pumping` and `/obs-pumping-non`.
const KINDS: [Kind; 5] = [
    Kind { confirmable: true, bytes: [16, 16] },
    Kind { confirmable: false, bytes: [16, 16] },
    Kind { confirmable: true, bytes: [256, 256] },
    Kind { confirmable: true, bytes: [256, 16] },
    Kind { confirmable: false, bytes: [256, 16] },
];

/// Time between two changes.
const PERIOD: Duration = Duration::from_secs(5);
const MAX_AGE: u32 = 5;
const TEXT: u16 = 0;

impl Default for Observed {
    fn default() -> Self {
        let states = KINDS.map(|kind| State {
            format: TEXT,
            body: kind.body(0),
            held: false,
            generation: 0,
            dismissed: ResponseType::NotFound,
        });
        Self { states, round: 0, due: Instant::default() + PERIOD }
    }
}

impl Observed {
    /// When the next change is.
    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// Changes whatever is due; whether that was anything.
    pub(super) fn pass(&mut self, now: Instant, changes: &mut Changes) -> bool {
        if now < self.due {
            return false;
        }
        self.due = now + PERIOD;
        self.round += 1;
        for (at, (state, kind)) in self.states.iter_mut().zip(KINDS).enumerate() {
            if !std::mem::take(&mut state.held) {
                (state.format, state.body) = (TEXT, kind.body(self.round));
            }
            changes.note(number(at, state.generation));
        }
        true
    }

    /// Answers a request for one of them; the number under which its client may observe it, if it wants to.
    pub(super) fn serve(
        &mut self,
        at: usize,
        request: &Request<'_>,
        body: Vec<u8>,
        incoming: Incoming<'_, '_>,
        changes: &mut Changes,
    ) -> Option<u64> {
        let (Some(state), Some(kind)) = (self.states.get_mut(at), KINDS.get(at)) else {
            fail(incoming, ResponseType::NotFound, "no such resource");
            return None;
        };
        match request.method() {
            RequestType::Put => {
                let format = request.content_format().unwrap_or(TEXT);
                changes.note(number(at, state.generation));
                if format != state.format {
                    state.dismiss(ResponseType::NotAcceptable);
                }
                (state.format, state.body, state.held) = (format, body, true);
                incoming.respond(&Response::new(ResponseType::Changed));
            }
            RequestType::Delete => {
                changes.note(number(at, state.generation));
                state.dismiss(ResponseType::NotFound);
                (state.format, state.body, state.held) = (TEXT, kind.body(self.round), false);
                incoming.respond(&Response::new(ResponseType::Deleted));
            }
            _ => return state.read(at, request, incoming),
        }
        None
    }

    /// Tells an observer the present state of the resource of this number, or that it is dismissed.
    pub(super) fn notify(&self, number: u64, notification: Notification<'_, '_>) {
        let at = number as usize % KINDS.len();
        let (Some(state), Some(kind)) = (self.states.get(at), KINDS.get(at)) else { return };
        if state.generation != number / KINDS.len() as u64 {
            let ended = Problem::titled("the observation ends");
            return notification.fail(&Response::new(state.dismissed), &ended);
        }
        let notification = if kind.confirmable { notification.confirmable() } else { notification };
        notification.respond(&state.response());
    }
}

impl State {
    fn response(&self) -> Response<'_> {
        Response { max_age: Some(MAX_AGE), ..Response::content(Some(self.format), &self.body) }
    }

    fn read(&self, at: usize, request: &Request<'_>, incoming: Incoming<'_, '_>) -> Option<u64> {
        if !request.accepts(self.format) {
            fail(incoming, ResponseType::NotAcceptable, "not available in this format");
            return None;
        }
        if request.observe() != Some(ObserveOption::Register) {
            incoming.respond(&self.response());
            return None;
        }
        let number = number(at, self.generation);
        incoming.observable(number).respond(&self.response());
        Some(number)
    }

    fn dismiss(&mut self, code: ResponseType) {
        self.generation += 1;
        self.dismissed = code;
    }
}

impl Kind {
    fn body(self, round: u64) -> Vec<u8> {
        let [even, odd] = self.bytes;
        let bytes = if round.is_multiple_of(2) { even } else { odd };
        format!("{:.<bytes$}", format!("state {round} ")).into_bytes()
    }
}

/// The number by which the endpoint knows a resource and its generation.
const fn number(at: usize, generation: u64) -> u64 {
    generation * KINDS.len() as u64 + at as u64
}
