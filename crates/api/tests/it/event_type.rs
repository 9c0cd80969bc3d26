mod create;
mod delete;
mod flags;
mod update;
