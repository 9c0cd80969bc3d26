mod aliases;
mod create;
mod delete;
mod flags;
mod update;
mod validate;
