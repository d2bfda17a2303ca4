//! Address, group and the task that moves frames.

use core::net::Ipv4Addr;

use embassy_net::{Config, DhcpConfig, Runner, Stack, StackResources};
use embassy_time::{Duration, Timer};
use static_cell::StaticCell;

use crate::bsp::{self, Ethernet};

/// All CoAP nodes (RFC 7252 §12.8).
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 187);

/// The server's socket and that of DHCP.
const SOCKETS: usize = 2;

/// How often the address is looked at.
const PERIOD: Duration = Duration::from_millis(250);

static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// The stack on this card.
pub(crate) fn start(ethernet: Ethernet, seed: &[u8; 32]) -> (Stack<'static>, Runner<'static, Ethernet>) {
    let seed = seed.iter().fold(0, |sum: u64, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(*byte));
    let resources = RESOURCES.init_with(StackResources::new);
    embassy_net::new(ethernet, Config::dhcpv4(DhcpConfig::default()), resources, seed)
}

/// Moves frames for ever.
#[embassy_executor::task]
pub(crate) async fn run(mut runner: Runner<'static, Ethernet>) -> ! {
    runner.run().await
}

/// Joins the group of each new address and says so in the log, for ever.
#[embassy_executor::task]
pub(crate) async fn look(stack: Stack<'static>) -> ! {
    let mut known = None;
    loop {
        let address = stack.config_v4().map(|config| config.address.address());
        if address != known {
            known = address;
            // A report needs an address to leave from, so that joining earlier would tell nobody.
            let left = stack.leave_multicast_group(GROUP);
            if left.and_then(|()| stack.join_multicast_group(GROUP)).is_err() {
                bsp::log(&[b"group not joined"]);
            }
            match address {
                Some(address) => bsp::log_address(b"listening on ", address),
                None => bsp::log(&[b"no address"]),
            }
        }
        Timer::after(PERIOD).await;
    }
}
