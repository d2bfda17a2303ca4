//! `twite serve`.
//!
//! | file | holds |
//! |---|---|
//! | `socket`, `memory` | a UDP socket that answers from the address it was asked at; an endpoint's memory |
//! | `groups` | the groups that a socket answers, on every interface |
//! | `tree`, `feed`, `changes` | a thread's replica of the store, what keeps it up to date, what observers have to hear |
//! | `body` | which bodies may be stored, and as what they can be read |
//! | `declared` | what declarations forbid |
//! | `uploads`, `asked` | bodies that arrive in blocks; a request that waits for its answer, over whichever protocol |
//! | `fixture`, `plugtest` | the resources of `--plugtest`: our own for test tools, those of the ETSI descriptions |
//! | `limits`, `dropped` | what strangers get of all this; what the log says of what they do not get |
//! | `guard` | what becomes of a panic |
//! | `listing` | what discovery says of them all |
//! | `refusal`, `conditions`, `shown` | requests that are refused at once, or by the store; a resource as a client sees it |
//! | `patch`, `turns`, `retries` | PATCH and iPATCH; whose patch is next; patches that wait |
//! | `fetch`, `query`, `window` | FETCH; what it asks for, and of what time |
//! | `directory`, `registrants` | the resource directory; links that it fetches |
//! | `access`, `reload` | what a policy permits; a policy that is read again |
//! | `site`, `served` | REST on all of these; what becomes of a request |
//! | `contexts`, `forward`, `line` | security contexts and the storing of their numbers; protected datagrams on their way to them; where datagrams come from |
//! | `outer` | protected messages that a proxy cut into blocks |
//! | `outcome`, `writes`, `news`, `listener` | from the store's decision to a response; writes on their way; the loop around one socket |
//! | `workers`, `engines`, `statistics` | the threads that serve; how they are doing, in names and numbers |
//! | `proxy`, `passing` | requests to others for clients; those that come over CoAP |
//! | `passed`, `notify` | sockets from who started the server; what that one is told |
//! | `tap` | their messages, for who looks at them |
//! | `web` | the same resources over HTTP |
//! | `demo` | simulated sensors |
//! | this file | from a configuration to a running server and back |

mod access;
mod asked;
mod body;
mod changes;
mod conditions;
mod contexts;
mod declared;
mod demo;
mod directory;
mod dropped;
mod engines;
mod feed;
mod fetch;
pub mod fixture;
mod forward;
pub(crate) mod groups;
mod guard;
mod limits;
mod line;
mod listener;
mod listing;
pub mod memory;
mod news;
mod notify;
mod outcome;
mod outer;
mod passed;
mod passing;
mod patch;
mod plugtest;
mod proxy;
mod query;
mod refusal;
mod registrants;
mod reload;
mod retries;
mod served;
mod shown;
mod site;
mod socket;
mod statistics;
mod tap;
mod tree;
mod turns;
mod uploads;
mod wake;
mod web;
mod window;
mod workers;
mod writes;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration as Span;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::{self, Configuration, Durability, ServeArguments, Settings};
use crate::logging;
use crate::model::Models;
use crate::policy::{self, Policy};
use crate::store::{self, AnyStore, Store as _};
use contexts::Contexts;
use engines::Engines;
use notify::Manager;
use passed::Passed;
use proxy::{Door, Proxy};
use reload::Reload;
use tap::Spout;
use web::Web;
use workers::Workers;

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
    let mut configuration = config::load(arguments, config::process_environment()).map_err(Failed::usage)?;
    if arguments.print_config {
        return print(&configuration);
    }
    let passed = Passed::take()?;
    configuration.listen_where_passed(passed.coap(), passed.http()).map_err(Failed::usage)?;
    let settings = configuration.settings;
    logging::init(settings.log, &settings.log_filter).map_err(Failed::usage)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::unable)?;
    let policy = settings.policy.as_deref().map(policy::load).transpose().map_err(Failed::usage)?;
    let contexts = Contexts::open(&settings.oscore)?;
    if contexts.count() > 0 && policy.is_none() {
        tracing::warn!(
            "there are OSCORE contexts and no policy: without protection everybody may do everything too"
        );
    }
    let store = open_store(&settings)?;
    runtime.block_on(serve(&settings, policy, contexts, Arc::new(store), &passed))
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

