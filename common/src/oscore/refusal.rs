//! What is wrong with a protected message, one to be protected, or a context, RFC 8613 §8.

use crate::base::Full;
use crate::wire::{ResponseType, WriteError};

/// Why a protected message is not opened. A request is answered so, unprotected and with a Max-Age of 0; a response is
/// no response (§8.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// 4.02: the OSCORE option breaks the rules of §6.1.
    Decode,
    /// 4.01: nobody knows the kid and kid context.
    ContextNotFound,
    /// 4.01: the Partial IV came before, or is too old to tell.
    Replay,
    /// 4.00: the message was not made with the key, or was changed, or holds no message.
    Decryption,
    /// 4.13: there is no room to open it.
    TooLarge,
    /// 5.03: it is not stored yet that the context is in use, so that a restart would not know.
    NotStored,
}

impl Refusal {
    /// The response code.
    pub const fn code(self) -> ResponseType {
        match self {
            Self::Decode => ResponseType::BadOption,
            Self::ContextNotFound | Self::Replay => ResponseType::Unauthorized,
            Self::Decryption => ResponseType::BadRequest,
            Self::TooLarge => ResponseType::RequestEntityTooLarge,
            Self::NotStored => ResponseType::ServiceUnavailable,
        }
    }

    /// The diagnostic payload: the RFC's where it has one.
    pub const fn diagnostic(self) -> &'static str {
        match self {
            Self::Decode => "Failed to decode COSE",
            Self::ContextNotFound => "Security context not found",
            Self::Replay => "Replay detected",
            Self::Decryption => "Decryption failed",
            Self::TooLarge => "Message too large to be decrypted",
            Self::NotStored => "Security context not stored yet",
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.diagnostic())
    }
}

impl core::error::Error for Refusal {}

/// Why a message cannot be protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtectError {
    /// All 2⁴⁰ sequence numbers are used (§7.2.1).
    Exhausted,
    /// The next sequence number is not stored as reserved yet (App. B.1.1).
    NotReserved,
    /// It does not fit the buffer, or too much is under way.
    Full,
    /// The context was removed.
    ContextNotFound,
}

impl core::fmt::Display for ProtectError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Exhausted => "all sequence numbers of the security context are used",
            Self::NotReserved => "no sequence numbers of the security context are reserved in storage",
            Self::Full => "the protected message does not fit its buffer",
            Self::ContextNotFound => "there is no such security context",
        })
    }
}

impl core::error::Error for ProtectError {}

impl From<Full> for ProtectError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl From<WriteError> for ProtectError {
    fn from(_: WriteError) -> Self {
        Self::Full
    }
}

/// Why there is no context of these parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterError {
    /// The master secret is empty.
    EmptySecret,
    /// The sender ID is longer than [`Identifier::LONGEST`](super::Identifier::LONGEST).
    SenderId,
    /// The recipient ID is.
    RecipientId,
    /// Both sides have the same ID, and so the same key and the same nonces (§3.3).
    SameId,
    /// The ID context is longer than [`IdContext::LONGEST`](super::IdContext::LONGEST).
    IdContext,
}

impl core::fmt::Display for ParameterError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::EmptySecret => "master secret: expected at least one byte",
            Self::SenderId => "sender id: expected at most 7 bytes",
            Self::RecipientId => "recipient id: expected at most 7 bytes",
            Self::SameId => "sender id and recipient id: expected two that differ",
            Self::IdContext => "id context: expected at most 32 bytes",
        })
    }
}

impl core::error::Error for ParameterError {}
