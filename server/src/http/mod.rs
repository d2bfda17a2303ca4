//! HTTP in the words of CoAP, RFC 8075: what headers and answers mean, without a socket and without a resource.
//!
//! | file | holds |
//! |---|---|
//! | `status` | response codes as status codes |
//! | `path` | targets as Uri-Path and Uri-Query |
//! | `media`, `accept` | media types and Content-Formats; what the client takes |
//! | `conditions` | entity-tags |
//! | `question` | a request as a message of CoAP |
//! | `problem`, `event`, `links`, `senml`, `exposition` | problem details, Server-Sent Events, links in JSON, measurements, figures as text |

pub mod accept;
pub mod conditions;
pub mod event;
pub mod exposition;
pub mod links;
pub mod media;
pub mod path;
pub mod problem;
pub mod question;
pub mod senml;
pub mod status;
