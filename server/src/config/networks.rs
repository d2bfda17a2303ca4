//! The tables `[[network]]`: transmission parameters for the peers of some addresses.

use std::net::IpAddr;

use twite::reliability::{self, Prefix};

use super::keys::{self, TimingKey};
use super::settings::{Link, Timing};
use super::slot::{Given, Refusal, Slot};

/// The name of the tables.
pub(super) const TABLE: &str = "network";

/// How many prefixes there may be: every message to a peer looks through all of them.
pub(super) const MOST_PREFIXES: usize = 64;

/// Peers by their addresses, and what holds for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Their addresses.
    pub prefixes: Vec<Prefix>,
    /// What holds for them: that of the link, and what is said beside it.
    pub timing: Timing,
}

impl Network {
    /// Takes the value of a key. That of `link` comes first, since it says what the others change.
    pub(super) fn set(&mut self, name: &str, given: &Given<'_>) -> Result<(), Refusal> {
        match name {
            "prefixes" => Slot::Prefixes(&mut self.prefixes).set(given),
            "link" => {
                let mut link = Link::default();
                Slot::Link(&mut link).set(given)?;
                self.timing = link.timing();
                Ok(())
            }
            _ => match keys::TIMING.iter().find(|key| key.name == name) {
                Some(TimingKey { slot, .. }) => slot(&mut self.timing).set(given),
                None => Ok(()),
            },
        }
    }

    /// The table as TOML, without its name.
    pub(super) fn to_toml(&self) -> String {
        let mut copy = self.clone();
        let mut output = format!("prefixes = {}\n", Slot::Prefixes(&mut copy.prefixes).to_toml());
        for key in keys::TIMING {
            output += &format!("{} = {}\n", key.name, (key.slot)(&mut copy.timing).to_toml());
        }
        output
    }

    /// The same for the engine, one for each prefix.
    pub fn engine(&self) -> impl Iterator<Item = reliability::Network> {
        let timing = self.timing.engine();
        self.prefixes.iter().map(move |&prefix| reliability::Network { prefix, timing })
    }
}

/// The names of all keys.
pub(super) fn names() -> Vec<&'static str> {
    ["prefixes", "link"].into_iter().chain(keys::TIMING.iter().map(|key| key.name)).collect()
}

/// One prefix, or a sentence about what is none.
pub(super) fn prefix(text: &str) -> Result<Prefix, String> {
    let parts = text.split_once('/');
    let parsed =
        parts.and_then(|(address, length)| Some((address.parse::<IpAddr>().ok()?, length.parse().ok()?)));
    parsed
        .filter(|(address, _)| address.to_canonical() == *address)
        .and_then(|(address, length)| Prefix::new(address, length))
        .ok_or_else(|| {
            format!("{text:?} is not a prefix, expected ADDR/LENGTH such as 10.64.0.0/10 or 2001:db8::/32")
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use twite::base::Duration;
    use twite::reliability::Timing;

    use super::super::{Configuration, file};
    use super::*;

    fn load(text: &str) -> Result<Configuration, String> {
        let mut configuration = Configuration::default();
        file::apply(&mut configuration, Path::new("twite.toml"), text).map_err(|error| error.to_string())?;
        Ok(configuration)
    }

    const TWO: &str = "[[network]]\nack_timeout_ms = 12_000\nlink = 'slow'\nprefixes = ['10.64.0.0/10', '2001:db8::/32']\n\
                       [[network]]\nprefixes = ['192.0.2.1/32']\nnstart = 4\n";

    #[test]
    fn a_network_has_the_parameters_of_its_link_and_its_own() {
        let configuration = load(TWO).expect("two networks");
        let networks: Vec<_> = configuration.settings.networks.iter().flat_map(Network::engine).collect();
        assert_eq!(networks.len(), 3, "one for each prefix");
        let slow = Timing {
            ack_timeout: Duration::from_secs(12),
            processing_delay: Duration::from_secs(12),
            piggyback: Duration::from_secs(3),
            ..Timing::SLOW
        };
        assert_eq!((networks[0].timing, networks[1].timing), (slow, slow));
        assert_eq!(networks[2].timing, Timing { nstart: 4, ..Timing::DEFAULT });
        assert!(networks[1].prefix.contains("2001:db8:1::1".parse().expect("an address")));
        assert_eq!(Link::Slow.timing().engine(), Timing::SLOW);
    }

    #[test]
    fn what_is_printed_loads() {
        let configuration = load(TWO).expect("two networks");
        let printed = configuration.to_toml();
        assert!(
            printed.contains("[[network]] # twite.toml:5:1\nprefixes = [\"192.0.2.1/32\"]\n"),
            "{printed}"
        );
        assert_eq!(load(&printed).expect(&printed).settings, configuration.settings);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let one = |line: &str| format!("[[network]]\nprefixes = ['10.0.0.0/8']\n{line}\n");
        for (text, said) in [
            (
                one("ack_timeout = 1"),
                "3:1: key `network.ack_timeout` is not known; expected one of prefixes, link, ack_timeout_ms, ack_random_percent, max_retransmit, nstart, probing_rate, max_latency_ms, leisure_ms",
            ),
            (
                one("ack_timeout_ms = 0"),
                "3:18: network.ack_timeout_ms: 0 does not fit, expected an integer from 1 to 3600000",
            ),
            (one("nstart = 0"), "3:10: network.nstart: 0 does not fit, expected an integer from 1 to 255"),
            (one("link = 'lan'"), "3:8: network.link: \"lan\" does not fit, expected one of default, slow"),
            (
                one("ack_timeout_ms = 3_600_000\nmax_retransmit = 9"),
                "1:1: network: ACK_TIMEOUT, MAX_RETRANSMIT and MAX_LATENCY make EXCHANGE_LIFETIME longer than a day",
            ),
            (one("") + &one(""), "4:1: network.prefixes: \"10.0.0.0/8\" stands twice, expected it once"),
            ("[[network]]".into(), "1:1: network.prefixes: nothing there, expected a list of ADDR/LENGTH"),
            (
                "[network]\nnstart = 1".into(),
                "1:1: network: a value does not fit, expected tables [[network]]",
            ),
            ("network = [1]".into(), "1:12: network: a value does not fit, expected tables [[network]]"),
        ] {
            assert_eq!(load(&text).err(), Some(format!("twite.toml:{said}")), "{text}");
        }
        for wrong in ["10.0.0.0", "10.0.0.0/33", "::/129", "::ffff:10.0.0.0/104", "x/8", "10.0.0.0/-1"] {
            let error = load(&format!("[[network]]\nprefixes = [\n'{wrong}']")).expect_err(wrong);
            let said = "is not a prefix, expected ADDR/LENGTH such as 10.64.0.0/10 or 2001:db8::/32";
            assert_eq!(error, format!("twite.toml:3:1: network.prefixes: {wrong:?} {said}"));
        }
        let many: Vec<String> = (0..65).map(|number| format!("'10.0.{number}.0/24'")).collect();
        let error = load(&format!("[[network]]\nprefixes = [{}]", many.join(","))).expect_err("too many");
        assert!(error.contains("too many, expected at most 64"), "{error}");
    }
}
