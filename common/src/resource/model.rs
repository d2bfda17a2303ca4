//! A resource and what may be done with it, as types.

use super::representation::Representation;
use super::template::Template;
use crate::wire::Code;

/// A kind of resource: where it is and how it is described.
pub trait Resource {
    /// Its path; at most one segment is variable, as in `sensors/{id}/temperature`.
    const PATH: &'static str;
    /// The path, taken apart.
    const TEMPLATE: Template = Template::new(Self::PATH);
    /// What the variable segment must be; `()` if there is none.
    type Key: Key;
    /// Attribute `rt` (RFC 6690 §3.1).
    const TYPE: &'static str;
    /// Attribute `if` (RFC 6690 §3.2): `core.s` a sensor, `core.a` an actuator, `core.p` a parameter.
    const INTERFACE: &'static str;
    /// Attribute `title` (RFC 6690 §3.3).
    const TITLE: &'static str;
}

/// GET.
pub trait Readable: Resource {
    /// What is read.
    type Value: Representation;
}

/// GET with Observe (RFC 7641).
pub trait Observable: Readable {}

/// PUT.
pub trait Writable: Resource {
    /// What is written.
    type Value: Representation;
}

/// PATCH and iPATCH with merge patches (RFC 8132 §3): what is read, changed, is written.
pub trait Patchable: Readable + Writable<Value = <Self as Readable>::Value> {}

/// POST.
pub trait Callable: Resource {
    /// What is sent.
    type Input: Representation;
    /// What comes back.
    type Output: Representation;
}

/// GET of a body of any length, such as a log, which is no CBOR map.
pub trait Document: Resource {
    /// Its Content-Format.
    const FORMAT: u16;
}

/// DELETE.
pub trait Removable: Resource {}

/// What the variable segment of a path stands for.
pub trait Key: Sized {
    /// Reads the segment, `None` standing for a path without one; `None` if there can be no such resource.
    fn parse(segment: Option<&str>) -> Option<Self>;
}

impl Key for () {
    fn parse(segment: Option<&str>) -> Option<Self> {
        segment.is_none().then_some(())
    }
}

impl Key for u32 {
    fn parse(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }
}

/// A name of at most 32 bytes of visible ASCII.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(heapless::String<32>);

impl Name {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for Name {
    fn parse(segment: Option<&str>) -> Option<Self> {
        let text =
            segment.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()))?;
        heapless::String::try_from(text).ok().map(Self)
    }
}

/// One method on one resource.
pub trait Method {
    /// The resource.
    type Resource: Resource;
    /// The request's body.
    type Input: Representation;
    /// The response's body.
    type Output: Representation;
    /// The method code.
    const CODE: Code;
}

/// GET of `R`.
#[derive(Debug)]
pub struct Get<R>(R);
/// PUT of `R`.
#[derive(Debug)]
pub struct Put<R>(R);
/// POST to `R`.
#[derive(Debug)]
pub struct Post<R>(R);
/// DELETE of `R`.
#[derive(Debug)]
pub struct Delete<R>(R);

impl<R: Readable> Method for Get<R> {
    type Resource = R;
    type Input = ();
    type Output = R::Value;
    const CODE: Code = Code::GET;
}

impl<R: Writable> Method for Put<R> {
    type Resource = R;
    type Input = R::Value;
    type Output = ();
    const CODE: Code = Code::PUT;
}

impl<R: Callable> Method for Post<R> {
    type Resource = R;
    type Input = R::Input;
    type Output = R::Output;
    const CODE: Code = Code::POST;
}

impl<R: Removable> Method for Delete<R> {
    type Resource = R;
    type Input = ();
    type Output = ();
    const CODE: Code = Code::DELETE;
}
