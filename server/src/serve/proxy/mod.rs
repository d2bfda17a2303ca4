//! Requests to others: a thread of its own that asks for the clients of all others, over a queue that ends.
//!
//! | file | holds |
//! |---|---|
//! | `asking` | sockets and the endpoint that asks |
//! | `transfer` | whole bodies |
//! | `names` | where targets are |
//! | `origin` | origins of HTTP |
//! | `errand` | one request, from the cache or from its target |
//! | `followed` | what is observed at its target, once for everybody |
//! | this file | the thread, and the door to it |

mod asking;
mod errand;
mod followed;
mod names;
mod origin;
mod transfer;

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant as Clock;

use foldhash::HashMap;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;
use twite::reliability::{Network, Timings};
use twite::wire::ResponseType;

use super::Failed;
use crate::config::{self, Settings};
use crate::proxy::{AllowList, Cache, Key, Refused, Reply, Target, Wanted};
use transfer::{Fault, Line};

/// The running thread.
#[derive(Debug)]
pub(super) struct Proxy {
    thread: JoinHandle<Result<(), Failed>>,
    stop: watch::Sender<bool>,
    door: Door,
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Door {
    jobs: mpsc::Sender<Job>,
    targets: Arc<AllowList>,
    body_bytes: usize,
}

/// What is wanted of the thread.
#[derive(Debug)]
enum Job {
    Errand(Errand),
    Follow(Follow),
}

/// Something to ask, and who waits for the answer.
#[derive(Debug)]
pub(super) struct Errand {
    /// For whom.
    pub(super) client: IpAddr,
    /// What.
    pub(super) wanted: Wanted,
    /// Whether only the rest of a body is wanted that was answered before.
    pub(super) continues: bool,
    /// Who waits.
    pub(super) answer: Answer,
}

/// Who waits for the answer to an errand.
#[derive(Debug)]
pub(super) enum Answer {
    /// A task.
    Task(oneshot::Sender<Outcome>),
    /// A request over CoAP that was put off, by its ticket; each has its place among the answers.
    Ticket { ticket: u64, accept: Option<u16>, answers: mpsc::Sender<Back> },
}

/// The answer to a request over CoAP.
#[derive(Debug)]
pub(super) struct Back {
    pub(super) ticket: u64,
    /// The only format the client wants.
    pub(super) accept: Option<u16>,
    pub(super) outcome: Outcome,
}

/// Something to observe, and who waits for the way to its states.
#[derive(Debug)]
struct Follow {
    wanted: Wanted,
    sender: oneshot::Sender<Result<watch::Receiver<Followed>, Sorry>>,
}

/// What is known of a resource that is observed.
#[derive(Clone, Debug, Default)]
pub(super) struct Followed {
    /// The newest state.
    pub(super) state: Option<Arc<Reply>>,
    /// Why there will be no newer one: an error of the target, or of ours.
    pub(super) end: Option<Outcome>,
}

/// What came of an errand: a reply, or a code and words of ours.
pub(super) type Outcome = Result<Reply, Sorry>;

/// Why there is no reply, as the client is told.
#[derive(Clone, Debug)]
pub(super) enum Sorry {
    /// Nobody there, nonsense, or too much to do.
    Fault(ResponseType, &'static str),
    /// The target is none, or not allowed.
    Refused(Refused),
}

/// What all errands share.
#[derive(Debug)]
struct Shared {
    targets: Arc<AllowList>,
    line: Line,
    cache: RefCell<Cache>,
    /// What is observed, by what tells its states apart from others.
    followed: RefCell<HashMap<Key, watch::Sender<Followed>>>,
    start: Clock,
    settings: config::Proxy,
    /// Errands under way, by client.
    clients: RefCell<HashMap<IpAddr, usize>>,
    under_way: Cell<usize>,
}

impl Door {
    /// Whether a target may be asked at all, as far as that can be said without looking a name up.
    ///
    /// # Errors
    /// That it may not.
    pub(super) fn admit(&self, target: &Target) -> Result<(), Refused> {
        self.targets.admit(target)
    }

    /// The longest body that is passed on, in bytes.
    pub(super) const fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// Sends an errand on its way.
    ///
    /// # Errors
    /// Who waits for it, if there are too many.
    pub(super) fn send(&self, errand: Errand) -> Result<(), Answer> {
        let sent = self.jobs.try_send(Job::Errand(errand));
        sent.map_err(|error| match error.into_inner() {
            Job::Errand(errand) => errand.answer,
            Job::Follow(_) => Answer::Task(oneshot::channel().0),
        })
    }

