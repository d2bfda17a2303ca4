//! Addresses, groups and the task that moves frames.

#[cfg(feature = "ipv6")]
use core::net::Ipv6Addr;
use core::net::{IpAddr, Ipv4Addr};

use embassy_net::{Config, Runner, Stack, StackResources};
use static_cell::StaticCell;

use crate::bsp::{Ethernet, Part, log};

/// All CoAP nodes (RFC 7252 §12.8).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 187);
#[cfg(feature = "ipv6")]
const GROUPS_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfd), Ipv6Addr::new(0xff05, 0, 0, 0, 0, 0, 0, 0xfd)];

/// The server's socket and that of DHCP.
const SOCKETS: usize = 2;

static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// The stack on this controller.
pub(crate) fn start(ethernet: Ethernet, seed: &[u8; 32]) -> (Stack<'static>, Runner<'static, Ethernet>) {
    let seed = seed.iter().fold(0, |sum: u64, byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(*byte));
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(ethernet, config(), resources, seed);
    #[cfg(feature = "ipv6")]
    for group in GROUPS_V6 {
        if stack.join_multicast_group(group).is_err() {
            log(&[Part::Text("not joined: "), Part::Address(group.into())]);
        }
    }
    (stack, runner)
}

fn config() -> Config {
    #[cfg(feature = "dhcp")]
    #[cfg_attr(not(feature = "ipv6"), expect(unused_mut, reason = "IPv6 adds to it"))]
    let mut config = Config::dhcpv4(embassy_net::DhcpConfig::default());
    #[cfg(not(feature = "dhcp"))]
    #[cfg_attr(not(feature = "ipv6"), expect(unused_mut, reason = "IPv6 adds to it"))]
    let mut config = Config::ipv4_static(fixed_address());
    #[cfg(feature = "ipv6")]
    {
        config.ipv6 = embassy_net::ConfigV6::Slaac;
    }
    config
}

/// From the environment of the build.
#[cfg(not(feature = "dhcp"))]
fn fixed_address() -> embassy_net::StaticConfigV4 {
    let text = option_env!("TWITE_IPV4").unwrap_or("10.0.2.15/24");
    let parsed = text.split_once('/').and_then(|(address, length)| {
        Some(embassy_net::Ipv4Cidr::new(
            address.parse().ok()?,
            length.parse().ok().filter(|length| *length <= 32)?,
        ))
    });
    let Some(address) = parsed else { panic!("TWITE_IPV4 was no address/length") };
    embassy_net::StaticConfigV4 { address, gateway: None, dns_servers: Default::default() }
}

/// Moves frames for ever.
#[embassy_executor::task]
pub(crate) async fn run(mut runner: Runner<'static, Ethernet>) -> ! {
    runner.run().await
}

/// The addresses as they come and go.
#[derive(Default)]
pub(crate) struct Addresses {
    v4: Option<Ipv4Addr>,
    #[cfg(feature = "ipv6")]
    v6: Option<Ipv6Addr>,
}

impl Addresses {
    /// Looks whether an address changed; if so, joins its groups and says so in the log.
    pub(crate) fn look(&mut self, stack: Stack<'_>) {
        let v4 = stack.config_v4().map(|config| config.address.address());
        if v4 != self.v4 {
            self.v4 = v4;
            // A report needs an address to leave from, so that joining earlier would tell nobody.
            let left = stack.leave_multicast_group(GROUP_V4);
            let joined = left.and_then(|()| stack.join_multicast_group(GROUP_V4));
            if joined.is_err() {
                log(&[Part::Text("not joined: "), Part::Address(GROUP_V4.into())]);
            }
            announce(v4.map(IpAddr::V4));
        }
        #[cfg(feature = "ipv6")]
        {
            let v6 = stack.config_v6().map(|config| config.address.address());
            if v6 != self.v6 {
                self.v6 = v6;
                announce(v6.map(IpAddr::V6));
            }
        }
    }
}

fn announce(address: Option<IpAddr>) {
    match address {
        Some(address) => log(&[Part::Text("listening on "), Part::Address(address)]),
        None => log(&[Part::Text("no address")]),
    }
}
