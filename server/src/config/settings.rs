//! The settings and their defaults.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use crate::logging::{DEFAULT_FILTER, LogFormat};

/// The port for CoAP without security (RFC 7252 section 12.6).
pub(super) const PORT: u16 = 5683;

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether requests that change something need a fresh Echo value (RFC 9175 §2.3). Default: no.
    pub fresh_changes: bool,
    /// Whether unspecified addresses answer the groups of all CoAP nodes. Default: yes.
    pub multicast: bool,
    /// The kernel's receive buffer per socket, in bytes. Default: 4 MiB.
    pub receive_buffer_bytes: usize,
    /// How a line of the log looks. Default: text.
    pub log: LogFormat,
    /// What is logged. Default: `info`.
    pub log_filter: String,
    /// What clients may make the server hold.
    pub limits: Limits,
    /// The parameters of the message layer.
    pub timing: Timing,
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
    /// Bytes of all representations together. Default: 256 MiB.
    pub total_bytes: usize,
    /// Bytes of a path, its slashes included. Default: 255.
    pub path_bytes: usize,
    /// Segments of a path. Default: 16.
    pub path_depth: usize,
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
            fresh_changes: false,
            multicast: true,
            receive_buffer_bytes: 4 << 20,
            log: LogFormat::default(),
            log_filter: DEFAULT_FILTER.to_owned(),
            limits: Limits::default(),
            timing: Timing::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            entries: 100_000,
            total_bytes: 256 << 20,
            path_bytes: 255,
            path_depth: 16,
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self { ack_timeout_ms: 2000, ack_random_percent: 150, max_retransmit: 4, nstart: 1 }
    }
}
