//! The command line client: `twite get`, `put`, `post`, `delete`, `fetch`, `patch`, `ipatch`, `discover`, `ping`, `bench`;
//! and for who runs a server: `twite token`, `twite check-config`, `twite check-policy`, `twite keygen`.

mod arguments;
mod bench;
mod body;
mod configuration;
mod discover;
mod exchange;
mod group;
mod keygen;
mod observe;
mod output;
mod policy;

use std::process::ExitCode;

pub use arguments::{CheckConfig, CheckPolicy, Discover, Message, Observe, Ping};
pub use bench::Bench;
pub use keygen::Keygen;

/// Why a command ended without a response, as its exit code.
#[derive(Debug)]
pub enum Ended {
    /// 2: the command line cannot be carried out.
    Usage(String),
    /// 3: no answer.
    NoAnswer(String),
}

impl Ended {
    /// Says why on standard error.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(why) => {
                output::note(why);
                ExitCode::from(2)
            }
            Self::NoAnswer(why) => {
                output::note(why);
                ExitCode::from(3)
            }
        }
    }
}

/// Carries out a request command.
///
/// # Errors
/// When there is no response.
pub fn request(method: twite::wire::RequestType, arguments: &Message) -> Result<ExitCode, Ended> {
    exchange::request(method, arguments)
}

/// Follows a resource.
///
/// # Errors
/// When there is no response.
pub fn observe(arguments: &Observe) -> Result<ExitCode, Ended> {
    observe::run(arguments)
}

/// Lists what a server offers, or what all servers of a group offer.
///
/// # Errors
/// When there is no response.
pub fn discover(arguments: &Discover) -> Result<ExitCode, Ended> {
    if arguments.multicast { group::run(arguments) } else { discover::run(arguments) }
}

/// Asks whether a server is there.
///
/// # Errors
/// When it is not.
pub fn ping(arguments: &Ping) -> Result<ExitCode, Ended> {
    exchange::ping(arguments)
}

/// Loads a server.
///
/// # Errors
/// When the load cannot be carried out, or nothing is answered.
pub fn bench(arguments: &Bench) -> Result<ExitCode, Ended> {
    bench::run(arguments)
}

/// Makes a bearer token.
///
/// # Errors
/// When there is no randomness, or nobody to print it to.
pub fn token() -> Result<ExitCode, Ended> {
    policy::token()
}

/// Checks a policy and prints it.
///
/// # Errors
/// When the policy cannot be used.
pub fn check_policy(arguments: &CheckPolicy) -> Result<ExitCode, Ended> {
    policy::check(&arguments.file)
}

/// Checks a configuration and prints what it declares.
///
/// # Errors
/// When the configuration, or a file that it names, cannot be used.
pub fn check_config(arguments: &CheckConfig) -> Result<ExitCode, Ended> {
    configuration::check(&arguments.file)
}

/// Makes both sides of an OSCORE context.
///
/// # Errors
/// When there is no randomness, or a file is there already or cannot be written.
pub fn keygen(arguments: &Keygen) -> Result<ExitCode, Ended> {
    keygen::run(arguments)
}
