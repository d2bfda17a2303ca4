//! Writes on their way to the store and back.

use twite::base::Instant;
use twite::endpoint::Ticket;

use super::listener::Listener;
use super::outcome::{self, Late, Waiting};
use super::registrants::Errand;
use super::retries::Stalled;
use super::served::Submission;
use super::turns::Turn;
use crate::store::{Completed, Completion, Error, Store};

impl<S: Store> Listener<'_, S> {
    /// Sends a write on its way.
    pub(super) fn submit(&mut self, submission: Submission) {
        let Submission { ticket, accept, write, attempt, told, registrant } = submission;
        let Some(write) = write else {
            if let Some(attempt) = attempt {
                self.retries.keep(ticket.number(), attempt);
                self.retries.stall(ticket, accept);
                self.in_flight += 1;
            }
            return;
        };
        let completion = Completion::Ticket { ticket: ticket.to_bits(), sender: self.completions.clone() };
        self.in_flight += 1;
        if let Some(place) = self.waiting.get_mut(ticket.number()) {
            *place = Waiting { accept, told };
        }
        if let Some(attempt) = attempt {
            self.retries.keep(ticket.number(), attempt);
        }
        match registrant {
            None => self.outbox.push((write, completion)),
            Some(registrant) => self.shared.site.borrow().send(Errand { registrant, write, completion }),
        }
    }

    /// Hands what was collected to the store.
    pub(super) fn post(&mut self) {
        if self.outbox.is_empty() {
            return;
        }
        self.shared.store.submit_all(&mut self.outbox);
        let now = self.now();
        while let Some((_, completion)) = self.outbox.pop() {
            let Completion::Ticket { ticket, .. } = completion else { continue };
            let ticket = Ticket::from_bits(ticket);
            self.in_flight = self.in_flight.saturating_sub(1);
            let turn = self.retries.forget(ticket.number());
            self.leave(turn);
            let accept = self.waiting.get(ticket.number()).and_then(|waiting| waiting.accept);
            outcome::busy(Late { endpoint: &mut self.endpoint, now, ticket, accept });
            self.drain();
        }
    }

    /// The store has decided.
    pub(super) fn complete(&mut self, done: &Completed) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let now = self.now();
        let ticket = Ticket::from_bits(done.ticket);
        let waiting = self.waiting.get(ticket.number()).copied().unwrap_or_default();
        let outdated = matches!(done.result, Err(Error::Conflict { .. }));
        if outdated && self.retries.stall(ticket, waiting.accept) {
            self.in_flight += 1;
            return;
        }
        if let Ok(committed) = &done.result {
            self.shared.site.borrow_mut().apply(&committed.change);
            self.shared.changed.notify_waiters();
        }
        let turn = self.retries.forget(ticket.number());
        self.leave(turn);
        let Waiting { accept, told } = waiting;
        let late = Late { endpoint: &mut self.endpoint, now, ticket, accept };
        outcome::answer(late, told, &done.result, self.shared.body_bytes);
        self.drain();
    }

    /// Lets the next patch of the resource have its turn.
    fn leave(&self, turn: Option<Turn>) {
        if let Some(turn) = turn {
            self.shared.site.borrow_mut().turns.leave(&turn);
            self.shared.changed.notify_waiters();
        }
    }

    /// Goes on with patches whose turn has come, or whose resource has changed since they were applied to it.
    pub(super) fn resume(&mut self, now: Instant) {
        loop {
            let site = self.shared.site.borrow();
            let Some(Stalled { ticket, accept, mut attempt }) = self.retries.resume(&site) else { return };
            let again = attempt.again(&site);
            drop(site);
            self.in_flight = self.in_flight.saturating_sub(1);
            match again {
                Ok(write) => {
                    let (write, attempt) = (Some(write), Some(attempt));
                    self.submit(Submission { write, attempt, ..Submission::new(ticket, accept) });
                }
                Err(refusal) => {
                    self.leave(Some(attempt.turn));
                    let late = Late { endpoint: &mut self.endpoint, now, ticket, accept };
                    refusal.answer(late, self.shared.body_bytes);
                }
            }
        }
    }
}
