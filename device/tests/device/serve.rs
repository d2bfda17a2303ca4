//! The asynchronous loop, polled by hand on a socket and a clock of the test's.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_nal_async::UnconnectedUdp;
use twite::base::Instant;
use twite_device::{Clock, PushSettings, Settings, serve};

use crate::world::{Room, World, seconds};

const OURS: ([u8; 4], u16) = ([192, 0, 2, 99], 5683);
const THEIRS: ([u8; 4], u16) = ([192, 0, 2, 1], 40_000);

/// A datagram that went out: from, to, and what.
type Gone = (SocketAddr, SocketAddr, Vec<u8>);

#[derive(Clone, Default)]
struct Socket {
    coming: Rc<RefCell<VecDeque<Vec<u8>>>>,
    gone: Rc<RefCell<Vec<Gone>>>,
}

impl UnconnectedUdp for Socket {
    type Error = Infallible;

    async fn send(&mut self, local: SocketAddr, remote: SocketAddr, data: &[u8]) -> Result<(), Infallible> {
        self.gone.borrow_mut().push((local, remote, data.to_vec()));
        Ok(())
    }

    async fn receive_into(
        &mut self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddr, SocketAddr), Infallible> {
        let next = self.coming.borrow_mut().pop_front();
        let Some(bytes) = next else { return pending().await };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok((bytes.len(), OURS.into(), THEIRS.into()))
    }
}

/// A clock that jumps to what is waited for, until the end of the test.
struct Jumping {
    now: Rc<Cell<Instant>>,
    end: Instant,
}

impl Clock for Jumping {
    fn now(&self) -> Instant {
        self.now.get()
    }

    async fn wait_until(&mut self, at: Instant) {
        if at > self.end {
            pending::<()>().await;
        }
        self.now.set(at);
    }
}

/// Serves these datagrams for so many seconds; what went out.
fn run(settings: Settings<'_>, datagrams: &[&[u8]], time: u64) -> Vec<Gone> {
    let mut room = Room::new();
    let mut world = World::new(&mut room, settings);
    let mut socket = Socket::default();
    socket.coming.borrow_mut().extend(datagrams.iter().map(|datagram| datagram.to_vec()));
    let gone = Rc::clone(&socket.gone);
    let mut clock = Jumping { now: Rc::new(Cell::new(world.now)), end: world.now + seconds(time) };
    let mut buffer = [0; 384];
    let served = serve(&mut world.device, &mut socket, 5683, &mut clock, &mut buffer);
    assert!(matches!(pin!(served).poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    gone.take()
}

#[test]
fn requests_are_answered_from_the_address_that_was_asked() {
    let get = b"\x41\x01\x00\x07\x2a\xb5lamps\x05board";
    let gone = run(Settings::DEFAULT, &[b"", get, &[0; 3], get], 60);
    let answers: Vec<_> = gone.iter().map(|(local, remote, _)| (*local, *remote)).collect();
    assert_eq!(answers, [(OURS.into(), THEIRS.into()); 2]);
    assert_eq!(
        (gone[0].2[..5].to_vec(), gone[0].2.ends_with(&[0xff, 0xa1, 0, 0xf4])),
        (b"\x61\x45\x00\x07\x2a".to_vec(), true)
    );
}

#[test]
fn it_wakes_for_its_own_deadlines() {
    let push = PushSettings { server: THEIRS.into(), collection: "readings", period: seconds(600) };
    let gone = run(Settings { push: Some(push), ..Settings::DEFAULT }, &[], 62);
    assert_eq!(gone.len(), 5, "a request and its four retransmissions");
    assert!(gone.iter().all(|(local, ..)| local.ip().is_unspecified() && local.port() == 5683));
}
