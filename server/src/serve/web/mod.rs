//! The resources over HTTP: a thread of its own with a replica of the tree, as the threads that serve CoAP have one.
//!
//! What a request means is decided by the same [`Site`]; here it is only brought there and back.
//!
//! | file | holds |
//! |---|---|
//! | `figures`, `budget` | what is counted; what is bounded |
//! | `answer`, `body` | what the site says; what goes out |
//! | `heads` | what stands in heads |
//! | `bounds` | bodies that come in |
//! | `identity` | who asks, and whether that is permitted |
//! | `measurement` | SenML |
//! | `negotiation`, `inquiry` | which representation is asked for; what the site is asked, and what it says |
//! | `writes` | what waits for the store |
//! | `pump` | from something that changes to a stream of events |
//! | `streams`, `overview` | Observe as Server-Sent Events: of one resource, of all of them |
//! | `hosted`, `watched` | resources of others, below `/hc/`; their states as events |
//! | `render` | from an answer to a response |
//! | `descriptions` | OpenAPI and CDDL |
//! | `own`, `dashboard` | these, health and metrics; the page at `/` |
//! | `origins` | pages of other origins |
//! | `service`, `connections` | one request; one connection |
//! | this file | the thread |

mod answer;
mod body;
mod bounds;
mod budget;
mod connections;
mod dashboard;
mod descriptions;
mod figures;
mod heads;
mod hosted;
mod identity;
mod inquiry;
mod measurement;
mod negotiation;
mod origins;
mod overview;
mod own;
mod pump;
mod render;
mod service;
mod streams;
mod watched;
mod writes;

use std::cell::RefCell;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant as Clock;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::LocalSet;

use super::Failed;
use super::access::{self, Policies};
use super::engines::Engines;
use super::feed::{self, Feed};
use super::passed::Passed;
use super::proxy::Door;
use super::served::Common;
use super::site::Site;
use super::tap::Spout;
use crate::config::{Http, Limits};
use crate::policy::Policy;
use crate::store::AnyStore;
use budget::Budget;
use connections::Room;
use dashboard::messages::{self, Messages};
use descriptions::Descriptions;
use figures::Figures;
use streams::Streams;

/// The running thread.
#[derive(Debug)]
pub(super) struct Web {
    thread: JoinHandle<Result<(), Failed>>,
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

/// What the thread needs to know.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) http: Http,
    pub(super) limits: Limits,
    pub(super) store: Arc<AnyStore>,
    pub(super) common: Common,
    pub(super) policies: Option<watch::Receiver<Arc<Policy>>>,
    pub(super) engines: Engines,
    /// The way to others, if anybody may be asked.
    pub(super) proxy: Option<Door>,
    /// Where messages of CoAP are shown.
    pub(super) spout: Spout,
    /// Sockets that need not be bound.
    pub(super) passed: Passed,
}

/// What all requests share.
#[derive(Debug)]
struct Shared {
    http: Http,
    limits: Limits,
    site: Rc<RefCell<Site>>,
    feed: Rc<Feed>,
    policies: Option<Rc<Policies>>,
    store: Arc<AnyStore>,
    /// Says that a resource changed.
    changed: Rc<Notify>,
    start: Clock,
    room: Room,
    streams: Streams,
    figures: Figures,
    engines: Engines,
    descriptions: Descriptions,
    proxy: Option<Door>,
    messages: Messages,
    /// Bytes of bodies that are held.
    bodies: Budget,
    /// Writes under way.
    writes: Budget,
    stop: watch::Receiver<bool>,
}

/// Bytes of bodies that may be held at once, but always one of the longest.
const BODY_BYTES: usize = 64 << 20;

/// Writes that may be under way at once.
const WRITES: usize = 1024;

impl Web {
    /// Starts the thread and waits until it listens.
    ///
    /// # Errors
    /// When an address cannot be had.
    pub(super) fn start(work: Work) -> Result<Self, Failed> {
        let (stop, stopped) = watch::channel(false);
        let (ready, listening) = sync_channel(1);
        let (ending, ended) = mpsc::channel(1);
        let thread = thread::Builder::new().name("twite-http".to_owned());
        let thread = thread
            .spawn(move || {
                let end = run(work, stopped, &ready);
                // Nobody waits for it when the server stops.
                let _ = ending.try_send(());
                end
            })
            .map_err(Failed::unable)?;
        match listening.recv() {
            Ok(addresses) => Ok(Self { thread, addresses, stop, ended }),
            Err(_gone) => {
                Err(join(thread).err().unwrap_or_else(|| Failed::unable("the thread of HTTP ended")))
            }
        }
    }

