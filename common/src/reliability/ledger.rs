//! How much may be sent to an address that nobody vouched for, RFC 7252 §11.3 and RFC 9175 §2.4.

/// What came from one address and what may still go there: at most [`FACTOR`](Self::FACTOR) times as much, counted with
/// [`LOWER_LAYERS`](Self::LOWER_LAYERS) for each datagram. There is one of these for each peer, so every byte counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Bytes that may go; what does not fit is forgone.
    credit: [u8; 2],
    state: u8,
}

const VALIDATED: u8 = 1;
const AUTHENTICATED: u8 = 1 << 1;
const STARTED: u8 = 1 << 2;
const CHALLENGED: u8 = 1 << 3;
const MISS: u8 = 1 << 4;

/// After so many acknowledgements of nothing the next one may be a guess.
const GUESSES: u8 = 4;

impl Ledger {
    /// An address that nothing came from.
    pub const NEW: Self = Self { credit: [0; 2], state: 0 };

    /// How many times as many bytes may go to an address as came from it (RFC 9175 §2.4).
    pub const FACTOR: u8 = 3;

    /// Bytes of the layers below that are counted with each datagram: Ethernet, IPv4 and UDP.
    pub const LOWER_LAYERS: usize = 42;

    /// A first response may always have so many bytes of CoAP (RFC 9175 §2.4).
    pub const FIRST: usize = 136;

    /// More may go, in bytes with those of the lower layers.
    pub fn earn(&mut self, bytes: u32) {
        let credit = u32::from(self.credit()).saturating_add(bytes);
        self.set_credit(u16::try_from(credit).unwrap_or(u16::MAX));
    }

    /// How many bytes of CoAP may answer a datagram that earned `own` and was not entered.
    pub const fn room(&self, own: u32) -> usize {
        let earned = own.saturating_add(self.credit() as u32) as usize;
        let room = earned.saturating_sub(Self::LOWER_LAYERS);
        if self.state & STARTED == 0 && room < Self::FIRST { Self::FIRST } else { room }
    }

    /// How many bytes of CoAP may go that answer nothing.
    pub const fn left(&self) -> usize {
        (self.credit() as usize).saturating_sub(Self::LOWER_LAYERS)
    }

    /// Enters a datagram that earned `own` and its answer of `len` bytes, for which there is room.
    pub fn answer(&mut self, own: u32, len: usize) {
        self.earn(own);
        // The first answer may take more than there is.
        if !self.send(len) {
            self.set_credit(0);
        }
        self.state |= STARTED;
    }

    /// Whether a datagram of `len` bytes may go without being the answer to one; then it counts.
    pub fn send(&mut self, len: usize) -> bool {
        let left = usize::from(self.credit()).checked_sub(len + Self::LOWER_LAYERS);
        if let Some(left) = left {
            self.set_credit(left as u16);
        }
        left.is_some()
    }

    /// Whether somebody there receives what is sent to it.
    pub const fn is_validated(&self) -> bool {
        self.state & VALIDATED != 0
    }

    /// It was proved that somebody there receives what is sent to it.
    pub const fn validate(&mut self) {
        self.state |= VALIDATED;
    }

    /// Whether somebody there has proved who it is.
    pub const fn is_authenticated(&self) -> bool {
        self.state & AUTHENTICATED != 0
    }

    /// It was proved who is there, and so that it is there.
    pub const fn authenticate(&mut self) {
        self.state |= AUTHENTICATED | VALIDATED;
    }

    /// Who is there is not taken as known any more, that somebody is there still is.
    pub const fn forget_identity(&mut self) {
        self.state &= !AUTHENTICATED;
    }

    /// Whether this is the first challenge; from now on it is not.
    pub const fn challenge(&mut self) -> bool {
        let first = self.state & CHALLENGED == 0;
        self.state |= CHALLENGED;
        first
    }

    /// A message of ours was acknowledged, which only somebody knows who received it; whether that proves anything.
    /// With 16 bits to guess, it does unless others were acknowledged that there never were.
    pub const fn acknowledged(&mut self) -> bool {
        if self.state / MISS < GUESSES {
            self.state |= VALIDATED;
        }
        self.is_validated()
    }

    /// Something was acknowledged that there is not.
    pub const fn missed(&mut self) {
        if self.state / MISS < GUESSES {
            self.state += MISS;
        }
    }

    const fn credit(&self) -> u16 {
        u16::from_le_bytes(self.credit)
    }

    const fn set_credit(&mut self, credit: u16) {
        self.credit = credit.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_times_what_came_and_no_byte_more() {
        let mut ledger = Ledger::NEW;
        ledger.answer(300, 100);
        assert!(!ledger.send(117), "158 are left");
        assert!(ledger.send(116));
        assert!(!ledger.send(0));
        ledger.earn(42);
        assert!(ledger.send(0) && !ledger.send(0));
    }

    #[test]
    fn a_first_answer_may_be_larger_and_takes_what_there_is() {
        let mut ledger = Ledger::NEW;
        assert_eq!(ledger.room(138), Ledger::FIRST);
        ledger.answer(138, 136);
        assert_eq!((ledger.room(0), ledger.room(138)), (0, 96));
        assert_eq!(Ledger::NEW.room(1_000), 958);
        let mut told = Ledger::NEW;
        assert!(!told.send(4), "what answers nothing is no first answer");
    }

    #[test]
    fn credit_has_a_bound() {
        let mut ledger = Ledger::NEW;
        ledger.earn(u32::MAX);
        assert_eq!(ledger.room(0), 65_535 - Ledger::LOWER_LAYERS);
    }

    #[test]
    fn an_acknowledgement_proves_something_unless_there_were_guesses() {
        let mut honest = Ledger::NEW;
        (0..3).for_each(|_| honest.missed());
        assert!(honest.acknowledged() && honest.is_validated());
        let mut guessing = Ledger::NEW;
        (0..100).for_each(|_| guessing.missed());
        assert!(!guessing.acknowledged() && !guessing.is_validated());
        guessing.authenticate();
        assert!(guessing.is_validated() && guessing.is_authenticated());
        guessing.forget_identity();
        assert!(guessing.is_validated() && !guessing.is_authenticated());
    }

    #[test]
    fn a_challenge_is_the_first_once() {
        let mut ledger = Ledger::NEW;
        assert!(ledger.challenge());
        assert!(!ledger.challenge());
    }
}
