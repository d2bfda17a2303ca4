//! How much servers send to addresses of which nothing proves that somebody is there, RFC 9175 §2.4.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use twite::wire::{Message, MessageType};

/// What one server and one address exchanged, in bytes with those of the lower layers.
#[derive(Default)]
struct Account {
    received: usize,
    sent: usize,
    /// Whether an answer was larger than the rule allows, as the first one may be.
    started: bool,
    validated: bool,
}

/// The accounts of all servers.
#[derive(Default)]
pub(crate) struct Amplification {
    accounts: HashMap<(usize, SocketAddr), Account>,
    /// Confirmable messages that an acknowledgement may speak of.
    confirmable: HashSet<(usize, SocketAddr, u16)>,
}

const LOWER_LAYERS: usize = 42;
const FIRST: usize = 136;
/// The shortest message.
const SHORTEST: usize = 4;

impl Amplification {
    /// A datagram arrives.
    pub(crate) fn heard(&mut self, server: usize, from: SocketAddr, bytes: &[u8]) {
        let account = self.accounts.entry((server, from)).or_default();
        account.received += bytes.len() + LOWER_LAYERS;
        if let Ok(message) = Message::parse(bytes)
            && matches!(message.kind(), MessageType::Acknowledgement | MessageType::Reset)
            && self.confirmable.contains(&(server, from, message.message_id()))
        {
            account.validated = true;
        }
    }

    /// A datagram leaves. `forgets` if the server has forgotten peers, so that what it knew of this one may be gone.
    ///
    /// # Errors
    /// What is wrong with that.
    pub(crate) fn sent(
        &mut self,
        server: usize,
        to: SocketAddr,
        bytes: &[u8],
        forgets: bool,
    ) -> Result<(), String> {
        if let Ok(message) = Message::parse(bytes)
            && message.kind() == MessageType::Confirmable
        {
            self.confirmable.insert((server, to, message.message_id()));
        }
        let account = self.accounts.entry((server, to)).or_default();
        account.sent += bytes.len() + LOWER_LAYERS;
        let Account { received, sent, .. } = *account;
        if account.validated || sent <= 3 * received {
            return Ok(());
        }
        if forgets && sent * (SHORTEST + LOWER_LAYERS) <= received * (FIRST + LOWER_LAYERS) {
            return Ok(());
        }
        if !account.started && bytes.len() <= FIRST {
            account.started = true;
            account.sent = 3 * received;
            return Ok(());
        }
        Err(format!("server {server} sent {sent} bytes to {to} for {received}"))
    }

    /// Whether it is proved that somebody is at the address.
    pub(crate) fn is_validated(&self, server: usize, address: SocketAddr) -> bool {
        self.accounts.get(&(server, address)).is_some_and(|account| account.validated)
    }

    /// A server restarts and knows nothing any more.
    pub(crate) fn forget(&mut self, server: usize) {
        self.accounts.retain(|(known, _), _| *known != server);
        self.confirmable.retain(|(known, ..)| *known != server);
    }
}
