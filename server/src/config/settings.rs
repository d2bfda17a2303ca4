//! The settings and their defaults.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use twite::base::Duration;
use twite::reliability;

use super::networks::Network;
use crate::logging::{DEFAULT_FILTER, LogFormat};
use crate::model::{Model, Undeclared};
use crate::proxy::AllowList;

/// The port for CoAP without security (RFC 7252 section 12.6).
pub(super) const PORT: u16 = 5683;

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Addresses to listen on, and groups that they answer. Default: `127.0.0.1:5683` and `[::1]:5683`, this host
    /// alone.
    pub listen: Vec<SocketAddr>,
    /// Directory of the store. Default: `./twite-data`.
    pub data: PathBuf,
    /// When a change is safe before it is acknowledged. Default: [`Durability::Commit`].
    pub durability: Durability,
    /// Milliseconds between writes to disk with [`Durability::Interval`]. Default: 1000.
    pub interval_ms: u64,
    /// Whether example resources are served. Default: no.
    pub demo: bool,
    /// Whether the resources of the ETSI CoAP plugtests are served. Default: no.
    pub plugtest: bool,
    /// Whether the server is a resource directory (RFC 9176). Default: no.
    pub directory: bool,
    /// Whether requests that change something need a fresh Echo value (RFC 9175 §2.3). Default: no.
    pub fresh_changes: bool,
    /// The file that says who may do what; without one everybody may do everything. Default: none.
    pub policy: Option<PathBuf>,
    /// Files of OSCORE contexts (RFC 8613). Default: none.
    pub oscore: Vec<PathBuf>,
    /// Whether other hosts are served without a policy. Default: no.
    pub open: bool,
    /// Whether unspecified addresses answer the groups of all CoAP nodes. Default: yes.
    pub multicast: bool,
    /// Threads that serve; 0 for one per core. Default: 0.
    pub workers: usize,
    /// Microseconds for which a thread looks for the next datagram before it sleeps. Default: 0.
    pub poll_us: u64,
    /// The kernel's receive buffer per socket, in bytes. Default: 4 MiB.
    pub receive_buffer_bytes: usize,
    /// How a line of the log looks. Default: text.
    pub log: LogFormat,
    /// What is logged. Default: `info`.
    pub log_filter: String,
    /// The view of the resources over HTTP.
    pub http: Http,
    /// Whom the server asks for its clients.
    pub proxy: Proxy,
    /// What clients may make the server hold.
    pub limits: Limits,
    /// Where retransmission timeouts come from. Default: `ACK_TIMEOUT`.
    pub congestion: Congestion,
    /// The parameters of the message layer.
    pub timing: Timing,
    /// What holds for the peers of some addresses instead. Default: none.
    pub networks: Vec<Network>,
    /// Which resources there are. Default: those of the catalog.
    pub resources: Vec<Model>,
    /// What becomes of other paths. Default: [`Undeclared::Allow`].
    pub undeclared: Undeclared,
}

/// Where retransmission timeouts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Congestion {
    /// From `ACK_TIMEOUT` (RFC 7252 section 4.2).
    #[default]
    Default,
    /// From measured round trips (draft-ietf-core-cocoa-03).
    Cocoa,
}

/// What lies between us and a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Link {
    /// The defaults of RFC 7252 section 4.8.
    #[default]
    Default,
    /// Round trips of many seconds, as with NB-IoT: an `ACK_TIMEOUT` of 10 seconds.
    Slow,
}

impl Link {
    /// What holds on such a link.
    pub const fn timing(self) -> Timing {
        Timing::of(match self {
            Self::Default => &reliability::Timing::DEFAULT,
            Self::Slow => &reliability::Timing::SLOW,
        })
    }
}

/// The view of the resources over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Addresses to listen on; none for no HTTP. Default: none.
    pub listen: Vec<SocketAddr>,
    /// Origins whose pages may use it, or `*`. Default: none.
    pub cors: Vec<String>,
    /// Connections. Default: 1024.
    pub connections: usize,
    /// Streams of events. Default: 512.
    pub streams: usize,
}

/// Whom the server asks for its clients, as a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The targets that are allowed; none for no proxy. Default: none.
    pub targets: AllowList,
    /// Requests under way at once. Default: 256.
    pub requests: usize,
    /// Requests of one client under way at once. Default: 32.
    pub requests_per_client: usize,
    /// Resources that are observed for clients. Default: 256.
    pub observations: usize,
    /// Bytes of responses that are kept while they are fresh; 0 for none. Default: 8 MiB.
    pub cache_bytes: usize,
    /// Bytes of one body in either direction. Default: 1 MiB.
    pub body_bytes: usize,
}

/// When a change counts as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Durability {
    /// On disk before it is acknowledged.
    #[default]
    Commit,
    /// On disk within the interval after it is acknowledged; a crash can lose that much.
    Interval,
    /// Never on disk; lost when the server stops.
    Memory,
}

