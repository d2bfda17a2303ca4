//! A node's resources.

use embedded_hal::digital::{InputPin, OutputPin};
use twite::catalog::{Button, ButtonState, Celsius, Lamp, LampState, Log, NodeState, Temperature};
use twite::resource::{Delete, Get, Post, Put};
use twite::service::{Call, Error, Handle, Render, Route};

use crate::Thermometer;
use crate::log::Lines;

/// A thermometer, a lamp and a button, served under the name `board`.
#[derive(Debug)]
pub struct Node<T, L, B> {
    thermometer: T,
    lamp: L,
    button: B,
    shines: bool,
    presses: u32,
    pressed: bool,
    uptime: u64,
    firmware: u32,
    log: Lines,
}

/// The variable segment of every path of this node.
const NAMES: &[&str] = &[NAME];

/// The name of every resource of this node.
pub(crate) const NAME: &str = "board";

/// How many routes it has.
const ROUTES: usize = 8 + cfg!(feature = "patch") as usize;

/// How long a client should wait before it asks a silent sensor again, in seconds.
const RETRY: u32 = 5;

impl<T: Thermometer, L: OutputPin, B: InputPin> Node<T, L, B> {
    /// What the node serves.
    pub const ROUTES: [Route<Self>; ROUTES] = [
        Route::observable::<Temperature>().named(NAMES),
        Route::observable::<Lamp>().named(NAMES),
        Route::to::<Put<Lamp>>().named(NAMES),
        #[cfg(feature = "patch")]
        Route::patch::<Lamp>().named(NAMES),
        Route::to::<Post<Lamp>>().named(NAMES),
        Route::observable::<Button>().named(NAMES),
        Route::to::<Get<twite::catalog::Node>>().named(NAMES),
        Route::document::<Log>().named(NAMES),
        Route::to::<Delete<Log>>().named(NAMES),
    ];

    /// A node of these parts with its lamp off. `firmware` is packed as major × 10000 + minor × 100 + patch.
    ///
    /// # Errors
    /// When the lamp cannot be switched.
    pub fn new(thermometer: T, mut lamp: L, button: B, firmware: u32) -> Result<Self, L::Error> {
        lamp.set_low()?;
        Ok(Self {
            thermometer,
            lamp,
            button,
            shines: false,
            presses: 0,
            pressed: false,
            uptime: 0,
            firmware,
            log: Lines::new(),
        })
    }

    /// To be called regularly: `uptime` is in seconds since the start.
    pub fn tick(&mut self, uptime: u64) {
        self.uptime = uptime;
        let pressed = self.button.is_high().unwrap_or(self.pressed);
        self.presses = self.presses.wrapping_add(u32::from(pressed && !self.pressed));
        self.pressed = pressed;
    }

    /// Adds a line to the log, after the seconds since the start.
    pub fn note(&mut self, text: &str) {
        self.log.add(self.uptime, text);
    }

    /// Tells the log which start of the device this is.
    pub(crate) const fn begin(&mut self, run: u32) {
        self.log.begin(run);
    }

    /// Degrees Celsius; `None` when the thermometer is silent.
    pub fn celsius(&mut self) -> Option<f32> {
        self.thermometer.celsius().ok()
    }

    /// Whether the lamp shines.
    pub const fn shines(&self) -> bool {
        self.shines
    }

    /// Whether the button was pressed at the last [`tick`](Self::tick), and how often it was since the start.
    pub const fn button(&self) -> ButtonState {
        ButtonState { pressed: self.pressed, presses: self.presses }
    }

    /// Seconds since the start, as of the last [`tick`](Self::tick).
    pub const fn uptime(&self) -> u64 {
        self.uptime
    }

    pub(crate) fn switch(&mut self, on: bool) -> Result<(), Error> {
        let switched = if on { self.lamp.set_high() } else { self.lamp.set_low() };
        switched.map_err(|_| Error::Internal)?;
        self.shines = on;
        Ok(())
    }

    const fn lamp_state(&self) -> LampState {
        LampState { on: self.shines, brightness: None }
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Get<Temperature>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Get<Temperature>>) -> Result<Celsius, Error> {
        let celsius = self.thermometer.celsius().map_err(|_| Error::Unavailable { seconds: RETRY })?;
        Ok(Celsius { celsius, time: None })
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Get<Lamp>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Get<Lamp>>) -> Result<LampState, Error> {
        Ok(self.lamp_state())
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Put<Lamp>> for Node<T, L, B> {
    fn handle(&mut self, call: Call<Put<Lamp>>) -> Result<(), Error> {
        self.switch(call.input.on)
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Post<Lamp>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Post<Lamp>>) -> Result<LampState, Error> {
        self.switch(!self.shines)?;
        Ok(self.lamp_state())
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Get<Button>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Get<Button>>) -> Result<ButtonState, Error> {
        Ok(self.button())
    }
}

impl<T: Thermometer, L: OutputPin, B: InputPin> Handle<Get<twite::catalog::Node>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Get<twite::catalog::Node>>) -> Result<NodeState, Error> {
        Ok(NodeState { uptime: self.uptime, firmware: self.firmware, battery: None })
    }
}

impl<T, L, B> Render<Log> for Node<T, L, B> {
    fn version(&self) -> u64 {
        self.log.version()
    }

    fn render(&self, offset: usize, window: &mut [u8]) -> usize {
        self.log.render(offset, window)
    }
}

impl<T, L, B> Handle<Delete<Log>> for Node<T, L, B> {
    fn handle(&mut self, _: Call<Delete<Log>>) -> Result<(), Error> {
        self.log.clear();
        Ok(())
    }
}
