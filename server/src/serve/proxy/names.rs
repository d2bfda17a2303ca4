//! Where a target is: its name is looked up once for a request, and nobody else is spoken to.

use std::net::SocketAddr;
use std::time::Duration;

use crate::proxy::{AllowList, Refused, Target};
use crate::uri::Host;

/// How long the system may take to look a name up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no address.
#[derive(Debug)]
pub(super) enum Nowhere {
    /// The name leads to no place, or nobody says in time where.
    Unknown,
    /// It leads where nobody may go.
    Refused(Refused),
}

/// The address of a target that is allowed.
pub(super) async fn find(list: &AllowList, target: &Target) -> Result<SocketAddr, Nowhere> {
    list.admit(target).map_err(Nowhere::Refused)?;
    let addresses = match &target.uri.host {
        Host::Ip(address, _) => vec![SocketAddr::new(*address, target.uri.port)],
        Host::Name(name) => {
            let found = tokio::net::lookup_host((name.as_str(), target.uri.port));
            match tokio::time::timeout(PATIENCE, found).await {
                Ok(Ok(addresses)) => addresses.collect(),
                _ => return Err(Nowhere::Unknown),
            }
        }
    };
    if addresses.is_empty() {
        return Err(Nowhere::Unknown);
    }
    list.pin(target, &addresses).map_err(Nowhere::Refused)
}
