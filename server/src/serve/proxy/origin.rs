//! Origins of HTTP: one connection for one request, to the address that was looked at.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;

use http_body_util::Full;
use hyper::Request;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::transfer::Fault;
use crate::proxy::{Reply, Translated, Wanted, reply};

/// What a connection holds of heads, in bytes.
const BUFFER: usize = 32 << 10;

/// The connection's task, which ends with the request.
struct Connection(JoinHandle<()>);

/// Asks an origin. Where it redirects, nobody goes.
pub(super) async fn ask(address: SocketAddr, wanted: &Wanted, body_bytes: usize) -> Result<Reply, Fault> {
    let translated = Translated::of(wanted).ok_or(Fault::Unknown("HTTP has no such method"))?;
    let unreachable = |_| Fault::Nonsense("the origin cannot be reached");
    let stream = TcpStream::connect(address).await.map_err(unreachable)?;
    let handshake = http1::Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(stream));
    let (mut sender, connection) =
        handshake.await.map_err(|_| Fault::Nonsense("the origin does not speak HTTP"))?;
    let connection = Connection(tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to an origin failed");
        }
    }));
    let mut request = Request::builder().method(translated.method).uri(translated.reference.as_str());
    for (name, value) in &translated.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(wanted.body.clone())));
    let request = request.map_err(|_| Fault::Nonsense("the request cannot be said in HTTP"))?;
    let broken = |_| Fault::Nonsense("the origin breaks off");
    let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
    let body = read(body, body_bytes).await?;
    drop(connection);
    let headers = head.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    reply(wanted, head.status.as_u16(), &headers.collect::<Vec<_>>(), body).map_err(Fault::Nonsense)
}

/// The whole body, of bounded length.
async fn read(mut body: Incoming, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Fault::Nonsense("the origin breaks off"))?;
        let Ok(piece) = frame.into_data() else { continue };
        if bytes.len() + piece.len() > limit {
            return Err(Fault::Nonsense("the response is too large to be passed on"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}
