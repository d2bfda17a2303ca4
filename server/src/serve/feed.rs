//! Keeps a thread's replica up to date with the store.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::site::Site;
use crate::store::{Change, Entry, Error, Page, Prefix, Revision, Store, Watch};

/// Loads everything, and the watch that goes on from there.
pub(super) async fn fill(store: &impl Store, site: &RefCell<Site>) -> Result<Watch, Error> {
    let (entries, revision) = list(store).await?;
    let watch = store.watch(&Prefix::all(), revision).await?;
    site.borrow_mut().replace(entries);
    Ok(watch)
}

/// Follows the store for as long as the server runs.
pub(super) async fn run(
    store: Arc<impl Store>,
    site: Rc<RefCell<Site>>,
    changed: Rc<Notify>,
    mut watch: Watch,
) {
    while let Some(change) = watch.next().await {
        match change {
            Change::Resync(_) => match fill(&*store, &site).await {
                Ok(renewed) => watch = renewed,
                Err(error) => {
                    tracing::error!(%error, "cannot read the store again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            change => site.borrow_mut().apply(&change),
        }
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
