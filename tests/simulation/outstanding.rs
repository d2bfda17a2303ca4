//! Which confirmable messages wait for their acknowledgement, as the wire shows it (RFC 7252 §4.7).

use std::collections::HashMap;
use std::net::SocketAddr;

use twite::base::{Duration, Instant};
use twite::reliability::Timing;
use twite::wire::{Message, MessageType, Token};

use crate::network::Node;

/// One message.
struct Sent {
    message_id: u16,
    token: Token,
    first: Instant,
    /// Whether it may have been given up without a sign; it was not if it is sent again.
    outdated: bool,
}

/// The messages of every node to every peer.
#[derive(Default)]
pub(crate) struct Outstanding(HashMap<(Node, SocketAddr), Vec<Sent>>);

/// Nobody gives up earlier: five waits, each twice as long as the one before.
const SHORTEST: Duration = Timing::DEFAULT.ack_timeout.times(31);

impl Outstanding {
    /// A datagram leaves; how many messages to that peer wait from now on.
    pub(crate) fn sent(&mut self, now: Instant, from: Node, to: SocketAddr, message: &Message<'_>) -> usize {
        let waiting = self.0.entry((from, to)).or_default();
        let (message_id, token) = (message.message_id(), token(message));
        let is_one_way = matches!(message.kind(), MessageType::Acknowledgement | MessageType::Reset);
        if is_one_way {
            return count(now, waiting);
        }
        if let Some(again) = waiting.iter_mut().find(|sent| sent.message_id == message_id) {
            again.outdated = false;
            return count(now, waiting);
        }
        let mut first = now;
        if message.code().is_response() {
            // A notification goes on with the back-off of the one that it replaces, however long ago that was.
            if let Some(replaced) = waiting.iter().position(|sent| sent.token == token) {
                first = waiting.remove(replaced).first;
            }
        }
        if message.kind() == MessageType::Confirmable {
            waiting.push(Sent { message_id, token, first, outdated: false });
        }
        count(now, waiting)
    }

    /// Something that the node sent may be of no use any more: a request that was cancelled, or a state that has
    /// changed and of which it tells the newer one instead (RFC 7641 §4.5.2).
    pub(crate) fn outdated(&mut self, node: Node) {
        let of_node = self.0.iter_mut().filter(|((known, _), _)| *known == node);
        of_node.for_each(|(_, waiting)| waiting.iter_mut().for_each(|sent| sent.outdated = true));
    }

    /// A datagram arrives: it may end the waiting for one that was sent.
    pub(crate) fn heard(&mut self, node: Node, from: SocketAddr, message: &Message<'_>) {
        let Some(waiting) = self.0.get_mut(&(node, from)) else { return };
        if matches!(message.kind(), MessageType::Acknowledgement | MessageType::Reset) {
            // That of a state that was replaced may come too late to end the waiting for the newer one.
            waiting.retain(|sent| sent.outdated || sent.message_id != message.message_id());
        } else if message.code().is_response() {
            waiting.retain(|sent| sent.token != token(message));
        }
    }

    /// An observation is renewed or ended: what was in flight of it is given up.
    pub(crate) fn ended(&mut self, node: Node, peer: SocketAddr, token: Token) {
        if let Some(waiting) = self.0.get_mut(&(node, peer)) {
            waiting.retain(|sent| sent.token != token);
        }
    }

    /// The node restarts.
    pub(crate) fn forget(&mut self, node: Node) {
        self.0.retain(|(known, _), _| *known != node);
    }
}

fn count(now: Instant, waiting: &[Sent]) -> usize {
    waiting.iter().filter(|sent| !sent.outdated && now.since(sent.first) < SHORTEST).count()
}

/// The token of a message, of a damaged one its beginning.
pub(crate) fn token(message: &Message<'_>) -> Token {
    let bytes = message.token();
    Token::new(bytes.get(..Token::MAX).unwrap_or(bytes)).expect("not longer than that")
}
