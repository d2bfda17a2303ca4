//! A node and its endpoint: engine, model and routes.

use twite::endpoint::{Endpoint, Event, Output};
use twite::reliability::Timing;
use twite::service;
use twite_device::{DeviceMemory, Node};

use crate::hardware::{MESSAGE, Pin, now, receive, seed, send};

type Served = Node<Pin, Pin, Pin>;

/// Serves datagrams for ever, with `memory` for all that is remembered.
#[inline(never)]
pub(crate) fn serve(memory: &mut DeviceMemory<MESSAGE>) {
    let Ok(mut node) = Served::new(Pin, Pin, Pin, 100);
    let mut endpoint = Endpoint::new(memory.lend().endpoint, Timing::DEFAULT, seed());
    let mut buffer = [0; MESSAGE];
    loop {
        let (peer, length) = receive(&mut buffer);
        let datagram = buffer.get(..length).unwrap_or_default();
        if let Some(Event::Request(incoming)) = endpoint.handle_input(now(), peer, datagram) {
            service::serve(&Served::ROUTES, &mut node, incoming);
        }
        loop {
            match endpoint.poll_output(now()) {
                Output::Transmit { peer, bytes } => send(&peer, bytes),
                Output::Notify(notification) => service::notify(&Served::ROUTES, &mut node, notification),
                Output::Failed { .. } => {}
                Output::Wait(_) => break,
            }
        }
        node.tick(now().as_micros());
        endpoint.changed(now().as_micros());
    }
}
