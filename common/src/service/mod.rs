//! Floor 5: joins the endpoint and the typed model.
//!
//! ```
//! use twite::catalog::{Celsius, Temperature};
//! use twite::resource::Get;
//! use twite::service::{Call, Error, Handle, Route};
//!
//! struct Board;
//!
//! impl Handle<Get<Temperature>> for Board {
//!     fn handle(&mut self, _: Call<Get<Temperature>>) -> Result<Celsius, Error> {
//!         Ok(Celsius { celsius: 21.5, time: None })
//!     }
//! }
//!
//! const ROUTES: &[Route<Board>] = &[Route::to::<Get<Temperature>>().named(&["board"])];
//! ```

mod discovery;
mod dispatch;
mod document;
mod observe;
mod route;

pub use discovery::{LINK_FORMAT, list};
pub use dispatch::serve;
pub use document::Render;
pub use observe::{notify, number_of};
pub use route::{Call, Error, Handle, Route};
