//! Floor 5: the resources that devices and hosts share.

mod button;
mod humidity;
mod lamp;
mod log;
mod node;
mod temperature;
mod time;

pub use button::{Button, ButtonState};
pub use humidity::{Humidity, RelativeHumidity};
pub use lamp::{Lamp, LampState};
pub use log::Log;
pub use node::{Node, NodeState};
pub use temperature::{Celsius, Temperature};

use crate::resource::schema::{Field, Rule, Violation};
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

    /// What it measures, if it is a measurement: its number with a unit that is always there.
    pub fn measured(&self) -> Option<&'static Field> {
        let is_measured = |field: &&Field| {
            field.required && !field.unit.is_empty() && matches!(field.rule, Rule::Number { .. })
        };
        self.fields.iter().find(is_measured)
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

#[cfg(test)]
mod tests {
    extern crate std;

    use minicbor::Encode;

    use super::{ButtonState, Celsius, LampState, NodeState, RelativeHumidity};
    use crate::resource::Representation;

    fn same<T: Representation + Encode<()>>(value: &T) {
        let mut buffer = [0; 64];
        let length = Representation::encode(value, &mut buffer).expect("room");
        assert_eq!(buffer[..length], minicbor::to_vec(value).expect("a vector grows"));
        assert!((0..length).all(|room| Representation::encode(value, &mut buffer[..room]).is_err()));
    }

    #[test]
    fn every_representation_is_what_is_derived() {
        for time in [None, Some(0), Some(1_700_000_000)] {
            same(&Celsius { celsius: -273.15, time });
            same(&RelativeHumidity { percent: 50.5, time });
        }
        for brightness in [None, Some(7), Some(100)] {
            same(&LampState { on: brightness.is_some(), brightness });
            same(&NodeState { uptime: 1 << 40, firmware: 10_203, battery: brightness });
        }
        same(&ButtonState { pressed: true, presses: u32::MAX });
    }
}
