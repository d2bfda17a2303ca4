//! `twite serve`.
//!
//! | file | holds |
//! |---|---|
//! | `socket`, `memory` | a UDP socket that answers from the address it was asked at; an endpoint's memory |
//! | `groups` | the groups that a socket answers, on every interface |
//! | `tree`, `feed`, `changes` | a thread's replica of the store, what keeps it up to date, what observers have to hear |
//! | `face`, `body` | catalog types on the host; which bodies may be stored, and as what they can be read |
//! | `uploads` | bodies that arrive in blocks |
//! | `fixture`, `plugtest` | the resources of `--plugtest`: our own for test tools, those of the ETSI descriptions |
//! | `listing` | what discovery says of them all |
//! | `refusal`, `conditions`, `shown` | requests that are refused at once, or by the store; a resource as a client sees it |
//! | `patch`, `turns`, `retries` | PATCH and iPATCH; whose patch is next; patches that wait |
//! | `fields` | fields of catalog types by name and by key |
//! | `fetch`, `query`, `window` | FETCH; what it asks for, and of what time |
//! | `site` | REST on all of these |
//! | `outcome`, `listener` | from the store's decision to a response; the loop around one socket |
//! | `demo` | simulated sensors |
//! | this file | from a configuration to a running server and back |

mod body;
mod changes;
mod conditions;
mod demo;
mod face;
mod feed;
mod fetch;
mod fields;
pub mod fixture;
pub(crate) mod groups;
mod listener;
mod listing;
pub mod memory;
mod outcome;
mod patch;
mod plugtest;
mod query;
mod refusal;
mod retries;
mod shown;
mod site;
mod socket;
mod tree;
mod turns;
mod uploads;
mod window;

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration as Span, Instant as Clock};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::LocalSet;
use twite::exchange::Echo;
use twite::reliability::{Network, Timings};
use twite::wire::Token;

use crate::config::{self, Configuration, Durability, ServeArguments, Settings};
use crate::logging;
use crate::store::{self, AnyStore, Store};
use groups::Groups;
use listener::Shared;
use memory::{Capacity, HostStorage};
use site::Site;
use socket::Socket;

/// Why the server does not run.
#[derive(Debug)]
struct Failed {
    code: u8,
    why: String,
}

impl Failed {
    /// The command line or the configuration cannot be used.
    fn usage(why: impl Display) -> Self {
        Self { code: 2, why: why.to_string() }
    }

    /// Something the server needs cannot be had.
    fn unable(why: impl Display) -> Self {
        Self { code: 1, why: why.to_string() }
    }
}

/// Runs the server until it is told to stop; exit code 0 after that, 2 for a configuration that cannot be
/// used, 1 if something it needs cannot be had.
pub fn main(arguments: &ServeArguments) -> ExitCode {
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed { code, why }) => {
            // Nobody may be listening any more.
            let _ = writeln!(io::stderr(), "twite: {why}");
            ExitCode::from(code)
        }
    }
}

fn start(arguments: &ServeArguments) -> Result<(), Failed> {
    let configuration = config::load(arguments, config::process_environment()).map_err(Failed::usage)?;
    if arguments.print_config {
        return print(&configuration);
    }
    let settings = configuration.settings;
    logging::init(settings.log, &settings.log_filter).map_err(Failed::usage)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::unable)?;
    let store = open_store(&settings)?;
    runtime.block_on(LocalSet::new().run_until(serve(&settings, Arc::new(store))))
}

fn print(configuration: &Configuration) -> Result<(), Failed> {
    match io::stdout().lock().write_all(configuration.to_toml().as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::unable(error)),
        _ => Ok(()),
    }
}

fn open_store(settings: &Settings) -> Result<AnyStore, Failed> {
    let durability = match settings.durability {
        Durability::Commit => store::Durability::Commit,
        Durability::Interval => store::Durability::Interval(Span::from_millis(settings.interval_ms)),
        Durability::Memory => store::Durability::Memory,
    };
    let limits = store::Limits {
        entries: settings.limits.entries,
        total_bytes: settings.limits.total_bytes,
        body_bytes: settings.limits.body_bytes,
    };
    let settings_of_store = store::Settings { limits, ..store::Settings::default() };
    AnyStore::open(&settings.data, durability, settings_of_store).map_err(Failed::unable)
}

