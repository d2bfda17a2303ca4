//! The one place from which others are asked over CoAP: a socket for each kind of address and one endpoint for all, so
//! that each of them is spoken to as RFC 7252 §4.7 wants it, whoever wants something of it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant as Clock};

use foldhash::HashMap;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot, watch};
use twite::base::Instant;
use twite::endpoint::{Endpoint, Event, Failure, Output, RequestId};
use twite::exchange::{Outgoing, Response};
use twite::reliability::{Peer, Timings};
use twite::wire::{RequestType, ResponseType};

use crate::clock;
use crate::proxy::{Options, raw};
use crate::serve::memory::{Capacity, HostStorage};
use crate::serve::wake::sleep_until;

/// One message of a request, with all its options.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) method: RequestType,
    pub(super) options: Options,
    pub(super) payload: Vec<u8>,
}

/// The message that answers, or why there is none.
pub(super) type Heard = Result<Vec<u8>, Failure>;

/// What was heard last; `None` before the first word.
pub(super) type Latest = Option<Heard>;

/// Who waits for what comes.
#[derive(Debug)]
pub(super) enum Ear {
    /// For one response.
    Once(oneshot::Sender<Heard>),
    /// For every notification, the newest only.
    Each(watch::Sender<Latest>),
}

/// What the endpoint is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Ask; the number names the request for as long as somebody listens.
    Ask(u64, SocketAddr, Question, Ear),
    /// Say with the token of this request that nothing more is wanted (RFC 7641 §3.6).
    End(u64, Question),
    /// Nobody waits for the answer any more.
    Forget(u64),
}

/// Somebody waits.
struct Waiter {
    number: u64,
    peer: Peer,
    ear: Ear,
}

/// The sockets.
struct Sockets {
    v4: UdpSocket,
    /// None where the host has no IPv6.
    v6: Option<UdpSocket>,
}

/// All requests that are under way.
struct Asking<'s> {
    endpoint: Endpoint<'s>,
    sockets: Sockets,
    start: Clock,
    waiting: HashMap<RequestId, Waiter>,
    /// The ids of the requests by their numbers.
    ids: HashMap<u64, RequestId>,
}

/// The largest datagram that is sent or received.
const MESSAGE: usize = 2048;

/// Memory for so many requests at once, perhaps with round trips that are measured.
pub(super) fn memory(requests: usize, measures: bool) -> HostStorage {
    let peers = 4 * requests.max(64);
    HostStorage::new(Capacity {
        peers,
        duplicates: 16,
        once_per_peer: 1,
        deferred: 1,
        transmissions: requests,
        requests,
        observers: 0,
        observers_per_peer: 0,
        estimates: if measures { peers } else { 0 },
        longest_token: 8,
        message: MESSAGE,
    })
}

/// Asks for as long as there is somebody who could give orders.
///
/// # Errors
/// When there is no socket or no randomness.
pub(super) async fn run(
    mut storage: HostStorage,
    timings: Timings<'_>,
    start: Clock,
    mut orders: mpsc::Receiver<Order>,
) -> io::Result<()> {
    let sockets = Sockets {
        v4: UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?,
        v6: UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await.ok(),
    };
    let endpoint = Endpoint::new(storage.lend(), timings, clock::seed()?);
    let mut asking =
        Asking { endpoint, sockets, start, waiting: HashMap::default(), ids: HashMap::default() };
    let mut buffers = [vec![0; MESSAGE], vec![0; MESSAGE]];
    let [first, second] = &mut buffers;
    loop {
        let wake = asking.drain().map(|at| start + Duration::from_micros(at.as_micros()));
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => asking.obey(order),
                None => return Ok(()),
            },
            came = asking.sockets.v4.recv_from(first) => asking.take(came, first),
            came = receive(asking.sockets.v6.as_ref(), second) => asking.take(came, second),
            () = sleep_until(wake) => {}
        }
    }
}

async fn receive(socket: Option<&UdpSocket>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match socket {
        Some(socket) => socket.recv_from(buffer).await,
        None => std::future::pending().await,
    }
}

