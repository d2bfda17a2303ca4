//! The contract every store keeps, whatever its engine.

use std::future::Future;

use tokio::sync::oneshot;

use super::capabilities::Capabilities;
use super::entry::Entry;
use super::error::{Busy, Error};
use super::key::{Key, Prefix};
use super::page::Page;
use super::revision::Revision;
use super::watch::Watch;
use super::write::{Completion, Outcome, Write};

/// A durable tree of entries that many read, write and watch at once.
///
/// - **Writes** are atomic and ordered: each gets the next [`Revision`]. A write is completed after it is committed
///   and after [`get`](Self::get), [`list`](Self::list) and every [`Watch`] show it.
/// - **Copies** are kept without gaps by [`list`](Self::list) and then [`watch`](Self::watch) from the revision
///   that came with the first page.
/// - **Nothing grows**: a full queue refuses the write, a slow watcher gets
///   [`Change::Resync`](super::Change::Resync).
///
/// A worker that has its own copy of the tree runs this loop:
///
/// ```no_run
/// # use twite_server::store::*;
/// # use tokio::sync::mpsc;
/// # async fn worker<S: Store>(store: &S, write: Write) -> Result<(), Error> {
/// # fn replace_copy(_: Vec<Entry>) {} fn apply(_: Change) {} fn answer(_: Completed) {}
/// const TICKETS: usize = 1024;                                             // 0. as many as writes on the way
/// let (sender, mut completions) = mpsc::channel(TICKETS);
/// let (entries, revision) = store.list(&Prefix::all(), Page::default()).await?;  // 1. more pages until one is empty
/// let mut watch = store.watch(&Prefix::all(), revision).await?;            // 2. from the first page's revision
/// replace_copy(entries);
/// store.submit(write, Completion::Ticket { ticket: 7, sender }).ok();      // 3. Busy: answer 5.03
/// loop {
///     tokio::select! {
///         Some(change) = watch.next() => apply(change),                    // 4. Resync: list again, watch.resume
///         Some(completed) = completions.recv() => {
///             while let Some(change) = watch.try_next() { apply(change) }  // 5. the copy shows the write
///             answer(completed);                                           // 6. and is never behind an answer
///         }
///         else => break Ok(()),
///     }
/// }
/// # }
/// ```
pub trait Store: Send + Sync + 'static {
    /// Puts a write in the queue; its result goes to the completion. Never blocks.
    ///
    /// # Errors
    /// [`Busy`] if the queue is full or the store closed: the completion is not called.
    fn submit(&self, write: Write, completion: Completion) -> Result<(), Busy>;

    /// Puts writes in the queue, all at once, which is cheaper than one by one. Those that find no room stay in
    /// `writes`, and their completions are not called. Never blocks.
    fn submit_all(&self, writes: &mut Vec<(Write, Completion)>);

    /// Decides a write at once where nothing has to be waited for, by the same contract: the write is completed when
    /// this returns. `None` where it has to go through the queue, and the write is not done. Never blocks for longer
    /// than others look at the state in memory.
    fn write_now(&self, write: &Write) -> Option<Outcome> {
        let _through_the_queue = write;
        None
    }

    /// Writes and waits for the result; [`Error::Unavailable`] if the queue is full.
    fn write(&self, write: Write) -> impl Future<Output = Outcome> + Send {
        async move {
            let (sender, receiver) = oneshot::channel();
            self.submit(write, Completion::Once(sender)).map_err(|Busy| Error::Unavailable)?;
            receiver.await.unwrap_or(Err(Error::Unavailable))
        }
    }

    /// The entry at the key.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// A page of the entries in a part of the tree, ordered by key, and the revision of the store they show.
    fn list(
        &self,
        prefix: &Prefix,
        page: Page,
    ) -> impl Future<Output = Result<(Vec<Entry>, Revision), Error>> + Send;

    /// Follows the changes of a part of the tree after the revision `from`.
    ///
    /// A revision whose following changes are no longer at hand, or that the store never gave out, starts with
    /// [`Change::Resync`](super::Change::Resync).
    fn watch(&self, prefix: &Prefix, from: Revision) -> impl Future<Output = Result<Watch, Error>> + Send;

    /// Whether the store does its work: an error if its last commit or sync failed, or it is closed.
    fn health(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// What the store promises.
    fn capabilities(&self) -> Capabilities;

    /// Takes no more writes, completes those in the queue, makes all durable and gives the files free.
    ///
    /// Every [`Watch`] ends after the last change. Reads stay possible.
    fn close(&self) -> impl Future<Output = Result<(), Error>> + Send;
}
