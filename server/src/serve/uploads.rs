//! Bodies that arrive in blocks, on a host: on the heap, within fixed budgets, never in the endpoint.

use foldhash::HashMap;

use twite::base::{Duration, Instant};
use twite::exchange::{Misfit, Progress, Request, UploadKey};
use twite::reliability::Peer;
use twite::wire::Block;

/// Bodies under way.
#[derive(Debug)]
pub(super) struct Uploads {
    bodies: HashMap<Key, Body>,
    bytes: usize,
    limits: UploadLimits,
    /// Whether a quarter is left to who has proved an identity.
    keeps_share: bool,
    seed: u64,
}

/// What may be under way at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UploadLimits {
    /// Bodies.
    pub(super) bodies: usize,
    /// Bytes of all bodies together.
    pub(super) total_bytes: usize,
    /// Bytes of one body.
    pub(super) body_bytes: usize,
    /// How long a body may wait for its next block.
    pub(super) patience: Duration,
}

#[derive(Debug)]
struct Body {
    progress: Progress,
    bytes: Vec<u8>,
    last: Instant,
}

/// `UploadKey` as a key of the standard map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Key(UploadKey);

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.number().hash(state);
    }
}

/// What became of a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// 2.31: more are to come.
    Continue,
    /// The body is complete.
    Complete(Vec<u8>),
    /// It does not fit its body, which is forgotten.
    Misfit(Misfit),
    /// Too much is under way.
    Full,
}

impl Uploads {
    pub(super) fn new(limits: UploadLimits, seed: u64) -> Self {
        Self { bodies: HashMap::default(), bytes: 0, limits, keeps_share: false, seed }
    }

    /// From now on a quarter of the bodies and of the bytes is left to who has proved an identity.
    pub(super) const fn keep_share(&mut self) {
        self.keeps_share = true;
    }

    /// How many bodies and bytes there may be for one more of who has proved an identity, or of a stranger.
    fn budget(&self, is_known: bool) -> (usize, usize) {
        let UploadLimits { bodies, total_bytes, body_bytes, .. } = self.limits;
        if !self.keeps_share {
            return (bodies, total_bytes);
        }
        // One whole body is every stranger's right.
        let bytes = (total_bytes - total_bytes / 4).max(body_bytes);
        let kept = (bodies / 4).max(usize::from(bodies > 1));
        if is_known { (bodies, total_bytes.max(bytes + total_bytes / 4)) } else { (bodies - kept, bytes) }
    }

    /// Takes a block of this sender: its address, and the identity it proved; the request is one that has a Block1 option.
    pub(super) fn take(
        &mut self,
        now: Instant,
        (peer, scope): (Peer, u64),
        block: Block,
        request: &Request<'_>,
    ) -> Taken {
        let key = Key(UploadKey::of(peer, scope, request, self.seed));
        let mut body = match self.remove(&key) {
            Some(mut body) if block.number != 0 => {
                match body.progress.go_on(block, request, self.limits.body_bytes) {
                    Ok(()) => body.last = now,
                    Err(misfit) => return Taken::Misfit(misfit),
                }
                body
            }
            _ => match Progress::begin(block, request, self.limits.body_bytes) {
                Ok(progress) => Body { progress, bytes: Vec::new(), last: now },
                Err(misfit) => return Taken::Misfit(misfit),
            },
        };
        let grown = body.bytes.len() + request.payload().len();
        let budget = self.budget(scope != 0);
        if !self.has_room(grown, budget) {
            // Bodies that wait for too long leave.
            self.bodies.retain(|_, body| now.since(body.last) < self.limits.patience);
            self.bytes = self.bodies.values().map(|body| body.bytes.len()).sum();
        }
        if !self.has_room(grown, budget) {
            return Taken::Full;
        }
        body.bytes.extend_from_slice(request.payload());
        if !block.more {
            return Taken::Complete(body.bytes);
        }
        self.bytes += body.bytes.len();
        self.bodies.insert(key, body);
        Taken::Continue
    }

    fn remove(&mut self, key: &Key) -> Option<Body> {
        let body = self.bodies.remove(key)?;
        self.bytes -= body.bytes.len();
        Some(body)
    }

