//! What happened, by kind.

/// Counts since the endpoint was made; they wrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Datagrams handed in.
    pub received: u64,
    /// Datagrams that were no message.
    pub format_errors: u64,
    /// Empty confirmable messages, answered by Reset.
    pub pings: u64,
    /// Resets that were not sent, since there were too many.
    pub resets_withheld: u64,
    /// Acknowledgements, resets and responses that match nothing.
    pub unsolicited: u64,
    /// Requests handed to the application.
    pub requests: u64,
    /// Requests refused before: options, method, proxy.
    pub rejected: u64,
    /// Requests that came again and were not handed to the application.
    pub duplicates: u64,
    /// Requests answered 5.03 because a table was full, or 4.29 because their peer had its share of it.
    pub refused: u64,
    /// Datagrams to a group that are not served, and responses to a group that are not sent.
    pub multicast: u64,
    /// Responses that could not be written and became 5.00.
    pub unwritable: u64,
    /// Observers told.
    pub notifications: u64,
    /// Observations refused because there were too many.
    pub observers_refused: u64,
    /// Confirmable messages sent again.
    pub retransmissions: u64,
    /// Confirmable messages nobody acknowledged.
    pub gave_up: u64,
    /// Outputs replaced before they were drained.
    pub undrained: u64,
    /// Peers forgotten to make room.
    pub peers_forgotten: u64,
    /// Messages not sent because their address was not validated and had got enough.
    pub withheld: u64,
    /// Answers that such an address got in a smaller block, or without words.
    pub shrunk: u64,
    /// Requests of such addresses answered 4.01 with an Echo value.
    pub challenged: u64,
    /// Requests answered 4.29 because their source asked too often.
    pub too_many: u64,
    /// Errors not told because their source was told too many.
    pub errors_withheld: u64,
    /// Protected messages that were not opened: unknown contexts, replays, forgeries (RFC 8613 §8.2).
    pub unopened: u64,
    /// Messages not sent because they could not be protected.
    pub unprotectable: u64,
    /// Messages not sent because all message ids to the peer are in use.
    pub message_ids_exhausted: u64,
}
