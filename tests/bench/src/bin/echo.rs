//! What tokio costs: the same answer through `async_io`, a datagram at a time.
#![forbid(unsafe_code)]

use tokio::net::UdpSocket;
use twite_bench::answer;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    println!("listening on coap://{}", socket.local_addr().expect("it is bound"));
    let mut buffer = [0; 1_536];
    let mut answer = [0; answer::LONGEST];
    loop {
        socket.readable().await.expect("readable");
        while let Ok((length, from)) = socket.try_recv_from(&mut buffer) {
            let written = answer::write(&buffer[..length], &mut answer);
            // A full send buffer loses it, as a network may.
            let _ = socket.try_send_to(&answer[..written], from);
        }
    }
}
