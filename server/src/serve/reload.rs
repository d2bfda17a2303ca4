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
}

impl Reload {
    /// From now on SIGHUP is heard.
    ///
    /// # Errors
    /// When the system does not allow that.
    pub(super) fn start(path: PathBuf, policy: Policy) -> Result<Self, Failed> {
        let hangup = signal(SignalKind::hangup()).map_err(Failed::unable)?;
        Ok(Self { path, hangup, in_force: watch::Sender::new(Arc::new(policy)) })
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
                }
                Err(error) => {
                    tracing::error!(%error, "the policy cannot be used, the one before stays in force");
                }
            }
        }
    }
}
