//! Responses that are kept while they are fresh, RFC 7252 §5.6.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;
use twite::base::{Duration, Instant};
use twite::wire::{Code, RequestType, ResponseType, number};

use super::message::{Reply, Wanted};

/// What tells requests apart whose responses differ: method, target, and the options that are no matter of caches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    method: u8,
    target: String,
    varying: Vec<u8>,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The answer, with the Max-Age that is left.
    Fresh(Reply),
    /// The ETag of a response that may still hold: its origin knows.
    Stale(Vec<u8>),
    /// Nothing.
    Nothing,
}

/// Responses within a budget; those used last stay.
#[derive(Debug)]
pub struct Cache {
    limit: usize,
    used: usize,
    entries: HashMap<Arc<Key>, Entry>,
    /// By when they were used last.
    order: BTreeMap<u64, Arc<Key>>,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    reply: Reply,
    stored: Instant,
    size: usize,
    last: u64,
}

/// What an entry takes beside its bytes.
const OVERHEAD: usize = 256;

/// How long the rest of a body may be asked for, block by block, of the state that its first block was of
/// (EXCHANGE_LIFETIME, RFC 7252 §4.8.2).
const TRANSFER: Duration = Duration::from_secs(247);

/// A body beyond this goes in blocks, so that a client comes back for the rest of it.
const BLOCK: usize = 1024;

impl Key {
    /// Of a request; `None` if its response is not kept.
    #[must_use]
    pub fn of(wanted: &Wanted) -> Option<Self> {
        let is_safe = matches!(wanted.method, RequestType::Get | RequestType::Fetch);
        let is_protected = wanted.options.iter().any(|(option, _)| *option == number::OSCORE);
        if !is_safe || is_protected || wanted.is_conditional() {
            return None;
        }
        let mut varying = Vec::new();
        let mut put = |number: u16, value: &[u8]| {
            varying.extend(number.to_be_bytes());
            varying.extend((value.len() as u64).to_be_bytes());
            varying.extend(value);
        };
        for (option, value) in wanted.options.iter().filter(|(option, _)| is_in_key(*option)) {
            put(*option, value);
        }
        if wanted.method == RequestType::Fetch {
            put(0, &wanted.body);
        }
        Some(Self { method: Code::from(wanted.method).0, target: wanted.target.to_string(), varying })
    }
}

/// Whether requests that differ in this option have different responses: not where the option says that they have not
/// (NoCacheKey, §5.4.6), nor where a cache itself acts on it (§5.6).
const fn is_in_key(option: u16) -> bool {
    option & 0x1e != 0x1c && option != number::ETAG
}

