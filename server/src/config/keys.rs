//! The table of all keys.

use super::slot::Slot;
use super::{Settings, Timing};

/// One thing that can be configured.
pub(super) struct Key {
    /// Its name in the file; what stands before a dot is the table.
    pub(super) name: &'static str,
    /// Its name in the environment.
    pub(super) variable: &'static str,
    /// What it means, for the printed configuration.
    pub(super) about: &'static str,
    /// Where its value lies.
    pub(super) slot: fn(&mut Settings) -> Slot<'_>,
}

/// The place of a key in [`KEYS`].
pub(super) fn position(name: &str) -> Option<usize> {
    KEYS.iter().position(|key| key.name == name)
}

const MOST_BYTES: usize = isize::MAX as usize;
/// A table's places are numbered with 32 bits, and its memory has to fit a machine.
const MOST_ENTRIES: usize = 1 << 24;
const HOUR_MS: u64 = 3_600_000;

/// All keys: first those without a table, then table by table.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "listen",
        variable: "TWITE_LISTEN",
        about: "addresses to listen on",
        slot: |settings| Slot::Addresses(&mut settings.listen),
    },
    Key {
        name: "data",
        variable: "TWITE_DATA",
        about: "directory of the store",
        slot: |settings| Slot::Directory(&mut settings.data),
    },
    Key {
        name: "durability",
        variable: "TWITE_DURABILITY",
        about: "a change is on disk before it is acknowledged (commit), within interval_ms (interval), never (memory)",
        slot: |settings| Slot::Durability(&mut settings.durability),
    },
    Key {
        name: "interval_ms",
        variable: "TWITE_INTERVAL_MS",
        about: "milliseconds between writes to disk with durability = \"interval\"",
        slot: |settings| Slot::Number(&mut settings.interval_ms, 1..=HOUR_MS),
    },
    Key {
        name: "demo",
        variable: "TWITE_DEMO",
        about: "run three simulated sensors that report to the server",
        slot: |settings| Slot::Switch(&mut settings.demo),
    },
    Key {
        name: "plugtest",
        variable: "TWITE_PLUGTEST",
        about: "serve the resources that test tools talk to",
        slot: |settings| Slot::Switch(&mut settings.plugtest),
    },
    Key {
        name: "directory",
        variable: "TWITE_DIRECTORY",
        about: "be a resource directory (RFC 9176): endpoints register at /rd and are looked up at /rd-lookup",
        slot: |settings| Slot::Switch(&mut settings.directory),
    },
    Key {
        name: "undeclared",
        variable: "TWITE_UNDECLARED",
        about: "paths that no [[resource]] speaks of: allow, read-only (nothing is changed), refuse (nothing is there)",
        slot: |settings| Slot::Undeclared(&mut settings.undeclared),
    },
    Key {
        name: "fresh_changes",
        variable: "TWITE_FRESH_CHANGES",
        about: "PUT, POST, PATCH, iPATCH, DELETE only with an Echo value of the last five minutes; else 4.01 with one",
        slot: |settings| Slot::Switch(&mut settings.fresh_changes),
    },
    Key {
        name: "policy",
        variable: "TWITE_POLICY",
        about: "the file that says who may do what, read again on SIGHUP; without one everybody may do everything",
        slot: |settings| Slot::File(&mut settings.policy),
    },
    Key {
        name: "oscore",
        variable: "TWITE_OSCORE",
        about: "files of OSCORE contexts, made by `twite keygen`",
        slot: |settings| Slot::Files(&mut settings.oscore),
    },
    Key {
        name: "open",
        variable: "TWITE_OPEN",
        about: "serve other hosts than this one without a policy too",
        slot: |settings| Slot::Switch(&mut settings.open),
    },
    Key {
        name: "multicast",
        variable: "TWITE_MULTICAST",
        about: "answer discovery by multicast on 0.0.0.0 and [::]; a group named in listen is answered anyway",
        slot: |settings| Slot::Switch(&mut settings.multicast),
    },
    Key {
        name: "congestion",
        variable: "TWITE_CONGESTION",
        about: "retransmission timeouts come from ACK_TIMEOUT (default) or from measured round trips (cocoa)",
        slot: |settings| Slot::Congestion(&mut settings.congestion),
    },
    Key {
        name: "workers",
        variable: "TWITE_WORKERS",
        about: "threads that serve; 0 for one per core",
        slot: |settings| Slot::Size(&mut settings.workers, 0..=256),
    },
    Key {
        name: "poll_us",
        variable: "TWITE_POLL_US",
        about: "microseconds for which a thread looks for the next datagram before it sleeps",
        slot: |settings| Slot::Number(&mut settings.poll_us, 0..=1_000_000),
    },
    Key {
        name: "receive_buffer_bytes",
        variable: "TWITE_RECEIVE_BUFFER_BYTES",
        about: "the kernel's receive buffer per socket",
        slot: |settings| Slot::Size(&mut settings.receive_buffer_bytes, 4096..=1 << 30),
    },
    Key {
        name: "log.format",
        variable: "TWITE_LOG_FORMAT",
        about: "lines for people (text) or one JSON object per line (json)",
        slot: |settings| Slot::Format(&mut settings.log),
    },
    Key {
        name: "log.filter",
        variable: "TWITE_LOG",
        about: "a level, or a list such as info,twite_server=debug",
        slot: |settings| Slot::Filter(&mut settings.log_filter),
    },
    Key {
        name: "http.listen",
        variable: "TWITE_HTTP",
        about: "addresses of the same resources over HTTP; none for no HTTP",
        slot: |settings| Slot::NoAddresses(&mut settings.http.listen),
    },
    Key {
        name: "http.cors",
        variable: "TWITE_HTTP_CORS",
        about: "origins whose pages may use the resources, such as \"https://example.org\", or \"*\"",
        slot: |settings| Slot::Origins(&mut settings.http.cors),
    },
    Key {
        name: "http.connections",
        variable: "TWITE_HTTP_CONNECTIONS",
        about: "connections over HTTP",
        slot: |settings| Slot::Size(&mut settings.http.connections, 1..=65_536),
    },
    Key {
        name: "http.streams",
        variable: "TWITE_HTTP_STREAMS",
        about: "streams of events over HTTP",
        slot: |settings| Slot::Size(&mut settings.http.streams, 0..=65_536),
    },
    Key {
        name: "proxy.targets",
        variable: "TWITE_PROXY_TARGETS",
        about: "whom the server asks for its clients, such as \"coap://*.example.org\", \"coap://10.1.0.0/16:5683\"; none for no proxy",
        slot: |settings| Slot::Targets(&mut settings.proxy.targets),
    },
    Key {
        name: "proxy.requests",
        variable: "TWITE_PROXY_REQUESTS",
        about: "requests to others under way at once",
        slot: |settings| Slot::Size(&mut settings.proxy.requests, 1..=4_096),
    },
    Key {
        name: "proxy.requests_per_client",
        variable: "TWITE_PROXY_REQUESTS_PER_CLIENT",
        about: "of them those for one client address",
        slot: |settings| Slot::Size(&mut settings.proxy.requests_per_client, 1..=4_096),
    },
    Key {
        name: "proxy.observations",
        variable: "TWITE_PROXY_OBSERVATIONS",
        about: "resources of others that are observed for clients, each once for all of them",
        slot: |settings| Slot::Size(&mut settings.proxy.observations, 0..=4_096),
    },
    Key {
        name: "proxy.cache_bytes",
        variable: "TWITE_PROXY_CACHE_BYTES",
        about: "bytes of responses that are kept while they are fresh; 0 for none",
        slot: |settings| Slot::Size(&mut settings.proxy.cache_bytes, 0..=1 << 30),
    },
    Key {
        name: "proxy.body_bytes",
        variable: "TWITE_PROXY_BODY_BYTES",
        about: "bytes of one body to or from others",
        slot: |settings| Slot::Size(&mut settings.proxy.body_bytes, 1..=1 << 28),
    },
    Key {
        name: "limits.body_bytes",
        variable: "TWITE_LIMITS_BODY_BYTES",
        about: "bytes of one representation",
        // More than 2^20 blocks of 1024 bytes cannot be transferred (RFC 7959 section 2.2).
        slot: |settings| Slot::Size(&mut settings.limits.body_bytes, 1..=1 << 30),
    },
    Key {
        name: "limits.entries",
        variable: "TWITE_LIMITS_ENTRIES",
        about: "resources",
        slot: |settings| Slot::Size(&mut settings.limits.entries, 1..=1 << 30),
    },
    Key {
        name: "limits.registrations",
        variable: "TWITE_LIMITS_REGISTRATIONS",
        about: "endpoints in the directory",
        slot: |settings| Slot::Size(&mut settings.limits.registrations, 1..=65_536),
    },
    Key {
        name: "limits.total_bytes",
        variable: "TWITE_LIMITS_TOTAL_BYTES",
        about: "bytes of all representations together",
        slot: |settings| Slot::Size(&mut settings.limits.total_bytes, 1..=MOST_BYTES),
    },
    Key {
        name: "limits.path_bytes",
        variable: "TWITE_LIMITS_PATH_BYTES",
        about: "bytes of a path",
        slot: |settings| Slot::Size(&mut settings.limits.path_bytes, 1..=4096),
    },
    Key {
        name: "limits.path_depth",
        variable: "TWITE_LIMITS_PATH_DEPTH",
        about: "segments of a path",
        slot: |settings| Slot::Size(&mut settings.limits.path_depth, 1..=255),
    },
    Key {
        name: "limits.peers",
        variable: "TWITE_LIMITS_PEERS",
        about: "peers whose message ids are counted",
        slot: |settings| Slot::Size(&mut settings.limits.peers, 1..=MOST_ENTRIES),
    },
    Key {
        name: "limits.observers",
        variable: "TWITE_LIMITS_OBSERVERS",
        about: "observations",
        slot: |settings| Slot::Size(&mut settings.limits.observers, 0..=MOST_ENTRIES),
    },
    Key {
        name: "limits.observers_per_peer",
        variable: "TWITE_LIMITS_OBSERVERS_PER_PEER",
        about: "observations of one peer",
        slot: |settings| Slot::Size(&mut settings.limits.observers_per_peer, 0..=65_535),
    },
    Key {
        name: "limits.remembered",
        variable: "TWITE_LIMITS_REMEMBERED",
        about: "answers remembered for repeated requests, of each kind",
        slot: |settings| Slot::Size(&mut settings.limits.remembered, 1..=MOST_ENTRIES),
    },
    Key {
        name: "limits.remembered_per_peer",
        variable: "TWITE_LIMITS_REMEMBERED_PER_PEER",
        about: "answers remembered to POST and PATCH of one peer",
        slot: |settings| Slot::Size(&mut settings.limits.remembered_per_peer, 1..=65_535),
    },
    Key {
        name: "limits.amplification",
        variable: "TWITE_LIMITS_AMPLIFICATION",
        about: "bytes to an address for each that came from there, before it is proved that somebody is there; 0 for any number",
        slot: |settings| Slot::Number(&mut settings.limits.amplification, 0..=255),
    },
    Key {
        name: "limits.requests_per_second",
        variable: "TWITE_LIMITS_REQUESTS_PER_SECOND",
        about: "requests of one IPv4 address or IPv6 /64, of each thread, after a burst of two seconds' worth; 0 for any number",
        slot: |settings| Slot::Number(&mut settings.limits.requests_per_second, 0..=1_000_000),
    },
    Key {
        name: "limits.errors_per_second",
        variable: "TWITE_LIMITS_ERRORS_PER_SECOND",
        about: "errors told to such an address; 0 for any number",
        slot: |settings| Slot::Number(&mut settings.limits.errors_per_second, 0..=1_000_000),
    },
    Key {
        name: "limits.trusts_loopback",
        variable: "TWITE_LIMITS_TRUSTS_LOOPBACK",
        about: "these three do not hold for addresses of this host",
        slot: |settings| Slot::Switch(&mut settings.limits.trusts_loopback),
    },
    Key {
        name: "timing.ack_timeout_ms",
        variable: "TWITE_TIMING_ACK_TIMEOUT_MS",
        about: "ACK_TIMEOUT in milliseconds",
        slot: |settings| ack_timeout_ms(&mut settings.timing),
    },
    Key {
        name: "timing.ack_random_percent",
        variable: "TWITE_TIMING_ACK_RANDOM_PERCENT",
        about: "ACK_RANDOM_FACTOR in percent",
        slot: |settings| ack_random_percent(&mut settings.timing),
    },
    Key {
        name: "timing.max_retransmit",
        variable: "TWITE_TIMING_MAX_RETRANSMIT",
        about: "MAX_RETRANSMIT",
        slot: |settings| max_retransmit(&mut settings.timing),
    },
    Key {
        name: "timing.nstart",
        variable: "TWITE_TIMING_NSTART",
        about: "NSTART, confirmable messages to one peer at a time",
        slot: |settings| nstart(&mut settings.timing),
    },
    Key {
        name: "timing.probing_rate",
        variable: "TWITE_TIMING_PROBING_RATE",
        about: "PROBING_RATE in bytes per second",
        slot: |settings| probing_rate(&mut settings.timing),
    },
    Key {
        name: "timing.max_latency_ms",
        variable: "TWITE_TIMING_MAX_LATENCY_MS",
        about: "MAX_LATENCY in milliseconds",
        slot: |settings| max_latency_ms(&mut settings.timing),
    },
    Key {
        name: "timing.leisure_ms",
        variable: "TWITE_TIMING_LEISURE_MS",
        about: "DEFAULT_LEISURE in milliseconds",
        slot: |settings| leisure_ms(&mut settings.timing),
    },
];

