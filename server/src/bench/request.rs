//! A request that is written once and patched for each use.

use twite::wire::{CoapOption, Code, MessageType, MessageWriter, WriteError};

use super::Plan;

/// Bytes of a request's token: the place of its exchange.
const TOKEN: usize = 4;
/// Bytes that can stand before a body: eight of header and token, path and query.
const HEAD: usize = 1_024;

/// A datagram in which message id and token change.
#[derive(Debug)]
pub(super) struct Request {
    datagram: Vec<u8>,
}

impl Request {
    /// The request of a plan.
    pub(super) fn of(plan: &Plan, method: Code, observe: Option<u32>) -> Result<Self, WriteError> {
        let mut datagram = vec![0; HEAD + plan.body.len()];
        let mut writer = MessageWriter::new(&mut datagram, MessageType::Confirmable, method, 0, &[0; TOKEN])?;
        if let Some(host) = &plan.host {
            writer.option(CoapOption::UriHost.into(), host.as_bytes())?;
        }
        if let Some(observe) = observe {
            writer.uint(CoapOption::Observe.into(), observe)?;
        }
        for segment in &plan.path {
            writer.option(CoapOption::UriPath.into(), segment.as_bytes())?;
        }
        let has_body = method != Code::GET;
        if let Some(format) = plan.content_format.filter(|_| has_body) {
            writer.uint(CoapOption::ContentFormat.into(), u32::from(format))?;
        }
        for argument in &plan.query {
            writer.option(CoapOption::UriQuery.into(), argument.as_bytes())?;
        }
        if let Some(format) = plan.accept {
            writer.uint(CoapOption::Accept.into(), u32::from(format))?;
        }
        let length = writer.payload(if has_body { &plan.body } else { &[] })?;
        datagram.truncate(length);
        Ok(Self { datagram })
    }

    /// Replaces the front of a body of so many bytes.
    pub(super) fn write_body(&mut self, body: usize, front: &[u8]) {
        let start = self.datagram.len().saturating_sub(body);
        let place = self.datagram.get_mut(start..).and_then(|body| body.get_mut(..front.len()));
        if let Some(place) = place {
            place.copy_from_slice(front);
        }
    }

    /// The datagram for this exchange, valid until the next one.
    #[inline]
    pub(super) fn with(&mut self, message_id: u16, token: u32) -> &[u8] {
        if let Some(head) = self.datagram.first_chunk_mut::<8>() {
            let [high, low] = message_id.to_be_bytes();
            let [a, b, c, d] = token.to_be_bytes();
            let [_, _, rest @ ..] = head;
            *rest = [high, low, a, b, c, d];
        }
        &self.datagram
    }
}

/// The exchange that a token names, if it is one of ours.
#[inline]
pub(super) fn place_in(token: &[u8]) -> Option<u32> {
    token.try_into().ok().map(u32::from_be_bytes)
}
