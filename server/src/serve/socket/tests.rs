use std::net::{Ipv4Addr, UdpSocket};

use super::*;

#[test]
fn what_cannot_be_sent_is_lost_and_the_socket_goes_on() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let socket =
            Socket::bind((Ipv4Addr::LOCALHOST, 0).into(), 1 << 16, Sharing::Alone).expect("a socket");
        socket.main.io.writable().await.expect("a socket that can be written to");
        let there = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let local = there.local_addr().expect("it is bound");
        for _ in 0..100 {
            // Nobody asked for the right to do that.
            let lost = socket.send(Peer::new((Ipv4Addr::BROADCAST, 9).into()), b"lost");
            assert!(lost.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock));
            socket.send(Peer::new(local), b"sent").expect("it goes on");
            let mut buffer = [0; 8];
            assert_eq!(there.recv(&mut buffer).expect("a datagram"), 4);
        }
    });
}
