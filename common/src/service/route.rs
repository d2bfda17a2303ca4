//! A table of routes: plain function pointers, in flash on a device.

use super::document::{Render, Rendering};
use crate::base::Full;
use crate::endpoint::Incoming;
use crate::exchange::{ETag, Problem, Response};
#[cfg(feature = "patch")]
use crate::resource::merge_patch::{PatchError, merge};
use crate::resource::{Document, Get, Key, Method, Observable, Representation, Resource, Template};
#[cfg(feature = "patch")]
use crate::resource::{Patchable, Put, Readable};
use crate::wire::{Code, ResponseType};

/// The largest representation of a typed resource, in bytes.
pub(super) const REPRESENTATION: usize = 256;

/// What a handler gets: which resource, and the request's body.
pub struct Call<M: Method> {
    /// The variable segment of the path.
    pub key: <M::Resource as Resource>::Key,
    /// The body, validated.
    pub input: M::Input,
}

/// Serves one method on one kind of resource.
pub trait Handle<M: Method> {
    /// Answers a request.
    ///
    /// # Errors
    /// What to tell the client instead.
    fn handle(&mut self, call: Call<M>) -> Result<M::Output, Error>;
}

/// Why a handler does not do what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// 4.04: there is no such resource.
    NotFound,
    /// 4.03: not now and not by this client.
    Forbidden,
    /// 4.09: the resource's state does not allow it.
    Conflict,
    /// 5.03: try again after so many seconds.
    Unavailable {
        /// Max-Age of the answer.
        seconds: u32,
    },
    /// 5.00: our fault.
    Internal,
}

impl Error {
    const fn code(self) -> ResponseType {
        match self {
            Self::NotFound => ResponseType::NotFound,
            Self::Forbidden => ResponseType::Forbidden,
            Self::Conflict => ResponseType::Conflict,
            Self::Unavailable { .. } => ResponseType::ServiceUnavailable,
            Self::Internal => ResponseType::InternalServerError,
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::NotFound => "no such resource",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict with the resource's state",
            Self::Unavailable { .. } => "not available now",
            Self::Internal => "internal error",
        }
    }

    pub(super) const fn response(self) -> Response<'static> {
        let max_age = if let Self::Unavailable { seconds } = self { Some(seconds) } else { None };
        Response { max_age, ..Response::new(self.code()) }
    }

    /// Answers a request with this error.
    pub(super) fn answer(self, incoming: Incoming<'_, '_>) {
        incoming.fail(&self.response(), &Problem::titled(self.title()));
    }
}

/// One method on one kind of resource, served by `S`.
#[derive(Debug)]
pub struct Route<S> {
    pub(super) template: Template,
    pub(super) code: Code,
    pub(super) format: Option<u16>,
    pub(super) input_format: Option<u16>,
    /// Whether it may be observed: a GET whose every path is known.
    pub(super) observable: bool,
    pub(super) resource_type: &'static str,
    pub(super) interface: &'static str,
    pub(super) title: &'static str,
    /// The names that the variable segment may have; empty if the handler decides.
    pub(super) names: &'static [&'static str],
    pub(super) call: Run<S>,
    /// What is called instead for a body of any length.
    pub(super) rendering: Option<Rendering<S>>,
}

/// Runs the handler with the variable segment and the body; writes what it returns.
type Run<S> = fn(&mut S, Option<&str>, &[u8], &mut [u8]) -> Result<usize, Trouble>;

/// Why there is no answer of the expected kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    Handler(Error),
    Body(crate::resource::schema::Violation),
    #[cfg(feature = "patch")]
    Patch(PatchError),
    Full,
}

impl<S> Route<S> {
    /// The route of method `M`.
    pub const fn to<M: Method>() -> Self
    where
        S: Handle<M>,
    {
        Self {
            template: <M::Resource as Resource>::TEMPLATE,
            code: M::CODE,
            format: M::Output::FORMAT,
            input_format: M::Input::FORMAT,
            observable: false,
            resource_type: <M::Resource as Resource>::TYPE,
            interface: <M::Resource as Resource>::INTERFACE,
            title: <M::Resource as Resource>::TITLE,
            names: &[],
            call: run::<S, M>,
            rendering: None,
        }
    }

