//! A message taken apart: what both readers must agree on.

use coap_lite::{MessageType, Packet};
use twite::wire::{Code, Message, MessageWriter, WriteError};

/// Everything that a message says.
#[derive(Clone, PartialEq, Debug)]
pub struct Parts {
    /// Type.
    pub kind: MessageType,
    /// Code.
    pub code: u8,
    /// Message id.
    pub message_id: u16,
    /// Token.
    pub token: Vec<u8>,
    /// Options in the order of their numbers.
    pub options: Vec<(u16, Vec<u8>)>,
    /// Payload.
    pub payload: Vec<u8>,
}

impl Parts {
    /// What our reader says of a message.
    pub fn ours(message: &Message<'_>) -> Self {
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
    pub fn theirs(packet: &Packet) -> Self {
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

    /// The datagram as we write it.
    pub fn write(&self) -> Vec<u8> {
        // Header, length of the token and marker need 7 bytes at most, the head of an option 5.
        let options: usize = self.options.iter().map(|(_, value)| 5 + value.len()).sum();
        let mut buffer = vec![0; 7 + self.token.len() + options + self.payload.len()];
        let length = self.write_to(&mut buffer).expect("there is room");
        buffer.truncate(length);
        buffer
    }

    /// The same into a buffer.
    ///
    /// # Errors
    /// When it is too small.
    pub fn write_to(&self, buffer: &mut [u8]) -> Result<usize, WriteError> {
        let mut writer =
            MessageWriter::new(buffer, self.kind, Code(self.code), self.message_id, &self.token)?;
        self.options.iter().try_for_each(|(number, value)| writer.option(*number, value))?;
        Ok(writer.payload(&self.payload)?)
    }

    /// The packet as coap-lite has it.
    pub fn packet(&self) -> Packet {
        let mut packet = Packet::new();
        packet.header.set_type(self.kind);
        packet.header.code = self.code.into();
        packet.header.message_id = self.message_id;
        packet.set_token(self.token.clone());
        for (number, value) in &self.options {
            packet.add_option((*number).into(), value.clone());
        }
        packet.payload.clone_from(&self.payload);
        packet
    }
}
