//! What happened, and whether it was allowed to.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use twite::base::{Duration, Hasher, Instant};
use twite::reliability::Timing;
use twite::wire::{Message, MessageType};

use crate::amplification::Amplification;
use crate::network::Node;
use crate::observers::Observers;
use crate::outstanding::Outstanding;
use crate::outstanding::token;
use crate::plan::Plan;

/// Names every kind of thing that is counted.
macro_rules! marks {
    ($($name:ident),* $(,)?) => {
        /// What is counted; all of it has to occur.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Mark { $($name),* }

        impl Mark {
            /// Every kind.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

marks!(
    // Operations of clients that were begun, and those that came to a good end, by kind.
    Begun,
    Get,
    Fetch,
    Put,
    Delete,
    Post,
    Patch,
    SlowGet,
    SlowPost,
    Observed,
    Notified,
    Download,
    Upload,
    Failing,
    Ping,
    Touch,
    // Other ends.
    Completed,
    TimedOut,
    Rejected,
    Unavailable,
    Cancelled,
    NotObserved,
    Incomplete,
    TooLarge,
    Restarted,
    Abandoned,
    Refused,
    // The network.
    Datagrams,
    Lost,
    Duplicated,
    Corrupted,
    Truncated,
    CutOff,
    Misdirected,
    Rebound,
    Partitioned,
    // Servers.
    ServerRestarts,
    Executions,
    Retransmissions,
    Duplicates,
    GaveUp,
    Forgotten,
    ObserversRefused,
    LastStates,
    Converged,
    ObservationEnded,
);

/// What must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Invariant {
    /// A POST is executed at most once.
    AtMostOnce,
    /// A response tells what the resource was during the exchange.
    Value,
    /// Every request ends once and in time.
    EndsOnce,
    /// A body in blocks is one version of its resource.
    OneVersion,
    /// A body that was sent in blocks is applied whole or not at all.
    WholeUpload,
    /// Notifications never go back.
    Order,
    /// An observer ends on the last state.
    LastState,
    /// Acknowledgement and Reset are answered with neither.
    Silence,
    /// No message id names two messages in EXCHANGE_LIFETIME.
    MessageIds,
    /// Not more than NSTART confirmable messages to one peer wait for their acknowledgement.
    Nstart,
    /// Whoever sends Reset or acknowledges nothing is told nothing more.
    Observers,
    /// Tables stay within their bounds; no output gets lost.
    Bounds,
    /// No timer outlives EXCHANGE_LIFETIME.
    Timers,
    /// No address gets more than three times what came from it before it is proved that somebody is there.
    Amplification,
    /// Nothing panics.
    NoPanic,
}

/// One breach.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    /// When.
    pub at: Instant,
    /// Of what.
    pub invariant: Invariant,
    /// What was seen.
    pub seen: String,
}

/// Counts by kind.
pub(crate) type Tally = [u64; Mark::ALL.len()];

/// The books of one simulation.
pub(crate) struct Ledger {
    /// The first breach.
    pub violation: Option<Violation>,
    /// Whether servers have so little memory that they forget what they answered.
    pub tiny: bool,
    /// What happened how often.
    pub tally: Tally,
    /// The last events, if somebody wants to know.
    pub trace: Option<VecDeque<String>>,
    hasher: Hasher,
    message_ids: HashMap<(Node, SocketAddr, u16), (Instant, u64)>,
    executed: HashMap<(usize, SocketAddr, u16), Instant>,
    posts: HashMap<u64, u32>,
    nstart: usize,
    outstanding: Outstanding,
    /// Who observes.
    pub observers: Observers,
    /// What servers send to whom.
    pub amplification: Amplification,
}

/// EXCHANGE_LIFETIME.
pub(crate) const LIFETIME: Duration = Timing::DEFAULT.exchange_lifetime();

/// How many events are shown.
const TRACE: usize = 24;

impl Ledger {
    /// Nothing happened yet.
    pub(crate) fn new(trace: bool, plan: &Plan) -> Self {
        Self {
            violation: None,
            tiny: plan.tiny,
            tally: [0; Mark::ALL.len()],
            trace: trace.then(VecDeque::new),
            hasher: Hasher::new(0),
            message_ids: HashMap::new(),
            executed: HashMap::new(),
            posts: HashMap::new(),
            nstart: plan.nstart.into(),
            outstanding: Outstanding::default(),
            amplification: Amplification::default(),
            observers: Observers::new(plan.longest_wait() + plan.patience(), plan.takes_turns()),
        }
    }

    /// Counts one.
    pub(crate) const fn count(&mut self, mark: Mark) {
        self.tally[mark as usize] += 1;
    }

    /// How many.
    pub(crate) const fn number(&self, mark: Mark) -> u64 {
        self.tally[mark as usize]
    }

    /// Whether datagrams were changed on their way: what they said then proves nothing.
    pub(crate) const fn damaged(&self) -> bool {
        self.number(Mark::Corrupted) + self.number(Mark::Truncated) != 0
    }

    /// Notes a breach, if `holds` is false.
    pub(crate) fn check(
        &mut self,
        at: Instant,
        invariant: Invariant,
        holds: bool,
        seen: impl FnOnce() -> String,
    ) {
        if !holds && self.violation.is_none() {
            self.violation = Some(Violation { at, invariant, seen: seen() });
        }
    }

    /// The same for what only holds while no datagram was damaged.
    pub(crate) fn check_undamaged(
        &mut self,
        at: Instant,
        invariant: Invariant,
        holds: bool,
        seen: impl FnOnce() -> String,
    ) {
        self.check(at, invariant, holds || self.damaged(), seen);
    }

    /// Notes an event for the trace.
    pub(crate) fn tell(&mut self, now: Instant, event: impl FnOnce() -> String) {
        let Some(trace) = &mut self.trace else { return };
        if trace.len() == TRACE {
            trace.pop_front();
        }
        trace.push_back(format!("{:>14} {}", now.as_micros(), event()));
    }

    /// A hash of every datagram so far.
    pub(crate) const fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// A datagram leaves. `strict` unless the sender had to forget peers, and with them the ids it used.
    pub(crate) fn sent(&mut self, now: Instant, from: Node, to: SocketAddr, bytes: &[u8], strict: bool) {
        self.count(Mark::Datagrams);
        let mut content = Hasher::new(1);
        bytes.chunks(8).for_each(|chunk| {
            content.word(chunk.iter().fold(chunk.len() as u64, |word, byte| word << 8 | u64::from(*byte)));
        });
        let content = content.finish();
        self.hasher.word(content ^ now.as_micros());
        let message = Message::parse(bytes);
        self.check(now, Invariant::NoPanic, message.is_ok(), || {
            format!("{from:?} sent no message: {bytes:?}")
        });
        let Ok(message) = message else { return };
        if let Node::Server(server) = from
            && let Err(why) = self.amplification.sent(server, to, bytes, !strict)
        {
            self.check(now, Invariant::Amplification, false, || why);
        }
        let waiting = self.outstanding.sent(now, from, to, &message);
        self.check_undamaged(now, Invariant::Nstart, waiting <= self.nstart, || {
            format!("{waiting} messages of {from:?} to {to} wait for their acknowledgement")
        });
        if let Node::Server(server) = from
            && let Err(why) = self.observers.sent(now, server, to, &message)
        {
            self.check_undamaged(now, Invariant::Observers, false, || why);
        }
        if !matches!(message.kind(), MessageType::Confirmable | MessageType::NonConfirmable) {
            return;
        }
        let key = (from, to, message.message_id());
        let known = self.message_ids.insert(key, (now, content));
        let reused = known.is_some_and(|(at, other)| now.since(at) < LIFETIME && other != content);
        self.check(now, Invariant::MessageIds, !reused || !strict, || {
            format!("{from:?} used message id {} to {to} again", message.message_id())
        });
    }

    /// A datagram arrives.
    pub(crate) fn heard(&mut self, node: Node, from: SocketAddr, message: &Message<'_>) {
        self.outstanding.heard(node, from, message);
        if let Node::Server(server) = node
            && self.observers.heard(server, from, message)
        {
            self.outstanding.ended(node, from, token(message));
        }
    }

    /// A node may stop sending what is of no use any more.
    pub(crate) fn outdated(&mut self, node: Node) {
        self.outstanding.outdated(node);
    }

    /// A server executes a POST.
    pub(crate) fn executed(
        &mut self,
        now: Instant,
        server: usize,
        peer: SocketAddr,
        message_id: u16,
        id: u64,
    ) {
        self.count(Mark::Executions);
        let known = self.executed.insert((server, peer, message_id), now);
        let again = known.is_some_and(|at| now.since(at) < LIFETIME);
        self.check(now, Invariant::AtMostOnce, !again, || {
            format!("server {server} executed {message_id} of {peer} again")
        });
        let times = self.posts.entry(id).or_default();
        *times += 1;
        let times = *times;
        let excused = self.number(Mark::Rebound) + self.number(Mark::ServerRestarts) != 0;
        self.check_undamaged(now, Invariant::AtMostOnce, times == 1 || excused, || {
            format!("server {server} executed POST {id} {times} times")
        });
    }

    /// Whether a POST was executed.
    pub(crate) fn was_executed(&self, id: u64) -> bool {
        self.posts.contains_key(&id)
    }

    /// A server restarts: it cannot know what it did.
    pub(crate) fn restarted(&mut self, server: usize) {
        self.count(Mark::ServerRestarts);
        self.outstanding.forget(Node::Server(server));
        self.observers.forget(server);
        self.amplification.forget(server);
        self.executed.retain(|(known, ..), _| *known != server);
        self.message_ids.retain(|(node, ..), _| *node != Node::Server(server));
    }
}
