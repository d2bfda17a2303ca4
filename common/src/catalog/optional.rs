//! Fields that may be absent, as all of them are written.

use crate::base::{CborWriter, Full};

/// The member with this key, if there is a value.
pub(super) fn optional(writer: &mut CborWriter<'_>, key: u8, value: Option<u64>) -> Result<(), Full> {
    let Some(value) = value else { return Ok(()) };
    writer.unsigned(u64::from(key))?;
    writer.unsigned(value)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use minicbor::Encode;

    use crate::catalog::{ButtonState, Celsius, LampState, NodeState, RelativeHumidity};
    use crate::resource::Representation;

    fn same<T: Representation + Encode<()>>(value: &T) {
        let mut buffer = [0; 64];
        let length = Representation::encode(value, &mut buffer).expect("room");
        assert_eq!(buffer[..length], minicbor::to_vec(value).expect("a vector grows"));
        assert!((0..length).all(|room| Representation::encode(value, &mut buffer[..room]).is_err()));
    }

    #[test]
    fn every_representation_is_what_is_derived() {
        for time in [None, Some(0), Some(1_700_000_000)] {
            same(&Celsius { celsius: -273.15, time });
            same(&RelativeHumidity { percent: 50.5, time });
        }
        for brightness in [None, Some(7), Some(100)] {
            same(&LampState { on: brightness.is_some(), brightness });
            same(&NodeState { uptime: 1 << 40, firmware: 10_203, battery: brightness });
        }
        same(&ButtonState { pressed: true, presses: u32::MAX });
    }
}
