//! A node and its endpoint: engine, model and routes.

use twite::endpoint::{Endpoint, Event, Output};
#[cfg(feature = "oscore")]
use twite::oscore::{Context, Parameters, Start};
use twite::reliability::Timing;
use twite::service;
use twite_device::{DeviceMemory, Node};

use crate::hardware::{MESSAGE, Pin, now, receive, seed, send};

type Served = Node<Pin, Pin, Pin>;

/// Serves datagrams for ever, with `memory` for all that is remembered.
#[inline(never)]
pub(crate) fn serve(memory: &mut DeviceMemory<MESSAGE>) {
    let Ok(mut node) = Served::new(Pin, Pin, Pin, 100);
    let memory = memory.lend();
    let mut endpoint = Endpoint::new(memory.endpoint, Timing::DEFAULT, seed());
    #[cfg(feature = "oscore")]
    let room = secure(&mut endpoint, memory.contexts);
    let mut buffer = [0; MESSAGE];
    loop {
        let (peer, length) = receive(&mut buffer);
        let datagram = buffer.get(..length).unwrap_or_default();
        {
            #[cfg(feature = "oscore")]
            let event = endpoint.handle_protected(now(), peer, datagram, room);
            #[cfg(not(feature = "oscore"))]
            let event = endpoint.handle_input(now(), peer, datagram);
            if let Some(Event::Request(incoming)) = event {
                service::serve(&Served::ROUTES, &mut node, incoming);
            }
        }
        loop {
            match endpoint.poll_output(now()) {
                Output::Transmit { peer, bytes } => send(&peer, bytes),
                Output::Notify(notification) => service::notify(&Served::ROUTES, &mut node, notification),
                Output::Failed { .. } => {}
                Output::Wait(_) => break,
            }
        }
        #[cfg(feature = "oscore")]
        while let Some((id, limit)) = endpoint.reservation_due() {
            endpoint.reserved(id, limit);
        }
        node.tick(now().as_micros());
        endpoint.changed(now().as_micros());
    }
}

/// Two contexts that nothing is known of; the room that messages are opened in.
#[cfg(feature = "oscore")]
fn secure<'s>(endpoint: &mut Endpoint<'s>, memory: Option<twite_device::LentContexts<'s>>) -> &'s mut [u8] {
    let Some(memory) = memory else { return &mut [] };
    endpoint.secure(memory.security);
    endpoint.demand_protection();
    for _ in 0..2 {
        let (secret, ids) = (seed(), seed());
        let parameters = Parameters {
            master_secret: &secret,
            master_salt: &secret,
            sender_id: ids.first_chunk::<1>().map_or(&[], |id| id),
            recipient_id: ids.last_chunk::<2>().map_or(&[], |id| id),
            id_context: Some(&ids),
        };
        if let Ok(context) = Context::derive(&parameters, Start::Stored(now().as_micros())) {
            // There is room for two.
            let _ = endpoint.add_context(context);
        }
    }
    memory.room
}
