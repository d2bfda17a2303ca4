//! The threads that serve. Each has sockets, endpoints and a replica of the tree of its own; the system hands the
//! datagrams of one peer always to the same thread. What they share is the store, and that something changed.

use std::cell::RefCell;
use std::hash::RandomState;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant as Clock;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::LocalSet;
use twite::exchange::Echo;
use twite::reliability::{Network, Timings};
use twite::wire::Token;

use super::Failed;
use super::access::{self, Policies};
use super::contexts::Contexts;
use super::directory::Directory;
use super::engines::{Engines, Order, Reports};
use super::feed::{self, Feed};
use super::forward::{self, Forward, Forwarded, Inbox};
use super::groups::{self, Groups};
use super::limits;
use super::line::{Line, Way};
use super::listener::{self, Secured, Shared};
use super::memory::{Capacity, HostSecurity, HostStorage, share};
use super::passed::Passed;
use super::proxy::Door;
use super::served::Common;
use super::site::Site;
use super::socket::{Sharing, Socket};
use super::tap::Tap;
use crate::config::{self, Limits, Settings};
use crate::model::Models;
use crate::policy::Policy;
use crate::store::AnyStore;

/// The running threads.
#[derive(Debug)]
pub(super) struct Workers {
    threads: Vec<Thread>,
    addresses: Vec<SocketAddr>,
    orders: watch::Sender<Order>,
    reports: Reports,
    common: Common,
    ended: mpsc::Receiver<()>,
}

/// What one thread needs to know.
#[derive(Clone)]
struct Work {
    number: usize,
    count: usize,
    settings: Settings,
    store: Arc<AnyStore>,
    common: Common,
    /// Proves who is there.
    echo: Echo,
    /// The policy in force, if there is one.
    policies: Option<watch::Receiver<Arc<Policy>>>,
    /// One start for all: what they share tells the time.
    start: Clock,
    orders: watch::Receiver<Order>,
    reports: Reports,
    /// The way to others, if anybody may be asked.
    proxy: Option<Door>,
    /// Takes what is protected, if there are security contexts.
    forward: Option<Forward>,
    /// Where messages are shown.
    tap: Tap,
    /// Sockets that need not be bound.
    passed: Passed,
}

/// What the first thread has to serve besides: the security contexts, and what is protected by them.
type Protected = (Contexts, mpsc::Receiver<Forwarded>);

impl Workers {
    /// Starts them one after the other, until all listen.
    ///
    /// # Errors
    /// When an address cannot be had.
    pub(super) fn start(
        settings: &Settings,
        store: &Arc<AnyStore>,
        models: Models,
        policies: Option<watch::Receiver<Arc<Policy>>>,
        contexts: Contexts,
        (tap, proxy, passed): (Tap, Option<Door>, &Passed),
    ) -> Result<Self, Failed> {
        let (forward, forwarded) = forward::queue();
        let is_secured = contexts.count() > 0;
        let mut protected = is_secured.then_some((contexts, forwarded));
        let echo = Echo::new(crate::clock::seed().map_err(Failed::unable)?);
        let directory = settings.directory.then(|| Directory::start(store, settings.limits.registrations));
        let directory = directory.transpose().map_err(Failed::unable)?;
        let (orders, heard) = watch::channel(Order::Serve(0));
        let reports = Reports::default();
        let count = count(settings);
        let (ending, ended) = mpsc::channel(count);
        let mut work = Work {
            number: 0,
            count,
            settings: settings.clone(),
            store: Arc::clone(store),
            common: Common {
                numbers: foldhash::fast::RandomState::default(),
                tags: RandomState::new(),
                echo: settings.fresh_changes.then(|| echo.clone()),
                models,
                store: Arc::clone(store),
                directory,
                engines: Engines::new(orders.clone(), reports.clone()),
            },
            echo,
            policies,
            start: Clock::now(),
            orders: heard,
            reports,
            proxy,
            forward: Some(forward).filter(|_| is_secured),
            tap,
            passed: passed.clone(),
        };
        let (reports, common) = (work.reports.clone(), work.common.clone());
        let mut workers = Self { threads: Vec::new(), addresses: Vec::new(), orders, reports, common, ended };
        for number in 0..count {
            work.number = number;
            match start_one(&work, protected.take(), &ending) {
                Ok((thread, addresses)) => {
                    workers.threads.push(thread);
                    workers.addresses.clone_from(&addresses);
                    // The others listen where the first one found room, and hear no groups.
                    work.settings.listen = addresses;
                    work.settings.multicast = false;
                }
                Err(failed) => {
                    // It says the same of all threads, so how those end that were started is of no interest.
                    let _ = workers.end();
                    return Err(failed);
                }
            }
        }
        Ok(workers)
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What their sites have in common.
    pub(super) const fn common(&self) -> &Common {
        &self.common
    }

    /// Asks how they are doing.
    pub(super) fn engines(&self) -> Engines {
        Engines::new(self.orders.clone(), self.reports.clone())
    }

    /// Waits until one of them ends by itself.
    pub(super) async fn ended(&mut self) {
        self.ended.recv().await;
    }

    /// Lets them answer what is in flight, and waits until they have.
    ///
    /// # Errors
    /// Why one of them failed.
    pub(super) fn end(self) -> Result<(), Failed> {
        // Receivers live in the threads; if they are all gone there is nothing left to stop.
        let _ = self.orders.send(Order::Stop);
        let ends = self.threads.into_iter().map(|thread| match thread.join() {
            Ok(end) => end,
            Err(_panic) => Err(Failed::unable("a thread that serves died")),
        });
        ends.fold(Ok(()), Result::and)
    }
}

/// The plugtests' resources live in one thread.
fn count(settings: &Settings) -> usize {
    match settings.workers {
        _ if settings.plugtest => 1,
        0 => thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    }
}

/// Where a thread listens.
type Listening = Result<Vec<SocketAddr>, Failed>;

type Thread = JoinHandle<Result<(), Failed>>;

fn start_one(
    work: &Work,
    protected: Option<Protected>,
    ending: &mpsc::Sender<()>,
) -> Result<(Thread, Vec<SocketAddr>), Failed> {
    let (ready, listening) = sync_channel(1);
    let (work, ending) = (work.clone(), ending.clone());
    let name = format!("twite-{}", work.number);
    let thread = thread::Builder::new().name(name).spawn(move || {
        let end = run(&work, protected, &ready);
        // Nobody waits for it when the server stops.
        let _ = ending.try_send(());
        end
    });
    let thread = thread.map_err(Failed::unable)?;
    match listening.recv() {
        Ok(Ok(addresses)) => Ok((thread, addresses)),
        Ok(Err(failed)) => Err(failed),
        Err(_gone) => Err(match thread.join() {
            Ok(Err(failed)) => failed,
            _ => Failed::unable("a thread that serves died"),
        }),
    }
}

fn run(work: &Work, protected: Option<Protected>, ready: &SyncSender<Listening>) -> Result<(), Failed> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::unable)?;
    runtime.block_on(LocalSet::new().run_until(serve(work, protected, ready)))
}