/// What clients may make the server hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one representation. Default: 16 MiB.
    pub body_bytes: usize,
    /// Resources. Default: 100 000.
    pub entries: usize,
    /// Endpoints in the directory. Default: 1024.
    pub registrations: usize,
    /// Bytes of all representations together. Default: 256 MiB.
    pub total_bytes: usize,
    /// Bytes of a path, its slashes included. Default: 255.
    pub path_bytes: usize,
    /// Segments of a path. Default: 16.
    pub path_depth: usize,
    /// Peers whose message ids are counted. Default: 65 536.
    pub peers: usize,
    /// Observations. Default: 8192.
    pub observers: usize,
    /// Observations of one peer. Default: 8.
    pub observers_per_peer: usize,
    /// Answers that are remembered for repeated requests: as many of requests that may be done again as of those that
    /// must be done once. Default: 16 384.
    pub remembered: usize,
    /// Answers to requests of one peer that must be done once. Default: 1024.
    pub remembered_per_peer: usize,
    /// How many bytes go to an address for each that came from there, before it is proved that somebody there receives
    /// them (RFC 9175 §2.4); 0 for any number. Default: 3.
    pub amplification: u64,
    /// Requests of one IPv4 address or IPv6 network of 64 bits that a thread serves each second; 0 for any number.
    /// Default: 10 000.
    pub requests_per_second: u64,
    /// Errors that such an address is told each second; 0 for any number. Default: 1000.
    pub errors_per_second: u64,
    /// Whether these three do not hold for addresses of this host. Default: yes.
    pub trusts_loopback: bool,
}

/// The parameters of the message layer, with the defaults of RFC 7252 section 4.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// `ACK_TIMEOUT` in milliseconds. Default: 2000.
    pub ack_timeout_ms: u64,
    /// `ACK_RANDOM_FACTOR` in percent. Default: 150.
    pub ack_random_percent: u64,
    /// `MAX_RETRANSMIT`. Default: 4.
    pub max_retransmit: u64,
    /// `NSTART`. Default: 1.
    pub nstart: u64,
    /// `PROBING_RATE` in bytes per second. Default: 1.
    pub probing_rate: u64,
    /// `MAX_LATENCY` in milliseconds. Default: 100 000.
    pub max_latency_ms: u64,
    /// `DEFAULT_LEISURE` in milliseconds. Default: 5000.
    pub leisure_ms: u64,
}

impl Timing {
    /// The same as a setting.
    const fn of(timing: &reliability::Timing) -> Self {
        Self {
            ack_timeout_ms: timing.ack_timeout.as_micros() / 1000,
            ack_random_percent: timing.ack_random_thousandths as u64 / 10,
            max_retransmit: timing.max_retransmit as u64,
            nstart: timing.nstart as u64,
            probing_rate: timing.probing_rate as u64,
            max_latency_ms: timing.max_latency.as_micros() / 1000,
            leisure_ms: timing.leisure.as_micros() / 1000,
        }
    }

    /// The same for the engine. The piggyback time is a quarter of `ACK_TIMEOUT`, `PROCESSING_DELAY` the whole.
    pub fn engine(&self) -> reliability::Timing {
        let ack_timeout = Duration::from_millis(self.ack_timeout_ms);
        reliability::Timing {
            ack_timeout,
            ack_random_thousandths: u32::try_from(self.ack_random_percent * 10).unwrap_or(u32::MAX),
            max_retransmit: u8::try_from(self.max_retransmit).unwrap_or(u8::MAX),
            nstart: u8::try_from(self.nstart).unwrap_or(u8::MAX),
            probing_rate: u32::try_from(self.probing_rate).unwrap_or(u32::MAX),
            max_latency: Duration::from_millis(self.max_latency_ms),
            processing_delay: ack_timeout,
            piggyback: Duration::from_micros(ack_timeout.as_micros() / 4),
            leisure: Duration::from_millis(self.leisure_ms),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![(Ipv4Addr::LOCALHOST, PORT).into(), (Ipv6Addr::LOCALHOST, PORT).into()],
            data: PathBuf::from("./twite-data"),
            durability: Durability::default(),
            interval_ms: 1000,
            demo: false,
            plugtest: false,
            directory: false,
            fresh_changes: false,
            policy: None,
            oscore: Vec::new(),
            open: false,
            multicast: true,
            workers: 0,
            poll_us: 0,
            receive_buffer_bytes: 4 << 20,
            log: LogFormat::default(),
            log_filter: DEFAULT_FILTER.to_owned(),
            http: Http::default(),
            proxy: Proxy::default(),
            limits: Limits::default(),
            congestion: Congestion::default(),
            timing: Timing::default(),
            networks: Vec::new(),
            resources: Vec::new(),
            undeclared: Undeclared::default(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: Vec::new(), cors: Vec::new(), connections: 1024, streams: 512 }
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            targets: AllowList::default(),
            requests: 256,
            requests_per_client: 32,
            observations: 256,
            cache_bytes: 8 << 20,
            body_bytes: 1 << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            entries: 100_000,
            registrations: 1_024,
            total_bytes: 256 << 20,
            path_bytes: 255,
            path_depth: 16,
            peers: 65_536,
            observers: 8_192,
            observers_per_peer: 8,
            remembered: 16_384,
            remembered_per_peer: 1_024,
            amplification: 3,
            requests_per_second: 10_000,
            errors_per_second: 1_000,
            trusts_loopback: true,
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::of(&reliability::Timing::DEFAULT)
    }
}