/// A transmission parameter of a network.
pub(super) struct TimingKey {
    /// Its name.
    pub(super) name: &'static str,
    /// Where its value lies.
    pub(super) slot: fn(&mut Timing) -> Slot<'_>,
}

/// The transmission parameters that can be said of a network too.
pub(super) const TIMING: &[TimingKey] = &[
    TimingKey { name: "ack_timeout_ms", slot: ack_timeout_ms },
    TimingKey { name: "ack_random_percent", slot: ack_random_percent },
    TimingKey { name: "max_retransmit", slot: max_retransmit },
    TimingKey { name: "nstart", slot: nstart },
    TimingKey { name: "probing_rate", slot: probing_rate },
    TimingKey { name: "max_latency_ms", slot: max_latency_ms },
    TimingKey { name: "leisure_ms", slot: leisure_ms },
];

fn ack_timeout_ms(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.ack_timeout_ms, 1..=HOUR_MS)
}

fn ack_random_percent(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.ack_random_percent, 100..=1000)
}

fn max_retransmit(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.max_retransmit, 0..=20)
}

fn nstart(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.nstart, 1..=255)
}

fn probing_rate(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.probing_rate, 1..=1_000_000_000)
}

fn max_latency_ms(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.max_latency_ms, 1..=HOUR_MS)
}

fn leisure_ms(timing: &mut Timing) -> Slot<'_> {
    Slot::Number(&mut timing.leisure_ms, 0..=HOUR_MS)
}
