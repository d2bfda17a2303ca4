//! placeholder
use crate::base::Full;
/// placeholder
#[derive(Clone, Copy, Debug, Default)]
pub struct Problem<'a> {
    /// title
    pub title: &'a str,
    /// option
    pub option: Option<u16>,
}
impl<'a> Problem<'a> {
    /// new
    pub const fn titled(title: &'a str) -> Self {
        Self { title, option: None }
    }
    /// encode
    pub fn encode(&self, _room: &mut [u8]) -> Result<usize, Full> {
        Ok(0)
    }
    /// diagnostic
    pub fn diagnostic(&self) -> &'a str {
        self.title
    }
}
