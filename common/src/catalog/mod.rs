//! Floor 5: the resources that devices and hosts share.

mod button;
mod humidity;
mod lamp;
mod log;
mod node;
mod optional;
mod temperature;
mod time;

pub use button::{Button, ButtonState};
pub use humidity::{Humidity, RelativeHumidity};
pub use lamp::{Lamp, LampState};
pub use log::Log;
pub use node::{Node, NodeState};
pub use temperature::{Celsius, Temperature};

use crate::resource::schema::{Field, Violation};
use crate::resource::{CBOR, Representation, Resource, Template};

/// A catalog resource as data, for tools that treat all alike.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where such resources are.
    pub template: Template,
    /// Attribute `rt`.
    pub resource_type: &'static str,
    /// Attribute `if`.
    pub interface: &'static str,
    /// Attribute `title`.
    pub title: &'static str,
    /// What its representation may hold.
    pub fields: &'static [Field],
    /// Checks a CBOR body.
    pub check: fn(&[u8]) -> Result<(), Violation>,
}

impl Entry {
    const fn of<R: Resource, V: Representation>() -> Self {
        Self {
            template: R::TEMPLATE,
            resource_type: R::TYPE,
            interface: R::INTERFACE,
            title: R::TITLE,
            fields: V::FIELDS,
            check: |body| V::decode(body).map(|_| ()),
        }
    }

    /// The Content-Format of its representation.
    pub const fn format(&self) -> u16 {
        CBOR
    }
}

/// Every resource of the catalog that has a typed representation.
pub const ENTRIES: &[Entry] = &[
    Entry::of::<Temperature, Celsius>(),
    Entry::of::<Humidity, RelativeHumidity>(),
    Entry::of::<Lamp, LampState>(),
    Entry::of::<Button, ButtonState>(),
    Entry::of::<Node, NodeState>(),
];