async fn serve(settings: &Settings, store: Arc<AnyStore>) -> Result<(), Failed> {
    let sockets = bind(settings)?;
    let seed = crate::clock::seed().map_err(Failed::unable)?;
    let seed = seed.iter().fold(0_u64, |seed, byte| seed.rotate_left(8) ^ u64::from(*byte));
    let echo = if settings.fresh_changes {
        Some(Echo::new(crate::clock::seed().map_err(Failed::unable)?))
    } else {
        None
    };
    let site = Rc::new(RefCell::new(Site::new(settings.limits, settings.plugtest, echo, seed)));
    // One start for all listeners: they share values that tell the time.
    let start = Clock::now();
    let changed = Rc::new(Notify::new());
    let watch = feed::fill(&*store, &site).await.map_err(Failed::unable)?;
    let feed =
        tokio::task::spawn_local(feed::run(Arc::clone(&store), Rc::clone(&site), Rc::clone(&changed), watch));
    let (stop, stopped) = watch::channel(false);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failed::unable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failed::unable)?;

    let mut listeners = Vec::new();
    let addresses: Vec<SocketAddr> = sockets.iter().map(|(socket, _)| socket.local()).collect();
    for (socket, groups) in sockets {
        let shared = Shared {
            site: Rc::clone(&site),
            store: Arc::clone(&store),
            changed: Rc::clone(&changed),
            start,
            body_bytes: settings.limits.body_bytes,
        };
        let (timing, stopped) = (settings.timing.engine(), stopped.clone());
        let networks: Vec<Network> = settings.networks.iter().flat_map(config::Network::engine).collect();
        let estimates = if settings.congestion == config::Congestion::Cocoa { ESTIMATES } else { 0 };
        let mut storage = HostStorage::new(Capacity { estimates, ..CAPACITY });
        listeners.push(tokio::task::spawn_local(async move {
            let timings = Timings { default: timing, networks: &networks };
            listener::run(&socket, groups, &shared, &mut storage, timings, stopped).await
        }));
    }
    announce(&addresses)?;
    let demo = settings.demo.then(|| addresses.first().map(|address| demo::Demo::start(*address)));

    tokio::select! {
        _ = interrupt.recv() => tracing::info!("interrupted, stopping"),
        _ = terminate.recv() => tracing::info!("terminated, stopping"),
    }
    if let Some(demo) = demo.flatten() {
        demo.stop();
    }
    // Receivers live in the listeners; if they are all gone there is nothing left to stop.
    let _ = stop.send(true);
    for listener in listeners {
        listener.await.map_err(Failed::unable)?.map_err(Failed::unable)?;
    }
    feed.abort();
    store.close().await.map_err(Failed::unable)
}

/// Binds every address and joins its groups. Of the two default ones the second may be missing, where there is no IPv6.
fn bind(settings: &Settings) -> Result<Vec<(Socket, Groups)>, Failed> {
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
    let mut sockets = Vec::new();
    for address in &own {
        match Socket::bind(*address, settings.receive_buffer_bytes) {
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

/// One line on standard output: the server is ready, and where.
fn announce(addresses: &[SocketAddr]) -> Result<(), Failed> {
    let list: Vec<String> = addresses.iter().map(|address| format!("coap://{address}")).collect();
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "listening on {}", list.join(" ")).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::unable(error)),
        _ => Ok(()),
    }
}

/// One block of 1024 bytes with header, token and options of any response.
const MESSAGE: usize = 1024 + 512;

/// Peers whose round trips are measured, where they are.
const ESTIMATES: usize = 8_192;

const CAPACITY: Capacity = Capacity {
    peers: 65_536,
    duplicates: 16_384,
    once_per_peer: 1_024,
    deferred: listener::DEFERRED,
    transmissions: 1_024,
    observers: 8_192,
    observers_per_peer: 8,
    estimates: 0,
    longest_token: Token::MAX as u16,
    message: MESSAGE,
};
