//! The whole device.

use core::net::{Ipv6Addr, SocketAddr};

use twite_device::{
    Device, DeviceMemory, DirectorySettings, NoStorage, Node, Output, PushSettings, Settings,
};

use crate::hardware::{MESSAGE, Pin, now, receive, seed, send};

/// Serves datagrams for ever, with `memory` for all that is remembered.
#[inline(never)]
pub(crate) fn serve(memory: &mut DeviceMemory<MESSAGE>) {
    let Ok(node) = Node::new(Pin, Pin, Pin, 100);
    let server = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), 5683);
    let settings = Settings {
        push: Some(PushSettings { server, collection: "readings/board", period: Settings::DEFAULT.quiet }),
        directory: Some(DirectorySettings { server, name: "board", lifetime: 3600 }),
        ..Settings::DEFAULT
    };
    let mut device = Device::new(now(), node, NoStorage, memory.lend(), seed(), settings);
    let mut buffer = [0; MESSAGE];
    loop {
        let (peer, length) = receive(&mut buffer);
        device.handle(now(), peer, buffer.get(..length).unwrap_or_default());
        while let Output::Transmit { peer, length } = device.poll(now(), &mut buffer) {
            send(&peer, buffer.get(..length).unwrap_or_default());
        }
    }
}