    /// Where it listens.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) {
        self.ended.recv().await;
    }

    /// Lets it accept nothing more, and answer what is in flight.
    pub(super) fn stop(&self) {
        // The receiver lives in the thread; if it is gone there is nothing left to stop.
        let _ = self.stop.send(true);
    }

    /// Stops it and waits until it has ended.
    ///
    /// # Errors
    /// Why it failed.
    pub(super) fn end(self) -> Result<(), Failed> {
        self.stop();
        join(self.thread)
    }
}

fn join(thread: JoinHandle<Result<(), Failed>>) -> Result<(), Failed> {
    thread.join().unwrap_or_else(|_panic| Err(Failed::unable("the thread of HTTP died")))
}

fn run(work: Work, stop: watch::Receiver<bool>, ready: &SyncSender<Vec<SocketAddr>>) -> Result<(), Failed> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::unable)?;
    runtime.block_on(LocalSet::new().run_until(serve(work, stop, ready)))
}

async fn serve(
    work: Work,
    stop: watch::Receiver<bool>,
    ready: &SyncSender<Vec<SocketAddr>>,
) -> Result<(), Failed> {
    let Work { http, limits, store, common, policies, engines, proxy, spout, passed } = work;
    let listeners =
        http.listen.iter().map(|address| bind(*address, &passed)).collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners.iter().map(|(_, address)| *address).collect();
    let site = Rc::new(RefCell::new(Site::new(limits, false, 1, &common)));
    if proxy.is_some() {
        site.borrow_mut().host_others();
    }
    let changed = Rc::new(Notify::new());
    let feed = Rc::new(Feed::fill(&*store, &site).await.map_err(Failed::unable)?);
    let following = feed::run(Arc::clone(&store), Rc::clone(&feed), Rc::clone(&site), Rc::clone(&changed));
    tokio::task::spawn_local(following);
    let policies = policies.map(|receiver| Rc::new(Policies::start(receiver, &site)));
    if let Some(policies) = policies.clone() {
        tokio::task::spawn_local(access::run(policies, Rc::clone(&site), Rc::clone(&changed)));
    }
    let descriptions = Descriptions::new(&site.borrow(), &limits, policies.is_some());
    let shared = Rc::new(Shared {
        room: Room::new(http.connections),
        streams: Streams::new(http.streams),
        bodies: Budget::new(BODY_BYTES.max(limits.body_bytes)),
        writes: Budget::new(WRITES),
        figures: Figures::default(),
        messages: Messages::new(Arc::clone(&spout.valve)),
        start: Clock::now(),
        descriptions,
        http,
        limits,
        site,
        feed,
        policies,
        store,
        changed,
        engines,
        proxy,
        stop,
    });
    tokio::task::spawn_local(streams::run(Rc::clone(&shared)));
    tokio::task::spawn_local(messages::run(Rc::clone(&shared), spout));
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|(listener, _)| tokio::task::spawn_local(connections::accept(listener, Rc::clone(&shared))))
        .collect();
    // Whoever started this thread waits for it.
    let _ = ready.send(addresses);
    for accepting in accepting {
        accepting.await.map_err(Failed::unable)?;
    }
    Ok(())
}

fn bind(address: SocketAddr, passed: &Passed) -> Result<(tokio::net::TcpListener, SocketAddr), Failed> {
    let unable = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::AddrInUse {
            return Failed::unable(format_args!("{address} is in use by another program"));
        }
        Failed::unable(format_args!("cannot listen on {address} for HTTP: {error}"))
    };
    let listener = match passed.listener(address) {
        Some(listener) => listener,
        None => TcpListener::bind(address).map_err(unable)?,
    };
    listener.set_nonblocking(true).map_err(unable)?;
    let own = listener.local_addr().map_err(unable)?;
    Ok((tokio::net::TcpListener::from_std(listener).map_err(unable)?, own))
}

/// Waits until the server stops. What the channel lends is given back at once, since who held it while waiting for
/// something else would keep the channel from being told again, and everybody from looking.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody can stop us any more.
    let _ = stop.wait_for(|stops| *stops).await;
}

impl Shared {
    /// What any client has an answer to, and any policy in force, counts from now on.
    fn catch_up(&self) {
        let mut is_news = self.feed.catch_up(&self.site);
        if let Some(policies) = &self.policies {
            is_news |= policies.catch_up(&self.site);
        }
        if is_news {
            self.changed.notify_waiters();
        }
    }

    /// Whether the server stops.
    fn stops(&self) -> bool {
        *self.stop.borrow()
    }
}
