//! A lamp that can be switched.

use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encode};

use crate::resource::members::{NULL, boolean, integer, members};
use crate::resource::schema::{Field, Rule};
use crate::resource::{
    Callable, FieldWriter, Name, Observable, Patchable, Readable, Resource, Schema, Writable,
};

/// `lamps/{id}`: GET and PUT its state, PATCH it, POST to toggle it.
#[derive(Debug)]
pub struct Lamp;

/// Whether a lamp shines, and how brightly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cbor(map)]
pub struct LampState {
    /// Whether it shines.
    #[n(0)]
    pub on: bool,
    /// Percent of full brightness, from 0 to 100.
    #[n(1)]
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::resource::whole::optional"
        )
    )]
    pub brightness: Option<u8>,
}

/// By hand, since what derived code needs to skip what it does not know takes 5 KB of a microcontroller's flash.
impl<'b, C> Decode<'b, C> for LampState {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
        let rest = decoder.input().get(decoder.position()..).unwrap_or_default();
        let (mut on, mut brightness) = (None, None);
        let mut members = members(rest);
        for (key, value) in &mut members {
            match key {
                Some(0) => on = boolean(value),
                Some(1) if value != NULL => {
                    let percent = integer(value).and_then(|percent| percent.try_into().ok());
                    brightness = Some(percent.ok_or_else(|| Error::message("no percentage"))?);
                }
                _ => {}
            }
        }
        decoder.set_position(decoder.input().len() - members.after().len());
        let on = on.ok_or_else(|| Error::missing_value(0))?;
        Ok(Self { on, brightness })
    }
}

impl Schema for LampState {
    const FIELDS: &'static [Field] = &[
        Field { key: 0, name: "on", rule: Rule::Bool, required: true, unit: "" },
        Field {
            key: 1,
            name: "brightness",
            rule: Rule::Integer { min: 0, max: 100 },
            required: false,
            unit: "%",
        },
    ];

    fn write(&self, fields: &mut FieldWriter<'_>) {
        fields.map(1 + u8::from(self.brightness.is_some()));
        fields.boolean(0, self.on);
        fields.optional(1, self.brightness.map(u64::from));
    }
}

impl Resource for Lamp {
    const PATH: &'static str = "lamps/{id}";
    type Key = Name;
    const TYPE: &'static str = "lamp";
    const INTERFACE: &'static str = "core.a";
    const TITLE: &'static str = "Lamp";
}

impl Readable for Lamp {
    type Value = LampState;
}

impl Observable for Lamp {}

impl Writable for Lamp {
    type Value = LampState;
}

impl Patchable for Lamp {}

impl Callable for Lamp {
    type Input = ();
    type Output = LampState;
}
