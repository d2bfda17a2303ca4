//! `/.well-known/core` as Server-Sent Events: the present state of everything that the client may read, then what becomes
//! of it. One stream for all, since browsers have few connections for one server.
//!
//! A stream holds no queue either: it knows which state of what was sent, and sends what differs from that.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::identity::Credentials;
use super::pump::{self, Said, Source};
use super::streams;
use crate::formats::JSON;
use crate::http::conditions::bare;
use crate::http::event::Event;
use crate::http::media::content_type;
use crate::model::Models;
use crate::serve::access::View;
use crate::serve::shown::tag;
use crate::store::{Entry, Key, Revision};

/// What somebody was told of the tree.
struct Overview {
    credentials: Credentials,
    sent: BTreeMap<Key, Revision>,
    /// How far the changes of the site were looked at; `None` before the first look and when there is more to send.
    seen: Option<u64>,
    /// Whether the client was told that this is all there is.
    is_complete: bool,
    pause: Duration,
}

/// More resources, in the order of their paths, are not shown.
const RESOURCES: usize = 5_000;

/// How many bytes go at once, about.
const PIECE: usize = 64 << 10;

/// Longer representations are told of without what they say, in bytes.
const LONGEST: usize = 4 << 10;

/// What comes within this time goes together.
const PAUSE: Duration = Duration::from_millis(100);

/// Looking at the tree takes at most one part of so many of the thread's time.
const SHARE: u32 = 20;

/// Opens a stream.
///
/// # Errors
/// 5.03 if there are too many.
pub(super) fn open(shared: &Rc<Shared>, credentials: Credentials) -> Result<Outgoing, Answer> {
    let place = shared.streams.place(&shared.figures)?;
    let sent = BTreeMap::new();
    let overview = Overview { credentials, sent, seen: None, is_complete: false, pause: PAUSE };
    Ok(pump::open(shared, overview, place))
}

impl Source for Overview {
    fn say(&mut self, shared: &Shared) -> Said {
        if let Some(end) = pump::refusal(shared, &self.credentials, ".well-known/core") {
            return end;
        }
        let began = Instant::now();
        let site = shared.site.borrow();
        let policy = site.policy().map(AsRef::as_ref);
        let Ok(caller) = self.credentials.caller(policy) else { return Said::Nothing };
        let view = View { policy, caller, models: site.models };
        let entries = site.resources().filter(|entry| view.shows(entry.key.as_str())).take(RESOURCES);
        let (mut text, is_all) = differences(site.models, &mut self.sent, entries);
        self.seen = is_all.then(|| site.changes().end());
        if is_all && !self.is_complete {
            self.is_complete = true;
            text.push_str(&Event { name: Some("complete"), ..Event::default() }.to_text());
        }
        self.pause = if is_all { PAUSE.max(began.elapsed() * SHARE) } else { Duration::ZERO };
        if text.is_empty() { Said::Nothing } else { Said::Events(Bytes::from(text)) }
    }

    async fn changed(&mut self, shared: &Shared) {
        let changed = shared.changed.notified();
        // What changed since the last look has said so before anybody listened.
        if self.seen == Some(shared.site.borrow().changes().end()) {
            changed.await;
        }
    }

    fn pause(&self) -> Duration {
        self.pause
    }
}

/// What makes of what was sent what there is, as events, and whether that is all of it.
fn differences<'e>(
    models: Models,
    sent: &mut BTreeMap<Key, Revision>,
    entries: impl Iterator<Item = &'e Entry>,
) -> (String, bool) {
    let mut text = String::new();
    let mut gone = std::mem::take(sent);
    let mut is_all = true;
    for entry in entries {
        let known = gone.remove(&entry.key);
        let is_news = known != Some(entry.revision);
        if is_news && text.len() >= PIECE {
            is_all = false;
            sent.extend(known.map(|revision| (entry.key.clone(), revision)));
            continue;
        }
        sent.insert(entry.key.clone(), entry.revision);
        if is_news {
            text.push_str(
                &Event { name: Some("state"), data: &describe(models, entry), ..Event::default() }.to_text(),
            );
        }
    }
    for key in gone.into_keys() {
        let data = format!("{{\"path\":{}}}", quoted(key.as_str()));
        text.push_str(&Event { name: Some("deleted"), data: &data, ..Event::default() }.to_text());
    }
    (text, is_all)
}

