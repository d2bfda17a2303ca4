//! What others can make an endpoint do, as its owner wants it.

use crate::base::Index;
use crate::exchange::Echo;
use crate::reliability::{Ledger, Peer};

/// Whether there are limits; without the feature the compiler leaves out what would enforce them.
pub(super) const ON: bool = cfg!(feature = "limits");

/// Bounds on what strangers get. The default is what an endpoint has that was told nothing.
#[derive(Debug)]
pub struct Limits {
    /// How many bytes go to an address for each that came from there, until it is proved that somebody there receives
    /// them; 0 for any number. Default: 3 (RFC 9175 §2.4).
    pub amplification: u8,
    /// Whether addresses of this host are taken as proved. Default: yes.
    pub trusts_loopback: bool,
    /// Makes the values by which clients prove it. Without it they get what fits. Default: none.
    pub echo: Option<Echo>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { amplification: Ledger::FACTOR, trusts_loopback: true, echo: None }
    }
}

/// The limits, and what the datagram at hand leaves of them.
#[derive(Debug)]
pub(super) struct Limiter {
    #[cfg(feature = "limits")]
    echo: Option<Echo>,
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

impl Limiter {
    pub(super) fn new(limits: Limits) -> Self {
        #[cfg(not(feature = "limits"))]
        let Limits { amplification, trusts_loopback, .. } = limits;
        #[cfg(feature = "limits")]
        let Limits { amplification, trusts_loopback, echo } = limits;
        Self {
            factor: if amplification == 0 { u32::MAX } else { u32::from(amplification) },
            trusts_loopback,
            #[cfg(feature = "limits")]
            echo,
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
        return self.echo.as_ref();
        #[cfg(not(feature = "limits"))]
        None
    }

    /// Whether this address may be sent anything whatever is known of it.
    #[inline]
    pub(super) fn trusts(&self, peer: &Peer) -> bool {
        !ON || self.factor == u32::MAX
            || self.trusts_loopback && peer.remote.ip().to_canonical().is_loopback()
    }
}
