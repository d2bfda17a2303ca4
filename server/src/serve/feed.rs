//! Keeps a thread's replica up to date with the store.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::site::Site;
use crate::store::{Change, Entry, Error, Page, Prefix, Revision, Store, Watch};

/// What a thread's replica has still to take over.
#[derive(Debug)]
pub(super) struct Feed {
    watch: RefCell<Watch>,
    /// Whether more has changed than the store can say one by one.
    is_behind: Cell<bool>,
}

impl Feed {
    /// Loads everything; the feed goes on from there.
    pub(super) async fn fill(store: &impl Store, site: &RefCell<Site>) -> Result<Self, Error> {
        let (entries, revision) = list(store).await?;
        let watch = store.watch(&Prefix::all(), revision).await?;
        site.borrow_mut().replace(entries);
        site.borrow_mut().reach(revision);
        Ok(Self { watch: RefCell::new(watch), is_behind: Cell::new(false) })
    }

    /// Takes over what was acknowledged until now, to whomever; whether that was anything. Costs one look at a
    /// counter if nothing changed. A replica that is too far behind for that is loaded anew by [`run`].
    pub(super) fn catch_up(&self, site: &RefCell<Site>) -> bool {
        let mut watch = self.watch.borrow_mut();
        watch.pass(site.borrow().reached());
        let mut is_news = false;
        while let Some(change) = watch.try_next() {
            match change {
                Change::Resync(_) => self.is_behind.set(true),
                change => site.borrow_mut().apply(&change),
            }
            is_news = true;
        }
        if is_news && !self.is_behind.get() {
            site.borrow_mut().reach(watch.place());
        }
        is_news
    }
}

/// Follows the store for as long as the server runs.
pub(super) async fn run(
    store: Arc<impl Store>,
    feed: Rc<Feed>,
    site: Rc<RefCell<Site>>,
    changed: Rc<Notify>,
) {
    let mut signal = feed.watch.borrow().signal();
    while signal.changed().await {
        feed.catch_up(&site);
        while feed.is_behind.get() {
            match list(&*store).await {
                Ok((entries, revision)) => {
                    feed.is_behind.set(false);
                    site.borrow_mut().replace(entries);
                    site.borrow_mut().reach(revision);
                    feed.watch.borrow_mut().resume(revision);
                    feed.catch_up(&site);
                }
                Err(error) => {
                    tracing::error!(%error, "cannot read the store again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        // Also of what this thread wrote itself.
        changed.notify_waiters();
    }
}

/// All entries, and the revision from which a watch misses nothing.
async fn list(store: &impl Store) -> Result<(Vec<Entry>, Revision), Error> {
    let mut all = Vec::new();
    let mut from = None;
    let mut page = Page::default();
    loop {
        let (entries, revision) = store.list(&Prefix::all(), page).await?;
        let from = *from.get_or_insert(revision);
        let Some(last) = entries.last() else { return Ok((all, from)) };
        page = Page { after: Some(last.key.clone()), ..Page::default() };
        all.extend(entries);
    }
}
