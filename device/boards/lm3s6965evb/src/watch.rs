//! Changes that observers are to be told.

use embassy_time::{Duration, Instant};
use embedded_hal::digital::InputPin as _;
use twite::catalog;
use twite::endpoint::Endpoint;
use twite::service::number_of;
use twite_device::{Lm75, Thermometer as _};

use crate::bsp::Button;
use crate::node::Device;

/// The name under which the node serves.
const NAME: &str = "board";

/// How often the temperature is read.
const PERIOD: Duration = Duration::from_secs(1);

/// GET's code (RFC 7252 §12.1.1).
const GET: u8 = 1;

/// What was seen last.
pub(crate) struct Watch {
    thermometer: Lm75<Device>,
    celsius: Option<f32>,
    read_at: Instant,
    button: Button,
    pressed: bool,
}

impl Watch {
    /// Of these parts, which the node reads for itself.
    pub(crate) const fn new(thermometer: Lm75<Device>, button: Button) -> Self {
        Self { thermometer, celsius: None, read_at: Instant::MIN, button, pressed: false }
    }

    /// Looks at the parts, and tells the endpoint what changed.
    pub(crate) fn look(&mut self, now: Instant, endpoint: &mut Endpoint<'_>) {
        let Ok(pressed) = self.button.is_high();
        if pressed != self.pressed {
            self.pressed = pressed;
            endpoint.changed(number_of::<catalog::Button>(NAME));
        }
        if now.saturating_duration_since(self.read_at) < PERIOD {
            return;
        }
        self.read_at = now;
        let celsius = self.thermometer.celsius().ok();
        if celsius != self.celsius {
            self.celsius = celsius;
            endpoint.changed(number_of::<catalog::Temperature>(NAME));
        }
    }

    /// A request was served: one that is no GET may have switched the lamp.
    pub(crate) fn requested(datagram: &[u8], endpoint: &mut Endpoint<'_>) {
        if datagram.get(1).is_some_and(|code| *code != GET) {
            endpoint.changed(number_of::<catalog::Lamp>(NAME));
        }
    }
}
