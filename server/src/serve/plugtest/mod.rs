//! The resources that the ETSI plugtest descriptions for CoAP speak of, served with `--plugtest`.
//!
//! | file | holds |
//! |---|---|
//! | `table` | which there are, their methods and links |
//! | `plain` | those without a state |
//! | `kept` | those with an entity tag |
//! | `large` | those that need blocks |
//! | `observed` | those that can be observed |
//! | `later` | answers that come separately |
//! | this file | what they have in common |

mod kept;
mod large;
mod later;
mod observed;
mod plain;
mod table;

use twite::base::{Duration, Instant};
use twite::endpoint::{Incoming, Notification};
use twite::exchange::{Request, Response};
use twite::resource::link::Link;
use twite::wire::{RequestType, ResponseType};

use super::changes::Changes;
use super::refusal::fail;
use super::uploads::{Taken, UploadLimits, Uploads};
use kept::Kept;
use large::Large;
pub(super) use later::{Later, Waiting};
use observed::Observed;
pub(super) use table::Place;

/// The resources and their state.
#[derive(Debug)]
pub(super) struct Plugtest {
    kept: Kept,
    large: Large,
    observed: Observed,
    uploads: Uploads,
    /// How often all observers were forgotten.
    forgotten: u64,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is answered.
    Answered,
    /// It is answered, and its client may observe the resource of this number and this path.
    Observed(u64, &'static str),
    /// It is answered later.
    Later(Later),
}

/// The longest body, in bytes.
const LONGEST: usize = 64 << 10;

impl Plugtest {
    /// As they are at first.
    pub(super) fn new(seed: u64) -> Self {
        let limits = UploadLimits {
            bodies: 16,
            total_bytes: 16 * LONGEST,
            body_bytes: LONGEST,
            patience: Duration::from_secs(93),
        };
        // Six bytes and more are left to count on.
        let revision = seed >> 16;
        Self {
            kept: Kept::new(revision),
            large: Large::new(revision),
            observed: Observed::default(),
            uploads: Uploads::new(limits, seed),
            forgotten: 0,
        }
    }

    /// Answers a request, if it is for one of these resources: see [`find`](table::find).
    pub(super) fn serve(
        &mut self,
        now: Instant,
        methods: &[RequestType],
        place: Place,
        incoming: Incoming<'_, '_>,
        changes: &mut Changes,
    ) -> Outcome {
        let request = *incoming.request();
        if !methods.contains(&request.method()) {
            fail(incoming, ResponseType::MethodNotAllowed, "method not allowed");
            return Outcome::Answered;
        }
        let Some((incoming, body)) = self.body(now, &request, incoming) else { return Outcome::Answered };
        match place {
            Place::Kept(at) => self.kept.serve(at, &request, &body, incoming),
            Place::Observed(at) => {
                let observed = self.observed.serve(at, &request, body, incoming, changes);
                return observed
                    .map_or(Outcome::Answered, |number| Outcome::Observed(number, table::path(place)));
            }
            Place::Reset => self.reset(&body, incoming),
            Place::Separate => return separately(now, &request, b"at last", incoming),
            Place::LargeSeparate if request.block2().is_none_or(|block| block.number == 0) => {
                return separately(now, &request, &large::BODY, incoming);
            }
            Place::Large
            | Place::LargeSeparate
            | Place::LargeUpdate
            | Place::LargeCreate
            | Place::Created(_)
            | Place::LargePost => self.large.serve(place, &request, body, incoming),
            _ => plain::serve(place, &request, incoming),
        }
        Outcome::Answered
    }

    /// When something changes by itself.
    pub(super) const fn due(&self) -> Instant {
        self.observed.due()
    }

    /// Changes whatever is due; whether that was anything.
    pub(super) fn pass(&mut self, now: Instant, changes: &mut Changes) -> bool {
        self.observed.pass(now, changes)
    }

    /// Tells an observer the present state of the resource of this number.
    pub(super) fn notify(&self, number: u64, notification: Notification<'_, '_>) {
        self.observed.notify(number, notification);
    }

    /// How often all observers were forgotten.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Hands the link of every resource that exists to `offer`.
    pub(super) fn links(&self, mut offer: impl FnMut(Link<'_>)) {
        for resource in table::RESOURCES {
            match resource.place {
                Place::Kept(at) if !self.kept.exists(at) => {}
                Place::LargeUpdate => offer(Link { size: self.large.update_len(), ..resource.link }),
                _ => offer(resource.link),
            }
        }
    }

    /// The whole body; or nothing, and the request is answered.
    fn body<'e, 's>(
        &mut self,
        now: Instant,
        request: &Request<'_>,
        incoming: Incoming<'e, 's>,
    ) -> Option<(Incoming<'e, 's>, Vec<u8>)> {
        let Some(block) = request.block1() else {
            let body = incoming.body().to_vec();
            return Some((incoming, body));
        };
        match self.uploads.take(now, (incoming.peer(), incoming.scope()), block, request) {
            Taken::Complete(body) => return Some((incoming, body)),
            Taken::Continue => incoming.respond(&Response::new(ResponseType::Continue)),
            Taken::Misfit(misfit) => incoming.misfit(misfit, LONGEST),
            Taken::Full => fail(incoming, ResponseType::ServiceUnavailable, "too many bodies under way"),
        }
        None
    }

    fn reset(&mut self, body: &[u8], incoming: Incoming<'_, '_>) {
        if body != b"sesame" {
            return fail(incoming, ResponseType::Forbidden, "that is not the word");
        }
        self.forgotten += 1;
        incoming.respond(&Response::new(ResponseType::Changed));
    }
}

/// Where a request goes and which methods that takes; `None` if it is none of these resources.
pub(super) fn find(request: &Request<'_>) -> Option<(Place, &'static [RequestType])> {
    table::find(request)
}

fn separately(
    now: Instant,
    request: &Request<'_>,
    text: &'static [u8],
    incoming: Incoming<'_, '_>,
) -> Outcome {
    if !request.accepts(0) {
        fail(incoming, ResponseType::NotAcceptable, "available in format 0");
        return Outcome::Answered;
    }
    match incoming.defer_separately() {
        Ok(ticket) => Outcome::Later(Later { ticket, due: now + later::DELAY, text }),
        // There were too many; the request is answered.
        Err(_) => Outcome::Answered,
    }
}
