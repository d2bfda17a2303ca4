//! Connections: of bounded number, each with a time for its heads.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::Shared;
use super::answer::Answer;
use super::figures::count;
use super::{render, service, stopped};

/// How long a head may take, and how long a connection may have nothing to ask.
const HEAD: Duration = Duration::from_secs(10);

/// What a connection holds of heads and of what was not sent yet, in bytes.
const BUFFER: usize = 32 << 10;

/// How many connections beyond the limit are told so at once; more wait to be accepted.
const TURNED_AWAY: usize = 16;

/// How long connections have to end when the server stops.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no room for one more.
const PAUSE: Duration = Duration::from_millis(100);

/// How many bytes to a client that takes none may wait for how long, before the connection is given up.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Room for connections.
#[derive(Clone, Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    all: usize,
}

impl Room {
    pub(super) fn new(connections: usize) -> Self {
        let all = connections + TURNED_AWAY;
        Self { places: Arc::new(Semaphore::new(all)), all }
    }

    /// How many there are.
    pub(super) fn used(&self) -> usize {
        self.all - self.places.available_permits()
    }

    /// A place, and whether it is one of those that are turned away.
    async fn place(&self) -> Option<(OwnedSemaphorePermit, bool)> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some((place, self.places.available_permits() < TURNED_AWAY))
    }
}

/// Accepts connections until the server stops, then waits for their ends.
pub(super) async fn accept(listener: TcpListener, shared: Rc<Shared>) {
    let mut stop = shared.stop.clone();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = async {
            let place = shared.room.place().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match (place, accepted) {
                (Some((place, is_beyond)), Ok((stream, remote))) => {
                    let shared = Rc::clone(&shared);
                    connections.spawn_local(async move {
                        serve(stream, remote, &shared, is_beyond).await;
                        drop(place);
                    });
                }
                (None, _) => break,
                (_, Err(error)) => {
                    tracing::debug!(%error, "accepting failed");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, ended).await.is_err() {
        tracing::debug!("connections were cut off");
    }
}

async fn serve(stream: TcpStream, remote: SocketAddr, shared: &Rc<Shared>, is_beyond: bool) {
    count(&shared.figures.accepted);
    // Small pieces, such as events, go at once; who takes nothing for long is gone.
    let _ = stream.set_nodelay(true);
    let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    let service = service_fn(|request| async move {
        if is_beyond {
            count(&shared.figures.turned_away);
            let busy = Answer::unavailable(1, "too many connections", "try again in a moment");
            return Ok::<_, Infallible>(render::response(busy.with("connection", "close"), false));
        }
        Ok(service::respond(Rc::clone(shared), remote, request).await)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stop = shared.stop.clone();
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %remote, %error, "a connection failed");
    }
}
