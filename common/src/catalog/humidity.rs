//! A hygrometer's reading.

use minicbor::{Decode, Encode};

use super::time::TIME;
use crate::resource::schema::{Field, Rule};
use crate::resource::{FieldWriter, Name, Observable, Readable, Resource, Schema, Writable};

/// `sensors/{id}/humidity`: what a hygrometer reads now.
#[derive(Debug)]
pub struct Humidity;

/// Relative humidity.
#[derive(Clone, Copy, PartialEq, Debug, Encode, Decode)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cbor(map)]
pub struct RelativeHumidity {
    /// Percent, from 0 to 100.
    #[cbor(n(0), with = "crate::resource::number")]
    pub percent: f32,
    /// When it was read, in seconds since 1970.
    #[n(1)]
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::resource::whole::optional"
        )
    )]
    pub time: Option<u64>,
}

impl Schema for RelativeHumidity {
    const FIELDS: &'static [Field] = &[
        Field {
            key: 0,
            name: "percent",
            rule: Rule::Number { min: 0.0, max: 100.0 },
            required: true,
            unit: "%RH",
        },
        TIME,
    ];

    fn write(&self, fields: &mut FieldWriter<'_>) {
        fields.map(1 + u8::from(self.time.is_some()));
        fields.number(0, self.percent);
        fields.optional(1, self.time);
    }
}

impl Resource for Humidity {
    const PATH: &'static str = "sensors/{id}/humidity";
    type Key = Name;
    const TYPE: &'static str = "humidity";
    const INTERFACE: &'static str = "core.s";
    const TITLE: &'static str = "Humidity";
}

impl Readable for Humidity {
    type Value = RelativeHumidity;
}

impl Observable for Humidity {}

impl Writable for Humidity {
    type Value = RelativeHumidity;
}
