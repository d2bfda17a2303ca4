//! Where a value lies: how it is read from any layer, checked, and written back.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use twite::reliability::Prefix;

use super::networks::prefix;
use super::{Congestion, Durability, Link};
use crate::logging::{LogFormat, check_filter};
use crate::model::Undeclared;
use crate::proxy::{AllowList, Allowed};

/// The place of one value in the settings, by what it can be.
pub(super) enum Slot<'s> {
    Addresses(&'s mut Vec<SocketAddr>),
    /// Addresses, or none.
    NoAddresses(&'s mut Vec<SocketAddr>),
    Origins(&'s mut Vec<String>),
    Directory(&'s mut PathBuf),
    /// None if the text is empty.
    File(&'s mut Option<PathBuf>),
    Files(&'s mut Vec<PathBuf>),
    Size(&'s mut usize, RangeInclusive<usize>),
    Number(&'s mut u64, RangeInclusive<u64>),
    Switch(&'s mut bool),
    Durability(&'s mut Durability),
    Format(&'s mut LogFormat),
    Filter(&'s mut String),
    Congestion(&'s mut Congestion),
    Link(&'s mut Link),
    Prefixes(&'s mut Vec<Prefix>),
    Targets(&'s mut AllowList),
    Undeclared(&'s mut Undeclared),
}

/// A value as a layer has it.
pub(super) enum Given<'g> {
    /// Text of which the layer knows no type: a variable.
    Untyped(&'g str),
    Text(&'g str),
    Integer(i64),
    Switch(bool),
    Texts(Vec<&'g str>),
    /// Anything else, as the layer calls it.
    Other(String),
}

/// Why a value is not accepted.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The element at fault, of a list.
    pub(super) element: Option<usize>,
    pub(super) problem: String,
}

impl Slot<'_> {
    /// Reads and checks a value.
    pub(super) fn set(self, given: &Given<'_>) -> Result<(), Refusal> {
        match (self, given) {
            (Slot::Addresses(slot), Given::Texts(texts)) => *slot = addresses(texts)?,
            (Slot::Addresses(slot), Given::Untyped(text)) => {
                *slot = addresses(&text.split(',').map(str::trim).collect::<Vec<_>>())?;
            }
            (Slot::NoAddresses(slot), Given::Texts(texts)) if texts.is_empty() => slot.clear(),
            (Slot::NoAddresses(slot), Given::Untyped(text)) if text.trim().is_empty() => slot.clear(),
            (Slot::NoAddresses(slot), given) => Slot::Addresses(slot).set(given)?,
            (Slot::Origins(slot), Given::Texts(texts)) => *slot = origins(texts)?,
            (Slot::Origins(slot), Given::Untyped(text)) => {
                let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
                *slot = origins(&texts.collect::<Vec<_>>())?;
            }
            (Slot::Origins(_), _) => return Err(unfit(given, "a list of origins")),
            (Slot::Addresses(_), _) => return Err(unfit(given, "a list of ADDR:PORT")),
            (Slot::Directory(slot), Given::Text(text) | Given::Untyped(text)) if !text.is_empty() => {
                *slot = PathBuf::from(text);
            }
            (Slot::Directory(_), _) => return Err(unfit(given, "the path of a directory")),
            (Slot::File(slot), Given::Text(text) | Given::Untyped(text)) => {
                *slot = Some(PathBuf::from(text)).filter(|_| !text.is_empty());
            }
            (Slot::File(_), _) => return Err(unfit(given, "the path of a file")),
            (Slot::Files(slot), Given::Texts(texts)) => *slot = files(texts)?,
            (Slot::Files(slot), Given::Untyped("")) => slot.clear(),
            (Slot::Files(slot), Given::Untyped(text)) => {
                *slot = files(&text.split(',').map(str::trim).collect::<Vec<_>>())?;
            }
            (Slot::Files(_), _) => return Err(unfit(given, "a list of paths of files")),
            (Slot::Size(slot, range), _) => *slot = integer(given, range)?,
            (Slot::Number(slot, range), _) => *slot = integer(given, range)?,
            (Slot::Switch(slot), Given::Switch(value)) => *slot = *value,
            (Slot::Switch(slot), Given::Untyped(text)) if text.parse::<bool>().is_ok() => {
                *slot = *text == "true";
            }
            (Slot::Switch(_), _) => return Err(unfit(given, "true or false")),
            (Slot::Durability(slot), _) => *slot = choice(given)?,
            (Slot::Format(slot), _) => *slot = choice(given)?,
            (Slot::Congestion(slot), _) => *slot = choice(given)?,
            (Slot::Link(slot), _) => *slot = choice(given)?,
            (Slot::Undeclared(slot), _) => *slot = choice(given)?,
            (Slot::Prefixes(slot), Given::Texts(texts)) => *slot = prefixes(texts)?,
            (Slot::Prefixes(_), _) => return Err(unfit(given, "a list of ADDR/LENGTH")),
            (Slot::Targets(slot), Given::Texts(texts)) => *slot = targets(texts)?,
            (Slot::Targets(slot), Given::Untyped(text)) => {
                let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
                *slot = targets(&texts.collect::<Vec<_>>())?;
            }
            (Slot::Targets(_), _) => return Err(unfit(given, "a list of targets such as coap://HOST:PORT")),
            (Slot::Filter(slot), Given::Text(text) | Given::Untyped(text)) => {
                check_filter(text).map_err(Refusal::of)?;
                (*text).clone_into(slot);
            }
            (Slot::Filter(_), _) => return Err(unfit(given, "text such as \"info\"")),
        }
        Ok(())
    }

    /// The value as TOML.
    pub(super) fn to_toml(&self) -> String {
        match self {
            Slot::Origins(origins) => {
                let quoted: Vec<_> = origins.iter().map(|origin| quoted(origin)).collect();
                format!("[{}]", quoted.join(", "))
            }
            Slot::Addresses(addresses) | Slot::NoAddresses(addresses) => {
                let quoted: Vec<_> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
                format!("[{}]", quoted.join(", "))
            }
            Slot::Directory(path) => quoted(&path.to_string_lossy()),
            Slot::File(path) => quoted(&path.as_deref().unwrap_or(Path::new("")).to_string_lossy()),
            Slot::Files(paths) => {
                let quoted: Vec<_> = paths.iter().map(|path| quoted(&path.to_string_lossy())).collect();
                format!("[{}]", quoted.join(", "))
            }
            Slot::Size(size, _) => size.to_string(),
            Slot::Number(number, _) => number.to_string(),
            Slot::Switch(value) => value.to_string(),
            Slot::Durability(durability) => quoted(&name(&**durability)),
            Slot::Format(format) => quoted(&name(&**format)),
            Slot::Filter(filter) => quoted(filter),
            Slot::Congestion(congestion) => quoted(&name(&**congestion)),
            Slot::Link(link) => quoted(&name(&**link)),
            Slot::Targets(list) => {
                let quoted: Vec<_> = list.lines().map(|line| quoted(&line.to_string())).collect();
                format!("[{}]", quoted.join(", "))
            }
            Slot::Undeclared(undeclared) => quoted(&name(&**undeclared)),
            Slot::Prefixes(prefixes) => {
                let quoted: Vec<_> = prefixes
                    .iter()
                    .map(|prefix| format!("\"{}/{}\"", prefix.address(), prefix.length()))
                    .collect();
                format!("[{}]", quoted.join(", "))
            }
        }
    }
}

impl Refusal {
    fn of(problem: String) -> Self {
        Self { element: None, problem }
    }
}

impl fmt::Display for Given<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Given::Text(text) | Given::Untyped(text) => write!(formatter, "{text:?}"),
            Given::Integer(integer) => write!(formatter, "{integer}"),
            Given::Switch(value) => write!(formatter, "{value}"),
            Given::Texts(texts) => write!(formatter, "{texts:?}"),
            Given::Other(what) => formatter.write_str(what),
        }
    }
}

/// One address, or a sentence about what is none.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("{text:?} is not an address, expected ADDR:PORT such as 127.0.0.1:5683 or [::1]:5683")
    })
}

fn addresses(texts: &[&str]) -> Result<Vec<SocketAddr>, Refusal> {
    let mut addresses = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = |problem| Refusal { element: Some(index), problem };
        let address = address(text).map_err(at)?;
        if addresses.contains(&address) {
            return Err(at(format!("{text:?} stands twice, expected each address once")));
        }
        addresses.push(address);
    }
    if addresses.is_empty() {
        return Err(Refusal::of("[] is empty, expected at least one ADDR:PORT".to_owned()));
    }
    Ok(addresses)
}

/// Scheme, host and port as browsers say them (RFC 6454 §6.2), or `*`.
fn origins(texts: &[&str]) -> Result<Vec<String>, Refusal> {
    let is_origin = |text: &str| {
        let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fits =
            |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@\"".contains(&byte);
        text == "*" || authority.is_some_and(|host| !host.is_empty() && host.bytes().all(fits))
    };
    match texts.iter().position(|text| !is_origin(text)) {
        Some(element) => Err(Refusal {
            element: Some(element),
            problem: format!(
                "{:?} is no origin, expected SCHEME://HOST or SCHEME://HOST:PORT in small letters, or *",
                texts[element]
            ),
        }),
        None => Ok(texts.iter().map(ToString::to_string).collect()),
    }
}

/// The most files of a list.
const MOST_FILES: usize = 4_096;

fn files(texts: &[&str]) -> Result<Vec<PathBuf>, Refusal> {
    let mut files = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let problem = match *text {
            "" => "\"\" is no path, expected that of a file".to_owned(),
            _ if index == MOST_FILES => format!("too many, expected at most {MOST_FILES}"),
            _ => {
                files.push(PathBuf::from(text));
                continue;
            }
        };
        return Err(Refusal { element: Some(index), problem });
    }
    Ok(files)
}

fn prefixes(texts: &[&str]) -> Result<Vec<Prefix>, Refusal> {
    let mut prefixes = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        prefixes.push(prefix(text).map_err(|problem| Refusal { element: Some(index), problem })?);
    }
    Ok(prefixes)
}

/// More lines are a list for something else.
const MOST_TARGETS: usize = 1_024;

fn targets(texts: &[&str]) -> Result<AllowList, Refusal> {
    let mut lines = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let at = |problem| Refusal { element: Some(index), problem };
        if index == MOST_TARGETS {
            return Err(at(format!("too many, expected at most {MOST_TARGETS}")));
        }
        lines.push(Allowed::read(text).map_err(at)?);
    }
    Ok(AllowList::new(lines))
}

fn integer<T>(given: &Given<'_>, range: RangeInclusive<T>) -> Result<T, Refusal>
where
    T: TryFrom<i64> + PartialOrd + fmt::Display,
{
    let integer = match given {
        Given::Integer(integer) => Some(*integer),
        Given::Untyped(text) => text.parse().ok(),
        _ => None,
    };
    integer
        .and_then(|integer| T::try_from(integer).ok())
        .filter(|integer| range.contains(integer))
        .ok_or_else(|| unfit(given, &format!("an integer from {} to {}", range.start(), range.end())))
}

pub(super) fn choice<T: ValueEnum>(given: &Given<'_>) -> Result<T, Refusal> {
    if let Given::Text(text) | Given::Untyped(text) = given
        && let Ok(value) = T::from_str(text, false)
    {
        return Ok(value);
    }
    let names: Vec<_> = T::value_variants().iter().map(name).collect();
    Err(unfit(given, &format!("one of {}", names.join(", "))))
}

pub(super) fn name<T: ValueEnum>(value: &T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn unfit(given: &Given<'_>, expected: &str) -> Refusal {
    Refusal::of(format!("{given} does not fit, expected {expected}"))
}

/// A basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut output = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => output.extend(['\\', character]),
            control if control.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(output, "\\u{:04X}", u32::from(control));
            }
            plain => output.push(plain),
        }
    }
    output + "\""
}
