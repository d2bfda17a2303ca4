//! Messages to try, and what a reader says of a datagram.

use coap_lite::{MessageType, Packet};
use proptest::collection::vec;
use proptest::prelude::*;
use twite::wire::Message;

/// A message taken apart: what both readers must agree on.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Parts {
    pub(crate) kind: MessageType,
    pub(crate) code: u8,
    pub(crate) message_id: u16,
    pub(crate) token: Vec<u8>,
    /// In the order of their numbers.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
    pub(crate) payload: Vec<u8>,
}

impl Parts {
    /// What our reader says of a message.
    pub(crate) fn ours(message: &Message<'_>) -> Self {
        Self {
            kind: message.kind(),
            code: message.code().0,
            message_id: message.message_id(),
            token: message.token().to_vec(),
            options: message.options().map(|option| (option.number, option.value.to_vec())).collect(),
            payload: message.payload().to_vec(),
        }
    }

    /// What coap-lite says of a packet.
    pub(crate) fn theirs(packet: &Packet) -> Self {
        let options = packet.options();
        Self {
            kind: packet.header.get_type(),
            code: packet.header.code.into(),
            message_id: packet.header.message_id,
            token: packet.get_token().to_vec(),
            options: options
                .flat_map(|(&number, values)| values.iter().map(move |value| (number, value.clone())))
                .collect(),
            payload: packet.payload.clone(),
        }
    }
}

/// Codes of methods and responses, known or not.
pub(crate) fn code() -> impl Strategy<Value = u8> {
    prop_oneof![1_u8..=31, 0x40_u8..=0x5f, 0x80_u8..=0xbf]
}

pub(crate) fn kind() -> impl Strategy<Value = MessageType> {
    prop_oneof![
        Just(MessageType::Confirmable),
        Just(MessageType::NonConfirmable),
        Just(MessageType::Acknowledgement),
        Just(MessageType::Reset),
    ]
}

/// Numbers near the borders of their encodings and anywhere else.
fn number() -> impl Strategy<Value = u16> {
    prop_oneof![0_u16..=30, 255_u16..=300, 65_200_u16..=65_535, any::<u16>()]
}

/// Values whose lengths lie near the borders of their encodings.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..=16), vec(any::<u8>(), 255..=300)]
}

/// A message of a method or a response.
pub(crate) fn parts() -> impl Strategy<Value = Parts> {
    let options = vec((number(), value()), 0..8);
    let head = (kind(), code(), any::<u16>(), vec(any::<u8>(), 0..=8));
    (head, options, vec(any::<u8>(), 0..64)).prop_map(
        |((kind, code, message_id, token), mut options, payload)| {
            options.sort_by_key(|(number, _)| *number);
            Parts { kind, code, message_id, token, options, payload }
        },
    )
}
