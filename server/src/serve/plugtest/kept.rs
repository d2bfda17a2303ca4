//! Resources with an entity tag: `/validate`, which always exists, and `/create1` to `/create3`.

use twite::endpoint::Incoming;
use twite::exchange::{ETag, Precondition, Request, Response};
use twite::wire::{RequestType, ResponseType};

use crate::serve::refusal::fail;

/// What is kept at each place.
#[derive(Debug)]
pub(super) struct Kept {
    places: [Option<Stored>; 4],
    revision: u64,
}

#[derive(Clone, Debug)]
struct Stored {
    content_format: Option<u16>,
    body: Vec<u8>,
    tag: ETag,
}

/// The place that is never empty.
const VALIDATE: usize = 0;

impl Kept {
    /// Tags are counted from `revision` on, so that those of another run mean nothing.
    pub(super) fn new(revision: u64) -> Self {
        let mut kept = Self { places: [const { None }; 4], revision };
        kept.put(VALIDATE, Some(0), b"validate me");
        kept
    }

    /// Whether there is something at this place.
    pub(super) fn exists(&self, place: usize) -> bool {
        self.at(place).is_some()
    }

    /// Answers a request for this place.
    pub(super) fn serve(
        &mut self,
        place: usize,
        request: &Request<'_>,
        body: &[u8],
        incoming: Incoming<'_, '_>,
    ) {
        let etag = self.at(place).map(|stored| stored.tag);
        match request.precondition(etag.as_ref()) {
            Precondition::Failed => {
                return fail(incoming, ResponseType::PreconditionFailed, "precondition failed");
            }
            Precondition::Valid => {
                return incoming.respond(&Response { etag, ..Response::new(ResponseType::Valid) });
            }
            Precondition::Holds => {}
        }
        match request.method() {
            RequestType::Put => {
                let code = if etag.is_none() { ResponseType::Created } else { ResponseType::Changed };
                let etag = Some(self.put(place, request.content_format(), body));
                incoming.respond(&Response { etag, ..Response::new(code) });
            }
            RequestType::Delete => {
                self.delete(place);
                incoming.respond(&Response::new(ResponseType::Deleted));
            }
            _ => self.read(place, request, incoming),
        }
    }

    fn at(&self, place: usize) -> Option<&Stored> {
        self.places.get(place)?.as_ref()
    }

    fn read(&self, place: usize, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        let Some(stored) = self.at(place) else {
            return fail(incoming, ResponseType::NotFound, "no such resource");
        };
        if request.accept().is_some() && request.accept() != stored.content_format {
            return fail(incoming, ResponseType::NotAcceptable, "not available in this format");
        }
        let etag = Some(stored.tag);
        incoming.respond(&Response { etag, ..Response::content(stored.content_format, &stored.body) });
    }

    fn put(&mut self, place: usize, content_format: Option<u16>, body: &[u8]) -> ETag {
        self.revision += 1;
        let tag = ETag::from_number(self.revision);
        if let Some(place) = self.places.get_mut(place) {
            *place = Some(Stored { content_format, body: body.to_vec(), tag });
        }
        tag
    }

    fn delete(&mut self, place: usize) {
        if place == VALIDATE {
            self.put(place, Some(0), b"validate me");
        } else if let Some(place) = self.places.get_mut(place) {
            *place = None;
        }
    }
}
