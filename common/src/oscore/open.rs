//! A protected message comes in, RFC 8613 §8.2 and §8.4.

use super::cipher::{self, Forged, KEY, NONCE, Request, TAG, nonce};
use super::class::{has_observe, is_outer};
use super::{Awaited, Binding, Compressed, Context, Refusal};
use crate::base::Full;
use crate::wire::{Message, MessageWriter, WriteError, number};

/// A request that was opened.
#[derive(Debug)]
pub struct Opened<'b> {
    /// What it is without protection: type, message id and token of the outer message, everything else of the inner
    /// one, and the options that stand outside only.
    pub message: Message<'b>,
    /// What its response is bound to.
    pub binding: Binding,
    /// Whether it is sure that it did not come before. If not, the window is unknown since a restart: the request must
    /// not be served until it has shown that it is fresh (App. B.1.2).
    pub is_new: bool,
}

/// How one message is opened.
struct Open {
    nonce: [u8; NONCE],
    request: Request,
    observe: Observe,
}

/// What the Observe option inside is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Observe {
    /// Nothing: there is none outside, so that somebody on the way does not support it (§4.1.3.5.1).
    No,
    /// What it says.
    Inner,
    /// It notifies, and this is the order (§4.1.3.5.2).
    Order(u32),
}

impl Context {
    /// Opens a request that names this context. `room` wants twice the length of the datagram. The window moves only if
    /// the request was verified.
    ///
    /// # Errors
    /// What to answer instead; it is not known who sent the request then.
    pub fn open_request<'b>(
        &mut self,
        compressed: &Compressed<'_>,
        outer: &Message<'_>,
        room: &'b mut [u8],
    ) -> Result<Opened<'b>, Refusal> {
        let partial_iv = compressed.partial_iv.ok_or(Refusal::Decode)?;
        if compressed.kid.is_none() {
            return Err(Refusal::Decode);
        }
        if compressed.kid != Some(self.recipient_id.as_bytes()) || !self.is_in(compressed.kid_context) {
            return Err(Refusal::ContextNotFound);
        }
        if !self.sequence.is_begun() {
            return Err(Refusal::NotStored);
        }
        if self.window.is_known() && !self.window.is_new(partial_iv.number()) {
            return Err(Refusal::Replay);
        }
        let kid = self.recipient_id;
        let open = Open {
            nonce: nonce(&self.common_iv, &kid, partial_iv),
            request: Request { kid, partial_iv },
            observe: if has_observe(outer) { Observe::Inner } else { Observe::No },
        };
        let message = open_with(&self.recipient_key, outer, &open, room)?;
        let is_new = self.window.take(partial_iv.number());
        if !message.code().is_request() {
            return Err(Refusal::Decryption);
        }
        Ok(Opened { message, binding: Binding::new(partial_iv), is_new })
    }

    /// Opens a response to a request of ours.
    ///
    /// # Errors
    /// Why it is no response.
    pub fn open_response<'b>(
        &self,
        compressed: &Compressed<'_>,
        outer: &Message<'_>,
        awaited: &mut Awaited,
        room: &'b mut [u8],
    ) -> Result<Message<'b>, Refusal> {
        if compressed.kid.is_some_and(|kid| kid != self.recipient_id.as_bytes()) {
            return Err(Refusal::ContextNotFound);
        }
        awaited.check(compressed.partial_iv)?;
        let kid = self.sender_id;
        let (nonce, order) = match compressed.partial_iv {
            Some(own) => (nonce(&self.common_iv, &self.recipient_id, own), own.number() as u32 & 0x00ff_ffff),
            None => (nonce(&self.common_iv, &kid, awaited.partial_iv()), 0),
        };
        let request = Request { kid, partial_iv: awaited.partial_iv() };
        let open = Open { nonce, request, observe: Observe::Order(order) };
        let message = open_with(&self.recipient_key, outer, &open, room)?;
        if !message.code().is_response() {
            return Err(Refusal::Decryption);
        }
        awaited.take(compressed.partial_iv);
        Ok(message)
    }
}

/// Decrypts into the end of the room and puts the message together at its start.
fn open_with<'b>(
    key: &[u8; KEY],
    outer: &Message<'_>,
    open: &Open,
    room: &'b mut [u8],
) -> Result<Message<'b>, Refusal> {
    let (ciphertext, tag) = outer.payload().split_last_chunk::<TAG>().ok_or(Refusal::Decryption)?;
    // A header of four bytes ends in the code that the plaintext begins with.
    let front = room.len().checked_sub(3 + ciphertext.len()).ok_or(Refusal::TooLarge)?;
    let (front, back) = room.split_at_mut(front);
    let plaintext = back.get_mut(3..).ok_or(Refusal::TooLarge)?;
    plaintext.copy_from_slice(ciphertext);
    cipher::open(key, &open.nonce, &open.request, plaintext, tag).map_err(|Forged| Refusal::Decryption)?;
    let header = back.first_chunk_mut::<4>().ok_or(Refusal::Decryption)?;
    *header = [0x40, header[3], 0, 0];
    let inner = Message::parse(back).map_err(|_| Refusal::Decryption)?;
    let length = merge(outer, &inner, open.observe, front).map_err(|_| Refusal::TooLarge)?;
    let whole = front.get(..length).ok_or(Refusal::TooLarge)?;
    Message::parse(whole).map_err(|_| Refusal::Decryption)
}

/// Writes the message that was meant: options outside that count, and all inside.
fn merge(
    outer: &Message<'_>,
    inner: &Message<'_>,
    observe: Observe,
    buffer: &mut [u8],
) -> Result<usize, WriteError> {
    let mut writer =
        MessageWriter::new(buffer, outer.kind(), inner.code(), outer.message_id(), outer.token())?;
    let counts = |number: u16| is_outer(number) && number != number::OSCORE;
    let mut outside = outer.options().filter(|option| counts(option.number)).peekable();
    for option in inner.options() {
        while let Some(first) = outside.next_if(|first| first.number <= option.number) {
            writer.option(first.number, first.value)?;
        }
        match (option.number, observe) {
            (number::OBSERVE, Observe::No) => {}
            (number::OBSERVE, Observe::Order(order)) => writer.uint(number::OBSERVE, order)?,
            _ => writer.option(option.number, option.value)?,
        }
    }
    for option in outside {
        writer.option(option.number, option.value)?;
    }
    writer.payload(inner.payload()).map_err(|Full| WriteError::Full)
}
