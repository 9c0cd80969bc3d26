//! Bad input, each kind with a test: what is wrong is said with a status, a place and a sentence, and nothing
//! of it is stored.

mod endpoints;
mod keys;
mod lists;
mod messages;
mod requests;
