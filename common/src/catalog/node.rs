//! A node: the device itself.

use minicbor::{Decode, Encode};

use crate::resource::schema::{Field, Rule};
use crate::resource::{FieldWriter, Name, Readable, Removable, Resource, Schema, Writable};

/// `nodes/{id}`: what a device says of itself.
#[derive(Debug)]
pub struct Node;

/// What a device says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cbor(map)]
pub struct NodeState {
    /// Seconds since it started.
    #[n(0)]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::resource::whole::required"))]
    pub uptime: u64,
    /// Firmware version, packed as major × 10000 + minor × 100 + patch.
    #[n(1)]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::resource::whole::required"))]
    pub firmware: u32,
    /// Percent of the battery, from 0 to 100; absent when it has none.
    #[n(2)]
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::resource::whole::optional"
        )
    )]
    pub battery: Option<u8>,
}

impl Schema for NodeState {
    const FIELDS: &'static [Field] = &[
        Field {
            key: 0,
            name: "uptime",
            rule: Rule::Integer { min: 0, max: i64::MAX },
            required: true,
            unit: "s",
        },
        Field {
            key: 1,
            name: "firmware",
            rule: Rule::Integer { min: 0, max: u32::MAX as i64 },
            required: true,
            unit: "",
        },
        Field {
            key: 2,
            name: "battery",
            rule: Rule::Integer { min: 0, max: 100 },
            required: false,
            unit: "%EL",
        },
    ];

    fn write(&self, fields: &mut FieldWriter<'_>) {
        fields.map(2 + u8::from(self.battery.is_some()));
        fields.unsigned(0, self.uptime);
        fields.unsigned(1, u64::from(self.firmware));
        fields.optional(2, self.battery.map(u64::from));
    }
}

impl Resource for Node {
    const PATH: &'static str = "nodes/{id}";
    type Key = Name;
    const TYPE: &'static str = "node";
    const INTERFACE: &'static str = "core.p";
    const TITLE: &'static str = "Node";
}

impl Readable for Node {
    type Value = NodeState;
}

impl Writable for Node {
    type Value = NodeState;
}

impl Removable for Node {}
