//! Whose patch of a resource is next: one at a time, in the order in which they came, so that none starves.

use std::collections::VecDeque;

use foldhash::HashMap;

use crate::store::Key;

/// The patches under way on one thread, by resource.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queues: HashMap<Key, VecDeque<u64>>,
    next: u64,
}

/// A place in the queue of a resource.
#[derive(Debug)]
pub(super) struct Turn {
    key: Key,
    number: u64,
}

impl Turns {
    /// Whether nobody else patches this resource.
    pub(super) fn is_free(&self, path: &str) -> bool {
        !self.queues.contains_key(path)
    }

    /// Takes the last place in the queue of this resource.
    pub(super) fn enter(&mut self, key: &Key) -> Turn {
        self.next += 1;
        self.queues.entry(key.clone()).or_default().push_back(self.next);
        Turn { key: key.clone(), number: self.next }
    }

    /// Whether it is this one's turn.
    pub(super) fn has_come(&self, turn: &Turn) -> bool {
        self.queues.get(&turn.key).and_then(VecDeque::front) == Some(&turn.number)
    }

    /// Gives the place up.
    pub(super) fn leave(&mut self, turn: &Turn) {
        let Some(queue) = self.queues.get_mut(&turn.key) else { return };
        queue.retain(|number| *number != turn.number);
        if queue.is_empty() {
            self.queues.remove(&turn.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_order_and_leave_nothing_behind() {
        let mut turns = Turns::default();
        let [one, other] = ["a", "b"].map(|path| Key::new(path).expect("a path"));
        let [first, second, third] = [(); 3].map(|()| turns.enter(&one));
        let elsewhere = turns.enter(&other);
        let come = |turns: &Turns| [&first, &second, &third, &elsewhere].map(|turn| turns.has_come(turn));
        assert_eq!(come(&turns), [true, false, false, true]);
        turns.leave(&second);
        turns.leave(&first);
        assert_eq!(come(&turns), [false, false, true, true]);
        assert!(!turns.is_free("a"));
        turns.leave(&third);
        turns.leave(&elsewhere);
        assert!(turns.is_free("a") && turns.queues.is_empty());
    }
}