async fn serve(
    work: &Work,
    protected: Option<Protected>,
    ready: &SyncSender<Listening>,
) -> Result<(), Failed> {
    let settings = &work.settings;
    let sockets = match bind(work) {
        Ok(sockets) => sockets,
        Err(failed) => {
            // Whoever started this thread waits for it.
            let _ = ready.send(Err(failed));
            return Ok(());
        }
    };
    let site = Site::new(settings.limits, settings.plugtest, work.count, &work.common);
    let site = Rc::new(RefCell::new(site));
    let changed = Rc::new(Notify::new());
    let feed = Rc::new(Feed::fill(&*work.store, &site).await.map_err(Failed::unable)?);
    let following = tokio::task::spawn_local(feed::run(
        Arc::clone(&work.store),
        Rc::clone(&feed),
        Rc::clone(&site),
        Rc::clone(&changed),
    ));
    let policies = work.policies.clone().map(|receiver| Rc::new(Policies::start(receiver, &site)));
    let obeying = policies.clone().map(|policies| {
        tokio::task::spawn_local(access::run(policies, Rc::clone(&site), Rc::clone(&changed)))
    });
    let addresses: Vec<SocketAddr> = sockets.iter().map(|(socket, _)| socket.local()).collect();
    if protected.is_some() && addresses.windows(2).any(|pair| pair[0].port() != pair[1].port()) {
        let why = "listen: OSCORE contexts are served on one port, expected the same one with every address";
        // Whoever started this thread waits for it.
        let _ = ready.send(Err(Failed::usage(why)));
        return Ok(());
    }
    let (sockets, groups): (Vec<Rc<Socket>>, Vec<Groups>) =
        sockets.into_iter().map(|(socket, groups)| (Rc::new(socket), groups)).unzip();
    let own = sockets.iter().zip(groups);
    let line = |way| Line::new(way, work.tap.clone());
    let mut lines: Vec<(Line, Groups, Option<Secured>)> = own
        .map(|(socket, groups)| (line(Way::Socket(Rc::clone(socket), work.forward.clone())), groups, None))
        .collect();
    if let (Some((contexts, forwarded)), Some(first)) = (protected, sockets.first()) {
        let memory = HostSecurity::new(contexts.count(), &capacity(settings, 1));
        let groups = Groups::join(first, &[]);
        let inbox = Inbox::new(forwarded, sockets.clone());
        lines.push((line(Way::Inbox(Box::new(inbox))), groups, Some(Secured { contexts, memory })));
    }
    let mut listeners = Vec::new();
    for (line, groups, mut secured) in lines {
        let shared = Shared {
            site: Rc::clone(&site),
            feed: Rc::clone(&feed),
            policies: policies.clone(),
            store: Arc::clone(&work.store),
            changed: Rc::clone(&changed),
            start: work.start,
            poll: std::time::Duration::from_micros(settings.poll_us),
            body_bytes: settings.limits.body_bytes,
            proxy: work.proxy.clone(),
        };
        let (timing, orders) = (settings.timing.engine(), work.orders.clone());
        let desk = work.reports.desk();
        let networks: Vec<Network> = settings.networks.iter().flat_map(config::Network::engine).collect();
        // What is protected is all served by one endpoint.
        let sharing = if secured.is_some() { 1 } else { work.count };
        let mut storage = HostStorage::new(capacity(settings, sharing));
        let (bounds, echo) = (settings.limits, work.echo.clone());
        listeners.push(tokio::task::spawn_local(async move {
            let timings = Timings { default: timing, networks: &networks };
            let mut rates = limits::rates();
            let limits = limits::limits(&bounds, &echo, &mut rates);
            let memory = (&mut storage, secured.as_mut());
            listener::run(&line, groups, &shared, memory, timings, limits, (orders, desk)).await
        }));
    }
    // Whoever started this thread waits for it.
    let _ = ready.send(Ok(addresses));
    for listener in listeners {
        listener.await.map_err(Failed::unable)?.map_err(Failed::unable)?;
    }
    following.abort();
    if let Some(obeying) = obeying {
        obeying.abort();
    }
    Ok(())
}

