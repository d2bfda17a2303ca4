//! Requests to the resource directory, RFC 9176.

use std::hash::BuildHasher as _;
use std::net::SocketAddr;

use twite::base::Instant;
use twite::exchange::{ETag, Request};
use twite::wire::{RequestType, ResponseType};

use super::Site;
use crate::directory::{self, LONGEST, Lookup, Parameters, Registration, base_of};
use crate::formats::LINK;
use crate::policy::Methods;
use crate::serve::asked::Asked;
use crate::serve::conditions::expectation;
use crate::serve::directory::{Place, REGISTRATIONS, is_registration, path_of, registered, registration};
use crate::serve::fetch::respond;
use crate::serve::refusal::{Refusal, fail};
use crate::serve::served::{Served, Told};
use crate::store::{Entry, Expect, Key, Operation, Write};

/// A bit that no revision's tag has: an answer is never taken for a resource.
const OF_AN_ANSWER: u64 = 1 << 63;

/// What the store is asked, and what the client is told then.
type Planned = (Write, Told);

impl Site {
    /// What of the tree discovery shows.
    pub(in crate::serve) fn resources(&self) -> impl Iterator<Item = &Entry> {
        let is_resource = |entry: &&Entry| self.directory.is_none() || !is_registration(entry.key.as_str());
        self.tree.iter().filter(is_resource)
    }

    /// Answers a request to the directory, or defers it.
    pub(super) fn direct<A: Asked>(
        &mut self,
        now: Instant,
        place: Place,
        request: &Request<'_>,
        incoming: A,
    ) -> Served<A::Ticket> {
        if !place.methods().has(Methods::of(request.method())) {
            fail(incoming, ResponseType::MethodNotAllowed, "method not allowed");
            return Served::Answered;
        }
        let source = incoming.source();
        let planned = match place {
            Place::Endpoints | Place::Resources => return self.look_up(place, request, incoming),
            Place::Simple => {
                return match source.ok_or_else(unreachable).and_then(|from| self.introduce(request, from)) {
                    Ok((write, told)) => Self::put_off(write, told, source, request, incoming),
                    Err(refusal) => self.turn_down(&refusal, incoming),
                };
            }
            Place::Registration => self.revise(request, source),
            Place::Registrations => {
                let Some((body, incoming)) = self.take_body(now, request, incoming) else {
                    return Served::Answered;
                };
                return match self.register(request, source, &body) {
                    Ok((write, told)) => self.submit(write, told, request, incoming),
                    Err(refusal) => self.turn_down(&refusal, incoming),
                };
            }
        };
        match planned {
            Ok((write, told)) => self.submit(write, told, request, incoming),
            Err(refusal) => self.turn_down(&refusal, incoming),
        }
    }

    fn turn_down<A: Asked>(&self, refusal: &Refusal, incoming: A) -> Served<A::Ticket> {
        refusal.answer(incoming, LONGEST);
        Served::Answered
    }

    fn look_up<A: Asked>(&self, place: Place, request: &Request<'_>, incoming: A) -> Served<A::Ticket> {
        let found = match Lookup::read(request.query()) {
            _ if !request.accepts(LINK) => {
                let detail = "available in format 40 (link format)";
                Err(Refusal::new(ResponseType::NotAcceptable, "not available as that", detail))
            }
            Ok(lookup) if place == Place::Endpoints => {
                Ok(directory::endpoints(registered(&self.tree), &lookup))
            }
            Ok(lookup) => Ok(directory::resources(registered(&self.tree), &lookup)),
            Err(expected) => Err(bad(&expected)),
        };
        match (found, &self.directory) {
            (Ok(links), Some(directory)) => {
                let number = directory.tags.hash_one(&links) | OF_AN_ANSWER;
                respond(links.as_bytes(), ETag::from_number(number), LINK, request, incoming);
            }
            (Err(refusal), _) => refusal.answer(incoming, LONGEST),
            (Ok(_), None) => fail(incoming, ResponseType::NotFound, "no such resource"),
        }
        Served::Answered
    }

