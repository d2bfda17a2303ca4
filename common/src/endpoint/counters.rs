//! What happened, by kind.

/// How often something happened.
#[cfg(feature = "host")]
pub type Count = u64;
/// How often something happened.
#[cfg(not(feature = "host"))]
pub type Count = u32;

/// Counts since the endpoint was made; they wrap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Datagrams handed in.
    pub received: Count,
    /// Datagrams that were no message.
    pub format_errors: Count,
    /// Empty confirmable messages, answered by Reset.
    pub pings: Count,
    /// Resets that were not sent, since there were too many.
    pub resets_withheld: Count,
    /// Acknowledgements, resets and responses that match nothing.
    pub unsolicited: Count,
    /// Requests handed to the application.
    pub requests: Count,
    /// Requests refused before: options, method, proxy.
    pub rejected: Count,
    /// Requests that came again and were not handed to the application.
    pub duplicates: Count,
    /// Requests answered 5.03 because a table was full, or 4.29 because their peer had its share of it.
    pub refused: Count,
    /// Datagrams to a group that are not served, and responses to a group that are not sent.
    pub multicast: Count,
    /// Responses that could not be written and became 5.00.
    pub unwritable: Count,
    /// Observers told.
    pub notifications: Count,
    /// Observations refused because there were too many.
    pub observers_refused: Count,
    /// Confirmable messages sent again.
    pub retransmissions: Count,
    /// Confirmable messages nobody acknowledged.
    pub gave_up: Count,
    /// Outputs replaced before they were drained.
    pub undrained: Count,
    /// Peers forgotten to make room.
    pub peers_forgotten: Count,
    /// Messages not sent because their address was not validated and had got enough.
    pub withheld: Count,
    /// Answers that such an address got in a smaller block, or without words.
    pub shrunk: Count,
    /// Requests of such addresses answered 4.01 with an Echo value.
    pub challenged: Count,
    /// Requests answered 4.29 because their source asked too often.
    pub too_many: Count,
    /// Errors not told because their source was told too many.
    pub errors_withheld: Count,
    /// Protected messages that were not opened: unknown contexts, replays, forgeries (RFC 8613 §8.2).
    pub unopened: Count,
    /// Messages not sent because they could not be protected.
    pub unprotectable: Count,
    /// Messages not sent because all message ids to the peer are in use.
    pub message_ids_exhausted: Count,
}
