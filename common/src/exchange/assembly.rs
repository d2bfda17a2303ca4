//! Bodies that arrive in blocks, RFC 7959 §2.5: atomic, in order, never mixed.

use super::Request;
use crate::base::{Duration, Full, Hashed, Hasher, Index, Instant, Lent, Table};
use crate::reliability::Peer;
use crate::wire::{Block, number};

/// How far one body has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    received: usize,
    format: Option<u16>,
}

/// Why a block is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// 4.08: blocks are missing before it, or it continues another body (§2.9.2).
    Incomplete,
    /// 4.00: a block that is not the last has to be full (§2.3).
    Short,
    /// 4.13: the body is longer than what may be taken (§2.9.3).
    TooLarge,
}

impl Misfit {
    /// A few words for the client.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Incomplete => "blocks are missing",
            Self::Short => "block shorter than its size",
            Self::TooLarge => "body too large",
        }
    }
}

impl Progress {
    /// Takes the first block of a body of at most `limit` bytes.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn begin(block: Block, request: &Request<'_>, limit: usize) -> Result<Self, Misfit> {
        if block.number != 0 {
            return Err(Misfit::Incomplete);
        }
        if request.size1().is_some_and(|size| size as usize > limit) {
            return Err(Misfit::TooLarge);
        }
        let mut progress = Self { received: 0, format: request.content_format() };
        progress.go_on(block, request, limit)?;
        Ok(progress)
    }

    /// Takes the next block.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn go_on(&mut self, block: Block, request: &Request<'_>, limit: usize) -> Result<(), Misfit> {
        let length = request.payload().len();
        if block.offset() != self.received || request.content_format() != self.format {
            return Err(Misfit::Incomplete);
        }
        if block.more && length != block.size() {
            return Err(Misfit::Short);
        }
        let received = self.received.saturating_add(length);
        if received > limit || block.more && received >= limit {
            return Err(Misfit::TooLarge);
        }
        self.received = received;
        Ok(())
    }

    /// How many bytes have come.
    pub const fn received(&self) -> usize {
        self.received
    }
}

/// What makes two blocks parts of one body: sender, method, resource and Request-Tag (RFC 9175 §3.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadKey {
    peer: Peer,
    target: u64,
}

impl UploadKey {
    /// The key of a request; `scope` keeps the transfers of one identity apart from those of every other, `seed` anybody
    /// from making two that are alike.
    pub fn of(peer: Peer, scope: u64, request: &Request<'_>, seed: u64) -> Self {
        let mut hasher = Hasher::new(seed);
        hasher.word(scope);
        hasher.word(u64::from(request.code().0));
        for option in request.message().options() {
            let counts = matches!(
                option.number,
                number::URI_HOST
                    | number::URI_PORT
                    | number::URI_PATH
                    | number::URI_QUERY
                    | number::REQUEST_TAG
            );
            let is_of_proxy =
                cfg!(feature = "host") && matches!(option.number, number::PROXY_URI | number::PROXY_SCHEME);
            if counts || is_of_proxy {
                hasher.word(u64::from(option.number) << 32 | option.value.len() as u64);
                option.value.chunks(8).for_each(|chunk| {
                    hasher.word(chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
                });
            }
        }
        Self { peer, target: hasher.finish() }
    }
}

impl UploadKey {
    /// A number that keys which differ hardly ever share.
    pub fn number(&self) -> u64 {
        let mut hasher = Hasher::new(self.target);
        self.peer.hash(&mut hasher);
        hasher.finish()
    }
}

impl Hashed for UploadKey {
    fn hash(&self, hasher: &mut Hasher) {
        self.peer.hash(hasher);
        hasher.word(self.target);
    }
}

/// One body under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadRecord {
    progress: Progress,
    last: Instant,
    /// Whether it comes under an identity.
    is_known: bool,
}

/// Bodies under way on lent memory: an equal share of the bytes for each.
#[derive(Debug)]
pub struct Assembly<'s> {
    uploads: Table<'s, UploadKey, UploadRecord>,
    bytes: &'s mut [u8],
    stride: usize,
    seed: u64,
    lifetime: Duration,
    /// How many places are left to bodies that come under an identity.
    kept: usize,
}

