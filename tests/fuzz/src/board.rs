//! A board with a thermometer, a lamp and a node, served by routes.

use twite::catalog::{Celsius, Lamp, LampState, Node, NodeState, Temperature};
use twite::resource::{Delete, Get, Post, Put};
use twite::service::{Call, Error, Handle, Route};

/// The state of the board.
#[derive(Clone, Debug)]
pub struct Board {
    /// Of the thermometer.
    pub temperature: Celsius,
    /// Of the lamp.
    pub lamp: LampState,
    /// Of the node, until it is deleted.
    pub node: Option<NodeState>,
    /// How often the lamp was toggled.
    pub toggled: u32,
}

/// The variable segment of every path.
const NAMES: &[&str] = &["a"];

impl Board {
    /// What it serves.
    pub const ROUTES: &[Route<Self>] = &[
        Route::observable::<Temperature>().named(NAMES),
        Route::to::<Put<Temperature>>().named(NAMES),
        Route::observable::<Lamp>().named(NAMES),
        Route::to::<Put<Lamp>>().named(NAMES),
        Route::to::<Post<Lamp>>().named(NAMES),
        Route::to::<Get<Node>>(),
        Route::to::<Put<Node>>(),
        Route::to::<Delete<Node>>(),
    ];

    /// As it is at the start.
    pub const fn new() -> Self {
        Self {
            temperature: Celsius { celsius: 21.5, time: None },
            lamp: LampState { on: false, brightness: None },
            node: Some(NodeState { uptime: 5, firmware: 10_203, battery: Some(90) }),
            toggled: 0,
        }
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Handle<Get<Temperature>> for Board {
    fn handle(&mut self, _: Call<Get<Temperature>>) -> Result<Celsius, Error> {
        Ok(self.temperature)
    }
}

impl Handle<Put<Temperature>> for Board {
    fn handle(&mut self, call: Call<Put<Temperature>>) -> Result<(), Error> {
        self.temperature = call.input;
        Ok(())
    }
}

impl Handle<Get<Lamp>> for Board {
    fn handle(&mut self, _: Call<Get<Lamp>>) -> Result<LampState, Error> {
        Ok(self.lamp)
    }
}

impl Handle<Put<Lamp>> for Board {
    fn handle(&mut self, call: Call<Put<Lamp>>) -> Result<(), Error> {
        self.lamp = call.input;
        Ok(())
    }
}

impl Handle<Post<Lamp>> for Board {
    fn handle(&mut self, _: Call<Post<Lamp>>) -> Result<LampState, Error> {
        self.lamp.on = !self.lamp.on;
        self.toggled += 1;
        Ok(self.lamp)
    }
}

impl Handle<Get<Node>> for Board {
    fn handle(&mut self, _: Call<Get<Node>>) -> Result<NodeState, Error> {
        self.node.clone().ok_or(Error::NotFound)
    }
}

impl Handle<Put<Node>> for Board {
    fn handle(&mut self, call: Call<Put<Node>>) -> Result<(), Error> {
        self.node = Some(call.input);
        Ok(())
    }
}

impl Handle<Delete<Node>> for Board {
    fn handle(&mut self, _: Call<Delete<Node>>) -> Result<(), Error> {
        self.node.take().map(|_| ()).ok_or(Error::Conflict)
    }
}