    /// The states of a resource that is observed from now on, if it was not already.
    pub(super) async fn follow(&self, wanted: Wanted) -> Result<watch::Receiver<Followed>, Sorry> {
        let (sender, receiver) = oneshot::channel();
        let busy = || Sorry::of(Fault::Busy);
        self.jobs.try_send(Job::Follow(Follow { wanted, sender })).map_err(|_| busy())?;
        receiver.await.map_err(|_| busy())?
    }
}

impl Proxy {
    /// Starts the thread, if there is anybody to ask.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(super) fn start(settings: &Settings) -> Result<Option<Self>, Failed> {
        if settings.proxy.targets.is_empty() {
            return Ok(None);
        }
        let targets = Arc::new(settings.proxy.targets.clone());
        let (jobs, queue) = mpsc::channel(settings.proxy.requests);
        let door = Door { jobs, targets: Arc::clone(&targets), body_bytes: settings.proxy.body_bytes };
        let (stop, stopped) = watch::channel(false);
        let (ready, is_ready) = sync_channel(1);
        let settings = settings.clone();
        let thread = thread::Builder::new().name("twite-proxy".to_owned());
        let thread =
            thread.spawn(move || run(&settings, targets, queue, stopped, &ready)).map_err(Failed::unable)?;
        if is_ready.recv().is_err() {
            return Err(join(thread)
                .err()
                .unwrap_or_else(|| Failed::unable("the thread of the proxy ended")));
        }
        Ok(Some(Self { thread, stop, door }))
    }

    /// The way to it.
    pub(super) const fn door(&self) -> &Door {
        &self.door
    }

    /// Stops it and waits until it has ended.
    ///
    /// # Errors
    /// Why it failed.
    pub(super) fn end(self) -> Result<(), Failed> {
        // The receiver lives in the thread; if it is gone there is nothing left to stop.
        let _ = self.stop.send(true);
        join(self.thread)
    }
}

fn join(thread: JoinHandle<Result<(), Failed>>) -> Result<(), Failed> {
    thread.join().unwrap_or_else(|_panic| Err(Failed::unable("the thread of the proxy died")))
}

fn run(
    settings: &Settings,
    targets: Arc<AllowList>,
    queue: mpsc::Receiver<Job>,
    stop: watch::Receiver<bool>,
    ready: &SyncSender<()>,
) -> Result<(), Failed> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::unable)?;
    let end = runtime.block_on(LocalSet::new().run_until(serve(settings, targets, queue, stop, ready)));
    // A name that is being looked up keeps nobody from ending.
    runtime.shutdown_background();
    end
}

async fn serve(
    settings: &Settings,
    targets: Arc<AllowList>,
    mut queue: mpsc::Receiver<Job>,
    mut stop: watch::Receiver<bool>,
    ready: &SyncSender<()>,
) -> Result<(), Failed> {
    let start = Clock::now();
    let most = settings.proxy.requests + settings.proxy.observations;
    // Each request under way has at most three orders on their way.
    let (orders, heard) = mpsc::channel(4 * most);
    let networks: Vec<Network> = settings.networks.iter().flat_map(config::Network::engine).collect();
    let timings = Timings { default: settings.timing.engine(), networks: &networks };
    let seed = crate::clock::seed().map_err(Failed::unable)?;
    let first = seed.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let shared = Rc::new(Shared {
        targets,
        line: Line::new(orders, settings.proxy.body_bytes, first),
        cache: RefCell::new(Cache::new(settings.proxy.cache_bytes)),
        followed: RefCell::default(),
        start,
        settings: settings.proxy.clone(),
        clients: RefCell::default(),
        under_way: Cell::new(0),
    });
    let memory = asking::memory(most, settings.congestion == config::Congestion::Cocoa);
    let mut asking = std::pin::pin!(asking::run(memory, timings, start, heard));
    // Whoever started this thread waits for it.
    let _ = ready.send(());
    loop {
        tokio::select! {
            job = queue.recv() => match job {
                Some(Job::Errand(errand)) => errand::begin(&shared, errand),
                Some(Job::Follow(follow)) => followed::begin(&shared, follow),
                None => return Ok(()),
            },
            ended = asking.as_mut() => return ended.map_err(Failed::unable),
            _ = stop.wait_for(|stops| *stops) => return Ok(()),
        }
    }
}
