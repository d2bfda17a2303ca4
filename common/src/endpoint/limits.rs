//! What others can make an endpoint do, as its owner wants it.

use crate::base::{Duration, Index, Instant};
use crate::exchange::Echo;
#[cfg(feature = "limits")]
use crate::reliability::Rates;
use crate::reliability::{Ledger, Peer, Rate, RateSlot, Source};

/// Whether there are limits; without the feature the compiler leaves out what would enforce them.
pub(super) const ON: bool = cfg!(feature = "limits");

/// Bounds on what strangers get. The default is what an endpoint has that was told nothing.
#[derive(Debug)]
pub struct Limits<'s> {
    /// How many bytes go to an address for each that came from there, until it is proved that somebody there receives
    /// them; 0 for any number. Default: 3 (RFC 9175 §2.4).
    pub amplification: u8,
    /// Whether addresses of this host are taken as proved. Default: yes.
    pub trusts_loopback: bool,
    /// Makes the values by which clients prove it. Without it they get what fits. Default: none.
    pub echo: Option<Echo>,
    /// How many requests of one source are served, or under one security context; beyond that they are answered 4.29
    /// (RFC 8516). Default: any number.
    pub requests: Rate,
    /// How many errors one source is told; beyond that it hears nothing. Default: any number.
    pub errors: Rate,
    /// Memory for both: a place for each source. Default: none, so that there is no rate.
    pub rates: &'s mut [RateSlot],
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Self {
            amplification: Ledger::FACTOR,
            trusts_loopback: true,
            echo: None,
            requests: Rate::UNLIMITED,
            errors: Rate::UNLIMITED,
            rates: &mut [],
        }
    }
}

/// The limits, and what the datagram at hand leaves of them.
#[derive(Debug)]
pub(super) struct Limiter<'s> {
    #[cfg(feature = "limits")]
    bounds: Bounds<'s>,
    #[cfg(not(feature = "limits"))]
    bounds: core::marker::PhantomData<&'s ()>,
    trusts_loopback: bool,
    /// What may be answered to one byte.
    factor: u32,
    /// How many bytes may answer the datagram at hand.
    pub(super) allowance: u32,
    /// To how many requests more it is looked what they allow beyond their answers, since something waits for that.
    pub(super) starving: u16,
    /// The observation that its request registered.
    pub(super) registered: Option<Index>,
}

/// What a device without limits has no memory for.
#[cfg(feature = "limits")]
#[derive(Debug)]
struct Bounds<'s> {
    echo: Option<Echo>,
    requests: Rate,
    errors: Rate,
    rates: Rates<'s>,
}

impl<'s> Limiter<'s> {
    #[cfg_attr(
        not(feature = "limits"),
        expect(clippy::needless_pass_by_value, reason = "there is nothing to be kept")
    )]
    pub(super) fn new(limits: Limits<'s>, seed: u64) -> Self {
        let Limits { amplification, trusts_loopback, .. } = limits;
        #[cfg(not(feature = "limits"))]
        let _ = seed;
        Self {
            factor: if amplification == 0 { u32::MAX } else { u32::from(amplification) },
            trusts_loopback,
            #[cfg(feature = "limits")]
            bounds: Bounds {
                echo: limits.echo,
                requests: limits.requests,
                errors: limits.errors,
                rates: Rates::new(limits.rates, seed),
            },
            #[cfg(not(feature = "limits"))]
            bounds: core::marker::PhantomData,
            allowance: 0,
            starving: 0,
            registered: None,
        }
    }

    /// A datagram of `len` bytes came.
    #[inline]
    pub(super) const fn received(&mut self, len: usize) {
        if ON {
            self.allowance = ((len + Ledger::LOWER_LAYERS) as u32).saturating_mul(self.factor);
        }
    }

    /// Whether that datagram alone allows an answer of `len` bytes.
    #[inline]
    pub(super) const fn allows(&self, len: usize) -> bool {
        !ON || len + Ledger::LOWER_LAYERS <= self.allowance as usize
    }

    /// Something of ours may not be sent before more comes from its address.
    pub(super) const fn starve(&mut self) {
        const REQUESTS: u16 = 1_024;
        self.starving = REQUESTS;
    }

    /// What makes challenges.
    pub(super) const fn echo(&self) -> Option<&Echo> {
        #[cfg(feature = "limits")]
        return self.bounds.echo.as_ref();
        #[cfg(not(feature = "limits"))]
        None
    }

    /// Whether the source may be served, or told an error, once more; else for how long not.
    pub(super) fn take(&mut self, now: Instant, source: Source) -> Result<(), Duration> {
        #[cfg(feature = "limits")]
        {
            let Bounds { requests, errors, rates, .. } = &mut self.bounds;
            let rate = if matches!(source, Source::Error(_)) { errors } else { requests };
            rates.take(now, source, *rate)
        }
        #[cfg(not(feature = "limits"))]
        {
            let _ = (now, source);
            Ok(())
        }
    }

    /// Whether this address may be sent anything whatever is known of it.
    #[inline]
    pub(super) fn trusts(&self, peer: &Peer) -> bool {
        !ON || self.factor == u32::MAX || self.trusts_address(peer)
    }

    /// Whether it is one of this host, and those are trusted.
    #[inline]
    pub(super) fn trusts_address(&self, peer: &Peer) -> bool {
        self.trusts_loopback && peer.remote_address().ip().to_canonical().is_loopback()
    }
}
