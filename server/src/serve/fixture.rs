//! The resources that test tools talk to, served with `--plugtest`.

use twite::base::{Duration, Instant};
use twite::endpoint::Incoming;
use twite::exchange::{ETag, Misfit, Precondition, Problem, Request, Response};
use twite::resource::schema::{self, Field, Rule};
use twite::wire::{RequestType, ResponseType};

use super::uploads::{Taken, UploadLimits, Uploads};

/// `/t` (text, every method), `/o` (text, GET), `/b` (3000 bytes, PUT up to 4096 by blocks), `/cbor` (a map of
/// one field) and `/c` (a counter).
#[derive(Debug)]
pub struct Fixture {
    text: Vec<u8>,
    text_revision: u64,
    large: Vec<u8>,
    large_revision: u64,
    uploads: Uploads,
    cbor: Vec<u8>,
    count: u32,
}

const TEXT: u16 = 0;
const CBOR: u16 = 60;

/// What `/cbor` takes: `{10: int32}`.
const FIELDS: &[Field] = &[Field {
    key: 10,
    name: "number",
    rule: Rule::Integer { min: i32::MIN as i64, max: i32::MAX as i64 },
    required: false,
    unit: "",
}];

/// The paths of the fixture with their attribute `ct`.
pub const LINKS: &[(&str, &[u16])] =
    &[("b", &[TEXT]), ("c", &[TEXT]), ("cbor", &[CBOR]), ("o", &[TEXT]), ("t", &[TEXT])];

/// The longest body of the others.
const SMALL: usize = 1024;
/// The longest body of `/b`.
const LARGE: usize = 4096;

impl Default for Fixture {
    fn default() -> Self {
        let limits = UploadLimits {
            bodies: 16,
            total_bytes: 16 * LARGE,
            body_bytes: LARGE,
            patience: Duration::from_secs(93),
        };
        Self {
            text: b"hello".to_vec(),
            text_revision: 1,
            large: (0..3000).map(|at| b'a' + (at % 26) as u8).collect(),
            large_revision: 1,
            uploads: Uploads::new(limits, 0),
            cbor: vec![0xa0],
            count: 0,
        }
    }
}

impl Fixture {
    /// Answers the request if its path is one of the fixture's, else gives it back.
    pub fn serve<'e, 's>(&mut self, now: Instant, incoming: Incoming<'e, 's>) -> Option<Incoming<'e, 's>> {
        let request = *incoming.request();
        let mut path = request.path();
        let (Some(name), None) = (path.next(), path.next()) else { return Some(incoming) };
        match name {
            b"b" => self.serve_large(now, &request, incoming),
            b"t" | b"cbor" | b"c" if request.block1().is_some() => incoming.misfit(Misfit::TooLarge, SMALL),
            b"t" => self.serve_text(&request, incoming),
            b"o" => serve_constant(&request, incoming),
            b"cbor" => self.serve_cbor(&request, incoming),
            b"c" => self.serve_counter(&request, incoming),
            _ => return Some(incoming),
        }
        None
    }

    /// How often `/c` was counted up.
    pub const fn count(&self) -> u32 {
        self.count
    }

    fn serve_text(&mut self, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        let etag = Some(ETag::from_number(self.text_revision));
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
            RequestType::Get if !request.accepts(TEXT) => {
                fail(incoming, ResponseType::NotAcceptable, "available in format 0");
            }
            RequestType::Get => {
                incoming.respond(&Response { etag, ..Response::content(Some(TEXT), &self.text) });
            }
            RequestType::Put | RequestType::Post
                if request.content_format().is_some_and(|format| format != TEXT) =>
            {
                fail(incoming, ResponseType::UnsupportedContentFormat, "expected Content-Format 0");
            }
            RequestType::Put | RequestType::Post => {
                self.change_text(request.payload());
                let etag = Some(ETag::from_number(self.text_revision));
                incoming.respond(&Response { etag, ..Response::new(ResponseType::Changed) });
            }
            RequestType::Delete => {
                self.change_text(b"hello");
                incoming.respond(&Response::new(ResponseType::Deleted));
            }
            _ => fail(incoming, ResponseType::MethodNotAllowed, "method not allowed"),
        }
    }

    fn serve_large(&mut self, now: Instant, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        match request.method() {
            RequestType::Get if !request.accepts(TEXT) => {
                fail(incoming, ResponseType::NotAcceptable, "available in format 0");
            }
            RequestType::Get => {
                let etag = Some(ETag::from_number(self.large_revision));
                incoming.respond(&Response { etag, ..Response::content(Some(TEXT), &self.large) });
            }
            RequestType::Put => {
                let taken = match request.block1() {
                    Some(block) => {
                        self.uploads.take(now, (incoming.peer(), incoming.scope()), block, request)
                    }
                    None => Taken::Complete(incoming.body().to_vec()),
                };
                match taken {
                    Taken::Continue => incoming.respond(&Response::new(ResponseType::Continue)),
                    Taken::Misfit(misfit) => incoming.misfit(misfit, LARGE),
                    Taken::Full => {
                        fail(incoming, ResponseType::ServiceUnavailable, "too many bodies under way");
                    }
                    Taken::Complete(body) => {
                        self.large = body;
                        self.large_revision += 1;
                        incoming.respond(&Response::new(ResponseType::Changed));
                    }
                }
            }
            _ => fail(incoming, ResponseType::MethodNotAllowed, "method not allowed"),
        }
    }

    fn change_text(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.text_revision += 1;
    }

    fn serve_cbor(&mut self, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        match request.method() {
            RequestType::Get if !request.accepts(CBOR) => {
                fail(incoming, ResponseType::NotAcceptable, "available in format 60");
            }
            RequestType::Get => incoming.respond(&Response::content(Some(CBOR), &self.cbor)),
            RequestType::Put if request.content_format() != Some(CBOR) => {
                fail(incoming, ResponseType::UnsupportedContentFormat, "expected Content-Format 60");
            }
            RequestType::Put => match schema::check(FIELDS, request.payload()) {
                Ok(()) => {
                    self.cbor = request.payload().to_vec();
                    incoming.respond(&Response::new(ResponseType::Changed));
                }
                Err(violation) => {
                    let detail = format_args!("{violation}");
                    let problem = Problem { detail: Some(&detail), ..Problem::titled("invalid body") };
                    incoming.fail(&Response::new(ResponseType::BadRequest), &problem);
                }
            },
            _ => fail(incoming, ResponseType::MethodNotAllowed, "method not allowed"),
        }
    }

    fn serve_counter(&mut self, request: &Request<'_>, incoming: Incoming<'_, '_>) {
        let code = match request.method() {
            RequestType::Get => ResponseType::Content,
            RequestType::Post => {
                self.count += 1;
                ResponseType::Changed
            }
            _ => return fail(incoming, ResponseType::MethodNotAllowed, "method not allowed"),
        };
        let count = self.count.to_string();
        let body = Response { content_format: Some(TEXT), payload: count.as_bytes(), ..Response::new(code) };
        incoming.respond(&body);
    }
}

fn serve_constant(request: &Request<'_>, incoming: Incoming<'_, '_>) {
    match request.method() {
        RequestType::Get if !request.accepts(TEXT) => {
            fail(incoming, ResponseType::NotAcceptable, "available in format 0");
        }
        RequestType::Get => incoming.respond(&Response::content(Some(TEXT), b"observe me")),
        _ => fail(incoming, ResponseType::MethodNotAllowed, "method not allowed"),
    }
}

fn fail(incoming: Incoming<'_, '_>, code: ResponseType, title: &str) {
    incoming.fail(&Response::new(code), &Problem::titled(title));
}
