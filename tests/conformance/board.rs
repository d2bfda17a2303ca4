//! A board that serves the whole catalog.

use twite::catalog::{
    Button, ButtonState, Celsius, Humidity, Lamp, LampState, Node, NodeState, RelativeHumidity, Temperature,
};
use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::reliability::Timing;
use twite::resource::{Delete, Get, Post, Put};
use twite::service::{self, Call, Error, Handle, Route};
use twite_tests::engine::peer;

use crate::datagram::{Answer, Datagram};

/// One of each.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Board {
    /// Of the thermometer.
    pub(crate) temperature: Celsius,
    /// Of the hygrometer.
    pub(crate) humidity: RelativeHumidity,
    /// Of the lamp.
    pub(crate) lamp: LampState,
    /// Of the button.
    pub(crate) button: ButtonState,
    /// Of the node, until it is deleted.
    pub(crate) node: Option<NodeState>,
}

impl Board {
    /// As it is at the start.
    pub(crate) const fn new() -> Self {
        Self {
            temperature: Celsius { celsius: 21.5, time: None },
            humidity: RelativeHumidity { percent: 40.0, time: Some(1) },
            lamp: LampState { on: false, brightness: None },
            button: ButtonState { pressed: false, presses: 3 },
            node: Some(NodeState { uptime: 5, firmware: 10_203, battery: Some(90) }),
        }
    }
}

/// GET and PUT of a field that is always there.
macro_rules! read_and_write {
    ($($resource:ident, $value:ident, $field:ident;)*) => {$(
        impl Handle<Get<$resource>> for Board {
            fn handle(&mut self, _: Call<Get<$resource>>) -> Result<$value, Error> {
                Ok(self.$field)
            }
        }

        impl Handle<Put<$resource>> for Board {
            fn handle(&mut self, call: Call<Put<$resource>>) -> Result<(), Error> {
                self.$field = call.input;
                Ok(())
            }
        }
    )*};
}

read_and_write! {
    Temperature, Celsius, temperature;
    Humidity, RelativeHumidity, humidity;
    Lamp, LampState, lamp;
    Button, ButtonState, button;
}

impl Handle<Post<Lamp>> for Board {
    fn handle(&mut self, _: Call<Post<Lamp>>) -> Result<LampState, Error> {
        self.lamp.on = !self.lamp.on;
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
        self.node.take().map(|_| ()).ok_or(Error::NotFound)
    }
}

/// The thermometers have two names, everything else has one.
pub(crate) const ROUTES: &[Route<Board>] = &[
    Route::to::<Get<Temperature>>().named(&["in", "out"]),
    Route::to::<Put<Temperature>>().named(&["in", "out"]),
    Route::to::<Get<Humidity>>().named(&["a"]),
    Route::to::<Put<Humidity>>().named(&["a"]),
    Route::to::<Get<Lamp>>().named(&["a"]),
    Route::to::<Put<Lamp>>().named(&["a"]),
    Route::patch::<Lamp>().named(&["a"]),
    Route::to::<Post<Lamp>>().named(&["a"]),
    Route::to::<Get<Button>>().named(&["a"]),
    Route::to::<Put<Button>>().named(&["a"]),
    Route::to::<Get<Node>>().named(&["a"]),
    Route::to::<Put<Node>>().named(&["a"]),
    Route::to::<Delete<Node>>().named(&["a"]),
];

/// What the board answers, on fixed storage that is new each time.
#[track_caller]
pub(crate) fn ask(board: &mut Board, datagram: &Datagram) -> Answer {
    let now = twite::base::Instant::from_millis(1);
    let mut storage = FixedStorage::<4, 4, 768>::new();
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [1; 32]);
    let bytes = datagram.bytes();
    if let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer(1), &bytes) {
        service::serve(ROUTES, board, incoming);
    }
    let mut sent = Vec::new();
    while let Output::Transmit { bytes, .. } = endpoint.poll_output(now) {
        sent.push(bytes.to_vec());
    }
    Answer::only(&sent)
}

/// Problem details of a title and a detail (RFC 9290).
pub(crate) fn problem(title: &str, detail: &str) -> Vec<u8> {
    let text = |key: u8, text: &str| {
        let length = text.len() as u8;
        let head = if length < 24 { vec![key, 0x60 + length] } else { vec![key, 0x78, length] };
        [head, text.as_bytes().to_vec()].concat()
    };
    [vec![0xa2], text(0x20, title), text(0x21, detail)].concat()
}