impl Asking<'_> {
    fn now(&self) -> Instant {
        clock::since(self.start)
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Ask(number, remote, question, ear) => {
                let peer = Peer::new(remote);
                let asked = question.with(|outgoing| self.endpoint.request(now, peer, outgoing));
                match asked {
                    Ok(id) => {
                        self.ids.insert(number, id);
                        self.waiting.insert(id, Waiter { number, peer, ear });
                    }
                    // It fits no message, or there are too many; who waits hears that the ear is gone.
                    Err(error) => tracing::debug!(?error, %remote, "a request could not be sent"),
                }
            }
            Order::End(number, question) => {
                let Some(id) = self.ids.get(&number).copied() else { return };
                let Some(waiter) = self.waiting.get_mut(&id) else { return };
                let peer = waiter.peer;
                waiter.ear = Ear::Once(oneshot::channel().0);
                if question.with(|outgoing| self.endpoint.request_again(now, id, peer, outgoing)).is_err() {
                    self.forget(id);
                }
            }
            Order::Forget(number) => {
                if let Some(id) = self.ids.get(&number).copied() {
                    self.endpoint.cancel(id);
                    self.forget(id);
                }
            }
        }
    }

    /// A datagram came.
    fn take(&mut self, came: io::Result<(usize, SocketAddr)>, buffer: &[u8]) {
        let now = self.now();
        let (length, remote) = match came {
            Ok(came) => came,
            Err(error) => {
                // Some systems tell here that nobody listens where something was sent.
                tracing::debug!(%error, "receiving failed");
                return;
            }
        };
        let datagram = buffer.get(..length).unwrap_or_default();
        let heard = match self.endpoint.handle_input(now, Peer::new(remote), datagram) {
            Some(Event::Response { id, .. }) => Some((id, Ok(datagram.to_vec()))),
            Some(Event::Failed { id, failure }) => Some((id, Err(failure))),
            Some(Event::Request(incoming)) => {
                incoming.respond(&Response::new(ResponseType::NotFound));
                None
            }
            Some(Event::Pong(_)) | None => None,
        };
        if let Some((id, heard)) = heard {
            self.tell(id, heard);
        }
    }

    /// Sends what there is to send; when to come back.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            let (id, failure) = match self.endpoint.poll_output(clock::since(self.start)) {
                Output::Transmit { peer, bytes } => {
                    let sent = self.sockets.send(peer.remote, bytes);
                    if let Err(error) = sent {
                        // As good as lost.
                        tracing::debug!(%error, peer = %peer.remote, "sending failed");
                    }
                    continue;
                }
                Output::Failed { id, failure } => (id, failure),
                // Nobody observes it.
                Output::Notify(_) => continue,
                Output::Wait(at) => return at,
            };
            self.tell(id, Err(failure));
        }
    }

    fn tell(&mut self, id: RequestId, heard: Heard) {
        let fails = heard.is_err();
        match self.waiting.get_mut(&id).map(|waiter| &mut waiter.ear) {
            Some(Ear::Each(sender)) => {
                sender.send_replace(Some(heard));
                if sender.is_closed() {
                    self.endpoint.cancel(id);
                    self.forget(id);
                } else if fails {
                    self.forget(id);
                }
            }
            Some(Ear::Once(_)) => {
                if let Some(Waiter { ear: Ear::Once(sender), .. }) = self.forget(id) {
                    // Who does not wait any more is not told.
                    let _ = sender.send(heard);
                }
            }
            None => {}
        }
    }

    fn forget(&mut self, id: RequestId) -> Option<Waiter> {
        let waiter = self.waiting.remove(&id)?;
        self.ids.remove(&waiter.number);
        Some(waiter)
    }
}

impl Sockets {
    fn send(&self, remote: SocketAddr, bytes: &[u8]) -> io::Result<usize> {
        let socket = if remote.is_ipv4() { Some(&self.v4) } else { self.v6.as_ref() };
        let socket = socket.ok_or(io::ErrorKind::AddrNotAvailable)?;
        socket.try_send_to(bytes, remote)
    }
}

impl Question {
    fn with<T>(&self, then: impl FnOnce(&Outgoing<'_>) -> T) -> T {
        let options = raw(&self.options);
        then(&Outgoing { options: &options, payload: &self.payload, ..Outgoing::new(self.method, &[]) })
    }
}