    fn has_room(&self, wanted: usize, (bodies, bytes): (usize, usize)) -> bool {
        self.bodies.len() < bodies && self.bytes + wanted <= bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use twite::wire::Message;

    const LIMITS: UploadLimits =
        UploadLimits { bodies: 2, total_bytes: 64, body_bytes: 48, patience: Duration::from_secs(10) };

    fn take(uploads: &mut Uploads, second: u64, port: u16, block: Block, payload: &[u8]) -> Taken {
        take_of(uploads, second, (port, 0), block, payload)
    }

    fn take_of(
        uploads: &mut Uploads,
        second: u64,
        (port, scope): (u16, u64),
        block: Block,
        payload: &[u8],
    ) -> Taken {
        let mut datagram = vec![0x40, 3, 0, 1, 0xb1, b'x', 0xd1, 3, block.to_option() as u8, 0xff];
        datagram.extend(payload);
        let message = Message::parse(&datagram).expect("well-formed");
        let request = Request::check(message).expect("known options");
        let peer = Peer::new(([127, 0, 0, 1], port).into());
        uploads.take(Instant::from_millis(second * 1_000), (peer, scope), block, &request)
    }

    const fn block(number: u32, more: bool) -> Block {
        Block { number, more, exponent: 0 }
    }

    #[test]
    fn two_peers_are_never_mixed() {
        let mut uploads = Uploads::new(LIMITS, 1);
        assert_eq!(take(&mut uploads, 0, 1, block(0, true), &[1; 16]), Taken::Continue);
        assert_eq!(take(&mut uploads, 0, 2, block(0, true), &[2; 16]), Taken::Continue);
        assert_eq!(
            take(&mut uploads, 0, 1, block(1, false), &[3]),
            Taken::Complete([[1; 16].as_slice(), &[3]].concat())
        );
        assert_eq!(
            take(&mut uploads, 0, 2, block(1, false), &[4]),
            Taken::Complete([[2; 16].as_slice(), &[4]].concat())
        );
        assert_eq!(uploads.bytes, 0);
    }

    #[test]
    fn gaps_and_excess_end_the_body() {
        let mut uploads = Uploads::new(LIMITS, 1);
        assert_eq!(take(&mut uploads, 0, 1, block(1, true), &[1; 16]), Taken::Misfit(Misfit::Incomplete));
        take(&mut uploads, 0, 1, block(0, true), &[1; 16]);
        assert_eq!(take(&mut uploads, 0, 1, block(2, true), &[1; 16]), Taken::Misfit(Misfit::Incomplete));
        assert_eq!(take(&mut uploads, 0, 1, block(1, true), &[1; 16]), Taken::Misfit(Misfit::Incomplete));
        assert_eq!(take(&mut uploads, 0, 1, block(0, true), &[1; 15]), Taken::Misfit(Misfit::Short));
        take(&mut uploads, 0, 1, block(0, true), &[1; 16]);
        take(&mut uploads, 0, 1, block(1, true), &[1; 16]);
        assert_eq!(take(&mut uploads, 0, 1, block(2, true), &[1; 16]), Taken::Misfit(Misfit::TooLarge));
        assert_eq!((uploads.bytes, uploads.bodies.len()), (0, 0));
    }

    #[test]
    fn budgets_hold_until_a_body_has_waited_too_long() {
        let mut uploads = Uploads::new(LIMITS, 1);
        take(&mut uploads, 0, 1, block(0, true), &[1; 16]);
        take(&mut uploads, 5, 2, block(0, true), &[1; 16]);
        assert_eq!(take(&mut uploads, 9, 3, block(0, true), &[1; 16]), Taken::Full);
        assert_eq!(take(&mut uploads, 10, 3, block(0, true), &[1; 16]), Taken::Continue);
        assert_eq!(take(&mut uploads, 10, 1, block(1, false), &[1]), Taken::Misfit(Misfit::Incomplete));
        assert_eq!(take(&mut uploads, 10, 2, block(1, true), &[1; 16]), Taken::Continue);
        assert_eq!(take(&mut uploads, 10, 3, block(1, true), &[1; 16]), Taken::Continue);
        assert_eq!(take(&mut uploads, 10, 3, block(2, false), &[1]), Taken::Full, "65 of 64 bytes");
    }

    #[test]
    fn strangers_leave_a_quarter_to_who_has_proved_an_identity() {
        let limits = UploadLimits { bodies: 8, total_bytes: 128, ..LIMITS };
        let mut uploads = Uploads::new(limits, 1);
        uploads.keep_share();
        for port in 0..20 {
            let expected = if port < 6 { Taken::Continue } else { Taken::Full };
            assert_eq!(take(&mut uploads, 0, port, block(0, true), &[1; 16]), expected, "{port}");
        }
        let known = (50, 7);
        assert_eq!(take_of(&mut uploads, 0, known, block(0, true), &[2; 16]), Taken::Continue);
        assert_eq!(
            take(&mut uploads, 0, 1, block(1, true), &[1; 16]),
            Taken::Full,
            "all of their bytes are used"
        );
        let whole = Taken::Complete([[2; 16], [3; 16]].concat());
        assert_eq!(take_of(&mut uploads, 0, known, block(1, false), &[3; 16]), whole);
        // Where one body may have all bytes there are some more.
        let mut uploads = Uploads::new(UploadLimits { bodies: 2, total_bytes: 48, ..LIMITS }, 1);
        uploads.keep_share();
        take(&mut uploads, 0, 1, block(0, true), &[1; 16]);
        assert_eq!(take(&mut uploads, 0, 1, block(1, true), &[1; 16]), Taken::Continue);
        assert_eq!(take(&mut uploads, 0, 2, block(0, true), &[1; 16]), Taken::Full);
        assert_eq!(take_of(&mut uploads, 0, known, block(0, true), &[2; 16]), Taken::Continue);
    }
}
