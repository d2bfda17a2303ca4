//! How the engines of all threads are doing, asked for through the channel by which they are told to stop: a thread
//! that nobody asks does nothing for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use twite::endpoint::{Counters, Occupancy};

/// What a thread that serves is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Serve; whenever the number changes, say how the engine is doing.
    Serve(u64),
    /// Answer what is in flight and end.
    Stop,
}

/// How one engine is doing.
pub(super) type Report = (Counters, Occupancy);

/// Asks the engines.
#[derive(Clone, Debug)]
pub(super) struct Engines {
    orders: watch::Sender<Order>,
    reports: Reports,
}

/// Where the engines answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Reports(Arc<Board>);

#[derive(Debug, Default)]
struct Board {
    /// With the number of the order that each followed last.
    reports: Mutex<Vec<(u64, Option<Report>)>>,
    news: Notify,
}

/// One engine's place among the reports.
#[derive(Debug)]
pub(super) struct Desk {
    reports: Reports,
    place: usize,
}

/// How long to wait for an engine that is busy; after that its report before counts.
const PATIENCE: Duration = Duration::from_millis(500);

impl Engines {
    pub(super) const fn new(orders: watch::Sender<Order>, reports: Reports) -> Self {
        Self { orders, reports }
    }

    /// Has all engines say how they are doing, without waiting for it: the number of the question.
    pub(super) fn question(&self) -> u64 {
        let mut number = 0;
        self.orders.send_if_modified(|order| match order {
            Order::Serve(last) => {
                *last += 1;
                number = *last;
                true
            }
            Order::Stop => false,
        });
        number
    }

    /// What they said, if all of them answered this question, or whatever is known.
    pub(super) fn answers(&self, question: u64, whatever: bool) -> Option<Vec<Report>> {
        (whatever || self.reports.all_since(question)).then(|| self.reports.read())
    }

    /// How all engines are doing now.
    pub(super) async fn ask(&self) -> Vec<Report> {
        // Who does not answer in time keeps nobody from hearing of the others.
        self.are_well().await;
        self.reports.read()
    }

    /// Whether all engines answer in time.
    pub(super) async fn are_well(&self) -> bool {
        let number = self.question();
        let all = async {
            loop {
                let news = self.reports.0.news.notified();
                if self.reports.all_since(number) {
                    break;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, all).await.is_ok()
    }
}

impl Reports {
    /// A place for one more engine.
    pub(super) fn desk(&self) -> Desk {
        let mut reports = self.all();
        reports.push((0, None));
        Desk { reports: self.clone(), place: reports.len() - 1 }
    }

    fn all_since(&self, number: u64) -> bool {
        self.all().iter().all(|(reported, _)| *reported >= number)
    }

    fn read(&self) -> Vec<Report> {
        self.all().iter().filter_map(|(_, report)| *report).collect()
    }

    fn all(&self) -> MutexGuard<'_, Vec<(u64, Option<Report>)>> {
        self.0.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Says how the engine is doing.
    pub(super) fn report(&self, number: u64, report: Report) {
        if let Some(place) = self.reports.all().get_mut(self.place) {
            *place = (number, Some(report));
        }
        self.reports.0.news.notify_waiters();
    }
}
