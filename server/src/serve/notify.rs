//! What the service manager is told (`sd_notify(3)`): that the server is ready, reads its policy again, lives, stops.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Whoever started the server, if that one wants to know.
#[derive(Debug, Default)]
pub(super) struct Manager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    alive: Option<Duration>,
}

impl Manager {
    /// The one that the environment names. One that cannot be told is none: the server serves all the same.
    pub(super) fn from_environment() -> Self {
        let Some(place) = env::var_os("NOTIFY_SOCKET") else { return Self::default() };
        match connect(&place) {
            Ok(socket) => Self { socket: Some(socket), alive: watchdog() },
            Err(error) => {
                tracing::warn!(%error, ?place, "the service manager cannot be told anything");
                Self::default()
            }
        }
    }

    /// Says something: `READY=1`, `STOPPING=1`, `WATCHDOG=1`.
    pub(super) fn tell(&self, state: &str) {
        let Some((socket, place)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), place) {
            tracing::warn!(%error, state, "the service manager was not told");
        }
    }

    /// How often it wants to hear that the server lives: twice in the time after which it would end it.
    pub(super) const fn alive_every(&self) -> Option<Duration> {
        self.alive
    }
}

fn connect(place: &OsString) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match place.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(place)?,
    };
    Ok((UnixDatagram::unbound()?, address))
}

/// Half of `WATCHDOG_USEC`, if that is about this process.
fn watchdog() -> Option<Duration> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|process| process == u64::from(std::process::id()));
    number("WATCHDOG_USEC")
        .filter(|micros| is_ours && *micros > 1)
        .map(|micros| Duration::from_micros(micros / 2))
}
