//! A policy that is read again while the server runs, on SIGHUP.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::Failed;
use crate::policy::{self, Policy};

/// The policy in force, and where it comes from.
#[derive(Debug)]
pub(super) struct Reload {
    path: PathBuf,
    hangup: Signal,
    in_force: watch::Sender<Arc<Policy>>,
    /// The OSCORE contexts that there are.
    contexts: Vec<String>,
}

impl Reload {
    /// From now on SIGHUP is heard.
    ///
    /// # Errors
    /// When the system does not allow that.
    pub(super) fn start(path: PathBuf, policy: Policy, contexts: Vec<String>) -> Result<Self, Failed> {
        let hangup = signal(SignalKind::hangup()).map_err(Failed::unable)?;
        let in_force = watch::Sender::new(Arc::new(policy));
        let reload = Self { path, hangup, in_force, contexts };
        reload.look();
        Ok(reload)
    }

    /// Says whom the policy in force names that nobody can prove to be.
    fn look(&self) {
        let policy = self.in_force.borrow();
        let is_missing = |name: &&str| !self.contexts.iter().any(|known| known == name);
        let mut missing: Vec<&str> = policy.contexts().filter(is_missing).collect();
        missing.sort_unstable();
        for context in missing {
            let policy = self.path.display();
            tracing::warn!(%policy, context, "the policy names an OSCORE context that is in no file of `oscore`");
        }
    }

    /// The policy in force, now and later.
    pub(super) fn follow(&self) -> watch::Receiver<Arc<Policy>> {
        self.in_force.subscribe()
    }

    /// Reads the policy again whenever that is asked for; one that cannot be used leaves the one before in force.
    pub(super) async fn run(&mut self) {
        while self.hangup.recv().await.is_some() {
            match policy::load(&self.path) {
                Ok(policy) => {
                    self.in_force.send_replace(Arc::new(policy));
                    tracing::info!(policy = %self.path.display(), "another policy is in force");
                    self.look();
                }
                Err(error) => {
                    tracing::error!(%error, "the policy cannot be used, the one before stays in force");
                }
            }
        }
    }
}
