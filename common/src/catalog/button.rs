//! A push button.

use minicbor::{Decode, Encode};

use crate::resource::schema::{Field, Rule};
use crate::resource::{FieldWriter, Name, Observable, Readable, Resource, Schema, Writable};

/// `buttons/{id}`: whether it is pressed, and how often it was.
#[derive(Debug)]
pub struct Button;

/// The state of a push button.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cbor(map)]
pub struct ButtonState {
    /// Whether it is pressed now.
    #[n(0)]
    pub pressed: bool,
    /// How often it was pressed since the node started.
    #[n(1)]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::resource::whole::required"))]
    pub presses: u32,
}

impl Schema for ButtonState {
    const FIELDS: &'static [Field] = &[
        Field { key: 0, name: "pressed", rule: Rule::Bool, required: true, unit: "" },
        Field {
            key: 1,
            name: "presses",
            rule: Rule::Integer { min: 0, max: u32::MAX as i64 },
            required: true,
            unit: "count",
        },
    ];

    fn write(&self, fields: &mut FieldWriter<'_>) {
        fields.map(2);
        fields.boolean(0, self.pressed);
        fields.unsigned(1, u64::from(self.presses));
    }
}

impl Resource for Button {
    const PATH: &'static str = "buttons/{id}";
    type Key = Name;
    const TYPE: &'static str = "button";
    const INTERFACE: &'static str = "core.s";
    const TITLE: &'static str = "Button";
}

impl Readable for Button {
    type Value = ButtonState;
}

impl Observable for Button {}

impl Writable for Button {
    type Value = ButtonState;
}