    /// The route of GET on a resource that can be observed (RFC 7641). A path with a variable segment is
    /// observed under the [`named`](Self::named) values of it only.
    pub const fn observable<R: Observable>() -> Self
    where
        S: Handle<Get<R>>,
    {
        Self { observable: true, ..Self::to::<Get<R>>() }
    }

    #[cfg(feature = "patch")]
    /// The route of PATCH and iPATCH, which do the same, since a merge patch is idempotent (RFC 8132 §3): what the
    /// handler of GET returns is merged with the patch, checked as the body of a PUT is, and given to the handler of
    /// PUT, all in one call.
    pub const fn patch<R: Patchable>() -> Self
    where
        S: Handle<Get<R>> + Handle<Put<R>>,
    {
        Self { code: Code::PATCH, call: patch::<S, R>, ..Self::to::<Put<R>>() }
    }

    /// The route of GET on a body of any length, sent in blocks where it fits no message.
    pub const fn document<R: Document>() -> Self
    where
        S: Render<R>,
    {
        Self {
            template: R::TEMPLATE,
            code: Code::GET,
            format: Some(R::FORMAT),
            input_format: None,
            observable: false,
            resource_type: R::TYPE,
            interface: R::INTERFACE,
            title: R::TITLE,
            names: &[],
            call: |_, _, _, _| Ok(0),
            rendering: Some(Rendering::of::<R>()),
        }
    }

    /// The same route for these values of the variable segment only; discovery lists them.
    #[must_use]
    pub const fn named(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }

    /// Whether this route serves the method.
    pub(super) fn serves(&self, code: Code) -> bool {
        self.code == code || (self.code == Code::PATCH && code == Code::IPATCH)
    }

    /// Whether this route may serve the variable segment.
    pub(super) fn admits(&self, name: Option<&str>) -> bool {
        self.names.is_empty() || name.is_some_and(|name| self.names.contains(&name))
    }
}

fn run<S: Handle<M>, M: Method>(
    state: &mut S,
    name: Option<&str>,
    body: &[u8],
    buffer: &mut [u8],
) -> Result<usize, Trouble> {
    let key = <M::Resource as Resource>::Key::parse(name).ok_or(Trouble::Handler(Error::NotFound))?;
    let input = M::Input::decode(body).map_err(Trouble::Body)?;
    let output = state.handle(Call { key, input }).map_err(Trouble::Handler)?;
    output.encode(buffer).map_err(|Full| Trouble::Full)
}

#[cfg(feature = "patch")]
fn patch<S, R: Patchable>(
    state: &mut S,
    name: Option<&str>,
    body: &[u8],
    buffer: &mut [u8],
) -> Result<usize, Trouble>
where
    S: Handle<Get<R>> + Handle<Put<R>>,
{
    let len = run::<S, Get<R>>(state, name, &[], buffer)?;
    let current = buffer.get(..len).unwrap_or_default();
    let mut merged = [0; REPRESENTATION];
    let len =
        merge(<R as Readable>::Value::FIELDS, current, body, &mut merged).map_err(|error| match error {
            PatchError::Full => Trouble::Full,
            error => Trouble::Patch(error),
        })?;
    run::<S, Put<R>>(state, name, merged.get(..len).unwrap_or_default(), buffer).map_err(|trouble| {
        match trouble {
            Trouble::Body(violation) => Trouble::Patch(PatchError::Result(violation)),
            trouble => trouble,
        }
    })
}

/// The tag of a representation: a hash of its bytes, so that it changes with them and nothing is stored.
pub(super) fn tag(body: &[u8]) -> ETag {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in body {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let folded = (hash >> 32) ^ (hash & 0xffff_ffff);
    ETag::from_number(folded | 0x8000_0000)
}
