//! A security context, RFC 8613 §3.1.

use super::cipher::{KEY, NONCE};
use super::derivation::derive;
use super::partial_iv::MAX;
use super::{IdContext, Identifier, ParameterError, Sequence, SequenceStore, Window};

/// What both sides agreed on beforehand.
#[derive(Clone, Copy)]
pub struct Parameters<'a> {
    /// The secret that all keys come from.
    pub master_secret: &'a [u8],
    /// What is mixed in; may be empty.
    pub master_salt: &'a [u8],
    /// Our name: the other side's recipient ID.
    pub sender_id: &'a [u8],
    /// The other side's name.
    pub recipient_id: &'a [u8],
    /// Tells contexts of one secret apart; an empty one differs from none.
    pub id_context: Option<&'a [u8]>,
}

impl core::fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Parameters")
            .field("sender_id", &self.sender_id)
            .field("recipient_id", &self.recipient_id)
            .field("id_context", &self.id_context)
            .finish_non_exhaustive()
    }
}

/// What is known of a context's earlier use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// It was never used, as its storage says; a limit has to be stored before it is.
    New,
    /// It was used up to this limit at most, as its storage says.
    Stored(u64),
    /// Its keys are new and do not survive a restart, as those of a key exchange: nothing has to be stored.
    Ephemeral,
}

impl Start {
    /// As the storage says.
    ///
    /// # Errors
    /// When it does not answer: the context must not be used then.
    pub fn load<S: SequenceStore>(store: &mut S) -> Result<Self, S::Error> {
        Ok(store.load()?.map_or(Self::New, Self::Stored))
    }
}

/// Keys and state that two endpoints share, for both directions. 128 bytes.
#[derive(Clone)]
pub struct Context {
    pub(super) sender_id: Identifier,
    pub(super) recipient_id: Identifier,
    pub(super) id_context: Option<IdContext>,
    pub(super) sender_key: [u8; KEY],
    pub(super) recipient_key: [u8; KEY],
    pub(super) common_iv: [u8; NONCE],
    pub(super) sequence: Sequence,
    pub(super) window: Window,
}

impl Context {
    /// Derives the context (§3.2).
    ///
    /// # Errors
    /// Which parameter does not fit.
    pub fn derive(parameters: &Parameters<'_>, start: Start) -> Result<Self, ParameterError> {
        let &Parameters { master_secret, master_salt, sender_id, recipient_id, id_context } = parameters;
        if master_secret.is_empty() {
            return Err(ParameterError::EmptySecret);
        }
        let sender = Identifier::new(sender_id).ok_or(ParameterError::SenderId)?;
        let recipient = Identifier::new(recipient_id).ok_or(ParameterError::RecipientId)?;
        if sender == recipient {
            return Err(ParameterError::SameId);
        }
        let named = id_context.map(|bytes| IdContext::new(bytes).ok_or(ParameterError::IdContext));
        let named = named.transpose()?;
        let derived = derive(master_secret, master_salt, sender_id, recipient_id, id_context)
            .ok_or(ParameterError::IdContext)?;
        let (sequence, window) = match start {
            Start::New => (Sequence::resumed(0), Window::EMPTY),
            Start::Stored(limit) => (Sequence::resumed(limit), Window::UNKNOWN),
            Start::Ephemeral => (Sequence::unlimited(), Window::EMPTY),
        };
        Ok(Self {
            sender_id: sender,
            recipient_id: recipient,
            id_context: named,
            sender_key: derived.sender_key,
            recipient_key: derived.recipient_key,
            common_iv: derived.common_iv,
            sequence,
            window,
        })
    }

    /// Our name.
    pub const fn sender_id(&self) -> Identifier {
        self.sender_id
    }

    /// The other side's name.
    pub const fn recipient_id(&self) -> Identifier {
        self.recipient_id
    }

    /// The name of the context.
    pub const fn id_context(&self) -> Option<&IdContext> {
        self.id_context.as_ref()
    }

    /// Whether a kid context is that of this context. One that was not sent may be any (§8.2 step 2).
    pub fn is_in(&self, kid_context: Option<&[u8]>) -> bool {
        kid_context.is_none() || self.id_context.as_ref().map(IdContext::as_bytes) == kid_context
    }

    /// Which requests came before.
    pub const fn window(&self) -> &Window {
        &self.window
    }

    /// Starts the window at a request that was opened and is fresh (App. B.1.2).
    pub fn start_window(&mut self, partial_iv: super::PartialIv) {
        self.window.start(partial_iv.number());
    }

    /// The next number of ours.
    pub const fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// The limit that has to be stored now, if one has: then say [`reserved`](Self::reserved).
    pub const fn reservation_due(&self) -> Option<u64> {
        self.sequence.due()
    }

    /// This limit is stored.
    pub const fn reserved(&mut self, limit: u64) {
        self.sequence.reserved(limit);
    }

    /// Stores a limit if one is due.
    ///
    /// # Errors
    /// When the storage failed; nothing is reserved then.
    pub fn reserve<S: SequenceStore>(&mut self, store: &mut S) -> Result<(), S::Error> {
        if let Some(limit) = self.reservation_due() {
            store.save(limit)?;
            self.reserved(limit);
        }
        Ok(())
    }

    /// Whether all numbers of ours are used: a new context is needed (§7.2.1).
    pub const fn is_exhausted(&self) -> bool {
        self.sequence.next() > MAX
    }
}

impl core::fmt::Debug for Context {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Context")
            .field("sender_id", &self.sender_id)
            .field("recipient_id", &self.recipient_id)
            .field("id_context", &self.id_context)
            .field("sequence", &self.sequence)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_takes_128_bytes() {
        assert!(size_of::<Option<Context>>() <= 128, "{}", size_of::<Option<Context>>());
    }
}
