//! The security contexts of this server, and who stores their sequence numbers: a thread of its own, since that takes
//! milliseconds and the one that serves waits for nothing.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use twite::endpoint::{ContextId, Endpoint};
use twite::oscore::{Context, SequenceStore as _};

use super::Failed;
use super::access::Names;
use crate::oscore::{Held, Numbers};

/// How long to wait before numbers are stored again that could not be.
const AGAIN: Duration = Duration::from_secs(1);

/// The contexts before an endpoint has them.
#[derive(Debug)]
pub(super) struct Contexts(Vec<Held>);

/// What keeps the numbers of an endpoint's contexts.
#[derive(Debug)]
pub(super) struct Keeper {
    orders: SyncSender<(usize, u64)>,
    done: mpsc::Receiver<bool>,
    /// What is being stored.
    storing: Option<(ContextId, u64)>,
}

impl Contexts {
    /// Reads them all and reserves their next numbers.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub(super) fn open(paths: &[PathBuf]) -> Result<Self, Failed> {
        let mut known = HashSet::new();
        let mut all = Vec::new();
        for path in paths {
            let held = Held::open(path).map_err(Failed::usage)?;
            let (kid, id_context) = (held.context.recipient_id(), held.context.id_context().copied());
            let named = (kid.as_bytes().to_vec(), id_context.map(|context| context.as_bytes().to_vec()));
            if !known.insert(named) {
                return Err(Failed::usage(format_args!(
                    "{}: recipient_id {kid:?} stands in another context too, expected another for each client",
                    path.display()
                )));
            }
            all.push(held);
        }
        Ok(Self(all))
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.0.len()
    }

    /// What a policy calls who has them.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|held| held.name.clone()).collect()
    }

    /// Gives them to an endpoint that has memory for them; their names, and what keeps their numbers.
    ///
    /// # Errors
    /// When the endpoint has no room, or there is no thread to be had.
    pub(super) fn give(&mut self, endpoint: &mut Endpoint<'_>) -> Result<(Names, Keeper), Failed> {
        let (mut names, mut numbers) = (Vec::new(), Vec::new());
        for held in std::mem::take(&mut self.0) {
            let id = add(endpoint, held.context)?;
            // They come one after the other and none ever leaves.
            debug_assert_eq!(id.number(), names.len(), "contexts are numbered in order");
            names.push(held.name);
            numbers.push(held.numbers);
        }
        let (orders, ordered) = sync_channel(1);
        let (report, done) = mpsc::channel(1);
        thread::Builder::new()
            .name("twite-numbers".to_owned())
            .spawn(move || keep(numbers, &ordered, &report))
            .map_err(Failed::unable)?;
        Ok((Names(names), Keeper { orders, done, storing: None }))
    }
}

fn add(endpoint: &mut Endpoint<'_>, context: Context) -> Result<ContextId, Failed> {
    endpoint.add_context(context).map_err(|_| Failed::unable("no room for an OSCORE context"))
}

/// Stores what is ordered until nobody orders any more.
fn keep(mut numbers: Vec<Numbers>, ordered: &Receiver<(usize, u64)>, report: &mpsc::Sender<bool>) {
    while let Ok((number, limit)) = ordered.recv() {
        let stored = numbers.get_mut(number).map(|numbers| numbers.save(limit));
        if let Some(Err(error)) = &stored {
            tracing::error!(%error, "no sequence numbers can be reserved");
            thread::sleep(AGAIN);
        }
        if report.blocking_send(matches!(stored, Some(Ok(())))).is_err() {
            return;
        }
    }
}

impl Keeper {
    /// Has stored what the endpoint needs, one context at a time.
    pub(super) fn reserve(&mut self, endpoint: &mut Endpoint<'_>) {
        while let Ok(stored) = self.done.try_recv() {
            self.stored(endpoint, stored);
        }
        if self.storing.is_none()
            && let Some((id, limit)) = endpoint.reservation_due()
            && self.orders.try_send((id.number(), limit)).is_ok()
        {
            self.storing = Some((id, limit));
        }
    }

    /// Waits for what was stored last.
    pub(super) async fn done(&mut self) -> bool {
        match self.done.recv().await {
            Some(stored) => stored,
            None => std::future::pending().await,
        }
    }

    /// Lets the endpoint use the numbers that were stored.
    pub(super) fn stored(&mut self, endpoint: &mut Endpoint<'_>, is_stored: bool) {
        if let Some((id, limit)) = self.storing.take().filter(|_| is_stored) {
            endpoint.reserved(id, limit);
        }
    }
}

/// The same of a keeper that there may be.
pub(super) async fn done(keeper: Option<&mut Keeper>) -> bool {
    match keeper {
        Some(keeper) => keeper.done().await,
        None => std::future::pending().await,
    }
}
