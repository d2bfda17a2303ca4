//! Whether a request is fresh, RFC 9175 §2.

use crate::base::{Duration, Instant, authenticate, is_same};
use crate::reliability::Peer;
use crate::wire::{Code, Message, RawOption, number};

/// The value of an Echo option of ours: the time it was made and a code that only its maker can compute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EchoValue([u8; Self::LENGTH]);

impl EchoValue {
    const LENGTH: usize = 12;

    /// The value as it goes into the option.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes Echo values and knows them again, without remembering any (RFC 9175 appendix A, method 2): 32 bits of
/// time in seconds and 64 bits of HMAC-SHA-256 over the time and the address and port of the client. A value that
/// comes back proves that the request was made after it, and that its sender receives what is sent to its address.
#[derive(Clone)]
pub struct Echo {
    key: [u8; 32],
    validity: Duration,
}

impl core::fmt::Debug for Echo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Echo").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl Echo {
    /// How long a value stays fresh.
    pub const VALIDITY: Duration = Duration::from_secs(300);

    /// With a key from a true source of randomness that is made anew at each start. The time of
    /// [`value`](Self::value) and [`is_fresh`](Self::is_fresh) counts from any start, but the same for both.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key, validity: Self::VALIDITY }
    }

    /// A value for this peer.
    pub fn value(&self, now: Instant, peer: &Peer) -> EchoValue {
        let time = seconds(now).to_be_bytes();
        let code = self.code(time, peer);
        let mut value = [0; EchoValue::LENGTH];
        for (to, from) in value.iter_mut().zip(time.iter().chain(&code)) {
            *to = *from;
        }
        EchoValue(value)
    }

    /// Whether `value` was made for this peer, not longer ago than [`VALIDITY`](Self::VALIDITY).
    pub fn is_fresh(&self, now: Instant, peer: &Peer, value: &[u8]) -> bool {
        let Some((&time, code)) = value.split_first_chunk() else { return false };
        let age = seconds(now).wrapping_sub(u32::from_be_bytes(time));
        u64::from(age) < self.validity.as_secs_ceil() && is_same(&self.code(time, peer), code)
    }

    fn code(&self, time: [u8; 4], peer: &Peer) -> [u8; 8] {
        let address = match peer.remote_address().ip() {
            core::net::IpAddr::V4(address) => address.to_ipv6_mapped(),
            core::net::IpAddr::V6(address) => address,
        };
        let pieces = [&time[..], &address.octets(), &peer.remote.port().to_be_bytes()];
        let whole = authenticate(&self.key, &pieces);
        whole.first_chunk().copied().unwrap_or_default()
    }
}

/// The low 32 bits of the whole seconds since the caller's start.
fn seconds(now: Instant) -> u32 {
    (now.as_micros() / 1_000_000) as u32
}

/// What a client holds of one server's Echo values: the latest one, which goes with every further request to this
/// server and to no other (RFC 9175 §2.3).
#[derive(Clone, Copy, Debug)]
pub struct Echoed {
    value: [u8; Self::LONGEST],
    length: u8,
}

impl Default for Echoed {
    fn default() -> Self {
        Self { value: [0; Self::LONGEST], length: 0 }
    }
}

impl Echoed {
    /// The longest value, in bytes (RFC 9175 §2.2.1).
    const LONGEST: usize = 40;

    /// Takes the value of a response, if it has one. Whether the request is to be sent once more with it, as a
    /// request of its own: when the response is 4.01 and the value new.
    pub fn take(&mut self, response: &Message<'_>) -> bool {
        let Some(value) = response.values(number::ECHO).next() else { return false };
        let known = self.as_bytes() == value;
        let Some(room) = self.value.get_mut(..value.len()).filter(|room| !room.is_empty()) else {
            return false;
        };
        room.copy_from_slice(value);
        self.length = value.len() as u8;
        response.code() == Code::UNAUTHORIZED && !known
    }

    /// The option that goes with the next request.
    pub fn option(&self) -> Option<RawOption<'_>> {
        Some(RawOption { number: number::ECHO, value: self.as_bytes() })
            .filter(|option| !option.value.is_empty())
    }

    fn as_bytes(&self) -> &[u8] {
        self.value.get(..usize::from(self.length)).unwrap_or_default()
    }
}
