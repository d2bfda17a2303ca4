//! The security contexts of an endpoint (RFC 8613).

use super::Endpoint;
use super::bound::{Bound, ContextId};
#[cfg(feature = "limits")]
use super::memory::Verified;
use super::secure_storage::{ObserverSecurity, SecurityRecord, SecurityStorage};
use crate::base::{Full, Index, Table};
use crate::exchange::Echo;
use crate::oscore::{Awaited, Compressed, Context, IdContext, Identifier, OVERHEAD, ProtectError};
#[cfg(feature = "limits")]
use crate::reliability::Duplicates;
use crate::reliability::{BackOff, Origin};
use crate::wire::{Message, number};

/// Contexts and what they protect.
#[derive(Debug)]
pub(super) struct Security<'s> {
    contexts: Table<'s, Identifier, SecurityRecord>,
    observers: &'s mut [ObserverSecurity],
    #[cfg(feature = "limits")]
    pub(super) verified: Verified<'s>,
    plain: &'s mut [u8],
    serial: u16,
    /// Whether a context may want sequence numbers.
    wanting: bool,
    /// Proves that a request is younger than the last start.
    pub(super) echo: Echo,
}

/// A notification on its way.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) origin: Origin,
    pub(super) index: Index,
    /// Whether the observation goes on after it.
    pub(super) goes_on: bool,
    pub(super) confirmable: bool,
    pub(super) back_off: Option<BackOff>,
}

impl<'s> Security<'s> {
    /// The context that a request names.
    pub(super) fn named(&mut self, compressed: &Compressed<'_>) -> Option<(ContextId, &mut Context)> {
        let kid = Identifier::new(compressed.kid?)?;
        let is_exact = |record: &SecurityRecord| {
            record.context.id_context().map(IdContext::as_bytes) == compressed.kid_context
        };
        let exact = self.contexts.find_where(&kid, is_exact);
        let index = exact.or_else(|| {
            self.contexts.find_where(&kid, |record| record.context.is_in(compressed.kid_context))
        })?;
        let record = self.contexts.at_mut(index)?;
        Some((ContextId { index: index.as_usize() as u16, serial: record.serial }, &mut record.context))
    }

    /// The context that this stands for, unless it was removed.
    pub(super) fn context(&mut self, id: ContextId) -> Option<&mut Context> {
        let record = self.contexts.at_mut(Index::from_usize(id.index.into()))?;
        (record.serial == id.serial).then_some(&mut record.context)
    }

    /// Writes a message by `write` and protects it as a response into `target`; the number of bytes.
    pub(super) fn write_response(
        &mut self,
        bound: &mut Bound,
        target: &mut [u8],
        write: &mut dyn FnMut(&mut [u8]) -> Option<usize>,
    ) -> Option<usize> {
        let mut plain = core::mem::take(&mut self.plain);
        let written = self.protect_response(bound, plain, target, write);
        core::mem::swap(&mut self.plain, &mut plain);
        written
    }

    /// Writes a message by `write` and protects it as a request into `target`; the number of bytes, and what its responses
    /// are bound to.
    pub(super) fn write_request(
        &mut self,
        id: ContextId,
        target: &mut [u8],
        write: &mut dyn FnMut(&mut [u8]) -> Option<usize>,
    ) -> Result<(usize, Awaited), ProtectError> {
        let mut plain = core::mem::take(&mut self.plain);
        let length = write(plain).filter(|length| length + OVERHEAD <= target.len());
        let message = length.and_then(|length| Message::parse(plain.get(..length)?).ok());
        let context = self.context(id).ok_or(ProtectError::ContextNotFound);
        let written = context.and_then(|context| {
            let written = context.protect_request(&message.ok_or(ProtectError::Full)?, target);
            let wanting = context.reservation_due().is_some();
            Ok((written, wanting))
        });
        core::mem::swap(&mut self.plain, &mut plain);
        let (written, wanting) = written?;
        self.wanting |= wanting;
        written
    }

    fn protect_response(
        &mut self,
        bound: &mut Bound,
        plain: &mut [u8],
        target: &mut [u8],
        write: &mut dyn FnMut(&mut [u8]) -> Option<usize>,
    ) -> Option<usize> {
        // What grows beyond the target when it is protected is written again with less room, so in smaller blocks.
        let room = target.len().min(plain.len());
        let mut length = write(plain.get_mut(..room)?)?;
        if length + OVERHEAD > target.len() {
            length = write(plain.get_mut(..room.checked_sub(OVERHEAD)?)?)?;
        }
        let message = Message::parse(plain.get(..length)?).ok()?;
        let context = self.context(bound.context)?;
        let protected = context.protect_response(&message, &mut bound.binding, target).ok();
        self.wanting |=
            self.context(bound.context).is_some_and(|context| context.reservation_due().is_some());
        protected
    }
}

/// Whether a message is protected, if somebody did not forge that.
pub(super) fn is_protected(message: &Message<'_>) -> bool {
    message.values(number::OSCORE).next().is_some()
}

