//! A node of the test's own on the Ethernet of a [`Hub`](crate::hub::Hub): it sends datagrams, and is a router if asked.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::time;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, HardwareAddress, Icmpv6Packet,
    Icmpv6Repr, IpCidr, IpProtocol, Ipv6Packet, Ipv6Repr, NdiscPrefixInfoFlags, NdiscPrefixInformation,
    NdiscRepr, NdiscRouterFlags,
};

use crate::hub::{FRAME, Port};

/// All nodes of a link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The shortest frame, without its check sequence; a network card fills up to it.
const SHORTEST: usize = 60;

/// The node's port.
const PORT: u16 = 40_000;

/// A node with one UDP socket.
pub struct Neighbour {
    plug: Plug,
    interface: Interface,
    sockets: SocketSet<'static>,
    udp: SocketHandle,
    start: Instant,
    hardware: EthernetAddress,
    link_local: Ipv6Addr,
}

impl Neighbour {
    /// A node at this port of a hub, with a link-local address and these.
    pub fn plug_in(port: &Port, addresses: &[(IpAddr, u8)]) -> Self {
        let socket = UnixDatagram::bind(&port.end).expect("nobody else plugged in there");
        socket.connect(&port.hub).expect("the hub runs");
        socket.set_nonblocking(true).expect("a socket of ours");
        let mut plug = Plug(socket);
        let hardware = EthernetAddress([0x02, 0, 0, 0, 0, 1]);
        let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1);
        let start = Instant::now();
        let config = Config::new(HardwareAddress::Ethernet(hardware));
        let mut interface = Interface::new(config, &mut plug, time::Instant::ZERO);
        interface.update_ip_addrs(|all| {
            all.push(IpCidr::new(link_local.into(), 64)).expect("room");
            for (address, length) in addresses {
                all.push(IpCidr::new((*address).into(), *length)).expect("room for another address");
            }
        });
        let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; 16], vec![0; 16 * FRAME]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.bind(PORT).expect("a free port");
        let mut sockets = SocketSet::new(Vec::new());
        let udp = sockets.add(socket);
        Self { plug, interface, sockets, udp, start, hardware, link_local }
    }

    /// Sends a datagram; it leaves as soon as its neighbour's address is known, while this node receives.
    pub fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        let socket = self.sockets.get_mut::<Socket<'_>>(self.udp);
        socket.send_slice(datagram, to).expect("room, and a way there");
    }

    /// The next datagram and whom it is from; nothing, if none comes within this time.
    pub fn receive(&mut self, patience: Duration) -> Option<(SocketAddr, Vec<u8>)> {
        let deadline = Instant::now() + patience;
        loop {
            self.interface.poll(
                time::Instant::ZERO + self.start.elapsed().into(),
                &mut self.plug,
                &mut self.sockets,
            );
            let socket = self.sockets.get_mut::<Socket<'_>>(self.udp);
            if let Ok((bytes, metadata)) = socket.recv() {
                return Some((metadata.endpoint.into(), bytes.to_vec()));
            }
            if deadline <= Instant::now() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Tells all nodes of the link once that this is a router and the link has this prefix of 64 bits (RFC 4861 §4.2).
    pub fn advertise(&mut self, prefix: Ipv6Addr) {
        let lifetime = time::Duration::from_secs(1_800);
        let prefix_info = NdiscPrefixInformation {
            prefix_len: 64,
            flags: NdiscPrefixInfoFlags::ON_LINK | NdiscPrefixInfoFlags::ADDRCONF,
            valid_lifetime: lifetime,
            preferred_lifetime: lifetime,
            prefix,
        };
        let advertisement = Icmpv6Repr::Ndisc(NdiscRepr::RouterAdvert {
            hop_limit: 64,
            flags: NdiscRouterFlags::empty(),
            router_lifetime: lifetime,
            reachable_time: time::Duration::ZERO,
            retrans_time: time::Duration::ZERO,
            lladdr: None,
            mtu: None,
            prefix_info: Some(prefix_info),
        });
        let ethernet = EthernetRepr {
            src_addr: self.hardware,
            dst_addr: EthernetAddress([0x33, 0x33, 0, 0, 0, 1]),
            ethertype: EthernetProtocol::Ipv6,
        };
        let ip = Ipv6Repr {
            src_addr: self.link_local,
            dst_addr: ALL_NODES,
            next_header: IpProtocol::Icmpv6,
            payload_len: advertisement.buffer_len(),
            hop_limit: 255,
        };
        let length = ethernet.buffer_len() + ip.buffer_len() + advertisement.buffer_len();
        let mut bytes = vec![0; length];
        let mut frame = EthernetFrame::new_unchecked(&mut bytes);
        ethernet.emit(&mut frame);
        let mut packet = Ipv6Packet::new_unchecked(frame.payload_mut());
        ip.emit(&mut packet);
        let mut icmp = Icmpv6Packet::new_unchecked(packet.payload_mut());
        let checksums = phy::ChecksumCapabilities::default();
        advertisement.emit(&self.link_local, &ALL_NODES, &mut icmp, &checksums);
        self.plug.0.send(&bytes).expect("the hub runs");
    }
}

/// One end of a cable.
struct Plug(UnixDatagram);

impl phy::Device for Plug {
    type RxToken<'p> = Received;
    type TxToken<'p> = ToSend<'p>;

    fn receive(&mut self, _: time::Instant) -> Option<(Received, ToSend<'_>)> {
        let mut frame = vec![0; FRAME];
        let length = self.0.recv(&mut frame).ok()?;
        frame.truncate(length);
        Some((Received(frame), ToSend(&self.0)))
    }

    fn transmit(&mut self, _: time::Instant) -> Option<ToSend<'_>> {
        Some(ToSend(&self.0))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }
}

/// A frame that came.
struct Received(Vec<u8>);

impl phy::RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, take: F) -> R {
        take(&self.0)
    }
}

/// A frame that is to go.
struct ToSend<'p>(&'p UnixDatagram);

impl phy::TxToken for ToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length.max(SHORTEST)];
        let result = fill(&mut frame[..length]);
        self.0.send(&frame).expect("the hub runs");
        result
    }
}
