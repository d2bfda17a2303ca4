//! Resources that need blocks, in one direction or in both (RFC 7959).

use std::collections::VecDeque;
use std::fmt::Write as _;

use twite::endpoint::Incoming;
use twite::exchange::{ETag, Request, Response, UploadKey};
use twite::wire::{RequestType, ResponseType};

use super::plain::text;
use super::table::{LARGE, Place};
use crate::serve::refusal::fail;

/// What `/large` holds: lines of 64 bytes that begin with their letter.
pub(super) static BODY: [u8; LARGE as usize] = body();

/// Children of `/large-create`, and answers of `/large-post` that are fetched block by block: beyond so many,
/// the oldest leave.
const MOST: usize = 16;

const TEXT: u16 = 0;

/// What was sent to these resources.
#[derive(Debug)]
pub(super) struct Large {
    update: Body,
    revision: u64,
    created: VecDeque<(u64, Body)>,
    numbered: u64,
    posted: VecDeque<(UploadKey, Vec<u8>)>,
}

#[derive(Debug)]
struct Body {
    content_format: Option<u16>,
    bytes: Vec<u8>,
}

impl Large {
    /// Tags are counted from `revision` on, so that those of another run mean nothing.
    pub(super) fn new(revision: u64) -> Self {
        Self {
            update: Body { content_format: Some(TEXT), bytes: BODY.to_vec() },
            revision,
            created: VecDeque::new(),
            numbered: 0,
            posted: VecDeque::new(),
        }
    }

    /// The length of `/large-update`.
    pub(super) fn update_len(&self) -> Option<u32> {
        u32::try_from(self.update.bytes.len()).ok()
    }

    /// Answers a request for one of them.
    pub(super) fn serve(
        &mut self,
        place: Place,
        request: &Request<'_>,
        body: Vec<u8>,
        incoming: Incoming<'_, '_>,
    ) {
        let reads = request.method() == RequestType::Get;
        match place {
            Place::LargeUpdate if reads => {
                read(Some(&self.update), Some(ETag::from_number(self.revision)), request, incoming);
            }
            Place::LargeUpdate => {
                self.update = Body { content_format: request.content_format(), bytes: body };
                self.revision += 1;
                incoming.respond(&Response::new(ResponseType::Changed));
            }
            Place::LargeCreate if reads => self.list(request, incoming),
            Place::LargeCreate => self.create(request, body, incoming),
            Place::Created(number) if reads => {
                let created = self.created.iter().find(|(known, _)| *known == number);
                read(created.map(|(_, body)| body), None, request, incoming);
            }
            Place::Created(number) => {
                self.created.retain(|(known, _)| *known != number);
                incoming.respond(&Response::new(ResponseType::Deleted));
            }
            Place::LargePost => self.post(request, body, incoming),
            _ => text(request, incoming, &BODY),
        }
    }

    fn list(&self, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        if !request.accepts(40) {
            return fail(incoming, ResponseType::NotAcceptable, "available in format 40");
        }
        let mut links = String::new();
        for (position, (number, _)) in self.created.iter().enumerate() {
            let before = if position == 0 { "" } else { "," };
            // Writing into a string succeeds.
            let _ = write!(links, "{before}</large-create/{number}>");
        }
        incoming.respond(&Response::content(Some(40), links.as_bytes()));
    }

    fn create(&mut self, request: &Request<'_>, bytes: Vec<u8>, incoming: Incoming<'_, '_>) {
        if self.created.len() == MOST {
            self.created.pop_front();
        }
        self.numbered += 1;
        self.created.push_back((self.numbered, Body { content_format: request.content_format(), bytes }));
        let location_path = &format!("large-create/{}", self.numbered);
        incoming.respond(&Response { location_path, ..Response::new(ResponseType::Created) });
    }

    /// The body goes back in upper case; without a body, a further block of that (RFC 7959 §3.3).
    fn post(&mut self, request: &Request<'_>, mut body: Vec<u8>, incoming: Incoming<'_, '_>) {
        if request.content_format().is_some_and(|format| format != TEXT) {
            return fail(incoming, ResponseType::UnsupportedContentFormat, "expected Content-Format 0");
        }
        let key = UploadKey::of(incoming.peer(), incoming.scope(), request, 0);
        let goes_on = request.block2().is_some_and(|block| block.number != 0);
        let known = self.posted.iter().position(|(other, _)| *other == key);
        let upper = match known.and_then(|at| self.posted.remove(at)) {
            Some((_, upper)) if goes_on => upper,
            _ if goes_on => {
                return fail(incoming, ResponseType::RequestEntityIncomplete, "no answer to go on with");
            }
            _ => {
                body.make_ascii_uppercase();
                body
            }
        };
        incoming.respond(&Response {
            content_format: Some(TEXT),
            payload: &upper,
            ..Response::new(ResponseType::Changed)
        });
        if self.posted.len() == MOST {
            self.posted.pop_front();
        }
        self.posted.push_back((key, upper));
    }
}

fn read(body: Option<&Body>, etag: Option<ETag>, request: &Request<'_>, incoming: Incoming<'_, '_>) {
    let Some(Body { content_format, bytes }) = body else {
        return fail(incoming, ResponseType::NotFound, "no such resource");
    };
    if request.accept().is_some() && request.accept() != *content_format {
        return fail(incoming, ResponseType::NotAcceptable, "not available in this format");
    }
    incoming.respond(&Response { etag, ..Response::content(*content_format, bytes) });
}

const fn body() -> [u8; LARGE as usize] {
    let mut body = [b'.'; LARGE as usize];
    let mut at = 0;
    while at < body.len() {
        if at % 64 == 0 {
            body[at] = b'a' + (at / 64) as u8 % 26;
        } else if at % 64 == 63 {
            body[at] = b'\n';
        }
        at += 1;
    }
    body
}