/// A resource and its state as an object of JSON; `value` only of what is text and short.
fn describe(models: Models, entry: &Entry) -> String {
    let path = quoted(entry.key.as_str());
    let etag = bare(&tag(entry.revision, false));
    let mut json = format!("{{\"path\":{path},\"etag\":\"{etag}\",\"size\":{}", entry.body.len());
    if let Some(format) = entry.content_format {
        json.push_str(&format!(",\"type\":{}", quoted(&content_type(format))));
    }
    if let Some(accepted) = entry.accepted {
        json.push_str(&format!(",\"accepted\":{accepted}"));
    }
    if let Some(model) = models.of(entry.key.as_str()) {
        let units = model.fields.iter().filter(|field| !field.unit.is_empty());
        let units: BTreeMap<&str, &str> = units.map(|field| (field.name, field.unit)).collect();
        // Texts can always be written.
        let units = serde_json::to_string(&units).unwrap_or_default();
        json.push_str(&format!(",\"title\":{},\"units\":{units}", quoted(model.title)));
    }
    if let Some((_, format, value)) = streams::text(models, entry).filter(|_| entry.body.len() <= LONGEST) {
        json.push_str(&format!(",\"value\":{}", if format == JSON { value } else { quoted(&value) }));
    }
    json.push('}');
    json
}

/// A text of JSON.
fn quoted(text: &str) -> String {
    // Texts can always be written.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{CBOR, TEXT};

    fn entry(path: &str, revision: u64, format: u16, body: &[u8]) -> Entry {
        Entry {
            key: Key::new(path).expect("a path"),
            revision: Revision(revision),
            content_format: Some(format),
            accepted: Some(7),
            body: body.into(),
        }
    }

    #[test]
    fn a_state_is_described_with_what_the_catalog_says_of_it() {
        let described =
            describe(Models::default(), &entry("sensors/a1/temperature", 1, CBOR, b"\xa1\x00\xf9\x4d\x60"));
        let json: serde_json::Value = serde_json::from_str(&described).expect("JSON");
        assert_eq!(json["value"]["celsius"], 21.5);
        assert_eq!(json["units"]["celsius"], "Cel");
        assert_eq!((&json["etag"], &json["accepted"]), (&"02".into(), &7.into()));
        let note = describe(Models::default(), &entry("notes/\"1\"", 2, TEXT, b"one\r\n\"two\""));
        let json: serde_json::Value = serde_json::from_str(&note).expect("JSON");
        assert_eq!((&json["path"], &json["value"]), (&"notes/\"1\"".into(), &"one\r\n\"two\"".into()));
        for (format, body) in [(42, b"\x00".to_vec()), (TEXT, vec![b'a'; LONGEST + 1]), (TEXT, vec![0xff])] {
            let bytes = describe(Models::default(), &entry("image", 3, format, &body));
            let json: serde_json::Value = serde_json::from_str(&bytes).expect("JSON");
            assert_eq!((json.get("value"), &json["size"]), (None, &body.len().into()));
        }
    }

    #[test]
    fn only_differences_are_told_and_no_more_at_once_than_fits() {
        let mut sent = BTreeMap::new();
        let mut all = vec![entry("a", 1, JSON, b"1"), entry("b", 2, JSON, b"2")];
        let (text, is_all) = differences(Models::default(), &mut sent, all.iter());
        assert_eq!((text.matches("event: state").count(), is_all), (2, true));
        assert_eq!(differences(Models::default(), &mut sent, all.iter()), (String::new(), true));
        all[1].revision = Revision(3);
        all.remove(0);
        let (text, _) = differences(Models::default(), &mut sent, all.iter());
        assert!(
            text.contains("\"path\":\"b\"") && text.contains("event: deleted\ndata: {\"path\":\"a\"}"),
            "{text}"
        );
        let many: Vec<Entry> =
            (0..100).map(|number| entry(&format!("n/{number}"), number, TEXT, &[b'x'; 1_000])).collect();
        let mut told = 0;
        let mut pieces = 0;
        loop {
            let (text, is_all) = differences(Models::default(), &mut sent, many.iter());
            told += text.matches("event: state").count();
            pieces += 1;
            if is_all {
                break;
            }
        }
        assert_eq!((told, pieces, sent.len()), (100, 2, 100));
    }
}
