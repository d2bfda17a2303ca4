//! A thermometer's reading.

use minicbor::{Decode, Encode};

use super::time::TIME;
use crate::resource::schema::{Field, Rule};
use crate::resource::{FieldWriter, Name, Observable, Readable, Resource, Schema, Writable};

/// `sensors/{id}/temperature`: what a thermometer reads now.
#[derive(Debug)]
pub struct Temperature;

/// A temperature in degrees Celsius.
#[derive(Clone, Copy, PartialEq, Debug, Encode, Decode)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cbor(map)]
pub struct Celsius {
    /// Degrees Celsius, from -273.15 to 10000.
    #[cbor(n(0), with = "crate::resource::number")]
    pub celsius: f32,
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

impl Schema for Celsius {
    const FIELDS: &'static [Field] = &[
        Field {
            key: 0,
            name: "celsius",
            rule: Rule::Number { min: -273.15, max: 10_000.0 },
            required: true,
            unit: "Cel",
        },
        TIME,
    ];

    fn write(&self, fields: &mut FieldWriter<'_>) {
        fields.map(1 + u8::from(self.time.is_some()));
        fields.number(0, self.celsius);
        fields.optional(1, self.time);
    }
}

impl Resource for Temperature {
    const PATH: &'static str = "sensors/{id}/temperature";
    type Key = Name;
    const TYPE: &'static str = "temperature";
    const INTERFACE: &'static str = "core.s";
    const TITLE: &'static str = "Temperature";
}

impl Readable for Temperature {
    type Value = Celsius;
}

impl Observable for Temperature {}

impl Writable for Temperature {
    type Value = Celsius;
}
