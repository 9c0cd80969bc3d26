//! Messages on the wire. Payload bytes go through as they came: nothing here parses them into values.

mod input;
mod out;

pub(crate) use input::MessageIn;
pub(crate) use out::MessageOut;
