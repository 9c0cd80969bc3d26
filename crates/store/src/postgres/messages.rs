//! Messages: accepting, fanning out, reading.

mod read;

pub(super) use read::{
    MESSAGE, PAYLOAD_EXPUNGED, filter as filter_messages, ids_within, message as read_message,
    payload_column, within as messages_within,
};
