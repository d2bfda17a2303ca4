//! A server of the crate coap as its documentation has it.
#![forbid(unsafe_code)]

use coap::Server;
use coap_lite::{CoapRequest, RequestType as Method, ResponseType};
use std::net::SocketAddr;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let free = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("it is bound");
    drop(free);
    let server = Server::new_udp(address).expect("it binds");
    println!("listening on coap://{address}");
    server
        .run(|mut request: Box<CoapRequest<SocketAddr>>| async {
            let (code, payload) = match request.get_method() {
                Method::Get => (ResponseType::Content, b"hello".to_vec()),
                _ => (ResponseType::Changed, Vec::new()),
            };
            if let Some(response) = &mut request.response {
                response.set_status(code);
                response.message.payload = payload;
            }
            request
        })
        .await
        .expect("it runs");
}
