//! A message goes out protected, RFC 8613 §8.1 and §8.3.

use super::cipher::{self, NONCE, Request, TAG, nonce};
use super::class::{has_observe, is_outer};
use super::compressed::LONGEST;
use super::{Awaited, Binding, Compressed, Context, IdContext, ProtectError};
use crate::wire::{Code, Message, MessageWriter, RawOption, ResponseType, WriteError, number};

/// By how many bytes a protected message may be longer than the message it protects: code, marker and tag, the OSCORE
/// option with its header, and an Observe option outside.
pub const OVERHEAD: usize = 1 + 1 + TAG + 2 + LONGEST + 4;

/// How one message is protected.
struct Seal<'c> {
    nonce: [u8; NONCE],
    request: Request,
    compressed: Compressed<'c>,
    outer_code: Code,
    is_response: bool,
}

impl Context {
    /// Protects a request under the next number; its length, and what its responses are bound to.
    ///
    /// # Errors
    /// Why it cannot be protected; then nothing may be sent.
    pub fn protect_request(
        &mut self,
        plain: &Message<'_>,
        target: &mut [u8],
    ) -> Result<(usize, Awaited), ProtectError> {
        let partial_iv = self.sequence.take()?;
        let kid = self.sender_id;
        let seal = Seal {
            nonce: nonce(&self.common_iv, &kid, partial_iv),
            request: Request { kid, partial_iv },
            compressed: Compressed {
                partial_iv: Some(partial_iv),
                kid: Some(kid.as_bytes()),
                kid_context: self.id_context.as_ref().map(IdContext::as_bytes),
            },
            outer_code: if has_observe(plain) { Code::FETCH } else { Code::POST },
            is_response: false,
        };
        Ok((self.seal(plain, &seal, target)?, Awaited::new(partial_iv)))
    }

    /// Protects a response, with the nonce of its request if that is still unused and no notification, else under the
    /// next number; its length. Errors are protected like any other response.
    ///
    /// # Errors
    /// Why it cannot be protected; then nothing may be sent.
    pub fn protect_response(
        &mut self,
        plain: &Message<'_>,
        binding: &mut Binding,
        target: &mut [u8],
    ) -> Result<usize, ProtectError> {
        let kid = self.recipient_id;
        let notifies = has_observe(plain);
        let own = if notifies || binding.is_spent() { Some(self.sequence.take()?) } else { None };
        binding.spend();
        let seal = Seal {
            nonce: match own {
                Some(partial_iv) => nonce(&self.common_iv, &self.sender_id, partial_iv),
                None => nonce(&self.common_iv, &kid, binding.partial_iv()),
            },
            request: Request { kid, partial_iv: binding.partial_iv() },
            compressed: Compressed { partial_iv: own, kid: None, kid_context: None },
            outer_code: Code::from(if notifies { ResponseType::Content } else { ResponseType::Changed }),
            is_response: true,
        };
        self.seal(plain, &seal, target)
    }

    fn seal(&self, plain: &Message<'_>, seal: &Seal<'_>, target: &mut [u8]) -> Result<usize, ProtectError> {
        let mut value = [0; LONGEST];
        let length = seal.compressed.write(&mut value)?;
        let value = value.get(..length).unwrap_or_default();
        let mut writer =
            MessageWriter::new(target, plain.kind(), seal.outer_code, plain.message_id(), plain.token())?;
        let outside = plain.options().filter(|option| {
            option.number != number::OSCORE && (is_outer(option.number) || option.number == number::OBSERVE)
        });
        let (before, after) = (outside.clone(), outside);
        write_all(&mut writer, before.filter(|option| option.number < number::OSCORE))?;
        writer.option(number::OSCORE, value)?;
        write_all(&mut writer, after.filter(|option| option.number > number::OSCORE))?;
        writer.payload_with(|room| {
            let mut inner = MessageWriter::plaintext(room, plain.code())?;
            for option in plain.options().filter(|option| !is_outer(option.number)) {
                // Notifications are ordered by their Partial IV (§4.1.3.5.2).
                let is_order = seal.is_response && option.number == number::OBSERVE;
                inner.option(option.number, if is_order { &[] } else { option.value })?;
            }
            let length = inner.payload(plain.payload())?;
            Ok(cipher::seal(&self.sender_key, &seal.nonce, &seal.request, room, length)?)
        })
    }
}

fn write_all<'a>(
    writer: &mut MessageWriter<'_>,
    mut options: impl Iterator<Item = RawOption<'a>>,
) -> Result<(), WriteError> {
    options.try_for_each(|option| writer.option(option.number, option.value))
}
