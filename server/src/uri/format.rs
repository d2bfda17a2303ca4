//! Restoring the text (RFC 7252 section 6.5).

use std::fmt::{self, Write as _};
use std::net::IpAddr;

use super::{CoapUri, DEFAULT_PORT, Host, percent};

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = String::new();
        match self {
            Self::Ip(IpAddr::V4(address), _) => write!(output, "{address}")?,
            Self::Ip(IpAddr::V6(address), None) => write!(output, "[{address}]")?,
            Self::Ip(IpAddr::V6(address), Some(zone)) => {
                write!(output, "[{address}%25")?;
                percent::encode(&mut output, zone, "", "");
                output.push(']');
            }
            Self::Name(name) => percent::encode(&mut output, name, "", ""),
        }
        formatter.write_str(&output)
    }
}

impl fmt::Display for CoapUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = format!("coap://{}", self.host);
        if self.port != DEFAULT_PORT {
            write!(output, ":{}", self.port)?;
        }
        formatter.write_str(&(output + &self.reference()))
    }
}

impl CoapUri {
    /// Path and query as text.
    pub fn reference(&self) -> String {
        let mut output = String::new();
        if self.path.is_empty() {
            output.push('/');
        }
        for segment in &self.path {
            output.push('/');
            percent::encode(&mut output, segment, ":@", "");
        }
        for (index, argument) in self.query.iter().enumerate() {
            output.push(if index == 0 { '?' } else { '&' });
            percent::encode(&mut output, argument, ":@/?", "&");
        }
        output
    }
}
