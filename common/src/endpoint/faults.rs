//! Faults of the engine that the simulation has to find. Compiled into no package but the simulation's own copy.

/// What the endpoint no longer does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It does not notice that a request came before (RFC 7252 §4.5).
    ForgetsDuplicates,
    /// It sends any number of confirmable messages to one peer at once (§4.7).
    IgnoresNstart,
    /// It keeps an observer that sends Reset or acknowledges nothing (RFC 7641 §3.6, §4.5).
    KeepsObservers,
    /// It sends any number of bytes to an address that nobody vouched for (RFC 9175 §2.4).
    IgnoresAmplification,
}