async fn serve(
    settings: &Settings,
    policy: Option<Policy>,
    contexts: Contexts,
    store: Arc<AnyStore>,
    passed: &Passed,
) -> Result<(), Failed> {
    let manager = Manager::from_environment();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failed::unable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failed::unable)?;
    let policy = settings.policy.clone().zip(policy);
    let models = Models::new(settings.resources.clone(), settings.undeclared);
    let reload = policy.map(|(path, policy)| Reload::start(path, policy, contexts.names()));
    let mut reload = reload.transpose()?;
    let proxy = Proxy::start(settings)?;
    let door = proxy.as_ref().map(|proxy| proxy.door().clone());
    let (tap, spout) = tap::tap();
    let policies = reload.as_ref().map(Reload::follow);
    let mut workers =
        Workers::start(settings, &store, models, policies, contexts, (tap, door.clone(), passed))?;
    let mut web = match start_web(settings, &store, &workers, reload.as_ref(), (door, spout, passed.clone()))
    {
        Ok(web) => web,
        Err(failed) => {
            // What they say matters less than why the server does not start.
            let _ = workers.end();
            return Err(failed);
        }
    };
    announce(workers.addresses(), web.as_ref().map_or(&[], Web::addresses))?;
    manager.tell("READY=1");
    let engines = workers.engines();
    let demo = settings.demo.then(|| workers.addresses().first().map(|address| demo::Demo::start(*address)));

    tokio::select! {
        _ = interrupt.recv() => tracing::info!("interrupted, stopping"),
        _ = terminate.recv() => tracing::info!("terminated, stopping"),
        () = swept(settings, &store) => {}
        () = reloaded(reload.as_mut()) => tracing::error!("no signal can be heard any more, stopping"),
        () = workers.ended() => tracing::error!("a thread that serves ended, stopping"),
        () = ended(web.as_mut()) => tracing::error!("the thread of HTTP ended, stopping"),
        () = live(&manager, &store, &engines) => {}
    }
    manager.tell("STOPPING=1");
    if let Some(demo) = demo.flatten() {
        demo.stop();
    }
    if let Some(web) = &web {
        web.stop();
    }
    let ended = workers.end().and(web.map_or(Ok(()), Web::end)).and(proxy.map_or(Ok(()), Proxy::end));
    store.close().await.map_err(Failed::unable)?;
    ended
}

/// The view over HTTP, if one is wanted.
fn start_web(
    settings: &Settings,
    store: &Arc<AnyStore>,
    workers: &Workers,
    reload: Option<&Reload>,
    (proxy, spout, passed): (Option<Door>, Spout, Passed),
) -> Result<Option<Web>, Failed> {
    if settings.http.listen.is_empty() {
        return Ok(None);
    }
    let work = web::Work {
        http: settings.http.clone(),
        limits: settings.limits,
        store: Arc::clone(store),
        common: workers.common().clone(),
        policies: reload.map(Reload::follow),
        engines: workers.engines(),
        proxy,
        spout,
        passed,
    };
    Web::start(work).map(Some)
}

/// Waits until the view over HTTP ends by itself; for ever if there is none.
async fn ended(web: Option<&mut Web>) {
    match web {
        Some(web) => web.ended().await,
        None => std::future::pending().await,
    }
}

/// Tells the service manager that the server lives, for as long as the engines and the store say so; for ever silent if
/// it does not want to know.
async fn live(manager: &Manager, store: &AnyStore, engines: &Engines) {
    while let Some(every) = manager.alive_every() {
        tokio::time::sleep(every).await;
        if engines.are_well().await && store.health().await.is_ok() {
            manager.tell("WATCHDOG=1");
        }
    }
    std::future::pending::<()>().await;
}

/// Keeps the directory free of what is over; for ever if there is none.
async fn swept(settings: &Settings, store: &AnyStore) {
    if settings.directory {
        directory::sweep(store).await;
    }
    std::future::pending::<()>().await;
}

/// Reads the policy again for as long as the server runs; for ever if there is none.
async fn reloaded(reload: Option<&mut Reload>) {
    match reload {
        Some(reload) => reload.run().await,
        None => std::future::pending().await,
    }
}

/// One line on standard output: the server is ready, and where.
fn announce(coap: &[SocketAddr], http: &[SocketAddr]) -> Result<(), Failed> {
    let coap = coap.iter().map(|address| format!("coap://{address}"));
    let list: Vec<String> = coap.chain(http.iter().map(|address| format!("http://{address}"))).collect();
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "listening on {}", list.join(" ")).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::unable(error)),
        _ => Ok(()),
    }
}
