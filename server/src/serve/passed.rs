//! Sockets that were bound by who started the server, as systemd does for units with a socket (`LISTEN_FDS`).

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use listenfd::ListenFd;

use super::Failed;

/// The sockets that were passed on.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// For CoAP; each is taken once.
    datagrams: Arc<Mutex<Vec<(SocketAddr, UdpSocket)>>>,
    /// For HTTP; each is taken once.
    streams: Arc<Mutex<Vec<(SocketAddr, TcpListener)>>>,
}

impl Passed {
    /// Takes what there is: UDP for CoAP, TCP for HTTP.
    ///
    /// # Errors
    /// When there is something else.
    pub(super) fn take() -> Result<Self, Failed> {
        let mut given = ListenFd::from_env();
        let (mut datagrams, mut streams) = (Vec::new(), Vec::new());
        for place in 0..given.len() {
            // What is no datagram socket stays where it is.
            if let Ok(Some(socket)) = given.take_udp_socket(place) {
                datagrams.push((socket.local_addr().map_err(Failed::unable)?, socket));
            } else if let Ok(Some(listener)) = given.take_tcp_listener(place) {
                streams.push((listener.local_addr().map_err(Failed::unable)?, listener));
            } else {
                let number = place + 3;
                let expected =
                    "expected ListenDatagram= with an address (CoAP) or ListenStream= with one (HTTP)";
                return Err(Failed::usage(format_args!("descriptor {number} of LISTEN_FDS: {expected}")));
            }
        }
        Ok(Self { datagrams: Arc::new(Mutex::new(datagrams)), streams: Arc::new(Mutex::new(streams)) })
    }

    /// Where CoAP is served, if there is such a socket.
    pub(super) fn coap(&self) -> Vec<SocketAddr> {
        addresses(&self.datagrams)
    }

    /// Where HTTP is served, if there is such a socket.
    pub(super) fn http(&self) -> Vec<SocketAddr> {
        addresses(&self.streams)
    }

    /// The socket of this address.
    pub(super) fn datagram_socket(&self, address: SocketAddr) -> Option<UdpSocket> {
        take_at(&self.datagrams, address)
    }

    /// The listener of this address.
    pub(super) fn listener(&self, address: SocketAddr) -> Option<TcpListener> {
        take_at(&self.streams, address)
    }
}

type Sockets<S> = Mutex<Vec<(SocketAddr, S)>>;

fn addresses<S>(sockets: &Sockets<S>) -> Vec<SocketAddr> {
    sockets.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(address, _)| *address).collect()
}

fn take_at<S>(sockets: &Sockets<S>, address: SocketAddr) -> Option<S> {
    let mut sockets = sockets.lock().unwrap_or_else(PoisonError::into_inner);
    let place = sockets.iter().position(|(own, _)| *own == address)?;
    Some(sockets.swap_remove(place).1)
}
