//! Datagrams as another implementation writes and reads them: coap-lite's.

use coap_lite::{CoapOption, MessageType, Packet};

/// 0.01
pub(crate) const GET: u8 = 0x01;
/// 0.02
pub(crate) const POST: u8 = 0x02;
/// 0.03
pub(crate) const PUT: u8 = 0x03;
/// 0.04
pub(crate) const DELETE: u8 = 0x04;
/// 0.06
pub(crate) const PATCH: u8 = 0x06;
/// 0.07
pub(crate) const IPATCH: u8 = 0x07;

/// A datagram that is being put together.
#[derive(Clone)]
pub(crate) struct Datagram(Packet);

impl Datagram {
    /// Of this type, code and message id.
    pub(crate) fn new(kind: MessageType, code: u8, message_id: u16) -> Self {
        let mut packet = Packet::new();
        packet.header.set_type(kind);
        packet.header.code = code.into();
        packet.header.message_id = message_id;
        Self(packet)
    }

    /// A confirmable one.
    pub(crate) fn con(code: u8, message_id: u16) -> Self {
        Self::new(MessageType::Confirmable, code, message_id)
    }

    /// A non-confirmable one.
    pub(crate) fn non(code: u8, message_id: u16) -> Self {
        Self::new(MessageType::NonConfirmable, code, message_id)
    }

    /// With this token.
    pub(crate) fn token(mut self, token: &[u8]) -> Self {
        self.0.set_token(token.to_vec());
        self
    }

    /// With one option more.
    pub(crate) fn option(mut self, number: u16, value: &[u8]) -> Self {
        self.0.add_option(CoapOption::from(number), value.to_vec());
        self
    }

    /// With one Uri-Path option for each segment.
    pub(crate) fn path(self, path: &str) -> Self {
        path.split('/').fold(self, |datagram, segment| datagram.option(11, segment.as_bytes()))
    }

    /// With a payload in this Content-Format.
    pub(crate) fn body(self, format: u8, payload: &[u8]) -> Self {
        self.option(12, if format == 0 { &[] } else { std::slice::from_ref(&format) }).payload(payload)
    }

    /// With a payload.
    pub(crate) fn payload(mut self, payload: &[u8]) -> Self {
        self.0.payload = payload.to_vec();
        self
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.to_bytes_unlimited().expect("coap-lite writes it")
    }
}

/// A datagram that was read.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Type.
    pub(crate) kind: MessageType,
    /// Code.
    pub(crate) code: u8,
    /// Message id.
    pub(crate) message_id: u16,
    /// Token.
    pub(crate) token: Vec<u8>,
    /// Payload.
    pub(crate) payload: Vec<u8>,
    packet: Packet,
}

impl Answer {
    /// Reads a datagram.
    pub(crate) fn read(datagram: &[u8]) -> Self {
        let packet = Packet::from_bytes(datagram).expect("coap-lite reads it");
        Self {
            kind: packet.header.get_type(),
            code: packet.header.code.into(),
            message_id: packet.header.message_id,
            token: packet.get_token().to_vec(),
            payload: packet.payload.clone(),
            packet,
        }
    }

    /// Reads the only datagram.
    #[track_caller]
    pub(crate) fn only(datagrams: &[Vec<u8>]) -> Self {
        assert_eq!(datagrams.len(), 1, "one datagram: {datagrams:02x?}");
        Self::read(&datagrams[0])
    }

    /// The value of the first option of this number.
    pub(crate) fn option(&self, number: u16) -> Option<&[u8]> {
        self.packet.get_first_option(CoapOption::from(number)).map(Vec::as_slice)
    }

    /// The same as an unsigned integer.
    pub(crate) fn uint(&self, number: u16) -> Option<u32> {
        self.option(number).map(|value| value.iter().fold(0, |all, &byte| all << 8 | u32::from(byte)))
    }

    /// Class and detail, as in "4.04".
    pub(crate) fn dotted(&self) -> String {
        format!("{}.{:02}", self.code >> 5, self.code & 0x1f)
    }
}

/// An Empty acknowledgement of this message id.
pub(crate) fn empty_acknowledgement(message_id: u16) -> Vec<u8> {
    let [high, low] = message_id.to_be_bytes();
    vec![0x60, 0, high, low]
}

/// A Reset of this message id.
pub(crate) fn reset(message_id: u16) -> Vec<u8> {
    let [high, low] = message_id.to_be_bytes();
    vec![0x70, 0, high, low]
}
