//! Answers that cost next to nothing: the yardstick for servers that do more.
#![forbid(unsafe_code)]

pub mod answer;
pub mod burst;
pub mod machine;
pub mod peers;
pub mod run;
