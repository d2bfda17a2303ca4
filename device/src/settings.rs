//! What a device is told by its board.

use core::net::SocketAddr;

use twite::base::Duration;

/// How a device measures and whom it tells.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How often the button is looked at; presses shorter than this may be missed, bounces shorter are.
    pub scan: Duration,
    /// How often the thermometer is read for observers.
    pub sample: Duration,
    /// By how much the temperature has to differ from what observers were told last, in degrees Celsius.
    pub threshold: f32,
    /// The least time between two notifications of the temperature.
    pub quiet: Duration,
    /// Where readings go; `None` to push none.
    pub push: Option<PushSettings<'a>>,
    /// The directory that the device registers with; `None` for none.
    pub directory: Option<DirectorySettings<'a>>,
}

/// Where readings go and how often.
#[derive(Clone, Copy, Debug)]
pub struct PushSettings<'a> {
    /// The server.
    pub server: SocketAddr,
    /// The path of the collection without its leading slash, such as `readings/board`, of up to six segments.
    pub collection: &'a str,
    /// The time between two readings.
    pub period: Duration,
}

/// A resource directory (RFC 9176).
#[derive(Clone, Copy, Debug)]
pub struct DirectorySettings<'a> {
    /// The directory.
    pub server: SocketAddr,
    /// The endpoint's name there, up to 32 bytes.
    pub name: &'a str,
    /// How long a registration lives, in seconds: 60 or more; renewed when half of it is over.
    pub lifetime: u32,
}

impl Settings<'_> {
    /// The button every 20 ms, the temperature every second, told when it moved by 0.5 °C and not within 5 s; no push
    /// and no directory.
    pub const DEFAULT: Self = Self {
        scan: Duration::from_millis(20),
        sample: Duration::from_secs(1),
        threshold: 0.5,
        quiet: Duration::from_secs(5),
        push: None,
        directory: None,
    };
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self::DEFAULT
    }
}