impl Cache {
    /// An empty one for so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, used: 0, entries: HashMap::default(), order: BTreeMap::new(), uses: 0 }
    }

    /// What there is; `continues` if only the rest of a body is wanted that was answered before.
    pub fn look(&mut self, now: Instant, key: &Key, continues: bool) -> Found {
        let Some((known, entry)) = self.entries.get_key_value(key) else { return Found::Nothing };
        let age = now.since(entry.stored);
        let fresh = Duration::from_secs(u64::from(entry.reply.max_age()));
        if age < fresh || continues && age < TRANSFER {
            let (known, reply) = (Arc::clone(known), entry.reply.clone());
            self.touch(&known);
            return Found::Fresh(reply.aged(age));
        }
        entry.reply.option(number::ETAG).map_or(Found::Nothing, |etag| Found::Stale(etag.to_vec()))
    }

    /// Keeps a response.
    pub fn store(&mut self, now: Instant, key: Key, reply: &Reply) {
        self.remove(&key);
        let is_kept = reply.max_age() > 0 || reply.etag().is_some() || reply.payload.len() > BLOCK;
        let options: usize = reply.options.iter().map(|(_, value)| value.len() + 32).sum();
        let size = OVERHEAD + 2 * key.target.len() + key.varying.len() + options + reply.payload.len();
        if reply.code != Code::from(ResponseType::Content) || !is_kept || size > self.limit {
            return;
        }
        while self.used + size > self.limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.remove(&oldest);
        }
        let key = Arc::new(key);
        self.used += size;
        let entry = Entry { reply: reply.clone(), stored: now, size, last: self.uses };
        self.entries.insert(Arc::clone(&key), entry);
        self.touch(&key);
    }

    /// The origin says that the response still holds (2.03): it is fresh anew, and is what is answered.
    pub fn refresh(&mut self, now: Instant, key: &Key, valid: &Reply) -> Option<Reply> {
        let entry = self.entries.get_mut(key)?;
        if entry.reply.etag().is_none() || entry.reply.etag() != valid.etag() {
            return None;
        }
        entry.reply = entry.reply.clone().with_max_age(valid.max_age());
        entry.stored = now;
        Some(entry.reply.clone())
    }

    /// Something changed the target: what is known of it holds no longer (§5.9.1).
    pub fn forget(&mut self, target: &str) {
        let gone: Vec<Arc<Key>> = self.entries.keys().filter(|key| key.target == target).cloned().collect();
        gone.iter().for_each(|key| self.remove(key));
    }

    /// Bytes that are held.
    #[must_use]
    pub const fn used(&self) -> usize {
        self.used
    }

    fn touch(&mut self, key: &Arc<Key>) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        self.order.remove(&entry.last);
        self.uses += 1;
        entry.last = self.uses;
        self.order.insert(self.uses, Arc::clone(key));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.last);
            self.used -= entry.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::Target;
    use crate::proxy::message::HOPS;

    fn wanted(target: &str, options: &[(u16, &[u8])]) -> Wanted {
        let target = Target::read(target).expect("a target");
        let options = options.iter().map(|(number, value)| (*number, value.to_vec())).collect();
        Wanted { target, method: RequestType::Get, options, hops: HOPS, body: Vec::new() }
    }

    fn key(target: &str, options: &[(u16, &[u8])]) -> Key {
        Key::of(&wanted(target, options)).expect("a key")
    }

    fn reply(payload: &[u8], etag: &[u8], max_age: u32) -> Reply {
        let options = if etag.is_empty() { vec![] } else { vec![(number::ETAG, etag.to_vec())] };
        let content = Reply { options, payload: payload.to_vec(), ..Reply::of(ResponseType::Content) };
        content.with_max_age(max_age)
    }

    const fn at(second: u64) -> Instant {
        Instant::from_millis(second * 1_000)
    }

    #[test]
    fn section_5_6_a_response_is_used_while_it_is_fresh_and_validated_after() {
        let mut cache = Cache::new(10_000);
        let one = key("coap://h/a", &[]);
        assert_eq!(cache.look(at(0), &one, false), Found::Nothing);
        cache.store(at(0), one.clone(), &reply(b"x", b"\x01", 10));
        let Found::Fresh(kept) = cache.look(at(9), &one, false) else { panic!("it is fresh") };
        assert_eq!((kept.payload.as_slice(), kept.max_age()), (b"x".as_slice(), 1));
        assert_eq!(cache.look(at(10), &one, false), Found::Stale(vec![1]));
        assert!(matches!(cache.look(at(10), &one, true), Found::Fresh(_)), "the rest of a body");
        let valid = |etag: &[u8]| Reply { payload: vec![], ..reply(b"", etag, 5) };
        assert_eq!(cache.refresh(at(20), &one, &valid(b"\x02")), None, "of another state");
        assert_eq!(cache.refresh(at(20), &one, &valid(b"\x01")), Some(reply(b"x", b"\x01", 5)));
        assert!(matches!(cache.look(at(24), &one, false), Found::Fresh(_)));
        cache.forget("coap://h/a");
        assert_eq!((cache.look(at(24), &one, false), cache.used()), (Found::Nothing, 0));
    }

    #[test]
    fn section_5_6_keys_are_what_responses_depend_on() {
        let plain = key("coap://h/a", &[]);
        assert_eq!(plain, key("coap://H:5683/a", &[(number::ETAG, b"\x01")]));
        // 28 and 60 say that they are in no key.
        assert_eq!(plain, key("coap://h/a", &[(28, b"x"), (60, b"y")]));
        for (target, options) in [
            ("coap://h/b", vec![]),
            ("coap://h/a?q", vec![]),
            ("coap://h:1/a", vec![]),
            ("coap://h/a", vec![(number::ACCEPT, &b"\x32"[..])]),
            ("coap://h/a", vec![(2048, b"elective, safe, unknown")]),
        ] {
            assert_ne!(plain, key(target, &options), "{target} {options:?}");
        }
        for option in [number::IF_MATCH, number::IF_NONE_MATCH, number::OSCORE] {
            assert_eq!(Key::of(&wanted("coap://h/a", &[(option, b"")])), None);
        }
        let post = Wanted { method: RequestType::Post, ..wanted("coap://h/a", &[]) };
        assert_eq!(Key::of(&post), None);
        let fetch = |body: &[u8]| {
            let wanted = wanted("coap://h/a", &[]);
            Key::of(&Wanted { method: RequestType::Fetch, body: body.to_vec(), ..wanted })
        };
        assert!(fetch(b"a") != fetch(b"b") && fetch(b"a") == fetch(b"a"));
    }

    #[test]
    fn the_budget_holds_and_what_was_used_last_stays() {
        let mut cache = Cache::new(2_000);
        for name in ["a", "b", "c", "d"] {
            cache.store(at(0), key(&format!("coap://h/{name}"), &[]), &reply(&[0; 300], b"", 60));
            assert!(cache.used() <= 2_000);
            cache.look(at(0), &key("coap://h/a", &[]), false);
        }
        let there = |cache: &mut Cache, name: &str| {
            cache.look(at(0), &key(&format!("coap://h/{name}"), &[]), false) != Found::Nothing
        };
        assert!(there(&mut cache, "a") && there(&mut cache, "d") && !there(&mut cache, "b"));
        cache.store(at(0), key("coap://h/e", &[]), &reply(&[0; 5_000], b"", 60));
        assert!(!there(&mut cache, "e"), "too large");
        cache.store(at(0), key("coap://h/a", &[]), &reply(b"", b"", 0));
        assert!(!there(&mut cache, "a"), "never fresh");
    }
}
