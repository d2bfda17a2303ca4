//! An HTTP request as a request of CoAP, RFC 8075 §5 to §7: what it asks of a resource tree.

use twite::exchange::{ETag, Outgoing};
use twite::wire::{RawOption, RequestType, WriteError, number};

use super::conditions::Tags;
use super::path::Target;

/// What is asked. Written as a message it is checked and understood as any other request.
#[derive(Clone, Debug)]
pub struct Question {
    /// The method.
    pub method: RequestType,
    /// Path and query.
    pub target: Target,
    /// The only format wanted.
    pub accept: Option<u16>,
    /// The format of the body.
    pub content_format: Option<u16>,
    /// Of which states the target must be in one.
    pub if_match: Option<Tags>,
    /// For GET the states that the client holds, else those that the target must not be in.
    pub if_none_match: Option<Tags>,
}

/// An ETag that no state has, for entity-tags that are none of ours.
const FOREIGN: &[u8] = &[0];

/// What an option takes beside its value.
const OPTION: usize = 5;

impl Question {
    /// A GET of a target without anything.
    #[must_use]
    pub fn get(target: Target) -> Self {
        Self {
            method: RequestType::Get,
            target,
            accept: None,
            content_format: None,
            if_match: None,
            if_none_match: None,
        }
    }

    /// The message with the whole body in one piece.
    ///
    /// # Errors
    /// When a segment of the path is too long for an option.
    pub fn message(&self, body: &[u8]) -> Result<Vec<u8>, WriteError> {
        let path: Vec<&[u8]> = self.target.path.iter().map(Vec::as_slice).collect();
        let query: Vec<&[u8]> = self.target.query.iter().map(Vec::as_slice).collect();
        let held = self.if_none_match.as_ref().filter(|_| self.method == RequestType::Get);
        let etags = held.map(Tags::weak).unwrap_or_default();
        let (if_match, any) = self.matching();
        let any = any.then_some(RawOption { number: number::IF_MATCH, value: &[] });
        let outgoing = Outgoing {
            accept: self.accept,
            content_format: self.content_format,
            query: &query,
            etags: &etags,
            if_match: &if_match,
            if_none_match: self.method != RequestType::Get && self.if_none_match == Some(Tags::Any),
            options: any.as_slice(),
            payload: body,
            ..Outgoing::new(self.method, &path)
        };
        let values = path.iter().chain(&query).map(|value| OPTION + value.len()).sum::<usize>();
        let tags = (etags.len() + if_match.len() + 4) * (OPTION + 8);
        let mut message = vec![0; 4 + values + tags + 1 + body.len()];
        let length = outgoing.write(&mut message, 0, &[])?;
        message.truncate(length);
        Ok(message)
    }

    /// The values of If-Match, and whether it takes any state. A condition that nothing can meet stays one.
    fn matching(&self) -> (Vec<ETag>, bool) {
        match &self.if_match {
            None => (Vec::new(), false),
            Some(Tags::Any) => (Vec::new(), true),
            Some(tags) => {
                let mut strong = tags.strong();
                if strong.is_empty() {
                    strong.extend(ETag::new(FOREIGN));
                }
                (strong, false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use twite::exchange::{Precondition, Request};
    use twite::wire::Message;

    fn question(method: RequestType, if_match: &str, if_none_match: &str) -> Question {
        let tags = |value: &str| Tags::read(Some(value).filter(|value| !value.is_empty()).into_iter());
        Question {
            method,
            accept: Some(50),
            content_format: Some(60),
            if_match: tags(if_match).expect("a condition"),
            if_none_match: tags(if_none_match).expect("a condition"),
            ..Question::get(Target::read("/a/b%2fc", Some("rt=x")).expect("a target"))
        }
    }

    #[test]
    fn the_message_says_all_of_it() {
        let body = vec![7; 100_000];
        let bytes = question(RequestType::Put, "", "").message(&body).expect("it fits");
        let request = Request::check(Message::parse(&bytes).expect("a message")).expect("a request");
        assert_eq!(request.method(), RequestType::Put);
        assert!(request.path().eq([b"a".as_slice(), b"b/c"]) && request.query().eq([b"rt=x".as_slice()]));
        assert_eq!((request.accept(), request.content_format()), (Some(50), Some(60)));
        assert_eq!(request.payload(), body);
        assert!(!request.is_conditional() && request.block1().is_none() && request.observe().is_none());
    }

    #[test]
    fn conditions_mean_what_they_mean_in_http() {
        use Precondition::{Failed, Holds, Valid};
        let current = ETag::from_number(0x1a);
        for (method, if_match, if_none_match, there, absent) in [
            (RequestType::Put, "", "", Holds, Holds),
            (RequestType::Put, "*", "", Holds, Failed),
            (RequestType::Put, "\"1a\"", "", Holds, Failed),
            (RequestType::Put, "\"1b\", \"1a\"", "", Holds, Failed),
            (RequestType::Put, "W/\"1a\"", "", Failed, Failed),
            (RequestType::Put, "\"not ours\"", "", Failed, Failed),
            (RequestType::Put, "", "*", Failed, Holds),
            (RequestType::Get, "", "\"1a\"", Valid, Holds),
            (RequestType::Get, "", "\"x\", W/\"1a\"", Valid, Holds),
            (RequestType::Get, "", "\"1b\"", Holds, Holds),
            (RequestType::Get, "\"1b\"", "\"1a\"", Failed, Failed),
        ] {
            let bytes = question(method, if_match, if_none_match).message(&[]).expect("it fits");
            let request = Request::check(Message::parse(&bytes).expect("a message")).expect("a request");
            let met = [Some(&current), None].map(|current| request.precondition(current));
            assert_eq!(met, [there, absent], "{method:?} {if_match} {if_none_match}");
        }
    }
}