    /// A registration with its links.
    fn register(
        &self,
        request: &Request<'_>,
        source: Option<SocketAddr>,
        links: &[u8],
    ) -> Result<Planned, Refusal> {
        expectation(request, None)?;
        let format = request.content_format();
        if format != Some(LINK) && (format.is_some() || !links.is_empty()) {
            let detail = "links are taken as Content-Format 40 (link format)";
            return Err(Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported format", detail));
        }
        if links.len() > LONGEST {
            let detail = format!("at most {LONGEST} bytes of links are taken");
            return Err(Refusal::new(ResponseType::RequestEntityTooLarge, "body too large", &detail));
        }
        let links = directory::check(links)
            .map_err(|expected| Refusal::new(ResponseType::BadRequest, "bad links", &expected))?;
        let parameters = Parameters::read(request.query()).map_err(|expected| bad(&expected))?;
        let registration = Registration::new(parameters, source.map(base_of), links);
        self.keep(&registration.map_err(|expected| bad(&expected))?, Told::Registered)
    }

    /// A registration whose links have to be fetched.
    fn introduce(&self, request: &Request<'_>, source: SocketAddr) -> Result<Planned, Refusal> {
        expectation(request, None)?;
        let parameters = Parameters::read(request.query()).map_err(|expected| bad(&expected))?;
        if parameters.base.is_some() {
            return Err(bad("base: not taken here, the links are fetched from where the request came from"));
        }
        let registration = Registration::new(parameters, Some(base_of(source)), "");
        self.keep(&registration.map_err(|expected| bad(&expected))?, Told::Fetched)
    }

    /// Stores a registration if there is room.
    fn keep(&self, registration: &Registration, told: Told) -> Result<Planned, Refusal> {
        let path = path_of(&registration.name, registration.sector.as_deref());
        let most = self.directory.as_ref().map_or(0, |directory| directory.most);
        if self.tree.get(&path).is_none() && self.tree.below(REGISTRATIONS).count() >= most {
            let detail = format!("at most {most} endpoints are registered");
            return Err(Refusal::new(ResponseType::ServiceUnavailable, "directory full", &detail));
        }
        let key = Key::new(&path).map_err(|error| bad(&error.to_string()))?;
        Ok((put(key, Expect::Any, registration), told))
    }

    /// The update or the removal of a registration.
    fn revise(&self, request: &Request<'_>, source: Option<SocketAddr>) -> Result<Planned, Refusal> {
        let entry = self.tree.get(&self.path);
        let known = entry.and_then(|entry| Some((entry, registration(entry)?)));
        let Some((entry, mut known)) = known else {
            let detail = "there is no such registration, or it is over";
            return Err(Refusal::new(ResponseType::NotFound, "no such registration", detail));
        };
        let expect = expectation(request, Some(entry))?;
        if request.method() == RequestType::Delete {
            return Ok((
                Write { key: entry.key.clone(), expect, operation: Operation::Delete },
                Told::Nothing,
            ));
        }
        if !request.payload().is_empty() || request.block1().is_some() {
            return Err(bad("an update has no body; POST to /rd registers other links"));
        }
        let parameters = Parameters::read(request.query()).map_err(|expected| bad(&expected))?;
        known.update(parameters, source.map(base_of)).map_err(|expected| bad(&expected))?;
        Ok((put(entry.key.clone(), Expect::Exists, &known), Told::Updated))
    }
}

fn put(key: Key, expect: Expect, registration: &Registration) -> Write {
    let body = registration.to_bytes().into();
    Write { key, expect, operation: Operation::Put { content_format: None, body } }
}

fn bad(expected: &str) -> Refusal {
    Refusal::new(ResponseType::BadRequest, "bad registration", expected)
}

fn unreachable() -> Refusal {
    bad("expected a request over CoAP, since the links are fetched from where it came from")
}
