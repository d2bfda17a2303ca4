//! How full the endpoint's tables are.

use super::Endpoint;

/// How many entries each table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Occupancy {
    /// Peers whose message ids we count.
    pub peers: usize,
    /// Requests whose response comes later.
    pub deferred: usize,
    /// Confirmable messages of ours in flight.
    pub transmissions: usize,
    /// Requests of ours that wait for a response or a notification.
    pub requests: usize,
    /// Observations of our resources.
    pub observations: usize,
}

impl Endpoint<'_> {
    /// How full the tables are now.
    pub const fn occupancy(&self) -> Occupancy {
        Occupancy {
            peers: self.peers.len(),
            deferred: self.deferred.len(),
            transmissions: self.transmissions.len(),
            requests: self.requests.len(),
            observations: self.observers.len(),
        }
    }
}