impl<'s> Endpoint<'s> {
    /// Lends memory for security contexts. Once only: what there was before is forgotten.
    pub fn secure(&mut self, storage: SecurityStorage<'s>) {
        let mut key = [0; 32];
        key.as_chunks_mut::<8>().0.iter_mut().for_each(|part| *part = self.random.u64().to_be_bytes());
        storage.observers.fill(ObserverSecurity(None));
        #[cfg(feature = "limits")]
        let verified = Verified {
            repeatable: Duplicates::new(
                storage.repeatable,
                storage.answers,
                self.random.u64(),
                self.lifetime,
            ),
            once: Duplicates::new(storage.once, storage.once_answers, self.random.u64(), self.lifetime),
        };
        self.security = Some(Security {
            contexts: Table::new(storage.contexts, self.random.u64()),
            observers: storage.observers,
            #[cfg(feature = "limits")]
            verified,
            plain: storage.plain,
            serial: 0,
            wanting: false,
            echo: Echo::new(key),
        });
    }

    /// Refuses every request that is not protected, from now on: by 4.01, without a word if it is to a group. Nothing of
    /// it is remembered, so that it takes no place from those that are protected.
    pub const fn demand_protection(&mut self) {
        self.demands_protection = true;
    }

    /// Whether requests that are not protected are refused.
    #[inline]
    pub const fn demands_protection(&self) -> bool {
        self.demands_protection
    }

    /// Adds a context: requests that name it are opened from now on. One with the same recipient ID and ID context must
    /// not be there, since only the first would be found.
    ///
    /// # Errors
    /// `Full` if there are too many, or no memory was lent.
    pub fn add_context(&mut self, context: Context) -> Result<ContextId, Full> {
        let security = self.security.as_mut().ok_or(Full)?;
        security.serial = security.serial.wrapping_add(1);
        security.wanting |= context.reservation_due().is_some();
        let record = SecurityRecord { serial: security.serial, context };
        let index = security.contexts.insert(record.context.recipient_id(), record)?;
        let index = u16::try_from(index.as_usize()).map_err(|_| Full)?;
        let id = ContextId { index, serial: security.serial };
        self.keep_shares();
        Ok(id)
    }

    /// Removes a context and ends the observations under it without a word.
    pub fn remove_context(&mut self, id: ContextId) -> Option<Context> {
        let security = self.security.as_mut()?;
        security.context(id)?;
        let (_, record) = security.contexts.remove(Index::from_usize(id.number()))?;
        let mut at = 0;
        while let Some(ObserverSecurity(bound)) =
            self.security.as_ref().and_then(|security| security.observers.get(at)).copied()
        {
            if bound.is_some_and(|bound| bound.context == id) {
                self.end_observation(Index::from_usize(at));
            }
            at += 1;
        }
        Some(record.context)
    }

    /// A context, to be looked at.
    pub fn context(&self, id: ContextId) -> Option<&Context> {
        let contexts = &self.security.as_ref()?.contexts;
        let (_, record) = contexts.at(Index::from_usize(id.number()))?;
        (record.serial == id.serial).then_some(&record.context)
    }

    /// The limit that has to be stored now, and of which context (App. B.1.1): store it, then say
    /// [`reserved`](Self::reserved), and ask again. To be asked after each drain; costs nothing while nothing is due.
    pub fn reservation_due(&mut self) -> Option<(ContextId, u64)> {
        let security = self.security.as_mut().filter(|security| security.wanting)?;
        let mut at = security.contexts.oldest();
        while let Some(index) = at {
            if let Some((_, record)) = security.contexts.at(index)
                && let Some(limit) = record.context.reservation_due()
            {
                return Some((ContextId { index: index.as_usize() as u16, serial: record.serial }, limit));
            }
            at = security.contexts.after(index);
        }
        security.wanting = false;
        None
    }

    /// The limit is stored: sequence numbers below it may be used.
    pub fn reserved(&mut self, id: ContextId, limit: u64) {
        if let Some(context) = self.security.as_mut().and_then(|security| security.context(id)) {
            context.reserved(limit);
        }
    }

    /// How the observation at `index` was protected.
    pub(super) fn observer_bound(&self, index: Index) -> Option<Bound> {
        self.security.as_ref()?.observers.get(index.as_usize())?.0
    }

    /// Notes how an observation was protected, or that it was not; false if there is no memory for that.
    pub(super) fn bind_observer(&mut self, index: Index, bound: Option<Bound>) -> bool {
        let Some(security) = self.security.as_mut() else { return bound.is_none() };
        match security.observers.get_mut(index.as_usize()) {
            Some(place) => {
                // Notifications have numbers of their own, also the one that ends them.
                let bound = bound.map(|mut bound| {
                    bound.binding.spend();
                    bound
                });
                *place = ObserverSecurity(bound);
                true
            }
            None => bound.is_none(),
        }
    }
}