/// Binds every address and joins its groups. Of the two default ones the second may be missing, where there is no IPv6.
fn bind(work: &Work) -> Result<Vec<(Socket, Groups)>, Failed> {
    let settings = &work.settings;
    let (named, own): (Vec<SocketAddr>, Vec<SocketAddr>) =
        settings.listen.iter().partition(|address| address.ip().is_multicast());
    for group in &named {
        if !own.iter().any(|address| groups::of(*address, false, &[*group]).contains(group)) {
            return Err(Failed::usage(format_args!(
                "{group} is a group: listen on an address with this port too"
            )));
        }
    }
    let by_default = settings.listen == Settings::default().listen;
    let sharing = match (work.count, work.number) {
        (1, _) => Sharing::Alone,
        (_, 0) => Sharing::First,
        _ => Sharing::Further,
    };
    let mut sockets = Vec::new();
    for address in &own {
        let buffer = settings.receive_buffer_bytes;
        let socket = match work.passed.datagram_socket(*address) {
            Some(socket) => Socket::given(socket, buffer),
            None => Socket::bind(*address, buffer, sharing),
        };
        match socket {
            Ok(socket) => sockets.push(join(socket, settings, &named)?),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(Failed::unable(format_args!("{address} is in use by another program")));
            }
            Err(error) if by_default && !sockets.is_empty() => {
                tracing::warn!(%address, %error, "not listening there");
            }
            Err(error) => return Err(Failed::unable(format_args!("cannot listen on {address}: {error}"))),
        }
    }
    Ok(sockets)
}

/// Hears and joins the groups that the socket answers.
fn join(mut socket: Socket, settings: &Settings, named: &[SocketAddr]) -> Result<(Socket, Groups), Failed> {
    let groups = groups::of(socket.local(), settings.multicast, named);
    for group in &groups {
        let heard = socket.hear(*group, settings.receive_buffer_bytes);
        heard.map_err(|error| Failed::unable(format_args!("cannot hear the group {group}: {error}")))?;
    }
    let groups = Groups::join(&socket, &groups);
    Ok((socket, groups))
}

/// One block of 1024 bytes with header, token and options of any response.
const MESSAGE: usize = 1024 + 512;

/// Peers whose round trips are measured, where they are.
const ESTIMATES: usize = 8_192;

/// Requests of its own that a server has in flight: none yet needs more.
const REQUESTS: usize = 16;

/// The memory of one of `workers` threads' endpoints.
fn capacity(settings: &Settings, workers: usize) -> Capacity {
    let Limits { peers, observers, observers_per_peer, remembered, remembered_per_peer, .. } =
        settings.limits;
    let measures = settings.congestion == config::Congestion::Cocoa;
    Capacity {
        peers: share(peers, workers),
        duplicates: share(remembered, workers),
        once_per_peer: u16::try_from(remembered_per_peer).unwrap_or(u16::MAX),
        deferred: listener::DEFERRED,
        transmissions: 1_024,
        requests: REQUESTS,
        observers: share(observers, workers),
        observers_per_peer: u16::try_from(observers_per_peer).unwrap_or(u16::MAX),
        estimates: if measures { ESTIMATES } else { 0 },
        longest_token: Token::MAX as u16,
        message: MESSAGE,
    }
}