/// What became of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// 2.31: more are to come.
    Continue,
    /// The body is complete at this place.
    Complete(Index),
}

/// Why a block is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It does not fit its body.
    Misfit(Misfit),
    /// Too many bodies are under way.
    Full,
}

impl<'s> Assembly<'s> {
    /// Nothing under way. A body that got no block for `lifetime` makes room for another.
    pub fn new(
        memory: Lent<'s, UploadKey, UploadRecord>,
        bytes: &'s mut [u8],
        seed: u64,
        lifetime: Duration,
    ) -> Self {
        let stride = bytes.len().checked_div(memory.capacity()).unwrap_or(0);
        Self { uploads: Table::new(memory, seed), bytes, stride, seed, lifetime, kept: 0 }
    }

    /// How many bodies may be under way.
    pub const fn places(&self) -> usize {
        self.uploads.len() + self.uploads.free()
    }

    /// Leaves so many places to bodies that come under an identity.
    pub const fn keep(&mut self, places: usize) {
        self.kept = places;
    }

    /// The longest body, in bytes; 0 if bodies are not assembled here.
    pub const fn capacity(&self) -> usize {
        self.stride
    }

    /// Takes a block; `scope` says under which identity it came, so that bodies of different ones never mix.
    ///
    /// # Errors
    /// Why it is refused; the body it belongs to is forgotten.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn take(
        &mut self,
        now: Instant,
        peer: Peer,
        scope: u64,
        block: Block,
        request: &Request<'_>,
    ) -> Result<Taken, Refused> {
        let key = UploadKey::of(peer, scope, request, self.seed);
        let known = self.uploads.find(&key);
        let (index, start) = match known {
            Some(index) if block.number != 0 => self.go_on(now, index, block, request)?,
            known => {
                known.into_iter().for_each(|index| self.uploads.discard(index));
                self.begin(now, key, scope != 0, block, request)?
            }
        };
        let place = index.as_usize() * self.stride + start;
        let target = self.bytes.get_mut(place..place + request.payload().len());
        target.ok_or(Refused::Misfit(Misfit::TooLarge))?.copy_from_slice(request.payload());
        Ok(if block.more { Taken::Continue } else { Taken::Complete(index) })
    }

    fn begin(
        &mut self,
        now: Instant,
        key: UploadKey,
        is_known: bool,
        block: Block,
        request: &Request<'_>,
    ) -> Result<(Index, usize), Refused> {
        let progress = Progress::begin(block, request, self.stride).map_err(Refused::Misfit)?;
        let kept = if is_known { 0 } else { self.kept };
        if self.uploads.free() <= kept {
            let oldest = self.uploads.oldest().ok_or(Refused::Full)?;
            let (_, record) = self.uploads.at(oldest).ok_or(Refused::Full)?;
            let idle = now.since(record.last) >= self.lifetime;
            // Where there is one place only, none can be kept.
            let yields = is_known && !record.is_known;
            if !idle && !yields {
                return Err(Refused::Full);
            }
            self.uploads.discard(oldest);
        }
        let record = UploadRecord { progress, last: now, is_known };
        let index = self.uploads.insert(key, record).map_err(|Full| Refused::Full)?;
        Ok((index, 0))
    }

    fn go_on(
        &mut self,
        now: Instant,
        index: Index,
        block: Block,
        request: &Request<'_>,
    ) -> Result<(Index, usize), Refused> {
        let limit = self.stride;
        let record = self.uploads.at_mut(index).ok_or(Refused::Full)?;
        let start = record.progress.received();
        if let Err(misfit) = record.progress.go_on(block, request, limit) {
            self.uploads.discard(index);
            return Err(Refused::Misfit(misfit));
        }
        record.last = now;
        Ok((index, start))
    }

    /// The complete body at `index`.
    pub fn body(&self, index: Index) -> &[u8] {
        let length = self.uploads.at(index).map_or(0, |(_, record)| record.progress.received());
        let place = index.as_usize() * self.stride;
        self.bytes.get(place..place + length).unwrap_or_default()
    }

    /// Forgets the body at `index`.
    pub fn forget(&mut self, index: Index) {
        self.uploads.discard(index);
    }
}
