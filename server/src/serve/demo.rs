//! Three simulated sensors that report to the server over real CoAP on loopback.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use twite::catalog::{ButtonState, Celsius, RelativeHumidity};
use twite::exchange::Outgoing;
use twite::reliability::Timing;
use twite::resource::{CBOR, Representation};
use twite::wire::RequestType;

use crate::client::{Client, ClientStorage};

/// The running sensors.
#[derive(Debug)]
pub(super) struct Demo {
    stops: Vec<Sender<()>>,
    sensors: Vec<JoinHandle<()>>,
}

/// What a sensor reports: where, how often, and what at a given time since it started.
#[derive(Clone, Copy)]
struct Sensor {
    path: &'static str,
    period: Duration,
    read: fn(Duration, &mut [u8]) -> Option<usize>,
}

const SENSORS: [Sensor; 3] = [
    Sensor { path: "sensors/kitchen/temperature", period: Duration::from_secs(2), read: temperature },
    Sensor { path: "sensors/cellar/humidity", period: Duration::from_secs(3), read: humidity },
    Sensor { path: "buttons/door", period: Duration::from_secs(5), read: button },
];

impl Demo {
    /// Starts the sensors and prints what to try with them.
    pub(super) fn start(server: SocketAddr) -> Self {
        let server = reachable(server);
        let mut demo = Self { stops: Vec::new(), sensors: Vec::new() };
        for sensor in SENSORS {
            let (stop, stopped) = channel();
            let name = sensor.path.to_owned();
            let thread = std::thread::Builder::new().name(name);
            match thread.spawn(move || report(&sensor, server, &stopped)) {
                Ok(handle) => {
                    demo.sensors.push(handle);
                    demo.stops.push(stop);
                }
                Err(error) => tracing::warn!(%error, sensor = sensor.path, "the sensor does not run"),
            }
        }
        // A closed standard output is no reason to stop.
        let _ = io::stdout().lock().write_all(hints(server).as_bytes());
        demo
    }

    /// Ends the sensors.
    pub(super) fn stop(self) {
        drop(self.stops);
        for sensor in self.sensors {
            if sensor.join().is_err() {
                tracing::warn!("a sensor ended by a panic");
            }
        }
    }
}

/// An address to reach a server that listens on all of them.
fn reachable(server: SocketAddr) -> SocketAddr {
    match server {
        SocketAddr::V4(address) if address.ip().is_unspecified() => {
            (Ipv4Addr::LOCALHOST, server.port()).into()
        }
        SocketAddr::V6(address) if address.ip().is_unspecified() => {
            (Ipv6Addr::LOCALHOST, server.port()).into()
        }
        _ => server,
    }
}

fn hints(server: SocketAddr) -> String {
    format!(
        "\nThree simulated sensors report every few seconds. Try, in another terminal:\n\
         \n  twite discover coap://{server}\
         \n  twite get coap://{server}/sensors/kitchen/temperature\
         \n  twite get -A json coap://{server}/sensors/cellar/humidity\
         \n  twite put -t cbor coap://{server}/lamps/desk '{{0: true, 1: 80}}'\
         \n  twite observe coap://{server}/buttons/door\
         \n  coap-client-notls -m get -A 50 coap://{server}/sensors/kitchen/temperature\
         \n\n(twite stands for target/release/twite; coap-client-notls comes with Debian's libcoap3-bin.)\n\
         Ctrl-C stops the server.\n\n"
    )
}

/// Puts a reading, waits, until it is stopped.
fn report(sensor: &Sensor, server: SocketAddr, stopped: &Receiver<()>) {
    let mut storage = ClientStorage::default();
    let mut client = match Client::connect(storage.lend(), server, Timing::DEFAULT) {
        Ok(client) => client,
        Err(error) => return tracing::warn!(%error, sensor = sensor.path, "the sensor has no socket"),
    };
    let path: Vec<&[u8]> = sensor.path.split('/').map(str::as_bytes).collect();
    let start = Instant::now();
    let mut body = [0; 64];
    loop {
        if let Some(reading) = (sensor.read)(start.elapsed(), &mut body).and_then(|len| body.get(..len)) {
            let request = Outgoing {
                content_format: Some(CBOR),
                payload: reading,
                ..Outgoing::new(RequestType::Put, &path)
            };
            match client.request(&request, sensor.period) {
                Ok(reply) => tracing::debug!(sensor = sensor.path, code = %reply.code, "reported"),
                Err(error) => tracing::warn!(sensor = sensor.path, %error, "not reported"),
            }
        }
        if stopped.recv_timeout(sensor.period) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Seconds since 1970.
fn time() -> Option<u64> {
    SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|time| time.as_secs())
}

/// 21.5 °C and a slow swing around it, in steps of a sixteenth as a real sensor has them.
fn temperature(running: Duration, body: &mut [u8]) -> Option<usize> {
    let swing = (running.as_secs_f32() / 30.0).sin() * 2.0;
    let celsius = ((21.5 + swing) * 16.0).round() / 16.0;
    Celsius { celsius, time: time() }.encode(body).ok()
}

fn humidity(running: Duration, body: &mut [u8]) -> Option<usize> {
    let percent = (60.0 + (running.as_secs_f32() / 47.0).cos() * 5.0).round();
    RelativeHumidity { percent, time: time() }.encode(body).ok()
}

fn button(running: Duration, body: &mut [u8]) -> Option<usize> {
    let presses = u32::try_from(running.as_secs() / 5).unwrap_or(u32::MAX);
    ButtonState { pressed: presses % 2 == 1, presses }.encode(body).ok()
}
